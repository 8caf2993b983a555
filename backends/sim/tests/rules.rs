//! Every rule is declared, raised and tested.
//!
//! A test of a rule begins with its name in small letters, or with those of several rules, and goes on with what
//! it does: `fires`, `silent`, `shows` (a behaviour), `reaches` (every outcome of a choice). Without such a word
//! it does all that its rule asks for.

#[path = "common/sources.rs"]
mod sources;

use std::collections::BTreeSet;

use dirql_sim::{Kind, Rule, rule, rules};
use sources::sources;

/// Returns the string literals that follow `before` in the texts.
fn names_after<'a>(texts: &'a [String], before: &[&str]) -> BTreeSet<&'a str> {
    let literal = |rest: &'a str| rest.trim_start().strip_prefix('"')?.split('"').next();
    let all = before.iter().flat_map(|&before| texts.iter().map(move |text| (before, text)));
    all.flat_map(|(before, text)| text.split(before).skip(1).filter_map(literal)).collect()
}

/// How a rule is raised.
const RAISING: [&str; 5] = ["fail(", "require_passive(", "require_irql(", "expect(", "Err(("];

#[test]
fn every_rule_that_is_raised_is_declared() {
    let texts = [sources("src"), sources("../../fuzz/src/world")].concat();
    let unknown: Vec<&str> = names_after(&texts, &RAISING)
        .into_iter()
        .filter(|name| !name.contains(' ') && rule(name).is_none())
        .collect();
    assert!(unknown.is_empty(), "declare these in src/rules: {unknown:?}");
}

#[test]
fn every_checker_is_raised_and_nothing_else_is() {
    let texts = sources("src");
    let raised = names_after(&texts, &RAISING);
    for rule in rules() {
        let is_checker = rule.kind == Kind::Checker;
        let is_raised = raised.contains(rule.id);
        assert!(rule.kind == Kind::Scenario || is_raised == is_checker, "{} is {:?}", rule.id, rule.kind);
    }
}

/// Returns the names of all tests of this package.
fn tests() -> Vec<String> {
    let names = |text: &String| -> Vec<String> {
        let functions = text.split("#[test]").skip(1).filter_map(|rest| rest.split("fn ").nth(1));
        functions.filter_map(|rest| rest.split('(').next()).map(str::to_owned).collect()
    };
    sources("tests").iter().flat_map(names).collect()
}

/// Returns whether the test is about the rule, and does `wanted`.
fn does(test: &str, rule: &Rule, wanted: &str) -> bool {
    let known = |word: &&str| rules().iter().any(|r| r.id.to_ascii_lowercase() == **word);
    let about: Vec<&str> = test.split('_').take_while(known).collect();
    let verb = test.split('_').nth(about.len());
    let does_all = !verb.is_some_and(|verb| ["fires", "silent", "shows", "reaches"].contains(&verb));
    about.contains(&&*rule.id.to_ascii_lowercase()) && (does_all || verb == Some(wanted))
}

#[test]
fn every_rule_is_tested() {
    let tests = tests();
    let mut missing = Vec::new();
    for rule in rules() {
        let wanted: &[&str] = match rule.kind {
            Kind::Checker => &["fires", "silent"],
            Kind::Behaviour => &["shows"],
            Kind::Choice => &["reaches"],
            Kind::Scenario | Kind::NotApplicable(_) => &[],
        };
        let lacks = |wanted: &&&str| !tests.iter().any(|test| does(test, rule, wanted));
        missing.extend(wanted.iter().filter(lacks).map(|wanted| format!("{} {wanted}", rule.id)));
    }
    assert!(missing.is_empty(), "tests are missing: {missing:?}");
}

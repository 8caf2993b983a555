//! The patches fit the tree, name rules that there are, and cover the classes.

use std::collections::BTreeSet;

use dirql_bugs::{Bug, CLASSES, Set, all, root};

/// Failures that no rule of the machine names.
const OF_THE_CAMPAIGN: [&str; 2] = ["crash", "hang"];

fn bugs() -> Vec<Bug> {
    all().unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_patch_fits_the_tree() {
    for bug in bugs() {
        let files = bug.planted(&root()).unwrap_or_else(|e| panic!("{e}"));
        assert!(!files.is_empty(), "{} changes nothing", bug.name);
    }
}

#[test]
fn every_bug_expects_rules_that_there_are() {
    let known = |rule: &str| dirql_sim::rule(rule).is_some() || OF_THE_CAMPAIGN.contains(&rule);
    for bug in bugs() {
        let unknown: Vec<_> = bug.expect.iter().filter(|rule| !known(rule)).collect();
        assert!(unknown.is_empty(), "{} expects {unknown:?}; see dirql list rules", bug.name);
    }
}

#[test]
fn every_class_is_there_and_half_of_the_bugs_are_held_out() {
    let bugs = bugs();
    let classes: BTreeSet<u8> = bugs.iter().map(|bug| bug.class).collect();
    assert_eq!(classes.len(), usize::from(CLASSES), "{classes:?}");
    let held_out = bugs.iter().filter(|bug| bug.set == Set::HeldOut).count();
    assert!(bugs.len() >= 30 && 2 * held_out >= bugs.len(), "{held_out} of {}", bugs.len());
}

//! The symbols of the DDIs: `dirql-ddi` declares each, this crate defines it once, and somebody calls it.
//!
//! A prototype that differs would link, and be wrong at every call; so each definition stands in an array beside
//! its declaration, which does not compile unless both have one type.

#[path = "common/sources.rs"]
mod sources;

use std::collections::BTreeSet;

use sources::sources;

/// Returns the code of these folders, without comments.
fn code(folders: &[&str]) -> String {
    let texts: Vec<String> = folders.iter().flat_map(|folder| sources(folder)).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn is_part_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the name that a text begins with.
fn leading_name(text: &str) -> &str {
    text.split(|c| !is_part_of_a_name(c)).next().unwrap()
}

/// Returns the names that stand behind `before`.
fn names_after<'c>(code: &'c str, before: &str) -> Vec<&'c str> {
    code.split(before).skip(1).map(leading_name).collect()
}

/// Returns the foreign functions of `dirql-ddi`, by the names of their symbols.
fn declared(ddi: &str) -> BTreeSet<String> {
    // Indented, a `pub fn` is foreign: the crate has no methods.
    // Win32's names are taken, or may be: the host program may be one of Windows.
    let is_win32 =
        |name: &str| ["AcquireSRWLockExclusive", "ReleaseSRWLockExclusive", "Sleep"].contains(&name);
    let symbol = |name: &str| match name.starts_with("dma_") || is_win32(name) {
        true => format!("dirql_{name}"),
        false => name.to_owned(),
    };
    names_after(ddi, "\n    pub fn ").into_iter().map(symbol).collect()
}

/// Returns the functions that `code` exports, in the order in which they stand there.
fn defined(code: &str) -> Vec<String> {
    let items = code.split("#[unsafe(no_mangle)]").skip(1);
    let functions = items.filter_map(|item| item.trim_start().strip_prefix("unsafe extern \"C-unwind\" fn "));
    functions.map(|rest| leading_name(rest).to_owned()).collect()
}

#[test]
fn every_declared_symbol_is_defined_and_no_other() {
    let (ddi, sim) = (code(&["../ddi/src"]), code(&["src"]));
    let declared = declared(&ddi);
    assert!(declared.len() > 40, "{declared:?}");
    assert_eq!(declared, defined(&sim).into_iter().collect());
}

#[test]
fn no_symbol_is_defined_twice() {
    let mut all = defined(&code(&["src"]));
    all.sort();
    let twice: Vec<_> = all.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// A second definition would link, silently, to the wrong one.
#[test]
fn nobody_else_exports_a_symbol() {
    let others = ["../src", "../ddi/src", "../../abstraction/src", "../../fuzz/src", "../../proptests/src"];
    let drivers =
        ["../../reference-driver/core", "../../reference-driver/model", "../../reference-driver/spec"];
    assert!(!code(&[&others[..], &drivers[..]].concat()).contains("no_mangle"));
}

#[test]
fn every_definition_has_the_type_of_its_declaration() {
    let sim = code(&["src"]).replace("dirql_ddi::ndis::", "ndis::");
    let is_unchecked = |name: &String| {
        let module = if name.starts_with("Ndis") { "ndis" } else { "dirql_ddi" };
        let declaration = name.trim_start_matches("dirql_");
        !sim.contains(&format!("let _ = [{name}, {module}::{declaration}];"))
    };
    let unchecked: Vec<String> = defined(&sim).into_iter().filter(is_unchecked).collect();
    assert!(unchecked.is_empty(), "{unchecked:?}");
}

/// By a backend, by what `dirql-ddi` has inline, or at least by a test.
#[test]
fn every_symbol_is_called() {
    let ddi = code(&["../ddi/src"]);
    let callers = code(&["../src", "../ddi/src/ndis/lock.rs", "../tests", "tests", "../../fuzz/src"]);
    let words: BTreeSet<&str> = callers.split(|c| !is_part_of_a_name(c)).collect();
    let is_called = |name: &String| words.contains(name.trim_start_matches("dirql_"));
    let dead: Vec<String> = declared(&ddi).into_iter().filter(|name| !is_called(name)).collect();
    assert!(dead.is_empty(), "{dead:?}");
}

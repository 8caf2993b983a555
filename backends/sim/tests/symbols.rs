//! The symbols of the DDIs: `dirql-ddi` declares each, this crate defines it once, and somebody calls it. A function
//! of WDF has no symbol; its place in the tables counts as one, and the tables' rows name the prototypes.
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
    let drivers = ["core", "ndis", "wdm", "kmdf", "umdf", "wdf", "shell", "model", "spec"]
        .map(|driver| format!("../../reference-driver/{driver}"));
    let drivers = drivers.each_ref().map(String::as_str);
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

/// Returns the words of all code that may call a DDI: a backend, what `dirql-ddi` has inline, or at least a test.
fn callers() -> String {
    code(&[
        "../src",
        "../ddi/src/ndis/lock.rs",
        "../ddi/src/device.rs",
        "../ddi/src/mdl.rs",
        "../tests",
        "tests",
        "../../fuzz/src",
        "../../reference-driver/ndis/src",
        "../../reference-driver/kmdf/src",
        "../../reference-driver/wdf",
        "../../reference-driver/wdm/src",
    ])
}

fn words(code: &str) -> BTreeSet<&str> {
    code.split(|c| !is_part_of_a_name(c)).collect()
}

#[test]
fn every_symbol_is_called() {
    let (ddi, callers) = (code(&["../ddi/src"]), callers());
    let called = words(&callers);
    let is_dead = |name: &String| !called.contains(name.trim_start_matches("dirql_"));
    let dead: Vec<String> = declared(&ddi).into_iter().filter(is_dead).collect();
    assert!(dead.is_empty(), "{dead:?}");
}

/// Returns the functions of WDF that have an index in the code.
fn indexed(code: &str) -> BTreeSet<&str> {
    words(code).into_iter().filter_map(|word| word.strip_suffix("TableIndex")).collect()
}

#[test]
fn the_tables_have_every_function_of_wdf_that_is_declared() {
    let (ddi, tables) = (code(&["../ddi/src/wdf"]), code(&["src/wdf/table.rs"]));
    assert!(indexed(&ddi).len() > 15);
    assert_eq!(indexed(&ddi), indexed(&tables));
}

#[test]
fn every_function_of_wdf_is_called() {
    let (ddi, callers) = (code(&["../ddi/src/wdf"]), callers());
    let called = words(&callers);
    // What is written out there is called by what is inline there.
    let is_dead = |name: &&str| !called.contains(name) && !ddi.contains(&format!("{name}("));
    let dead: Vec<_> = indexed(&ddi).into_iter().filter(is_dead).collect();
    assert!(dead.is_empty(), "{dead:?}");
}

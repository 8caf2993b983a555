//! No structure and no value goes unasserted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the text of every Rust file below `folder` of this package, but for the one called `except`.
fn text(folder: &str, except: &str) -> String {
    let mut open: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut text = String::new();
    while let Some(path) = open.pop() {
        if let Ok(entries) = fs::read_dir(&path) {
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if !path.ends_with(except) {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

fn is_part_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the names that follow `before` in the text, with what follows them.
fn declared<'t>(text: &'t str, before: &str) -> Vec<(&'t str, &'t str)> {
    let parts = text.split(before).skip(1);
    let names = parts.filter_map(|rest| rest.split_once(|c| !is_part_of_a_name(c)));
    names.filter(|(name, _)| !name.is_empty()).collect()
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c| !is_part_of_a_name(c)).collect()
}

#[test]
fn every_structure_has_its_layout_asserted() {
    let crate_text = text("src", "layout.rs");
    let asserted = |name: &str| crate_text.contains(&format!("\n    {name}: 0x"));
    let structures = [declared(&crate_text, "pub struct "), declared(&crate_text, "pub union ")].concat();
    assert!(structures.len() > 20);
    let is_opaque = |rest: &str| rest.trim_start_matches([' ', '{', '\n']).starts_with("_opaque");
    let missing = structures.iter().filter(|(name, rest)| !is_opaque(rest) && !asserted(name));
    assert_eq!(missing.map(|(name, _)| *name).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn every_constant_has_a_witness() {
    let (crate_text, tests) = (text("src", "layout.rs"), text("tests", "every_item.rs"));
    let (constants, witnesses) = (declared(&crate_text, "pub const "), words(&tests));
    assert!(constants.len() > 50);
    let missing =
        constants.iter().map(|(name, _)| *name).filter(|name| *name != "fn" && !witnesses.contains(name));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// The indices are declared by a macro, each behind its function.
#[test]
fn every_index_has_a_witness() {
    let (crate_text, tests) = (text("src", "layout.rs"), text("tests", "every_item.rs"));
    let indices: BTreeSet<&str> =
        words(&crate_text).into_iter().filter(|word| word.ends_with("TableIndex")).collect();
    assert!(indices.len() > 15);
    let missing: Vec<_> = indices.difference(&words(&tests)).copied().collect();
    assert_eq!(missing, Vec::<&str>::new());
}

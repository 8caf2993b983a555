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

/// What `dirql-ddi-wdk` cannot compare by its name.
const NOT_OF_WDK_SYS: [&str; 28] = [
    // Names of ours for what has none in C; its fields are compared where it lies.
    "CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT",
    "CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY",
    "CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT",
    "IO_CONNECT_INTERRUPT_CONNECTION_CONTEXT",
    "IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT",
    "IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT",
    "IO_REPORT_INTERRUPT_ACTIVE_STATE_CONNECTION_CONTEXT",
    "IO_STACK_LOCATION_DEVICE_IO_CONTROL",
    "IO_STACK_LOCATION_PARAMETERS",
    "IO_STACK_LOCATION_POWER",
    "IO_STACK_LOCATION_READ",
    "IO_STACK_LOCATION_READ_WRITE_CONFIG",
    "IO_STACK_LOCATION_START_DEVICE",
    "IO_STATUS_BLOCK_VARIANT",
    "IRP_ASSOCIATED",
    "IRP_TAIL",
    "IRP_TAIL_OVERLAY",
    // Initializers, which bindgen does not bind.
    "GUID_BUS_INTERFACE_STANDARD",
    "SRWLOCK_INIT",
    // Inline in the headers, or the simulation's own.
    "IoSetCancelRoutine",
    "KeMemoryBarrier",
    "READ_REGISTER_ULONG",
    "WRITE_REGISTER_ULONG",
    "dma_read_bytes",
    "dma_read_u32",
    "dma_write_bytes",
    "dma_write_u32",
    // A `const fn`.
    "fn",
];

/// Returns the names of structures, constants and foreign functions.
fn declarations(text: &str) -> BTreeSet<&str> {
    let is_opaque = |rest: &str| rest.trim_start_matches([' ', '{', '\n']).starts_with("_opaque");
    let structures = [declared(text, "pub struct "), declared(text, "pub union ")].concat();
    let structures = structures.into_iter().filter(|(_, rest)| !is_opaque(rest));
    // Indented, a `pub fn` is foreign: the crate has no methods.
    let others = [declared(text, "pub const "), declared(text, "    pub fn ")].concat();
    structures.chain(others).map(|(name, _)| name).collect()
}

#[test]
fn everything_but_ndis_is_compared_with_wdk_sys() {
    let (all, ndis) = (text("src", "layout.rs"), text("src/ndis", "layout.rs"));
    let compared = text("wdk/src", "proof.rs");
    let names: BTreeSet<&str> = declarations(&all).difference(&declarations(&ndis)).copied().collect();
    assert!(names.len() > 150);
    let witnesses = words(&compared).into_iter().chain(NOT_OF_WDK_SYS).collect();
    let missing: Vec<_> = names.difference(&witnesses).collect();
    assert!(missing.is_empty(), "put into wdk/src, by name: {missing:?}");
}

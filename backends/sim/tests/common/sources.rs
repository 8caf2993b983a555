//! The source text of this workspace, for tests that read it.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the text of every Rust file below `folder`, relative to this package; none if there is no such folder.
pub(crate) fn sources(folder: &str) -> Vec<String> {
    let mut open: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut texts = Vec::new();
    while let Some(path) = open.pop() {
        if let Ok(entries) = fs::read_dir(&path) {
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(&path).unwrap());
        }
    }
    texts
}

//! What the benches have in common: where and when they ran, medians, and tables in Markdown.

mod machine;
mod median;
mod table;

pub use machine::where_and_when;
pub use median::{Spread, median};
pub use table::Table;

use std::path::{Path, PathBuf};

/// Writes a page of `docs/bench`, and returns where.
///
/// # Errors
/// Whatever the file system says.
pub fn write_page(name: &str, text: &str) -> std::io::Result<PathBuf> {
    let path = pages().join(name);
    std::fs::create_dir_all(pages())?;
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Returns the folder of the benches' pages in the working copy that this was built from.
pub fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bench")
}

//! The bug bench: bugs that drivers have had in public, planted one at a time into this driver and its backends, and
//! what it takes the default campaign to find each of them.
//!
//! A bug is a patch in `training/` or `held-out/` with a head that says which class it is of, where the class has been
//! seen, and what should notice it. The first half was known while schedulers and scenarios were tuned, the second
//! was written without a look at what finds it; results tell them apart.
//!
//! `cargo run --release -p dirql-bugs` plants them all and writes `docs/bench/bugs.md`.

mod bug;
mod campaign;
mod plot;
mod report;
mod score;
mod shrunk;
mod tree;

pub use bug::{Bug, CLASSES, Edit, Set, all};
pub use campaign::{Campaign, Failure, Outcome, Work};
pub use plot::plot;
pub use report::report;
pub use score::{Detection, SCHEDULERS, Score, Try, compared, measure};
pub use shrunk::{Shrunk, shrink};
pub use tree::Tree;

use std::path::{Path, PathBuf};

/// Returns the root of the working copy that this was built from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

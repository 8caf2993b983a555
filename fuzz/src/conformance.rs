//! What every backend does alike, what they do differently, and the suite that shows both.
//!
//! | What | File |
//! |---|---|
//! | a behaviour, and how it is tried | [`behaviour`], with all of them in [`behaviours`] |
//! | one run: machine, script, what was seen | [`run`] |
//! | the driver under test, and its device | [`probe`], [`bell`] |
//! | what it sees | [`history`] |
//! | the backends under it | [`stage`] |
//!
//! Behaviours are written once, against the abstraction. `dirql conformance` and the tests run the same ones.

mod behaviour;
mod behaviours;
mod bell;
mod history;
mod probe;
mod run;
mod stage;

pub use behaviour::{About, Entry, Verdict};
pub use behaviours::BEHAVIOURS;

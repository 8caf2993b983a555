//! What every backend does alike, what they do differently, and the suite that shows both.
//!
//! | What | File |
//! |---|---|
//! | a behaviour, and how it is tried | `behaviour.rs`, with all of them in `behaviours.rs` |
//! | a question whose answer a driver can see | `question.rs`, with all of them in `questions.rs` |
//! | who answers one differently, why, and what that means for porting | `difference.rs` |
//! | a driver's life as data, and its history | `program.rs` |
//! | all of it on every backend, as `dirql conformance` prints it | `matrix.rs` |
//! | all of it on one backend, in a process that may die | `tried.rs` |
//! | one run: machine, script, what was seen | `run.rs` |
//! | the driver under test, and its device | `probe.rs`, `bell.rs` |
//! | what it sees | `history.rs` |
//! | the backends under it | [`stage`](crate::stage) |
//!
//! Behaviours, questions and programs are written once, against the abstraction. `dirql conformance` and the tests
//! run the same ones.

mod behaviour;
mod behaviours;
mod bell;
mod difference;
mod history;
mod matrix;
mod probe;
mod program;
mod question;
mod questions;
mod run;
mod tried;

pub use behaviour::{About, Entry, Verdict};
pub use behaviours::BEHAVIOURS;
pub use difference::{DIFFERENCES, Difference};
pub use matrix::Matrix;
pub use program::{History, Program, Step};
pub use question::{Asked, Inquiry};
pub use questions::QUESTIONS;
pub(crate) use tried::serve;

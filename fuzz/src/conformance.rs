//! What every backend does alike, what they do differently, and the suite that shows both.
//!
//! | What | File |
//! |---|---|
//! | a behaviour, and how it is tried | [`behaviour`], with all of them in [`behaviours`] |
//! | a question whose answer a driver can see | [`question`], with all of them in [`questions`] |
//! | who answers one differently, why, and what that means for porting | [`difference`] |
//! | a driver's life as data, and its history | [`program`] |
//! | all of it on every backend, as `dirql conformance` prints it | [`matrix`] |
//! | all of it on one backend, in a process that may die | [`tried`] |
//! | one run: machine, script, what was seen | [`run`] |
//! | the driver under test, and its device | [`probe`], [`bell`] |
//! | what it sees | [`history`] |
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

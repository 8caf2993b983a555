//! Fuzzing of interrupt-driven drivers over interleavings: the case format, the campaign and the `dirql` command.
//!
//! | Question | Module |
//! |---|---|
//! | What is one execution, as data? | [`case`], with [`scenario`], [`backend`] and [`scheduler`] |
//! | Which frames does it send? | [`capture`] |
//! | What does it run on? | [`stage`] |
//! | What runs it? | [`execute`] (the trait), [`run`] (the simulation) |
//! | What came of it? | [`outcome`], [`reach`], [`pairs`] |
//! | Which of its interleavings are there? | [`explore`](mod@explore) |
//! | How is a failure made small, kept, and drawn? | `shrink`, [`artifact`], [`timeline`] |
//! | What do backends do alike, and what not? | [`conformance`] |
//! | Who starts it? | [`command`], and [`target`] for libFuzzer, which changes cases by [`mutate`] |
//!
//! A campaign is a supervisor with worker processes. It gives them numbered executions, a short stretch at a time, one
//! backend and scenario after the other (`rotation`), and says how to draw them (`guide`); it adds up what they report,
//! and replaces those that die.

pub mod artifact;
pub mod backend;
mod campaign;
pub mod capture;
pub mod case;
mod clock;
pub mod command;
pub mod conformance;
mod crew;
mod decisive;
pub mod execute;
pub mod explore;
mod fatal;
mod guide;
mod isolate;
pub mod mutate;
mod names;
mod nearby;
pub mod outcome;
pub mod pairs;
mod progress;
mod protocol;
pub mod reach;
mod report;
mod rng;
mod rotation;
pub mod run;
pub mod scenario;
pub mod scheduler;
mod shrink;
mod slots;
pub mod stage;
mod supervisor;
mod tally;
pub mod target;
pub mod timeline;
mod worker;
mod world;

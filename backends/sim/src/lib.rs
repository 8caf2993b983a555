//! A deterministic NT machine.
//!
//! Processors with IRQLs, level-triggered lines and messages, interrupt locks, DPC queues, threads, events and
//! device models, all in one value, [`Machine`]. Code under test runs on it through [`kernel`], or through the
//! Windows DDIs that this crate defines on top of it. A [`Scheduler`] decides at every preemption point who goes
//! next; nothing else is nondeterministic, so a run is a function of its setup.
//!
//! Only this crate knows what an interleaving is.

mod bus;
mod choices;
mod context;
mod core;
mod counters;
mod coverage;
mod cpu;
mod decide;
mod device;
mod dpc;
mod event;
mod explore;
mod fiber;
mod interrupt;
pub mod irql;
pub mod kernel;
mod lock;
mod machine;
mod memory;
mod moves;
#[allow(non_snake_case, reason = "the names are Microsoft's")]
pub mod ndis;
#[allow(non_snake_case, reason = "the names are Microsoft's")]
pub mod ntoskrnl;
mod passive;
mod pci;
mod pool;
mod power;
mod rng;
mod routine;
mod rules;
mod run;
mod schedule;
mod thread;
mod trace;
#[allow(non_snake_case, reason = "the names are Microsoft's")]
mod user;
mod violation;
mod watch;
#[allow(non_snake_case, non_upper_case_globals, reason = "the names are Microsoft's")]
pub mod wdf;
mod work;

pub use bus::DeviceId;
pub use counters::Counters;
pub use coverage::Pairs;
pub use device::{Access, Bus, Device, ENGINES_MAX, InterruptMode, Parts, Pins};
pub use dpc::{DpcId, Importance};
pub use event::EventId;
pub use explore::{Counts, Exploration};
pub use interrupt::{ConnectError, InterruptId, VectorId};
pub use machine::{Machine, Report, Setup, Wiring};
pub use memory::{BufferId, DEVICE_BASE, Fault, Memory, Ordering};
pub use moves::{Actor, CPUS_MAX, DEVICES_MAX, Move, Moves, THREADS_MAX};
pub use power::Power;
pub use rng::Rng;
pub use routine::{Call, Routine};
pub use rules::{Kind, Rule, rule, rules};
pub use run::RunId;
pub use schedule::{Replay, Scheduler, Seeded, Strategy, Switch};
pub use trace::{Event, What};
pub use violation::Violation;
pub use work::WorkId;

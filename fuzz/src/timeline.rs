//! A run as a timeline: a column for each processor and one for the devices, a row for each event.
//!
//! | Step | File |
//! |---|---|
//! | what things are called | `names.rs`, and `chip.rs` for the 82574's registers and descriptors |
//! | who holds what, and what is nested on what, after each event | `state.rs` |
//! | an event in words | `words.rs` |
//! | events that belong together make one row | `rows.rs` |
//! | rows that repeat make one row | `fold.rs` |
//! | rows as text of a fixed width | `layout.rs`, with what was left out in `head.rs` |
//!
//! All but the last are done where the run was, the last by whoever prints it.

mod chip;
mod fold;
mod head;
mod layout;
mod names;
mod rows;
mod state;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

pub(crate) use chip::Buffer;
pub(crate) use layout::{Extent, text};
pub(crate) use names::{Names, registers_used};

/// What happened in a run, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The processors that did something, and last the devices.
    pub columns: Vec<Column>,
    /// What each lock is, for those who ask what its short name means.
    pub locks: Vec<String>,
    /// What happened, in order.
    pub rows: Vec<Row>,
}

/// A processor, or all devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub title: String,
    /// The threads that ran there.
    pub cast: Vec<String>,
}

/// One event, or several that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The column, as an index into [`Timeline::columns`].
    pub column: u8,
    /// The processor's IRQL afterwards; `None` for a device.
    pub irql: Option<u8>,
    /// On how many interrupts and DPCs it is nested.
    pub depth: u8,
    /// Whether it begins or ends an interrupt or a DPC.
    pub edge: Edge,
    /// The thread, the interrupt or the DPC that acts, or the device's engine.
    pub who: String,
    /// What happened.
    pub text: String,
    /// The locks held afterwards, and where.
    pub held: String,
    /// What kind of thing happened.
    pub kind: Kind,
    /// What the schedule did here instead of letting things take their course, if it did.
    pub switch: Option<String>,
}

/// Whether a row is the first or the last of an interrupt or a DPC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edge {
    /// Neither.
    #[default]
    None,
    /// The first.
    Begin,
    /// The last.
    End,
}

/// Kinds of rows, for colours and sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// An access of the driver to a register, to shared memory or to an atomic.
    #[default]
    Access,
    /// Something a device did.
    Device,
    /// An interrupt was taken, or ended.
    Interrupt,
    /// A DPC was queued, removed, or run.
    Dpc,
    /// A lock or a section, or a change of IRQL.
    Lock,
    /// A thread began, waited, or ended.
    Thread,
    /// The scenario says what it does.
    Note,
    /// The scheduler chose an outcome that is not the plain one.
    Choice,
    /// A rule was broken.
    Violation,
    /// The rows above it happened several times.
    Repeat,
}

impl Timeline {
    /// Makes a timeline of a run's events.
    pub(crate) fn new(events: &[dirql_sim::Event], names: &Names) -> Self {
        let stage = rows::Stage::new(events, names);
        let rows = fold::fold(rows::rows(events, names, &stage));
        Self { columns: stage.columns(names), locks: stage.locks.legend(), rows }
    }
}

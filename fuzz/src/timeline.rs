//! A run as a timeline: a column for each processor and one for the devices, a row for each event.
//!
//! | Step | File |
//! |---|---|
//! | what things are called | `names.rs`, and `chip.rs` for the 82574's registers and descriptors |
//! | who holds what, and what is nested on what, after each event | `state.rs` |
//! | an event in words | `words.rs` |
//! | events that belong together make one row | `rows.rs` |
//! | rows that repeat make one row | `fold.rs` |
//! | which rows are shown of a long run, and what is said of the others | `extent.rs`, `head.rs` |
//! | rows as text of a fixed width | `layout.rs` |
//! | rows as a page with a picture | `page.rs`, `picture/` |
//!
//! The first four are done where the run was, the others by whoever prints it.

mod chip;
mod extent;
mod fold;
mod head;
mod layout;
mod names;
mod page;
mod picture;
mod rows;
mod state;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

pub(crate) use chip::Buffer;
pub(crate) use extent::Extent;
pub(crate) use layout::text;
pub(crate) use names::{Names, registers_used};
pub(crate) use page::{Section, page};

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
    /// The locks held afterwards.
    pub held: Vec<Held>,
    /// What kind of thing happened.
    pub kind: Kind,
    /// What the schedule did here instead of letting things take their course, if it did.
    pub switch: Option<String>,
    /// Which entries of the schedule take effect here, by number.
    pub entries: Vec<u32>,
    /// Whether the failure vanishes without one of them; `None` if nobody tried.
    pub decisive: Option<bool>,
}

/// A lock that is held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its short name.
    pub lock: String,
    /// The processor's number.
    pub cpu: u8,
    /// The processor's column.
    pub column: u8,
}

impl Row {
    /// Returns whether the schedule left its default here.
    pub(crate) fn is_decision(&self) -> bool {
        self.switch.is_some() || self.kind == Kind::Choice
    }

    /// Returns whether the schedule left its default here and the failure would not be there without it, as far as
    /// anybody knows.
    pub(crate) fn is_decisive(&self) -> bool {
        self.is_decision() && self.decisive != Some(false)
    }
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
    /// Makes a timeline of a run's events, each of which has its row.
    pub(crate) fn new(events: &[dirql_sim::Event], names: &Names) -> Self {
        let stage = rows::Stage::new(events, names);
        let rows = rows::rows(events, names, &stage);
        Self { columns: stage.columns(names), locks: stage.locks.legend(), rows }
    }

    /// Marks the switches without which the failure vanishes, given for each entry of the schedule.
    pub(crate) fn mark(&mut self, decisive: &[bool]) {
        let is_decisive = |entry: &u32| decisive.get(*entry as usize) == Some(&true);
        for row in self.rows.iter_mut().filter(|row| row.is_decision()) {
            row.decisive = Some(row.entries.iter().any(is_decisive));
        }
    }

    /// Tells once what repeats.
    pub(crate) fn folded(self) -> Self {
        Self { rows: fold::fold(self.rows), ..self }
    }
}

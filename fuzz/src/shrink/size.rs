//! What makes one case smaller than another.

use crate::capture::Frames;
use crate::case::{Case, Control, Interrupt, Memory, Schedule, Serialization, Settings, Wire};

/// How much of a case a reader has to follow, what matters most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Size {
    switches: usize,
    operations: usize,
    /// Lies, weak memory, and events that ordinary traffic does not have.
    faults: u32,
    /// Values that are not the plain ones.
    oddities: u32,
    /// In the frames of all operations.
    bytes: usize,
    fragments: u32,
}

impl Size {
    pub(super) fn of(case: &Case, frames: &Frames) -> Self {
        let arriving = case.wire.iter().filter_map(|event| match event {
            Wire::Frame(frame) => Some(*frame),
            _ => None,
        });
        let named = case.sends.iter().map(|send| send.frame).chain(arriving);
        Self {
            switches: switches(case),
            operations: case.sends.len() + case.controls.len() + case.wire.len(),
            faults: faults(case),
            oddities: oddities(&case.settings),
            bytes: named.map(|frame| frames.get(frame).len()).sum(),
            fragments: case.sends.iter().map(|send| u32::from(send.fragments)).sum(),
        }
    }
}

/// Counts the switches of a case. A seeded schedule has more than anyone can follow.
pub(super) fn switches(case: &Case) -> usize {
    match &case.schedule {
        Schedule::Seeded { .. } => usize::MAX,
        Schedule::Switches(switches) => switches.len(),
    }
}

fn faults(case: &Case) -> u32 {
    let wire = case.wire.iter().filter(|event| !matches!(event, Wire::Frame(_))).count();
    let disruptive = |control: &&Control| matches!(control, Control::Reset | Control::Restart);
    let controls = case.controls.iter().filter(disruptive).count();
    let weak = u32::from(case.settings.memory != Memory::X64);
    u32::from(case.settings.hostile) + weak + (wire + controls) as u32
}

fn oddities(settings: &Settings) -> u32 {
    let plain = super::plain::SETTINGS;
    [
        settings.cpus != plain.cpus,
        settings.interrupt != Interrupt::Line,
        settings.serialize != Serialization::PerSource,
        settings.tx_descriptors != plain.tx_descriptors,
        settings.rx_descriptors != plain.rx_descriptors,
        settings.rx_buffer_size != plain.rx_buffer_size,
        settings.budget != plain.budget,
    ]
    .map(u32::from)
    .iter()
    .sum()
}

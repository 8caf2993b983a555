//! Plainer values: what is tried in place of each setting, frame and fragmentation.

use std::ops::Range;

use crate::capture::Frames;
use crate::case::{Case, Interrupt, Memory, Serialization, Settings, Wire};

/// The settings that need no explanation: the fewest processors, the shortest rings, buffers that hold a whole frame,
/// and a budget that never runs out. What the device draws its choices from is not compared.
pub(super) const SETTINGS: Settings = Settings {
    cpus: 2,
    memory: Memory::X64,
    interrupt: Interrupt::Line,
    serialize: Serialization::PerSource,
    tx_descriptors: 8,
    rx_descriptors: 8,
    rx_buffer_size: 2048,
    budget: 64,
    hostile: 0,
    device_seed: 0,
};

/// What makes one setting plainer each, those first that a reader gains most from.
pub(super) const SIMPLIFICATIONS: [fn(&mut Settings); 9] = [
    |s| s.hostile = SETTINGS.hostile,
    |s| s.hostile /= 2,
    |s| s.memory = SETTINGS.memory,
    |s| s.cpus = SETTINGS.cpus,
    |s| s.interrupt = SETTINGS.interrupt,
    |s| s.serialize = SETTINGS.serialize,
    |s| (s.tx_descriptors, s.rx_descriptors) = (SETTINGS.tx_descriptors, SETTINGS.rx_descriptors),
    |s| s.rx_buffer_size = SETTINGS.rx_buffer_size,
    |s| s.budget = SETTINGS.budget,
];

/// Returns how many frames a case names.
pub(super) fn frames(case: &Case) -> usize {
    case.sends.len() + case.wire.len()
}

/// Makes some of the frames a case names, sends first, the shortest of the capture, and whole.
pub(super) fn shorten(case: &mut Case, which: Range<usize>, frames: &Frames) {
    let shortest = (0..frames.len() as u16).min_by_key(|&frame| frames.get(frame).len()).unwrap_or(0);
    let sends = case.sends.len();
    for at in which {
        match at.checked_sub(sends).map(|at| &mut case.wire[at]) {
            None => (case.sends[at].frame, case.sends[at].fragments) = (shortest, 1),
            Some(Wire::Frame(arriving)) => *arriving = shortest,
            Some(Wire::Link(_) | Wire::Neighbour | Wire::Remove) => {}
        }
    }
}

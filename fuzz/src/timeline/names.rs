//! What the parts of a machine are called.

use std::collections::BTreeMap;

use dirql_sim::{Event, What};
use i82574::descriptor::DESCRIPTOR_SIZE;

use super::chip::{self, Buffer};

/// The names that a run's events, which are numbers, stand for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The threads, idle ones included.
    pub(crate) threads: Vec<&'static str>,
    /// The devices.
    pub(crate) devices: Vec<&'static str>,
    /// The engines of device 0.
    pub(crate) engines: &'static [&'static str],
    /// Each register that the run used, by device and offset.
    pub(crate) registers: BTreeMap<(u8, u32), &'static str>,
    /// The common buffers, in the order of their allocation.
    pub(crate) buffers: Vec<Buffer>,
    /// The message of the violation.
    pub(crate) violation: String,
}

/// Returns the registers that the events name: device and offset.
pub(crate) fn registers_used(events: &[Event]) -> impl Iterator<Item = (u8, u32)> {
    events.iter().filter_map(|event| match event.what {
        What::RegisterRead { device, offset, .. } | What::RegisterWrite { device, offset, .. } => {
            Some((device, offset))
        }
        _ => None,
    })
}

/// The driver's access to a word of a buffer.
struct WordAccess {
    buffer: u32,
    offset: u32,
    value: u32,
    write: bool,
}

fn word_access(what: &What) -> Option<WordAccess> {
    match *what {
        What::DmaRead { buffer, offset, value } => Some(WordAccess { buffer, offset, value, write: false }),
        What::DmaWrite { buffer, offset, value } => Some(WordAccess { buffer, offset, value, write: true }),
        _ => None,
    }
}

impl Names {
    pub(super) fn thread(&self, thread: u8) -> &'static str {
        self.threads.get(usize::from(thread)).copied().unwrap_or("thread")
    }

    pub(super) fn device(&self, device: u8) -> &'static str {
        self.devices.get(usize::from(device)).copied().unwrap_or("device")
    }

    pub(super) fn engine(&self, device: u8, engine: u8) -> String {
        match self.engines.get(usize::from(engine)) {
            Some(&name) if device == 0 => name.to_owned(),
            _ => format!("{} engine {engine}", self.device(device)),
        }
    }

    /// Names a register; those of the first device without saying whose they are.
    pub(super) fn register(&self, device: u8, offset: u32) -> String {
        let name = self.registers.get(&(device, offset)).copied().unwrap_or("register");
        let name = match name {
            "register" | "reserved" => format!("register {offset:#x}"),
            name => name.to_owned(),
        };
        if device == 0 { name } else { format!("{} {name}", self.device(device)) }
    }

    /// Spells a register's value.
    pub(super) fn register_value(&self, device: u8, offset: u32, value: u32) -> String {
        let name = self.registers.get(&(device, offset)).copied().filter(|_| device == 0);
        chip::register_value(name.unwrap_or_default(), value)
    }

    /// Names a place in a buffer.
    pub(super) fn place(&self, buffer: u32, offset: u32) -> String {
        match self.buffers.get(buffer as usize) {
            Some(known) => known.place(offset),
            None => format!("buffer {buffer} +{offset:#x}"),
        }
    }

    /// Spells a word of a buffer.
    pub(super) fn word(&self, buffer: u32, offset: u32, value: u32) -> String {
        self.buffers.get(buffer as usize).map_or_else(|| chip::hex(value), |b| b.word(offset, value))
    }

    /// Says whether two accesses go to neighbouring words of one descriptor, in one direction.
    pub(super) fn same_descriptor(&self, first: &Event, next: &Event) -> bool {
        let (Some(a), Some(b)) = (word_access(&first.what), word_access(&next.what)) else { return false };
        let ring = self.buffers.get(a.buffer as usize).is_some_and(|b| b.is_ring());
        ring && (first.cpu, first.thread) == (next.cpu, next.thread)
            && (a.buffer, a.offset + 4, a.write) == (b.buffer, b.offset, b.write)
            && !b.offset.is_multiple_of(DESCRIPTOR_SIZE)
    }

    /// Spells several accesses to one descriptor as one.
    pub(super) fn descriptor(&self, group: &[Event]) -> Option<String> {
        let words: Vec<WordAccess> = group.iter().map_while(|event| word_access(&event.what)).collect();
        let (first, buffer) = (words.first()?, self.buffers.get(words.first()?.buffer as usize)?);
        if words.len() < 2 {
            return None;
        }
        let fields: Vec<_> = match words.as_slice() {
            [low, high, rest @ ..] if low.offset.is_multiple_of(DESCRIPTOR_SIZE) => {
                let address = u64::from(high.value) << 32 | u64::from(low.value);
                let rest = rest.iter().map(|w| buffer.field(w.offset, w.value));
                [format!("addr {address:#x}")].into_iter().chain(rest).collect()
            }
            words => words.iter().map(|w| buffer.field(w.offset, w.value)).collect(),
        };
        let arrow = if first.write { "←" } else { "→" };
        Some(format!(
            "{} {arrow} {}",
            buffer.span(first.offset & !(DESCRIPTOR_SIZE - 1), DESCRIPTOR_SIZE),
            fields.join(", ")
        ))
    }

    /// Names a vector: the platform's one line is the first, the messages follow.
    pub(super) fn vector(&self, vector: u8) -> String {
        match vector.checked_sub(1) {
            None => "line".to_owned(),
            Some(message) => format!("message {message}"),
        }
    }
}

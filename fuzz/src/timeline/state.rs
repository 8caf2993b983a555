//! What holds after each event: locks, and what runs on top of what.

use std::collections::{BTreeMap, BTreeSet};

use dirql_sim::{CPUS_MAX, Event, What};

use super::names::Names;

/// What runs on a processor, on top of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nested {
    Interrupt(u8),
    Dpc(u8),
}

/// The run so far, replayed from its events.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The processor that holds each lock.
    holders: BTreeMap<u8, u8>,
    nested: [Vec<Nested>; CPUS_MAX],
    /// The device that acts on its own now, and its engine if it is one's step.
    device: Option<(u8, Option<u8>)>,
}

impl State {
    /// Takes an event in.
    pub(super) fn apply(&mut self, event: &Event) {
        let nested = &mut self.nested[usize::from(event.cpu) % CPUS_MAX];
        match event.what {
            What::LockTaken { lock } => _ = self.holders.insert(lock, event.cpu),
            What::LockReleased { lock } => _ = self.holders.remove(&lock),
            What::InterruptTaken { vector } => nested.push(Nested::Interrupt(vector)),
            What::DpcStarted { dpc } => nested.push(Nested::Dpc(dpc)),
            What::InterruptEnded { .. } | What::InterruptHandedOn { .. } | What::DpcEnded { .. } => {
                _ = nested.pop();
            }
            What::EngineStep { device, engine } => self.device = Some((device, Some(engine))),
            What::PostedWriteArrives { device, .. } => self.device = Some((device, None)),
            What::DeviceDone => self.device = None,
            _ => {}
        }
    }

    /// Returns the device that acts on its own, and its engine.
    pub(super) fn device(&self) -> Option<(u8, Option<u8>)> {
        self.device
    }

    /// Names who acts on the event's processor.
    pub(super) fn actor(&self, event: &Event, names: &Names) -> String {
        match self.nested[usize::from(event.cpu) % CPUS_MAX].last() {
            None => names.thread(event.thread).to_owned(),
            Some(Nested::Interrupt(vector)) => names.vector(*vector),
            Some(Nested::Dpc(dpc)) => format!("DPC {dpc}"),
        }
    }

    /// Returns the processor that holds a lock.
    pub(super) fn holder(&self, lock: u8) -> Option<u8> {
        self.holders.get(&lock).copied()
    }

    /// Lists the locks held, each with its processor.
    pub(super) fn held<'a>(&'a self, locks: &'a Locks) -> impl Iterator<Item = (String, u8)> + 'a {
        self.holders.iter().map(|(&lock, &cpu)| (locks.name(lock), cpu))
    }
}

/// What the locks of a run are for. The trace says which belong to interrupts; any other is named after what is
/// touched while it is the innermost one.
#[derive(Debug, Default)]
pub(super) struct Locks {
    interrupts: BTreeMap<u8, BTreeSet<String>>,
    protects: BTreeMap<u8, String>,
}

impl Locks {
    pub(super) fn new(events: &[Event], names: &Names) -> Self {
        let mut locks = Self::default();
        let mut held: [Vec<u8>; CPUS_MAX] = Default::default();
        for event in events {
            let held = &mut held[usize::from(event.cpu) % CPUS_MAX];
            match event.what {
                What::Connected { vector, lock, .. } => {
                    locks.interrupts.entry(lock).or_default().insert(names.vector(vector));
                }
                What::LockTaken { lock } => held.push(lock),
                What::LockReleased { lock } => held.retain(|&l| l != lock),
                what => {
                    if let Some(&lock) = held.last() {
                        locks.note(lock, &what, names);
                    }
                }
            }
        }
        locks
    }

    /// Takes in what is touched under a lock: memory says more about it than registers do.
    fn note(&mut self, lock: u8, what: &What, names: &Names) {
        if let Some(buffer) = buffer(what, names) {
            self.protects.insert(lock, buffer);
        } else if let What::RegisterRead { device, offset, .. } | What::RegisterWrite { device, offset, .. } =
            *what
        {
            self.protects.entry(lock).or_insert_with(|| names.register(device, offset));
        }
    }

    /// Names a lock, shortly.
    pub(super) fn name(&self, lock: u8) -> String {
        match (self.interrupts.get(&lock), self.protects.get(&lock)) {
            (Some(_), _) => format!("int{lock}"),
            (None, Some(object)) => object.clone(),
            (None, None) => format!("lock{lock}"),
        }
    }

    /// Explains the names.
    pub(super) fn legend(&self) -> Vec<String> {
        let interrupts = self.interrupts.iter().map(|(lock, vectors)| {
            let vectors: Vec<_> = vectors.iter().map(String::as_str).collect();
            format!("int{lock}: interrupt lock of {}", vectors.join(", "))
        });
        let spin_locks = self.protects.iter().filter(|(lock, _)| !self.interrupts.contains_key(lock));
        let spin_locks = spin_locks.map(|(lock, object)| format!("{object}: spin lock {lock}"));
        interrupts.chain(spin_locks).collect()
    }
}

/// Names the shared memory that the driver accesses word by word.
fn buffer(what: &What, names: &Names) -> Option<String> {
    let (What::DmaRead { buffer, .. } | What::DmaWrite { buffer, .. }) = *what else { return None };
    names.buffers.get(buffer as usize).map(|b| b.name().to_owned())
}

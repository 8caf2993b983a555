//! Interrupts: vectors that devices raise, interrupt objects that drivers connect to them, and delivery.

mod delivery;

use core::ops::Range;

use crate::core::{Core, object};
use crate::device::InterruptMode;
use crate::explore::How;
use crate::irql::{DISPATCH, HIGH, PASSIVE};
use crate::lock::LockKind;
use crate::moves::DEVICES_MAX;
use crate::passive::Service;
use crate::routine::Routine;
use crate::thread::State;
use crate::trace::What;

pub(crate) const CHAIN_MAX: usize = 4;

/// Names an interrupt vector of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VectorId(pub(crate) u8);

/// Names a connected interrupt object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterruptId(pub(crate) u16);

impl InterruptId {
    /// Returns the id of the `n`-th interrupt object of a run.
    pub const fn new(n: u16) -> Self {
        Self(n)
    }

    /// Returns its number.
    pub const fn index(self) -> u16 {
        self.0
    }
}

/// How a vector is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// By the level of one or more devices' lines, a bit each.
    Level,
    /// By a message.
    Edge,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Vector {
    irql: u8,
    trigger: Trigger,
    /// A bit for each processor that may take it.
    affinity: u8,
    /// Level: the devices that assert it. Edge: 1 if a message waits.
    raised: u8,
    /// A level vector is not taken again before its dispatch has ended.
    in_service: bool,
    chain: [Option<u16>; CHAIN_MAX],
    /// What the thread does that serves it, if its ISRs are passive.
    pub(crate) service: Service,
    /// How often in a row it was taken with nobody claiming it.
    unclaimed: u32,
    /// How often in a row it was taken without any thread or DPC going on in between.
    in_a_row: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupt {
    pub(crate) routine: Routine,
    pub(crate) vector: u8,
    pub(crate) lock: u16,
    pub(crate) synchronize_irql: u8,
    pub(crate) connected: bool,
    /// Its ISR is to be called: the driver has not reported it inactive (R92).
    active: bool,
    /// How many processors are in its ISR, or wait for the lock to enter it.
    running: u8,
    /// The connect call has returned.
    announced: bool,
}

impl Interrupt {
    /// Returns whether the ISR runs in a thread.
    pub(crate) fn is_passive(&self) -> bool {
        self.synchronize_irql == PASSIVE
    }
}

/// All vectors and interrupt objects of one run.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    pub(crate) vectors: Vec<Vector>,
    pub(crate) objects: Vec<Interrupt>,
    /// A bit for each vector that is raised, connected and not in service.
    pending: u32,
    /// Whether a vector was taken since a thread or a DPC went on.
    in_a_row: bool,
    /// Per device: its line's vector, and its messages' first vector and number.
    lines: [Option<u8>; DEVICES_MAX],
    messages: [(u8, u16); DEVICES_MAX],
    /// Per device: whether its messages are withheld from it.
    withheld: [bool; DEVICES_MAX],
}

/// How often in a row a level vector may be taken unclaimed before it is a storm.
const STORM: u32 = 200;
/// How often in a row it may be taken at all.
const STORM_CLAIMED: u32 = 2000;

impl Interrupts {
    pub(crate) fn reset(&mut self) {
        self.vectors.clear();
        self.objects.clear();
        self.pending = 0;
        self.in_a_row = false;
        self.lines = [None; DEVICES_MAX];
        self.messages = [(0, 0); DEVICES_MAX];
        self.withheld = [false; DEVICES_MAX];
    }

    fn add(&mut self, irql: u8, trigger: Trigger, affinity: u8) -> u8 {
        assert!(irql > DISPATCH, "a device interrupts above DISPATCH_LEVEL");
        self.vectors.push(Vector {
            irql,
            trigger,
            affinity,
            raised: 0,
            in_service: false,
            chain: [None; CHAIN_MAX],
            service: Service::Idle,
            unclaimed: 0,
            in_a_row: 0,
        });
        self.vectors.len() as u8 - 1
    }

    pub(crate) fn add_line(&mut self, irql: u8, affinity: u8) -> VectorId {
        VectorId(self.add(irql, Trigger::Level, affinity))
    }

    pub(crate) fn set_line(&mut self, device: usize, line: VectorId) {
        self.lines[device] = Some(line.0);
    }

    pub(crate) fn add_messages(&mut self, device: usize, irqls: &[u8], affinity: u8) {
        let first = self.vectors.len() as u8;
        for &irql in irqls {
            self.add(irql, Trigger::Edge, affinity);
        }
        self.messages[device] = (first, irqls.len() as u16);
    }

    pub(crate) fn grant_messages(&mut self, device: usize, granted: bool) {
        self.withheld[device] = !granted;
    }

    pub(crate) fn line_of(&self, device: usize) -> Option<VectorId> {
        self.lines[device].map(VectorId)
    }

    pub(crate) fn message_of(&self, device: usize, index: u16) -> Option<VectorId> {
        let (first, count) = self.messages[device];
        (index < count && !self.withheld[device]).then(|| VectorId(first + index as u8))
    }

    pub(crate) fn irql_of(&self, vector: VectorId) -> u8 {
        self.vectors[vector.0 as usize].irql
    }

    pub(crate) fn affinity_of(&self, vector: VectorId) -> u8 {
        self.vectors[vector.0 as usize].affinity
    }

    pub(crate) fn get(&self, id: InterruptId) -> Option<&Interrupt> {
        self.objects.get(id.0 as usize)
    }

    #[inline]
    pub(crate) fn any_pending(&self) -> bool {
        self.pending != 0
    }

    /// Returns the vector that `cpu` would take now: the one of highest IRQL above its own (R4).
    #[inline]
    pub(crate) fn most_urgent(&self, cpu: usize, irql: u8) -> Option<u8> {
        let mut pending = self.pending;
        let mut best: Option<(u8, u8)> = None;
        while pending != 0 {
            let v = pending.trailing_zeros() as u8;
            pending &= pending - 1;
            let vector = &self.vectors[v as usize];
            if vector.irql > irql
                && vector.affinity & 1 << cpu != 0
                && best.is_none_or(|(_, level)| vector.irql > level)
            {
                best = Some((v, vector.irql));
            }
        }
        best.map(|(v, _)| v)
    }

    /// Returns whether the interrupt object's ISR neither runs nor waits for its lock, on any processor.
    pub(crate) fn is_idle(&self, id: InterruptId) -> bool {
        self.objects[id.0 as usize].running == 0
    }

    /// Returns whether a connected interrupt's ISR is called with a context in `block`.
    fn any_with_context_in(&self, block: &Range<usize>) -> bool {
        self.objects.iter().any(|o| o.connected && o.routine.has_context_in(block))
    }

    /// Returns the first interrupt object that is still connected.
    pub(crate) fn any_connected(&self) -> Option<usize> {
        self.objects.iter().position(|o| o.connected)
    }

    pub(crate) fn next_id(&self) -> InterruptId {
        InterruptId(self.objects.len() as u16)
    }

    /// Returns the interrupt objects of a vector.
    pub(crate) fn in_chain(&self, v: u8) -> impl Iterator<Item = &Interrupt> {
        let chain = self.vectors[v as usize].chain.iter().flatten();
        chain.map(|&id| &self.objects[id as usize])
    }

    /// Returns whether the vector has an ISR to be called.
    fn is_heard(&self, v: u8) -> bool {
        self.in_chain(v).any(|object| object.active)
    }

    fn refresh(&mut self, v: u8) {
        let vector = &self.vectors[v as usize];
        let pending = vector.raised != 0
            && self.is_heard(v)
            && !(vector.in_service && vector.trigger == Trigger::Level);
        self.pending = self.pending & !(1 << v) | u32::from(pending) << v;
    }

    /// Returns whether a vector was taken since a thread or a DPC went on.
    #[inline]
    pub(crate) fn any_in_a_row(&self) -> bool {
        self.in_a_row
    }

    /// Counts that a vector is taken. Returns how often in a row it was.
    pub(crate) fn count_taken(&mut self, vector: u8) -> u32 {
        self.in_a_row = true;
        let row = &mut self.vectors[vector as usize].in_a_row;
        *row += 1;
        *row
    }

    /// A thread or a DPC goes on: no storm.
    #[inline(never)]
    pub(crate) fn forget_rows(&mut self) {
        self.in_a_row = false;
        for vector in &mut self.vectors {
            vector.in_a_row = 0;
        }
    }
}

/// Why an interrupt could not be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The chain of the vector is full.
    ChainFull,
    /// SynchronizeIrql is below the vector's IRQL.
    SynchronizeIrqlTooLow,
    /// Another ISR of the vector is passive, or this one is and the other is not. Not documented; refused here.
    MixedLevels,
}

impl Core {
    /// The level of a device's line may have changed.
    pub(crate) fn drive_line(&mut self, device: usize, asserted: bool) {
        let Some(v) = self.interrupts.lines[device] else { return };
        let vector = &self.interrupts.vectors[v as usize];
        let raised = vector.raised & !(1 << device) | u8::from(asserted) << device;
        if raised != vector.raised {
            self.touch(object::VECTORS, How::Write);
            let vector = &mut self.interrupts.vectors[v as usize];
            vector.raised = raised;
            self.log(What::Line { device: device as u8, asserted });
            self.interrupts.refresh(v);
        }
    }

    /// A device sent messages, a bit each. A message that nobody is connected to is lost: it is an edge (R52).
    pub(crate) fn drive_messages(&mut self, device: usize, sent: u32) {
        self.touch(object::VECTORS, How::Write);
        for entry in (0..32).filter(|entry| sent & 1 << entry != 0) {
            if let Some((index, v)) = self.message_of_entry(device, entry)
                && self.interrupts.is_heard(v)
            {
                let vector = &mut self.interrupts.vectors[v as usize];
                self.counters.messages_merged += u64::from(vector.raised);
                vector.raised = 1;
                self.log(What::Message { device: device as u8, index });
                self.interrupts.refresh(v);
            }
        }
    }

    /// Returns the message that an entry of the device's table holds, and its vector. Surplus entries of MSI-X hold
    /// message 0 (R55).
    fn message_of_entry(&self, device: usize, entry: u16) -> Option<(u8, u8)> {
        let (first, count) = self.interrupts.messages[device];
        let index = match self.interrupt_mode(device) {
            _ if entry < count => entry as u8,
            InterruptMode::MsiX(_) if count > 0 => 0,
            _ => return None,
        };
        Some((index, first + index))
    }

    /// Connects `routine` to `vector`. `lock` is the caller's, or one of its own.
    pub(crate) fn connect(
        &mut self,
        vector: VectorId,
        routine: Routine,
        lock: Option<u16>,
        synchronize_irql: u8,
    ) -> Result<InterruptId, ConnectError> {
        if synchronize_irql < self.interrupts.irql_of(vector) {
            return Err(ConnectError::SynchronizeIrqlTooLow);
        }
        let lock = lock.unwrap_or_else(|| self.create_lock(LockKind::Interrupt));
        self.locks_at(lock, synchronize_irql);
        self.join_chain(vector, routine, lock, synchronize_irql)
    }

    /// Puts a new interrupt object into the chain of its vector.
    pub(crate) fn join_chain(
        &mut self,
        vector: VectorId,
        routine: Routine,
        lock: u16,
        synchronize_irql: u8,
    ) -> Result<InterruptId, ConnectError> {
        let id = self.interrupts.objects.len() as u16;
        self.touch(object::NAMES, How::Write);
        self.touch_connection(InterruptId(id));
        let passive = synchronize_irql == PASSIVE;
        if self.interrupts.in_chain(vector.0).any(|other| other.is_passive() != passive) {
            return Err(ConnectError::MixedLevels);
        }
        let chain = &mut self.interrupts.vectors[vector.0 as usize].chain;
        let place = chain.iter_mut().find(|p| p.is_none()).ok_or(ConnectError::ChainFull)?;
        *place = Some(id);
        self.interrupts.objects.push(Interrupt {
            routine,
            vector: vector.0,
            lock,
            synchronize_irql,
            connected: true,
            active: true,
            running: 0,
            announced: false,
        });
        self.interrupts.refresh(vector.0);
        self.log(What::Connected { interrupt: id as u8, vector: vector.0, lock: lock as u8 });
        Ok(InterruptId(id))
    }

    /// R5: interrupts that share a lock are synchronized at one level.
    fn locks_at(&mut self, lock: u16, synchronize_irql: u8) {
        self.use_for_interrupt(lock);
        let sharer = |o: &&Interrupt| o.connected && o.lock == lock;
        if let Some(other) = self.interrupts.objects.iter().find(sharer)
            && other.synchronize_irql != synchronize_irql
        {
            let level = other.synchronize_irql;
            self.fail("R5", |_| {
                format!(
                    "interrupts that share lock {lock} have SynchronizeIrql {level} and {synchronize_irql}"
                )
            });
        }
    }

    /// The call that connected the interrupt returns: from here on its ISR may count on what it was given.
    pub(crate) fn announce(&mut self, id: InterruptId) {
        self.interrupts.objects[id.0 as usize].announced = true;
    }

    /// Notes that the step under way decides whether an interrupt's ISR is called.
    fn touch_connection(&mut self, id: InterruptId) {
        self.touch(object::CONNECTION | u32::from(id.0), How::Write);
        self.touch(object::VECTORS, How::Write);
    }

    /// R92: from here on the ISR is called, or is not. One that waits for its lock already is called still.
    pub(crate) fn set_active(&mut self, id: InterruptId, active: bool) {
        self.touch_connection(id);
        let object = &mut self.interrupts.objects[id.0 as usize];
        object.active = active;
        let v = object.vector;
        self.interrupts.refresh(v);
    }

    /// Takes the interrupt out of its chain. Returns whether its ISR has ended everywhere; else the running
    /// thread waits for that (an inference, SEMANTICS 1.5: the driver frees its context next).
    pub(crate) fn disconnect(&mut self, id: InterruptId) -> bool {
        self.touch_connection(id);
        self.touch(object::INTERRUPT | u32::from(id.0), How::Write);
        let object = &mut self.interrupts.objects[id.0 as usize];
        if !core::mem::take(&mut object.connected) {
            self.fail("SyncNotConnected", |c| format!("{} disconnects an interrupt twice", c.here()));
            return false;
        }
        let (v, running) = (object.vector, object.running);
        let vector = &mut self.interrupts.vectors[v as usize];
        for place in &mut vector.chain {
            if *place == Some(id.0) {
                *place = None;
            }
        }
        if vector.trigger == Trigger::Edge {
            vector.raised = 0;
        }
        self.interrupts.refresh(v);
        self.log(What::Disconnected { interrupt: id.0 as u8 });
        if running > 0 {
            self.block(State::WaitsForIsr(id.0), "a running ISR");
        }
        running == 0
    }
}

impl Core {
    /// Checks that no ISR and no DPC will be called with a context in `block`, which is about to go.
    pub(crate) fn check_context_freed(&mut self, block: &Range<usize>) {
        if self.interrupts.any_with_context_in(block) || self.dpcs.any_with_context_in(block) {
            self.fail("ContextFreed", |c| {
                format!("{} frees the context of a connected ISR or a queued DPC", c.here())
            });
        }
    }

    /// Checks that the running code may synchronize with the interrupt; returns its lock and level.
    pub(crate) fn check_synchronize(&mut self, id: InterruptId) -> (u16, u8) {
        self.touch(object::CONNECTION | u32::from(id.0), How::Read);
        let Some(&Interrupt { lock, synchronize_irql, connected, .. }) = self.interrupts.get(id) else {
            self.fail("SyncNotConnected", |_| "a synchronize call names no interrupt object".into());
            return (0, HIGH);
        };
        if !connected {
            self.fail("SyncNotConnected", |_| "a synchronize call names a disconnected interrupt".into());
        }
        if self.irql() > synchronize_irql {
            self.fail("R9", |c| {
                format!("{} makes a synchronize call, above SynchronizeIrql {synchronize_irql}", c.here())
            });
        }
        (lock, synchronize_irql)
    }

    /// Checks that a section ends at the level at which it began (R1); returns the interrupt's lock.
    pub(crate) fn check_section_end(&mut self, id: InterruptId) -> u16 {
        let Some(&Interrupt { lock, synchronize_irql, .. }) = self.interrupts.get(id) else { return 0 };
        if self.irql() != synchronize_irql {
            self.fail("R1", |c| format!("{} ends a section entered at IRQL {synchronize_irql}", c.here()));
        }
        lock
    }
}

//! What happened, in order: typed events, recorded only when asked for.

/// One event, with where it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The processor. Between a device's own step and its [`What::DeviceDone`] it means nothing.
    pub cpu: u8,
    /// The thread on whose stack it happened.
    pub thread: u8,
    /// The processor's IRQL.
    pub irql: u8,
    /// How many interrupts and DPCs are nested on that processor.
    pub depth: u8,
    /// What happened.
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the fields say what they are")]
pub enum What {
    RegisterRead {
        device: u8,
        offset: u32,
        value: u32,
    },
    RegisterWrite {
        device: u8,
        offset: u32,
        value: u32,
    },
    PostedWriteArrives {
        device: u8,
        offset: u32,
        value: u32,
    },
    DmaRead {
        buffer: u32,
        offset: u32,
        value: u32,
    },
    DmaWrite {
        buffer: u32,
        offset: u32,
        value: u32,
    },
    DmaCopy {
        buffer: u32,
        offset: u32,
        len: u32,
        write: bool,
    },
    Publish,
    Atomic {
        operation: &'static str,
    },
    /// An access of the device to the driver's memory; `value` is its first word. `late` says that the device
    /// saw old bytes, since the driver's stores were still on their way.
    DeviceDma {
        buffer: u16,
        offset: u32,
        len: u32,
        value: u32,
        write: bool,
        late: bool,
    },
    EngineStep {
        device: u8,
        engine: u8,
    },
    /// What the device did on its own is done: the step of an engine, or what an arriving write caused.
    DeviceDone,
    Line {
        device: u8,
        asserted: bool,
    },
    Message {
        device: u8,
        index: u8,
    },
    InterruptTaken {
        vector: u8,
    },
    InterruptEnded {
        vector: u8,
        claimed: bool,
    },
    /// The vector's ISRs are passive: it is masked or cleared, and a thread takes over.
    InterruptHandedOn {
        vector: u8,
    },
    /// The thread has called the vector's passive ISRs.
    PassiveIsrsEnded {
        vector: u8,
        claimed: bool,
    },
    IsrEntered {
        interrupt: u8,
    },
    IsrLeft {
        interrupt: u8,
        claimed: bool,
    },
    SectionEntered {
        interrupt: u8,
    },
    SectionLeft {
        interrupt: u8,
    },
    LockWanted {
        lock: u8,
        contended: bool,
    },
    LockTaken {
        lock: u8,
    },
    LockReleased {
        lock: u8,
    },
    IrqlRaised {
        to: u8,
    },
    IrqlLowered {
        to: u8,
    },
    DpcQueued {
        dpc: u8,
        cpu: u8,
        queued: bool,
    },
    DpcStarted {
        dpc: u8,
    },
    DpcEnded {
        dpc: u8,
    },
    DpcRemoved {
        dpc: u8,
        removed: bool,
    },
    FlushWaits,
    WorkQueued {
        item: u8,
        queued: bool,
    },
    WorkStarted {
        item: u8,
    },
    WorkEnded {
        item: u8,
    },
    Connected {
        interrupt: u8,
        vector: u8,
        lock: u8,
    },
    Disconnected {
        interrupt: u8,
    },
    ThreadStarted,
    ThreadWaits {
        on: &'static str,
    },
    ThreadEnded,
    EventSet {
        event: u8,
    },
    TimerExpired {
        thread: u8,
    },
    Chose {
        alternative: u8,
        of: u8,
    },
    Note {
        text: &'static str,
        value: u64,
    },
    Violated {
        rule: &'static str,
    },
    /// The scheduler left the default policy here: the move `pick` came instead of the move `default`.
    Switched {
        pick: u8,
        default: u8,
    },
}

/// A recorder that costs one branch per event while it is off.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    on: bool,
    events: Vec<Event>,
}

impl Trace {
    pub(crate) fn restart(&mut self, on: bool) {
        self.on = on;
        self.events.clear();
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    pub(crate) fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Returns the place of the next event, for [`move_newest_to`](Self::move_newest_to).
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Moves the newest event before those recorded since `place`: what it caused, and it was known only later.
    pub(crate) fn move_newest_to(&mut self, place: usize) {
        if self.on {
            self.events[place..].rotate_right(1);
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }
}

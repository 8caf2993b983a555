//! The least machine that the whole driver runs on: a device that does what it is told at once, a lock, an
//! interrupt object, and a recorder above. The simulated machine and the full device model are elsewhere.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod device;

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard};

use dirql::{
    AtMost, Budget, Cx, DeferredOutcome, Dispatch, DmaMemory, Domain, InterruptHandler, InterruptSync, Level,
    Passive, Platform, RawLock, Source, SyncError,
};
use nic::{
    BufferSize, Fragment, InterruptMode, Link, Memories, Nic, ReceivedFrame, SendError, SendStatus, Settings,
    Shared, Token, Upper,
};

pub(crate) use device::{Device, Registers};

pub(crate) type Driver = Nic<Fake, Recorder>;

/// The platform.
pub(crate) struct Fake;

thread_local! {
    /// What happens while this thread waits.
    static WHILE_WAITING: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// Runs `hook` whenever this thread waits, for the length of `body`.
pub(crate) fn while_waiting<R>(hook: impl FnMut() + 'static, body: impl FnOnce() -> R) -> R {
    WHILE_WAITING.set(Some(Box::new(hook)));
    let result = body();
    WHILE_WAITING.set(None);
    result
}

impl Platform for Fake {
    type RawLock = FakeLock;
    type Registers = Registers;
    type Dma = Memory;

    fn delay(_: &mut Cx<'_, Passive>, _us_min: u32) {
        if let Some(mut hook) = WHILE_WAITING.take() {
            hook();
            WHILE_WAITING.set(Some(hook));
        }
        std::thread::yield_now();
    }
}

/// A lock; `held` says so, to find a section that starts another.
#[derive(Default)]
pub(crate) struct FakeLock {
    held: dirql::sync::AtomicBool,
}

// SAFETY: `acquire` returns only after its swap found the flag clear, and `release` clears it; both are SeqCst.
unsafe impl RawLock for FakeLock {
    type Saved = ();

    fn acquire(&self) {
        while self.held.swap(true, dirql::sync::Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }

    unsafe fn release(&self, (): ()) {
        self.held.store(false, dirql::sync::Ordering::SeqCst);
    }
}

/// Memory that the device reads and writes. Clones are the same memory.
#[derive(Clone)]
pub(crate) struct Memory {
    base: u64,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Memory {
    pub(crate) fn new(base: u64, len: u32) -> Self {
        Self { base, bytes: Arc::new(Mutex::new(vec![0; len as usize])) }
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap()
    }
}

impl DmaMemory for Memory {
    fn device_address(&self) -> u64 {
        self.base
    }

    fn len(&self) -> u32 {
        self.bytes().len() as u32
    }

    fn read_u32(&self, offset: u32) -> u32 {
        let mut word = [0; 4];
        self.read_bytes(offset, &mut word);
        u32::from_le_bytes(word)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        self.write_bytes(offset, &value.to_le_bytes());
    }

    fn read_bytes(&self, offset: u32, to: &mut [u8]) {
        to.copy_from_slice(&self.bytes()[offset as usize..offset as usize + to.len()]);
    }

    fn write_bytes(&self, offset: u32, from: &[u8]) {
        self.bytes()[offset as usize..offset as usize + from.len()].copy_from_slice(from);
    }

    fn publish(&self) {}
}

/// What the driver told the upper layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Received(Vec<u8>),
    Sent(u64, SendStatus),
    TransmitReady,
    Link(Link),
}

/// Called with every event, before it is recorded.
type Hook = Box<dyn Fn(&Event) + Send + Sync>;

/// Records what the driver tells.
#[derive(Default)]
pub(crate) struct Recorder {
    events: Mutex<Vec<Event>>,
    hook: Option<Hook>,
}

impl Recorder {
    pub(crate) fn with_hook(hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self { events: Mutex::default(), hook: Some(Box::new(hook)) }
    }

    fn record(&self, event: Event) {
        if let Some(hook) = &self.hook {
            hook(&event);
        }
        self.events.lock().unwrap().push(event);
    }

    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap())
    }
}

impl Upper for Recorder {
    fn received<L: Level, D: DmaMemory>(&self, _: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        let mut bytes = vec![0; frame.len() as usize];
        assert_eq!(frame.copy_to(&mut bytes), bytes.len());
        self.record(Event::Received(bytes));
    }

    fn sent<L: Level>(&self, _: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        self.record(Event::Sent(token.0, status));
    }

    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {
        self.record(Event::TransmitReady);
    }

    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, link: Link) {
        self.record(Event::Link(link));
    }
}

/// An interrupt object with one lock for all sources.
pub(crate) struct Interrupt {
    shared: Mutex<Option<Shared<Registers>>>,
}

impl Interrupt {
    pub(crate) fn new(shared: Shared<Registers>) -> Self {
        Self { shared: Mutex::new(Some(shared)) }
    }

    /// Runs an ISR, or what else has the state to itself; the interrupt is connected.
    pub(crate) fn alone<R>(&self, act: impl FnOnce(&mut Shared<Registers>) -> R) -> R {
        act(self.shared.lock().unwrap().as_mut().unwrap())
    }
}

// SAFETY: the shared state is reached through the mutex alone, and a section that returns `Ok` ran once under it.
unsafe impl InterruptSync for Interrupt {
    type Shared = Shared<Registers>;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    fn synchronize<L: AtMost<Dispatch>, R>(
        &self,
        _: &mut Cx<'_, L>,
        _: Source,
        section: impl FnOnce(&mut Self::Shared) -> R,
    ) -> Result<R, SyncError> {
        self.shared.lock().unwrap().as_mut().map(section).ok_or(SyncError::NotConnected)
    }
}

/// Runs `body` with a token for PASSIVE_LEVEL.
pub(crate) fn passive<R>(body: impl FnOnce(&mut Cx<'_, Passive>) -> R) -> R {
    // SAFETY: a test's thread may block, and there are no levels here.
    unsafe { Cx::enter(body) }
}

/// Runs `body` with a token for DISPATCH_LEVEL.
pub(crate) fn dispatch<R>(body: impl FnOnce(&mut Cx<'_, Dispatch>) -> R) -> R {
    // SAFETY: there are no levels here.
    unsafe { Cx::enter(body) }
}

/// The driver on its machine.
pub(crate) struct Machine {
    pub(crate) nic: Driver,
    pub(crate) interrupt: Interrupt,
    pub(crate) device: Device,
    pub(crate) mode: InterruptMode,
    pub(crate) budget: Budget,
}

pub(crate) const SMALL: Settings = Settings {
    transmit_descriptors: 8,
    receive_descriptors: 8,
    receive_buffer_size: BufferSize::Bytes256,
    ..Settings::DEFAULT
};

pub(crate) const MODES: [InterruptMode; 4] = [
    InterruptMode::Line,
    InterruptMode::Msi,
    InterruptMode::MsiX { vectors: 1 },
    InterruptMode::MsiX { vectors: 3 },
];

impl Machine {
    /// A driver that is registered, enabled and stopped.
    pub(crate) fn new(mode: InterruptMode, upper: Recorder) -> Self {
        let device = Device::new(mode);
        let memories = Memories {
            transmit_ring: Memory::new(0x1_0000_0000, SMALL.transmit_ring_len()),
            receive_ring: Memory::new(0x1_1000_0000, SMALL.receive_ring_len()),
            receive_buffers: Memory::new(0x1_2000_0000, SMALL.receive_buffers_len()),
        };
        device.attach([&memories.transmit_ring, &memories.receive_ring, &memories.receive_buffers]);
        let nic = Nic::new(device.registers(), memories, SMALL, upper).unwrap();
        let shared = nic.shared(Domain::AllMessages);
        let interrupt = Interrupt::new(shared);
        let machine = Self { nic, interrupt, device, mode, budget: Budget::new(32) };
        machine.enable();
        machine
    }

    /// A driver that runs, with nothing to tell yet.
    pub(crate) fn running(mode: InterruptMode) -> Self {
        let machine = Self::new(mode, Recorder::default());
        machine.start().unwrap();
        machine.nic.upper().take();
        machine
    }

    pub(crate) fn sources(&self) -> Vec<Source> {
        match self.mode {
            InterruptMode::Line => vec![Source::Line],
            InterruptMode::Msi => vec![Source::Message(0)],
            InterruptMode::MsiX { vectors } => (0..vectors).map(Source::Message).collect(),
        }
    }

    pub(crate) fn enable(&self) {
        for source in self.sources() {
            let mut shared = self.interrupt.shared.lock().unwrap();
            self.nic.enable(shared.as_mut().unwrap(), source).unwrap();
        }
    }

    pub(crate) fn disconnect(&self) {
        self.interrupt.shared.lock().unwrap().take();
    }

    pub(crate) fn start(&self) -> Result<(), dirql::Error> {
        passive(|cx| self.nic.start(cx, &self.interrupt, self.mode))
    }

    pub(crate) fn stop(&self) {
        passive(|cx| self.nic.stop(cx, &self.interrupt));
    }

    pub(crate) fn reset(&self) -> Result<(), dirql::Error> {
        passive(|cx| self.nic.reset(cx, &self.interrupt))
    }

    pub(crate) fn removed(&self) {
        passive(|cx| self.nic.removed(cx, &self.interrupt));
    }

    pub(crate) fn send(&self, token: u64, parts: u64) -> Result<(), SendError> {
        let fragment = |n| Fragment { device_address: 0x9_0000_0000 + n * 64, len: 60 };
        let fragments: Vec<Fragment> = (0..parts).map(fragment).collect();
        dispatch(|cx| self.nic.send(cx, Token(token), &fragments))
    }

    pub(crate) fn isr(&self, source: Source) -> bool {
        let mut shared = self.interrupt.shared.lock().unwrap();
        shared.as_mut().is_some_and(|shared| self.nic.isr(shared, source).defer)
    }

    pub(crate) fn deferred(&self, source: Source) -> DeferredOutcome {
        dispatch(|cx| self.nic.deferred(cx, &self.interrupt, source, self.budget))
    }

    /// Delivers interrupts until there is none, and says how many there were.
    pub(crate) fn settle(&self) -> usize {
        for count in 0..1000 {
            let Some(source) = self.device.take_interrupt() else { return count };
            if self.isr(source) {
                while self.deferred(source) == DeferredOutcome::Again {}
            }
        }
        panic!("the interrupt does not end")
    }

    /// Delivers interrupts, and returns what the upper layer was told.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.settle();
        self.nic.upper().take()
    }
}

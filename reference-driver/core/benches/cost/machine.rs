//! The plainest machine that the driver runs on: registers and memory are words, locks and levels are nothing. So what
//! is counted is the driver, and one or two instructions where real hardware has its own.
#![allow(clippy::disallowed_types, reason = "nothing here is simulated")]

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use dirql::{
    AtMost, Budget, Cx, DeferredOutcome, Dispatch, DmaMemory, Domain, InterruptHandler, InterruptSync, Level,
    Passive, Platform, RawLock, Register, RegisterIo, Source, SyncError,
};
use i82574::general::{Ctrl, Eecd};
use i82574::interrupt::{Cause, Icr};
use nic::{
    BufferSize, Fragment, InterruptMode, Link, Memories, Nic, ReceivedFrame, SendStatus, Settings, Shared,
    Token, Upper,
};

/// Bytes of BAR0 (82574 data sheet, 9.1.7).
const REGISTERS_LEN: usize = 128 * 1024;
/// EOP and DD of a received frame; DD of a sent one.
const RX_DONE: u32 = 3;
const TX_DONE: u32 = 1;
const FRAME_LEN: u32 = 60;

fn words(count: usize) -> Arc<[AtomicU32]> {
    (0..count).map(|_| AtomicU32::new(0)).collect()
}

/// The registers. A write stays, but for the bit that a reset clears.
#[derive(Clone, Debug)]
pub struct Registers(Arc<[AtomicU32]>);

impl Registers {
    fn set<T: Register>(&self, value: u32) {
        self.0[T::OFFSET as usize / 4].store(value, Relaxed);
    }
}

impl RegisterIo for Registers {
    #[inline]
    fn read_u32(&self, offset: u32) -> u32 {
        self.0[offset as usize / 4].load(Relaxed)
    }

    #[inline]
    fn write_u32(&self, offset: u32, value: u32) {
        let stays = if offset == Ctrl::OFFSET { value & !Ctrl::RST.bits() } else { value };
        self.0[offset as usize / 4].store(stays, Relaxed);
    }
}

/// Memory that the device sees, at the addresses that its offsets are.
#[derive(Clone, Debug)]
pub struct Memory(Arc<[AtomicU32]>);

impl DmaMemory for Memory {
    fn device_address(&self) -> u64 {
        0
    }

    fn len(&self) -> u32 {
        4 * self.0.len() as u32
    }

    #[inline]
    fn read_u32(&self, offset: u32) -> u32 {
        self.0[offset as usize / 4].load(Relaxed)
    }

    #[inline]
    fn write_u32(&self, offset: u32, value: u32) {
        self.0[offset as usize / 4].store(value, Relaxed);
    }

    fn read_bytes(&self, _: u32, to: &mut [u8]) {
        to.fill(0);
    }

    fn write_bytes(&self, _: u32, _: &[u8]) {}

    fn publish(&self) {}
}

/// The platform.
#[derive(Debug)]
pub struct Plain;

impl Platform for Plain {
    type RawLock = NoLock;
    type Registers = Registers;
    type Dma = Memory;

    fn delay(_: &mut Cx<'_, Passive>, _: u32) {}
}

/// A lock for a machine with one thread.
#[derive(Debug, Default)]
pub struct NoLock;

// SAFETY: there is one thread, and no section begins inside another.
unsafe impl RawLock for NoLock {
    type Saved = ();

    fn acquire(&self) {}

    unsafe fn release(&self, (): ()) {}
}

struct NoLayer;

impl Upper for NoLayer {
    fn received<L: Level, D: DmaMemory>(&self, _: &mut Cx<'_, L>, _: &ReceivedFrame<'_, D>) {}

    fn sent<L: Level>(&self, _: &mut Cx<'_, L>, _: Token, _: SendStatus) {}

    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {}

    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, _: Link) {}
}

struct Interrupt(UnsafeCell<Shared<Registers>>);

// SAFETY: there is one thread.
unsafe impl Sync for Interrupt {}

impl Interrupt {
    #[inline]
    fn locked<R>(&self, act: impl FnOnce(&mut Shared<Registers>) -> R) -> R {
        // SAFETY: there is one thread, and neither an ISR nor a section begins inside another.
        act(unsafe { &mut *self.0.get() })
    }
}

// SAFETY: as in `locked`; a section runs once.
unsafe impl InterruptSync for Interrupt {
    type Shared = Shared<Registers>;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    #[inline]
    fn synchronize<L: AtMost<Dispatch>, R>(
        &self,
        _: &mut Cx<'_, L>,
        _: Source,
        section: impl FnOnce(&mut Self::Shared) -> R,
    ) -> Result<R, SyncError> {
        Ok(self.locked(section))
    }
}

/// The driver, running.
pub struct Machine {
    nic: Nic<Plain, NoLayer>,
    interrupt: Interrupt,
    registers: Registers,
    transmit_ring: Memory,
    receive_ring: Memory,
    transmit_len: u32,
    receive_len: u32,
    /// What the device has sent, and what it has received: indices of descriptors.
    sent: u32,
    received: u32,
    tail: u32,
    sources: Vec<Source>,
}

impl Machine {
    /// Starts the driver with rings of these lengths.
    ///
    /// # Panics
    /// If it does not start.
    pub fn new(mode: InterruptMode, transmit: u16, receive: u16) -> Self {
        let settings = Settings {
            mac: Some([2, 0, 0, 0, 0, 1]),
            transmit_descriptors: transmit,
            receive_descriptors: receive,
            receive_buffer_size: BufferSize::Bytes2048,
            ..Settings::default()
        };
        let registers = Registers(words(REGISTERS_LEN / 4));
        registers.set::<Eecd>(Eecd::AUTO_RD.bits());
        let memories = Memories {
            transmit_ring: Memory(words(4 * usize::from(transmit))),
            receive_ring: Memory(words(4 * usize::from(receive))),
            receive_buffers: Memory(words(512 * usize::from(receive))),
        };
        let (transmit_ring, receive_ring) = (memories.transmit_ring.clone(), memories.receive_ring.clone());
        let nic = Nic::new(registers.clone(), memories, settings, NoLayer).expect("the settings fit");
        let interrupt = Interrupt(UnsafeCell::new(nic.shared(Domain::AllMessages)));
        let sources = match mode {
            InterruptMode::Line => vec![Source::Line],
            InterruptMode::Msi => vec![Source::Message(0)],
            InterruptMode::MsiX { vectors } => (0..vectors).map(Source::Message).collect(),
        };
        let machine = Self {
            nic,
            interrupt,
            registers,
            transmit_ring,
            receive_ring,
            transmit_len: transmit.into(),
            receive_len: receive.into(),
            sent: 0,
            received: 0,
            tail: 0,
            sources,
        };
        machine.start(mode);
        machine
    }

    fn start(&self, mode: InterruptMode) {
        for &source in &self.sources {
            let enabled = self.interrupt.locked(|shared| self.nic.enable(shared, source));
            enabled.expect("a source can be enabled");
        }
        // SAFETY: there are no levels here; above and below.
        let started = unsafe { Cx::<Passive>::enter(|cx| self.nic.start(cx, &self.interrupt, mode)) };
        started.expect("the driver starts");
    }

    /// Sends a frame in so many fragments.
    ///
    /// # Panics
    /// If the ring is full.
    #[inline]
    pub fn send(&mut self, fragments: &[Fragment]) {
        // SAFETY: there are no levels here.
        let sent = unsafe { Cx::<Dispatch>::enter(|cx| self.nic.send(cx, Token(1), fragments)) };
        assert!(sent.is_ok(), "the ring has room");
        self.tail = (self.tail + fragments.len() as u32) % self.transmit_len;
    }

    /// The device sends everything.
    pub fn transmit(&mut self) {
        while self.sent != self.tail {
            self.transmit_ring.write_u32(16 * self.sent + 12, TX_DONE);
            self.sent = (self.sent + 1) % self.transmit_len;
        }
    }

    /// The device receives frames, one in each descriptor.
    pub fn receive(&mut self, count: u32) {
        for _ in 0..count {
            self.receive_ring.write_u32(16 * self.received + 8, RX_DONE);
            self.receive_ring.write_u32(16 * self.received + 12, FRAME_LEN);
            self.received = (self.received + 1) % self.receive_len;
        }
    }

    /// The device interrupts.
    ///
    /// # Panics
    /// If the ISR takes it for another device's.
    #[inline]
    pub fn isr(&mut self, source: Source) {
        let causes = Cause::INT_ASSERTED | Cause::RXT0 | Cause::TXDW;
        self.registers.set::<Icr>(causes.bits());
        let outcome = self.interrupt.locked(|shared| self.nic.isr(shared, source));
        assert!(outcome.defer, "the ISR defers");
    }

    /// The deferred routine runs.
    ///
    /// # Panics
    /// If its budget is spent.
    #[inline]
    pub fn deferred(&mut self, source: Source) {
        let budget = Budget::new(1024);
        // SAFETY: there are no levels here.
        let outcome =
            unsafe { Cx::<Dispatch>::enter(|cx| self.nic.deferred(cx, &self.interrupt, source, budget)) };
        assert_eq!(outcome, DeferredOutcome::Done);
    }

    /// Returns the source that tells of received frames.
    pub fn receiving(&self) -> Source {
        self.sources[0]
    }

    /// Returns the source that tells of sent frames.
    pub fn transmitting(&self) -> Source {
        if self.sources.len() == 3 { self.sources[1] } else { self.sources[0] }
    }
}

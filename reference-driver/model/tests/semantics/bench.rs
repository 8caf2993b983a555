//! A chip on a bus, with a ring of each kind, driven by hand.

use std::sync::Arc;

use dirql::Register;
use dirql_sim::{BufferId, Bus, Device, InterruptMode, Memory, Ordering, Pins};
use i82574::descriptor::{RxRead, RxWriteBack, TxCommand, TxLegacy};
use i82574::general::Ctrl;
use i82574::interrupt::{Cause, Icr, Ims};
use i82574::receive::{Rctl, Rdbah, Rdbal, Rdlen, Rdt, Rfctl};
use i82574::transmit::{Tctl, Tdbah, Tdbal, Tdlen, Tdt};
use i82574_model::{Config, Engine, I82574};

/// Descriptors in each ring.
pub(crate) const COUNT: u32 = 8;
/// Bytes in each receive buffer.
pub(crate) const BUFFER_LEN: u32 = 256;
/// Bytes in each transmit buffer.
pub(crate) const TX_BUFFER_LEN: u32 = 2048;
/// More steps than any test's traffic takes.
const STEPS_MAX: u32 = 1_000_000;

pub(crate) struct Bench {
    pub(crate) chip: I82574,
    pub(crate) pins: Pins,
    pub(crate) memory: Memory,
    /// What the scheduler picks, cut to what is offered.
    pub(crate) pick: u32,
    pub(crate) rx_ring: BufferId,
    pub(crate) rx_buffers: BufferId,
    pub(crate) tx_ring: BufferId,
    pub(crate) tx_buffers: BufferId,
}

impl Bench {
    /// A chip out of reset, with memory for both rings.
    pub(crate) fn with_config(mode: InterruptMode, config: Config) -> Self {
        let mut memory = Memory::default();
        memory.reset(Ordering::X64);
        let rx_ring = memory.allocate(COUNT * 16);
        let rx_buffers = memory.allocate(COUNT * BUFFER_LEN);
        let tx_ring = memory.allocate(COUNT * 16);
        let tx_buffers = memory.allocate(COUNT * TX_BUFFER_LEN);
        let mut pins = Pins::default();
        pins.mode = mode;
        Self { chip: I82574::new(config), pins, memory, pick: 0, rx_ring, rx_buffers, tx_ring, tx_buffers }
    }

    /// A chip that sends and receives, with an empty transmit ring and `COUNT - 1` receive buffers.
    pub(crate) fn up(mode: InterruptMode) -> Self {
        Self::up_with(mode, Config::default())
    }

    pub(crate) fn up_with(mode: InterruptMode, config: Config) -> Self {
        let mut bench = Self::with_config(mode, config);
        bench.bring_up();
        bench
    }

    pub(crate) fn bring_up(&mut self) {
        self.write(Ctrl::SLU);
        self.take_icr();
        for i in 0..COUNT {
            self.arm(i);
        }
        let (rx, tx) = (self.memory.device_address(self.rx_ring), self.memory.device_address(self.tx_ring));
        self.write(Rfctl::EXTEN);
        self.write(Rdbal(rx as u32));
        self.write(Rdbah((rx >> 32) as u32));
        self.write(Rdlen(COUNT * 16));
        self.write(Tdbal(tx as u32));
        self.write(Tdbah((tx >> 32) as u32));
        self.write(Tdlen(COUNT * 16));
        self.write(Tctl::EN | Tctl::PSP);
        self.write(Rctl::EN | Rctl::BAM | Rctl::SECRC | Rctl::from_bits_retain(0b11 << 16));
        self.write(Rdt(COUNT - 1));
    }

    pub(crate) fn on_bus<R>(&mut self, act: impl FnOnce(&mut I82574, &mut Bus<'_>) -> R) -> R {
        let pick = self.pick;
        let mut choose = |n: u32| pick.min(n - 1);
        act(&mut self.chip, &mut Bus::new(&mut self.pins, &mut self.memory, &mut choose))
    }

    pub(crate) fn read<T: Register>(&mut self) -> T {
        T::from_bits(self.read_at(T::OFFSET))
    }

    pub(crate) fn read_at(&mut self, offset: u32) -> u32 {
        self.on_bus(|chip, bus| chip.read(offset, bus))
    }

    pub(crate) fn write<T: Register>(&mut self, value: T) {
        self.write_at(T::OFFSET, value.into_bits());
    }

    pub(crate) fn write_at(&mut self, offset: u32, value: u32) {
        self.on_bus(|chip, bus| chip.write(offset, value, bus));
    }

    pub(crate) fn take_icr(&mut self) -> Cause {
        self.read::<Icr>().0
    }

    pub(crate) fn enable(&mut self, causes: Cause) {
        self.write(Ims(causes));
    }

    pub(crate) fn is_ready(&self, engine: Engine) -> bool {
        self.chip.ready() & 1 << engine as u32 != 0
    }

    /// Takes one step of an engine that has something to do.
    pub(crate) fn step(&mut self, engine: Engine) {
        assert!(self.is_ready(engine), "{engine:?} has nothing to do");
        self.on_bus(|chip, bus| chip.step(engine as u32, bus));
    }

    /// Lets an engine run as long as it has something to do.
    pub(crate) fn run(&mut self, engine: Engine) {
        for _ in 0..STEPS_MAX {
            if !self.is_ready(engine) {
                return;
            }
            self.step(engine);
        }
        panic!("{engine:?} does not come to rest");
    }

    /// Lets everything run until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        for _ in 0..STEPS_MAX {
            let ready = self.chip.ready();
            if ready == 0 {
                return;
            }
            self.on_bus(|chip, bus| chip.step(ready.trailing_zeros(), bus));
        }
        panic!("the chip does not come to rest");
    }

    /// Gives receive descriptor `i` its buffer.
    pub(crate) fn arm(&mut self, i: u32) {
        let address = self.memory.device_address(self.rx_buffers) + u64::from(i * BUFFER_LEN);
        self.put(self.rx_ring, i, RxRead::new(address).to_words());
    }

    pub(crate) fn put(&mut self, ring: BufferId, i: u32, words: [u32; 4]) {
        for (n, word) in words.into_iter().enumerate() {
            self.memory.driver_write_u32(ring, i * 16 + n as u32 * 4, word);
        }
    }

    pub(crate) fn get(&mut self, ring: BufferId, i: u32) -> [u32; 4] {
        core::array::from_fn(|n| self.memory.driver_read_u32(ring, i * 16 + n as u32 * 4))
    }

    pub(crate) fn received(&mut self, i: u32) -> RxWriteBack {
        RxWriteBack::from_words(self.get(self.rx_ring, i))
    }

    pub(crate) fn received_bytes(&mut self, i: u32) -> Vec<u8> {
        let mut bytes = vec![0; usize::from(self.received(i).length)];
        self.memory.driver_read(self.rx_buffers, i * BUFFER_LEN, &mut bytes);
        bytes
    }

    pub(crate) fn sent(&mut self, i: u32) -> TxLegacy {
        TxLegacy::from_words(self.get(self.tx_ring, i))
    }

    /// Fills transmit descriptor `i`.
    pub(crate) fn fill(&mut self, i: u32, bytes: &[u8], cmd: TxCommand) {
        self.memory.driver_write(self.tx_buffers, i * TX_BUFFER_LEN, bytes);
        let address = self.memory.device_address(self.tx_buffers) + u64::from(i * TX_BUFFER_LEN);
        let descriptor = TxLegacy { address, length: bytes.len() as u16, cmd, ..TxLegacy::default() };
        self.put(self.tx_ring, i, descriptor.to_words());
    }

    /// Fills one descriptor with a whole frame and hands it over.
    pub(crate) fn send(&mut self, i: u32, frame: &[u8]) {
        self.fill(i, frame, TxCommand::EOP | TxCommand::IFCS | TxCommand::RS);
        self.write(Tdt((i + 1) % COUNT));
    }

    pub(crate) fn transmitted(&mut self) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        self.chip.drain_transmitted(|frame| frames.push(frame.to_vec()));
        frames
    }

    /// Lets a frame reach the packet buffer, or wherever else it goes.
    pub(crate) fn arrive(&mut self, frame: &[u8]) {
        self.chip.arrive(Arc::from(frame));
        self.run(Engine::Wire);
    }
}

/// A frame of `len` bytes to `to`, with a recognizable payload.
pub(crate) fn frame_to(to: [u8; 6], len: usize) -> Vec<u8> {
    let mut frame = vec![0; len];
    frame[..6].copy_from_slice(&to);
    frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
    frame[12..14].copy_from_slice(&[0x08, 0x00]);
    frame.iter_mut().enumerate().skip(14).for_each(|(n, byte)| *byte = n as u8);
    frame
}

/// A frame to the chip's own address.
pub(crate) fn frame(len: usize) -> Vec<u8> {
    frame_to(Config::default().mac, len)
}

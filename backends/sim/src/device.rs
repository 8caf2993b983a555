//! What a device model implements, and what it may do to the machine.

use core::any::Any;

use crate::memory::Memory;

/// A device on the machine's bus: a state machine whose every step the scheduler places.
///
/// It never blocks and has no clock. What it does on its own (DMA, the wire) is split into *engines*, each of
/// which is an actor: the scheduler decides when an engine with something to do takes its next step, so the
/// smaller the steps, the more interleavings there are.
pub trait Device: Any + Send {
    /// Names the device in traces.
    fn name(&self) -> &'static str;

    /// Reads the 32-bit register at `offset`, with its side effects.
    fn read(&mut self, offset: u32, bus: &mut Bus<'_>) -> u32;

    /// Writes the 32-bit register at `offset`, with its side effects.
    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>);

    /// Returns a bit for each engine (0 to [`ENGINES_MAX`]-1) that has something to do. It is asked again after
    /// every read, write and step, and must be cheap.
    fn ready(&self) -> u32;

    /// Lets an engine take one small step.
    fn step(&mut self, engine: u32, bus: &mut Bus<'_>);

    /// Says whether the device may give values that its data sheet rules out. What a driver does about those is
    /// not judged by what the device did.
    fn lies(&self) -> bool {
        false
    }

    /// Says which parts of the device an access, or a step of its own, looks at and which it changes. Accesses to
    /// different parts commute, which an [`Exploration`](crate::Exploration) makes use of.
    fn parts(&self, access: Access) -> Parts {
        let _ = access;
        Parts::ALL
    }

    /// Names the register at `offset` in traces.
    fn register_name(&self, offset: u32) -> &'static str {
        let _ = offset;
        "register"
    }
}

/// What is done to a device, or by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The register at this offset is read.
    Read(u32),
    /// The register at this offset is written.
    Write(u32),
    /// This engine takes a step.
    Step(u32),
}

/// Parts of a device, a bit each, as its model numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Those that are looked at.
    pub reads: u64,
    /// Those that are changed.
    pub writes: u64,
}

impl Parts {
    /// All of a device.
    pub const ALL: Self = Self { reads: u64::MAX, writes: u64::MAX };
}

/// The most engines that one device may have.
pub const ENGINES_MAX: u32 = 4;

/// Which kind of interrupt the device was configured for, as its PCI configuration space would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum InterruptMode {
    /// INTx: a level-triggered line.
    #[default]
    Line,
    /// MSI: one message.
    Msi,
    /// MSI-X with this many vectors.
    MsiX(u16),
}

/// A device's interrupt pins: its line, and the messages it has sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pins {
    /// What the driver's registration was granted. `Line` until then.
    pub mode: InterruptMode,
    line: bool,
    sent: u32,
}

impl Pins {
    /// Drives the level-triggered line.
    pub fn set_line(&mut self, asserted: bool) {
        self.line = asserted;
    }

    /// Sends message `n`: an edge. Several before it is taken may become one (R51).
    pub fn send_message(&mut self, n: u16) {
        self.sent |= 1 << (n & 31);
    }

    /// Returns whether the line is asserted.
    pub fn line(&self) -> bool {
        self.line
    }

    /// Takes the messages sent since the last call, a bit each.
    pub fn take_messages(&mut self) -> u32 {
        core::mem::take(&mut self.sent)
    }
}

/// What a device may touch while it handles an access or takes a step.
pub struct Bus<'m> {
    /// Its interrupt pins.
    pub pins: &'m mut Pins,
    memory: &'m mut Memory,
    choose: &'m mut dyn FnMut(u32) -> u32,
}

impl<'m> Bus<'m> {
    /// Puts a bus together; a model's unit tests do so without a machine.
    pub fn new(pins: &'m mut Pins, memory: &'m mut Memory, choose: &'m mut dyn FnMut(u32) -> u32) -> Self {
        Self { pins, memory, choose }
    }

    /// Lets the scheduler choose among `alternatives` outcomes that the data sheet all allows; 0 is the plain
    /// one.
    pub fn choose(&mut self, alternatives: u32) -> u32 {
        (self.choose)(alternatives)
    }

    /// Says whether a buffer holds all `len` bytes at `address`. A model that lies about what it did may hold
    /// stale addresses; it asks here, as an IOMMU would, so that its own lie is not taken for the driver's.
    pub fn reaches(&self, address: u64, len: u32) -> bool {
        self.memory.device_reaches(address, len)
    }

    /// Reads memory by DMA. Where no buffer is, the bytes are zero and the run fails.
    pub fn dma_read(&mut self, address: u64, to: &mut [u8]) {
        self.memory.device_read(address, to, self.choose);
    }

    /// Writes memory by DMA. Where no buffer is, nothing is written and the run fails.
    pub fn dma_write(&mut self, address: u64, from: &[u8]) {
        self.memory.device_write(address, from);
    }

    /// Reads a little-endian 64-bit word by DMA.
    pub fn dma_read_u64(&mut self, address: u64) -> u64 {
        let mut bytes = [0; 8];
        self.dma_read(address, &mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Writes a little-endian 64-bit word by DMA.
    pub fn dma_write_u64(&mut self, address: u64, value: u64) {
        self.dma_write(address, &value.to_le_bytes());
    }

    /// Writes a little-endian 32-bit word by DMA.
    pub fn dma_write_u32(&mut self, address: u64, value: u32) {
        self.dma_write(address, &value.to_le_bytes());
    }
}

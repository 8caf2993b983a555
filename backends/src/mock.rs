//! The simulated machine as a backend: what a driver's logic is fuzzed on first.
//!
//! Sound in every case: a machine runs one context at a time, and its interrupt locks exclude ISRs and
//! sections on all processors (R1, R2). What safe code carries out of a run, or to a machine on another OS thread,
//! stays valid and does nothing there: an interrupt knows its run, and so does a lock.

mod interrupt;

use core::ptr::NonNull;
use core::sync::atomic::AtomicUsize;

use dirql::{
    Config, Cx, Disable, DmaMemory, Error, ErrorKind, InterruptHandler, Passive, Platform, RawLock,
    RegisterIo, Request,
};
use dirql_sim::kernel::{self, LockId};
use dirql_sim::{BufferId, DeviceId};

use crate::Granted;
use crate::object::check_request;

pub use interrupt::Interrupt;

const TAG: u32 = u32::from_le_bytes(*b"dQmk");

/// The mock's lock, registers and DMA memory.
#[derive(Debug)]
pub struct Mock;

impl Platform for Mock {
    type RawLock = SpinLock;
    type Registers = Registers;
    type Dma = CommonBuffer;

    fn delay(_cx: &mut Cx<'_, Passive>, _us_min: u32) {
        kernel::sleep();
    }
}

/// A device of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Device(DeviceId);

impl Device {
    /// Opens the machine's device `id`.
    pub const fn new(id: DeviceId) -> Self {
        Self(id)
    }

    /// Returns the device's registers.
    pub fn registers(&self) -> Registers {
        Registers(self.0)
    }

    /// Allocates a zeroed buffer of `len` bytes that the device can reach.
    ///
    /// # Errors
    /// None here; a framework's may run out.
    pub fn allocate(&self, _cx: &mut Cx<'_, Passive>, len: u32) -> Result<CommonBuffer, Error> {
        Ok(CommonBuffer(kernel::allocate_common_buffer(len)))
    }
}

/// The registers of a device.
#[derive(Clone, Copy, Debug)]
pub struct Registers(DeviceId);

impl RegisterIo for Registers {
    fn read_u32(&self, offset: u32) -> u32 {
        kernel::read_register(self.0, offset)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        kernel::write_register(self.0, offset, value);
    }
}

/// Memory that the device sees too.
#[derive(Debug)]
pub struct CommonBuffer(BufferId);

impl DmaMemory for CommonBuffer {
    fn device_address(&self) -> u64 {
        kernel::device_address(self.0)
    }

    fn len(&self) -> u32 {
        kernel::buffer_len(self.0)
    }

    fn read_u32(&self, offset: u32) -> u32 {
        kernel::read_dma(self.0, offset)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        kernel::write_dma(self.0, offset, value);
    }

    fn read_bytes(&self, offset: u32, to: &mut [u8]) {
        kernel::read_dma_bytes(self.0, offset, to);
    }

    fn write_bytes(&self, offset: u32, from: &[u8]) {
        kernel::write_dma_bytes(self.0, offset, from);
    }

    fn publish(&self) {
        kernel::publish();
    }
}

impl Drop for CommonBuffer {
    fn drop(&mut self) {
        kernel::free_common_buffer(self.0);
    }
}

/// A DISPATCH-level lock of the machine, made at its first use.
#[derive(Debug, Default)]
pub struct SpinLock(AtomicUsize);

impl SpinLock {
    fn id(&self) -> LockId {
        // SAFETY: the word is private, and nothing else is done with it.
        unsafe { LockId::of_word(&self.0) }
    }
}

// SAFETY: the machine lets one thread at a time own a lock, and runs one context at a time; a lock of another run
// ends this one before it is taken. While a panic unwinds nobody waits for a lock, and nobody else runs ever again.
unsafe impl RawLock for SpinLock {
    type Saved = u8;

    fn acquire(&self) -> u8 {
        kernel::acquire_spin_lock(self.id())
    }

    unsafe fn release(&self, old: u8) {
        kernel::release_spin_lock(self.id(), old);
    }
}

/// Owns a registered interrupt. Dropping it leaks it, connected, which the machine reports.
#[must_use = "an interrupt stays connected until it is unregistered"]
pub struct Registration<H: InterruptHandler>(NonNull<Interrupt<H>>);

/// Registers an interrupt of `device`. At PASSIVE_LEVEL. The ISR can run before this returns.
///
/// # Errors
/// [`ErrorKind::NoInterrupt`] if the device has none of the kind; [`ErrorKind::Unsupported`] if the line is full
/// or the number of messages is out of range; [`ErrorKind::OutOfResources`]; what `enable` returned. Nothing
/// stays registered.
pub fn register<H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    handler: H,
    config: Config,
) -> Result<Registration<H>, Error> {
    let granted = grant(device.0, config.request)?;
    let registration = Registration(Interrupt::allocate(handler, config, granted)?);
    let interrupt = registration.interrupt();
    match interrupt.connect(device.0).and_then(|()| interrupt.enable()) {
        Ok(()) => Ok(registration),
        Err(error) => {
            drop(registration.unregister(cx));
            Err(error)
        }
    }
}

fn grant(device: DeviceId, request: Request) -> Result<Granted, Error> {
    check_request(request)?;
    if let Request::Messages { max } = request {
        let messages = (0..max).take_while(|&n| kernel::message_of(device, n).is_some()).count() as u16;
        if messages > 0 {
            return Ok(Granted::Messages(messages));
        }
    }
    kernel::line_of(device).map(|_| Granted::Line).ok_or(ErrorKind::NoInterrupt.into())
}

impl<H: InterruptHandler> Registration<H> {
    /// Returns the interrupt, to synchronize with.
    pub fn interrupt(&self) -> &Interrupt<H> {
        // SAFETY: the registration owns the interrupt, which lives until `unregister`.
        unsafe { self.0.as_ref() }
    }

    /// Returns the handler.
    pub fn handler(&self) -> &H {
        self.interrupt().handler()
    }

    /// Returns what was granted.
    pub fn granted(&self) -> Granted {
        self.interrupt().granted()
    }

    /// Disables the device's interrupts, waits for deferred routines, disconnects, and returns the handler. No
    /// handler method runs after that. At PASSIVE_LEVEL.
    pub fn unregister(self, _cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(Disable::Normal)
    }

    /// As [`unregister`](Self::unregister), for a device that is gone.
    pub fn unregister_gone(self, _cx: &mut Cx<'_, Passive>) -> H {
        self.unregister_because(Disable::Gone)
    }

    fn unregister_because(self, why: Disable) -> H {
        self.interrupt().end(why);
        // SAFETY: `allocate` made it, no routine of it runs any more, and `self` was the only owner.
        unsafe { Interrupt::take(self.0) }
    }
}

//! The simulated machine as a backend: what a driver's logic is fuzzed on first.
//!
//! Sound in every case: the machine runs one context at a time, and its interrupt locks exclude ISRs and
//! sections on all processors (R1, R2).

use core::ptr::NonNull;
use core::sync::atomic::AtomicUsize;

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    Config, Cx, DeferredOutcome, Disable, Dispatch, DmaMemory, Error, ErrorKind, InterruptHandler,
    InterruptSync, MESSAGES_MAX, Passive, Platform, RawLock, RegisterIo, Request, Serialize, Source,
    SyncError,
};
use dirql_sim::kernel::{self, LockId};
use dirql_sim::{BufferId, Call, DeviceId, DpcId, InterruptId, Routine, VectorId};

use crate::Granted;
use crate::object::Object;
use crate::source::{SOURCES, index, source_at};

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

// SAFETY: the machine lets one thread at a time own a lock, and runs one context at a time.
unsafe impl RawLock for SpinLock {
    type Saved = u8;

    fn acquire(&self) -> u8 {
        kernel::acquire_spin_lock(LockId::of_word(&self.0))
    }

    unsafe fn release(&self, old: u8) {
        kernel::release_spin_lock(LockId::of_word(&self.0), old);
    }
}

/// A registered interrupt: what sections and deferred routines synchronize with.
pub struct Interrupt<H: InterruptHandler> {
    object: Object<H>,
    granted: Granted,
    dpcs: [Option<DpcId>; SOURCES],
    /// Interrupt objects by source, plus one; 0 while not connected.
    connected: [AtomicU32; SOURCES],
}

/// Owns a registered interrupt. Forgetting it leaves the interrupt connected, which the machine reports.
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
    let interrupt = Interrupt {
        object: Object::new(handler, config),
        granted,
        dpcs: [None; SOURCES],
        connected: [const { AtomicU32::new(0) }; SOURCES],
    };
    let registration = Registration(place_in_pool(interrupt)?);
    match registration.connect(device.0).and_then(|()| registration.enable()) {
        Ok(()) => Ok(registration),
        Err(error) => {
            drop(registration.unregister(cx));
            Err(error)
        }
    }
}

fn grant(device: DeviceId, request: Request) -> Result<Granted, Error> {
    if let Request::Messages { max } = request {
        if max == 0 || max > MESSAGES_MAX {
            return Err(ErrorKind::Unsupported.into());
        }
        let messages = (0..max).take_while(|&n| kernel::message_of(device, n).is_some()).count() as u16;
        if messages > 0 {
            return Ok(Granted::Messages(messages));
        }
    }
    kernel::line_of(device).map(|_| Granted::Line).ok_or(ErrorKind::NoInterrupt.into())
}

fn place_in_pool<T>(value: T) -> Result<NonNull<T>, Error> {
    let place = kernel::allocate_pool(size_of::<T>(), TAG).cast::<T>();
    let place = NonNull::new(place).ok_or(ErrorKind::OutOfResources)?;
    // SAFETY: the pool returned enough memory, aligned to 16 bytes, which is at least T's alignment.
    unsafe { place.write(value) };
    Ok(place)
}

impl<H: InterruptHandler> Registration<H> {
    /// Returns the interrupt, to synchronize with.
    pub fn interrupt(&self) -> &Interrupt<H> {
        // SAFETY: the registration owns the interrupt, which lives until `unregister`.
        unsafe { self.0.as_ref() }
    }

    /// Returns the handler.
    pub fn handler(&self) -> &H {
        &self.interrupt().object.handler
    }

    /// Returns what was granted.
    pub fn granted(&self) -> Granted {
        self.interrupt().granted
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
        let interrupt = self.interrupt();
        interrupt.close(why);
        interrupt.drain_deferred();
        for slot in &interrupt.connected {
            if let Some(id) = connected_id(slot) {
                kernel::disconnect(id);
                slot.store(0, Ordering::SeqCst);
            }
        }
        interrupt.dpcs.iter().flatten().for_each(|dpc| kernel::check_dpc_freed(*dpc));
        // SAFETY: no ISR runs after `disconnect`, no DPC after `drain_deferred`, and `self` was the only owner.
        let interrupt = unsafe { self.0.read() };
        kernel::free_pool(self.0.as_ptr().cast());
        interrupt.object.handler
    }

    /// Makes a DPC for each source, then connects all of them.
    fn connect(&self, device: DeviceId) -> Result<(), Error> {
        let context = self.0;
        for source in self.granted().sources() {
            // SAFETY: `unregister` drains before it frees the interrupt.
            let routine = unsafe { routine::<H>(call_deferred::<H>, context, source) };
            // SAFETY: nothing is connected yet, so nobody else reads the array.
            unsafe { (*context.as_ptr()).dpcs[index(source)] = Some(kernel::create_dpc(routine)) };
        }
        let shared = self.shared_lock(device);
        for source in self.granted().sources() {
            let vector = vector_of(device, source).ok_or(ErrorKind::NoInterrupt)?;
            let (lock, irql) = shared
                .map_or_else(|| (None, kernel::vector_info(vector).0), |(lock, irql)| (Some(lock), irql));
            // SAFETY: `unregister` disconnects before it frees the interrupt.
            let routine = unsafe { routine::<H>(call_isr::<H>, context, source) };
            let id = kernel::connect(vector, routine, lock, irql).map_err(|_| ErrorKind::Unsupported)?;
            self.interrupt().connected[index(source)].store(u32::from(id.index()) + 1, Ordering::SeqCst);
            kernel::announce(id);
        }
        Ok(())
    }

    /// Returns the one lock for all messages and the level it needs (R5), if that was asked for.
    fn shared_lock(&self, device: DeviceId) -> Option<(LockId, u8)> {
        let Granted::Messages(n) = self.granted() else { return None };
        if self.interrupt().object.config.serialize == Serialize::PerSource {
            return None;
        }
        let irqls = (0..n).filter_map(|i| Some(kernel::vector_info(kernel::message_of(device, i)?).0));
        Some((LockId::for_interrupts(), irqls.max()?))
    }

    fn enable(&self) -> Result<(), Error> {
        let interrupt = self.interrupt();
        self.granted().sources().try_for_each(|source| {
            interrupt
                // SAFETY: `locked` runs this under the source's interrupt lock.
                .locked(source, |object| unsafe { object.enable(source) })
                .unwrap_or(Err(ErrorKind::NoInterrupt.into()))
        })
    }
}

fn vector_of(device: DeviceId, source: Source) -> Option<VectorId> {
    match source {
        Source::Line => kernel::line_of(device),
        Source::Message(n) => kernel::message_of(device, n),
    }
}

fn connected_id(slot: &AtomicU32) -> Option<InterruptId> {
    slot.load(Ordering::SeqCst).checked_sub(1).map(|id| InterruptId::new(id as u16))
}

impl<H: InterruptHandler> Interrupt<H> {
    /// Runs `act` under the interrupt lock of `source`.
    fn locked<R>(&self, source: Source, act: impl FnOnce(&Object<H>) -> R) -> Result<R, SyncError> {
        let id = self.connected.get(index(source)).and_then(connected_id).ok_or(SyncError::NotConnected)?;
        let old = kernel::acquire_interrupt_lock(id);
        let result = act(&self.object);
        kernel::release_interrupt_lock(id, old);
        Ok(result)
    }

    /// Disables every source; their ISRs reach the handler no more.
    fn close(&self, why: Disable) {
        for source in self.granted.sources() {
            // SAFETY: `locked` runs this under the source's interrupt lock. A source that never got connected
            // has no ISR to close.
            let _never_connected = self.locked(source, |object| unsafe { object.close(source, why) });
        }
        self.object.stop_deferring();
    }

    /// Waits for deferred routines. Twice: a run that began before `close` can queue itself once more.
    fn drain_deferred(&self) {
        for _ in 0..2 {
            for dpc in self.dpcs.iter().flatten() {
                kernel::remove_dpc(*dpc);
            }
            kernel::flush_dpcs();
        }
    }

    fn queue(&self, source: Source) {
        if let Some(Some(dpc)) = self.dpcs.get(index(source)) {
            kernel::insert_dpc(*dpc, [0; 2]);
        }
    }
}

// SAFETY: a domain's state is reached through `locked` and `call_isr`, both under the interrupt lock that the
// machine holds for the domain; with one lock for all messages there is one state for all.
unsafe impl<H: InterruptHandler> InterruptSync for Interrupt<H> {
    type Shared = H::Shared;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    fn synchronize<L, R>(
        &self,
        _cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError>
    where
        L: dirql::AtMost<Dispatch>,
    {
        // SAFETY: `locked` runs this under the source's interrupt lock.
        self.locked(source, |object| unsafe { object.section(source, section) })?
            .ok_or(SyncError::NotConnected)
    }
}

// --- what the machine calls ---

/// # Safety
/// `call` is `call_isr::<H>` or `call_deferred::<H>`; the interrupt lives until the routine is disconnected and
/// drained.
unsafe fn routine<H: InterruptHandler>(
    call: Call,
    interrupt: NonNull<Interrupt<H>>,
    source: Source,
) -> Routine {
    let context = interrupt.as_ptr().cast();
    // SAFETY: the caller's promise.
    unsafe { Routine::new(call, core::ptr::null(), context, [index(source), 0, 0]) }
}

/// # Safety
/// The machine calls this for a connected routine made by [`routine`], holding the interrupt's lock.
unsafe fn call_isr<H: InterruptHandler>(routine: &Routine) -> u8 {
    // SAFETY: the context is the interrupt, which outlives its connection.
    let interrupt = unsafe { &*routine.context().cast::<Interrupt<H>>() };
    let source = source_at(routine.arguments()[0]);
    // SAFETY: the machine holds the lock of this source's domain while it calls this.
    let outcome = unsafe { interrupt.object.isr(source) };
    if outcome.defer {
        interrupt.queue(source);
    }
    outcome.claimed.into()
}

/// # Safety
/// The machine calls this for a queued DPC made by [`routine`], at DISPATCH_LEVEL.
unsafe fn call_deferred<H: InterruptHandler>(routine: &Routine) -> u8 {
    // SAFETY: the context is the interrupt, which outlives its DPCs.
    let interrupt = unsafe { &*routine.context().cast::<Interrupt<H>>() };
    let source = source_at(routine.arguments()[0]);
    let budget = interrupt.object.config.budget;
    // SAFETY: the machine runs DPCs at DISPATCH_LEVEL.
    let outcome = unsafe {
        Cx::<Dispatch>::enter(|cx| interrupt.object.handler.deferred(cx, interrupt, source, budget))
    };
    if outcome == DeferredOutcome::Again && interrupt.object.may_defer() {
        interrupt.queue(source);
    }
    1
}

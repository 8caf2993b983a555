//! KMDF: one WDFINTERRUPT for the line or for each message, which the framework connects and disconnects.
//!
//! | Where in a driver | What to call |
//! |---|---|
//! | EvtDevicePrepareHardware | [`Device::prepare`], [`register`] |
//! | EvtDeviceD0EntryPostInterruptsEnabled | [`Registration::d0_entry_post_interrupts_enabled`] |
//! | EvtDeviceD0ExitPreInterruptsDisabled | [`Registration::d0_exit_pre_interrupts_disabled`] |
//! | EvtDeviceSurpriseRemoval | [`Registration::surprise_removal`] |
//! | EvtDeviceReleaseHardware | [`Registration::unregister`], then drop the [`Device`] |
//!
//! Sound for DIRQL interrupts created by this file and for nothing else. `WdfInterruptSynchronize` is
//! `KeSynchronizeExecution` of the framework's kernel object, and excludes the ISR (R1, R2); several interrupts
//! share a domain only if they were created with one WDFSPINLOCK (R49). The framework has a kernel object only
//! between connecting and disconnecting, and does not check: so
//!
//! - threads synchronize through a gate (`gate.rs`), open from D0EntryPostInterruptsEnabled to
//!   D0ExitPreInterruptsDisabled, which waits for those inside (R63, R64);
//! - deferred routines synchronize with sources between EvtInterruptEnable and EvtInterruptDisable: the framework
//!   waits for DPCs after the one and before it disconnects (R64). That holds too if a power-up fails and
//!   D0ExitPreInterruptsDisabled is not called (R68).
//!
//! WdfInterruptAcquireLock is not used: it can return without the lock (R71).

mod callbacks;
mod device;
mod gate;

use core::ptr::{NonNull, null_mut};

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    AtMost, Config, Cx, Disable, Dispatch, Error, ErrorKind, InterruptHandler, InterruptSync, MESSAGES_MAX,
    Passive, Platform, Request, Serialize, Source, SyncError,
};
use dirql_ddi::kmdf::*;
use dirql_ddi::*;

use crate::Granted;
use crate::object::{Object, pool_size};
use crate::section::Call;
use callbacks::Context;
use gate::Gate;

pub use crate::mapped::Registers;
pub use crate::spin_lock::SpinLock;
pub use callbacks::status_of;
pub use device::{Buffer, CommonBuffer, Device};

const TAG: ULONG = u32::from_le_bytes(*b"dQkm");
const SLOTS: usize = MESSAGES_MAX as usize;

/// The KMDF backend's lock, registers and DMA memory.
///
/// The lock is a KSPIN_LOCK: a WDFSPINLOCK is the same with a handle, whose memory can run out where a lock
/// cannot say so.
#[derive(Debug)]
pub struct Kmdf;

impl Platform for Kmdf {
    type RawLock = SpinLock;
    type Registers = Registers;
    type Dma = CommonBuffer;

    fn delay(_cx: &mut Cx<'_, Passive>, us_min: u32) {
        let mut interval = LARGE_INTEGER { QuadPart: -10 * i64::from(us_min) };
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the interval is ours for the length of the call. A wait that is
        // not alertable always runs to its end.
        let _always_success = unsafe { KeDelayExecutionThread(KernelMode, FALSE, &raw mut interval) };
    }
}

/// A registered interrupt: what sections synchronize with.
pub struct Interrupt<H: InterruptHandler> {
    object: Object<H>,
    granted: Granted,
    /// The WDFINTERRUPTs: of the line in slot 0, or of message `n` in slot `n`. Constant once created.
    handles: [WDFINTERRUPT; SLOTS],
    /// One lock for all messages, if that was asked for.
    lock: WDFSPINLOCK,
    /// A bit for each slot between EvtInterruptEnable and EvtInterruptDisable.
    enabled: AtomicU32,
    gate: Gate,
    /// Why interrupts are going to be disabled: one of the constants below.
    why: AtomicU32,
}

const WHY_NORMAL: u32 = 0;
const WHY_LOW_POWER: u32 = 1;
const WHY_GONE: u32 = 2;

// SAFETY: `object` is Sync; framework handles may be used from any thread and processor.
unsafe impl<H: InterruptHandler> Sync for Interrupt<H> {}

/// Owns a registered interrupt. Dropping it leaks it, as it must while an ISR can run; Driver Verifier reports the
/// leak at unload (0xC4/0x62).
#[must_use = "an interrupt stays registered until it is unregistered"]
pub struct Registration<H: InterruptHandler>(NonNull<Interrupt<H>>);

// SAFETY: the registration is the owner of an Interrupt, which is Sync, and of the handler, which is Send.
unsafe impl<H: InterruptHandler> Send for Registration<H> {}
// SAFETY: through a shared registration only the Interrupt is reached, which is Sync.
unsafe impl<H: InterruptHandler> Sync for Registration<H> {}

/// Creates the interrupts of `device`, in EvtDevicePrepareHardware. The framework connects and enables them at
/// D0 entry, after that callback has returned (R63).
///
/// # Errors
/// [`ErrorKind::NoInterrupt`] if the device was assigned none; [`ErrorKind::Unsupported`] if the line was asked for
/// and messages were assigned, if the number of messages is out of range, or if the framework refuses;
/// [`ErrorKind::OutOfResources`]. No callback reaches the handler then.
pub fn register<H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    handler: H,
    config: Config,
) -> Result<Registration<H>, Error> {
    let granted = grant(device, config.request)?;
    let registration = Registration(Interrupt::allocate(handler, config, granted)?);
    match registration.create(device) {
        Ok(()) => Ok(registration),
        Err(error) => {
            // SAFETY: the device has not been in D0 since; what was created is cut off before it could be.
            drop(unsafe { registration.unregister(cx) });
            Err(error)
        }
    }
}

fn grant(device: &Device, request: Request) -> Result<Granted, Error> {
    let assigned = device.assigned().ok_or(ErrorKind::NoInterrupt)?;
    match (request, assigned) {
        (Request::Messages { max }, _) if max == 0 || max > MESSAGES_MAX => {
            Err(ErrorKind::Unsupported.into())
        }
        (Request::Line, Granted::Messages(_)) => Err(ErrorKind::Unsupported.into()),
        (Request::Messages { max }, Granted::Messages(n)) => Ok(Granted::Messages(n.min(max))),
        (_, Granted::Line) => Ok(Granted::Line),
    }
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

    /// Lets threads synchronize with the interrupt.
    ///
    /// # Safety
    /// The caller is the device's EvtDeviceD0EntryPostInterruptsEnabled, returns success after this, and its
    /// EvtDeviceD0ExitPreInterruptsDisabled calls [`Self::d0_exit_pre_interrupts_disabled`].
    pub unsafe fn d0_entry_post_interrupts_enabled(&self) {
        self.interrupt().gate.open();
    }

    /// Keeps threads from synchronizing with the interrupt, and waits for those that do.
    ///
    /// # Safety
    /// The caller is the device's EvtDeviceD0ExitPreInterruptsDisabled, with the state that it was given.
    pub unsafe fn d0_exit_pre_interrupts_disabled(
        &self,
        cx: &mut Cx<'_, Passive>,
        target: WDF_POWER_DEVICE_STATE,
    ) {
        let interrupt = self.interrupt();
        if interrupt.why.load(Ordering::SeqCst) != WHY_GONE {
            let why = if target == WdfPowerDeviceD3Final { WHY_NORMAL } else { WHY_LOW_POWER };
            interrupt.why.store(why, Ordering::SeqCst);
        }
        interrupt.gate.close_and_drain(cx);
    }

    /// Remembers that the device is gone, for the handler's `disable`. In EvtDeviceSurpriseRemoval (R81).
    pub fn surprise_removal(&self) {
        self.interrupt().why.store(WHY_GONE, Ordering::SeqCst);
    }

    /// Returns the handler, of which no method runs after that. At PASSIVE_LEVEL.
    ///
    /// # Safety
    /// The device is not in D0, and will not be with these interrupts: the caller is its
    /// EvtDeviceReleaseHardware, after which the framework deletes them, or its EvtDevicePrepareHardware on the
    /// way to a failure.
    pub unsafe fn unregister(self, _cx: &mut Cx<'_, Passive>) -> H {
        // A deferred routine that ran while the framework waited for it can have queued itself again; that
        // last run finds its source disabled.
        // SAFETY: `_cx` proves PASSIVE_LEVEL.
        unsafe { KeFlushQueuedDpcs() };
        self.interrupt().cut_off();
        // SAFETY: neither ISRs, which are disconnected, nor DPCs run any more, and `self` was the only owner.
        let interrupt = unsafe { self.0.read() };
        if !interrupt.lock.is_null() {
            // SAFETY: created by `create_lock`; its interrupts are disconnected and will not be connected again.
            unsafe { WdfObjectDelete(interrupt.lock.cast()) };
        }
        // SAFETY: `allocate` got this memory from the pool with this tag.
        unsafe { ExFreePoolWithTag(self.0.as_ptr().cast(), TAG) };
        interrupt.object.handler
    }

    /// Creates the lock, if there is to be one for all, and an interrupt object for each source.
    fn create(&self, device: &Device) -> Result<(), Error> {
        let interrupt = self.0.as_ptr();
        let lock = create_lock(device, self.granted(), self.interrupt().object.config.serialize)?;
        // SAFETY: nobody else knows the interrupt yet.
        unsafe { (*interrupt).lock = lock };
        let count = self.granted().sources().count();
        for (slot, resource) in device.interrupts().take(count).enumerate() {
            let handle = callbacks::create::<H>(device, resource, lock)?;
            // SAFETY: as above; there are no more sources than slots (`grant`).
            unsafe { (*interrupt).handles[slot] = handle };
            // SAFETY: created just now.
            unsafe { Context { interrupt: interrupt.cast(), slot: slot as u32 }.store(handle) };
        }
        Ok(())
    }
}

/// Creates one lock for all messages, if that was asked for; null stands for a lock per interrupt.
fn create_lock(device: &Device, granted: Granted, serialize: Serialize) -> Result<WDFSPINLOCK, Error> {
    let mut lock = null_mut();
    if granted == Granted::Line || serialize == Serialize::PerSource {
        return Ok(lock);
    }
    let mut attributes = WDF_OBJECT_ATTRIBUTES_INIT();
    attributes.ParentObject = device.handle().cast();
    // SAFETY: both are ours, and the parent is the device.
    let status = unsafe { WdfSpinLockCreate(&raw mut attributes, &raw mut lock) };
    if NT_SUCCESS(status) { Ok(lock) } else { Err(callbacks::error_of(status)) }
}

impl<H: InterruptHandler> Interrupt<H> {
    const SIZE: SIZE_T = pool_size::<Self>();

    /// Puts the interrupt into nonpaged pool, complete but for its handles.
    fn allocate(handler: H, config: Config, granted: Granted) -> Result<NonNull<Self>, Error> {
        // SAFETY: registration is at PASSIVE_LEVEL.
        let place = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, Self::SIZE, TAG) };
        let place = NonNull::new(place.cast::<Self>()).ok_or(ErrorKind::OutOfResources)?;
        let interrupt = Self {
            object: Object::new(handler, config),
            granted,
            handles: [null_mut(); SLOTS],
            lock: null_mut(),
            enabled: AtomicU32::new(0),
            gate: Gate::new(),
            why: AtomicU32::new(WHY_NORMAL),
        };
        // SAFETY: the block is long and aligned enough (`pool_size`), and ours.
        unsafe { place.write(interrupt) };
        Ok(place)
    }

    /// Returns the slot of a granted source.
    fn slot(&self, source: Source) -> Option<u32> {
        match (self.granted, source) {
            (Granted::Line, Source::Line) => Some(0),
            (Granted::Messages(count), Source::Message(n)) if n < count => Some(n.into()),
            _ => None,
        }
    }

    /// Returns the source of a slot. MessageID says less: it counts all of the device's objects, and a line's is
    /// a number too (R80).
    fn source(&self, slot: u32) -> Source {
        match self.granted {
            Granted::Line => Source::Line,
            Granted::Messages(_) => Source::Message(slot as u16),
        }
    }

    fn is_enabled(&self, slot: u32) -> bool {
        self.enabled.load(Ordering::SeqCst) & 1 << slot != 0
    }

    fn why(&self) -> Disable {
        match self.why.load(Ordering::SeqCst) {
            WHY_GONE => Disable::Gone,
            WHY_LOW_POWER => Disable::LowPower,
            _ => Disable::Normal,
        }
    }

    /// Makes the interrupt objects forget this, whatever becomes of them.
    fn cut_off(&self) {
        for handle in self.handles.iter().filter(|handle| !handle.is_null()) {
            // SAFETY: the framework deletes the object after this, and calls back for none that is disconnected.
            unsafe { Context { interrupt: null_mut(), slot: 0 }.store(*handle) };
        }
    }

    /// As [`InterruptSync::synchronize`], of a source and its slot. Gives `pass` back as soon as the framework
    /// returns.
    ///
    /// # Safety
    /// The framework keeps the slot's interrupt connected until `pass` is given back.
    unsafe fn section<R>(
        &self,
        source: Source,
        slot: u32,
        pass: impl Sized,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        let handle = self.handles.get(slot as usize).ok_or(SyncError::NotConnected)?;
        let domain = self.object.domain(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: the framework runs this under the source's interrupt lock.
        let mut call = Call::new(|| unsafe { domain.section(section) });
        let routine = call.wdf_routine();
        // SAFETY: the interrupt is connected; the routine gets the `call` that it expects, which outlives it (R8).
        unsafe { WdfInterruptSynchronize(*handle, Some(routine), (&raw mut call).cast()) };
        drop(pass);
        call.result()
    }
}

// SAFETY: a domain's state is reached through `section` (WdfInterruptSynchronize) and through the callbacks that the
// framework makes under the interrupt's lock (R1, R2); with one spin lock for all messages there is one state for
// all.
unsafe impl<H: InterruptHandler> InterruptSync for Interrupt<H> {
    type Shared = H::Shared;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    fn synchronize<L: AtMost<Dispatch>, R>(
        &self,
        _cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        let slot = self.slot(source).ok_or(SyncError::NotConnected)?;
        let pass = self.gate.enter().ok_or(SyncError::NotConnected)?;
        // SAFETY: the gate is open only while all granted interrupts are connected, and is not closed, which
        // precedes disconnecting, while `pass` lives.
        unsafe { self.section(source, slot, pass, section) }
    }
}

/// An interrupt as its deferred routines see it.
struct InDeferred<'i, H: InterruptHandler>(&'i Interrupt<H>);

// SAFETY: as for Interrupt.
unsafe impl<H: InterruptHandler> InterruptSync for InDeferred<'_, H> {
    type Shared = H::Shared;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    fn synchronize<L: AtMost<Dispatch>, R>(
        &self,
        _cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        let slot =
            self.0.slot(source).filter(|&slot| self.0.is_enabled(slot)).ok_or(SyncError::NotConnected)?;
        // SAFETY: the source is enabled. Between disabling and disconnecting it the framework waits for DPCs that
        // were queued by then (R64, R37), and this one was: it runs.
        unsafe { self.0.section(source, slot, (), section) }
    }
}

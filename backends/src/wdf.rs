//! What KMDF and UMDF share: interrupt objects, and the callbacks by which a framework runs them.
//!
//! | What | File |
//! |---|---|
//! | what differs between the two | `framework.rs` |
//! | what the framework calls | `callbacks.rs` |
//! | who may synchronize, and when | `gate.rs` |
//! | the resources of a prepared device | `resources.rs` |
//!
//! WdfInterruptAcquireLock is not used: it can return without the lock (R71).

mod callbacks;
mod framework;
mod gate;
mod resources;

use core::ptr::{NonNull, null_mut};

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    AtMost, Config, Cx, Disable, Error, ErrorKind, InterruptHandler, InterruptSync, MESSAGES_MAX, Passive,
    Request, Serialize, Source, SyncError,
};
use dirql_ddi::NT_SUCCESS;
use dirql_ddi::wdf::*;

use crate::Granted;
use crate::object::{Object, check_request, pool_size};
use crate::section::Call;
use callbacks::Context;
use gate::Gate;

pub(crate) use callbacks::error_of;
pub use callbacks::status_of;
pub(crate) use framework::Framework;
pub(crate) use framework::by_table;
pub(crate) use resources::Resources;

const SLOTS: usize = MESSAGES_MAX as usize;

/// A registered interrupt: what sections synchronize with.
pub struct Interrupt<F: Framework, H: InterruptHandler> {
    object: Object<H>,
    /// How many messages were granted, 0 for the line: in every section's way, so one number to compare with.
    messages: u16,
    /// The WDFINTERRUPTs: of the line in slot 0, or of message `n` in slot `n`. Constant once created.
    handles: [WDFINTERRUPT; SLOTS],
    /// One lock for all messages, if that was asked for.
    lock: WDFOBJECT,
    /// What this lies in.
    memory: F::Memory,
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
unsafe impl<F: Framework, H: InterruptHandler> Sync for Interrupt<F, H> {}

/// Owns a registered interrupt. Dropping it leaks it, as it must while an ISR can run; Driver Verifier reports the
/// leak at unload (0xC4/0x62).
#[must_use = "an interrupt stays registered until it is unregistered"]
pub struct Registration<F: Framework, H: InterruptHandler>(NonNull<Interrupt<F, H>>);

// SAFETY: the registration is the owner of an Interrupt, which is Sync, and of the handler, which is Send.
unsafe impl<F: Framework, H: InterruptHandler> Send for Registration<F, H> {}
// SAFETY: through a shared registration only the Interrupt is reached, which is Sync.
unsafe impl<F: Framework, H: InterruptHandler> Sync for Registration<F, H> {}

/// Creates the interrupts of `device`, in EvtDevicePrepareHardware. The framework connects and enables them at
/// D0 entry, after that callback has returned (R63).
///
/// # Errors
/// [`ErrorKind::NoInterrupt`] if the device was assigned none; [`ErrorKind::Unsupported`] if the line was asked for
/// and messages were assigned, if the number of messages is out of range, or if the framework refuses;
/// [`ErrorKind::OutOfResources`]. No callback reaches the handler then.
///
/// # Safety
/// The resources are those of `device`, which is being prepared.
pub(crate) unsafe fn register<F: Framework, H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    device: WDFDEVICE,
    resources: &Resources<F>,
    handler: H,
    config: Config,
) -> Result<Registration<F, H>, Error> {
    let granted = grant(resources.assigned(), config.request)?;
    let registration = Registration(Interrupt::<F, H>::allocate(handler, config, granted)?);
    match registration.create(device, resources) {
        Ok(()) => Ok(registration),
        Err(error) => {
            // SAFETY: the device has not been in D0 since; what was created is cut off before it could be.
            unsafe { registration.give_up(cx) };
            Err(error)
        }
    }
}

fn grant(assigned: Option<Granted>, request: Request) -> Result<Granted, Error> {
    let assigned = assigned.ok_or(ErrorKind::NoInterrupt)?;
    check_request(request)?;
    match (request, assigned) {
        (Request::Line, Granted::Messages(_)) => Err(ErrorKind::Unsupported.into()),
        (Request::Messages { max }, Granted::Messages(n)) => Ok(Granted::Messages(n.min(max))),
        (_, Granted::Line) => Ok(Granted::Line),
    }
}

impl<F: Framework, H: InterruptHandler> Registration<F, H> {
    /// Returns the interrupt, to synchronize with.
    pub fn interrupt(&self) -> &Interrupt<F, H> {
        // SAFETY: the registration owns the interrupt, which lives until `unregister`.
        unsafe { self.0.as_ref() }
    }

    /// Returns the handler.
    pub fn handler(&self) -> &H {
        &self.interrupt().object.handler
    }

    /// Returns what was granted.
    pub fn granted(&self) -> Granted {
        self.interrupt().granted()
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
        interrupt.gate.close_and_drain::<F>(cx);
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
        self.interrupt().cut_off();
        // SAFETY: no ISR runs any more, since they are disconnected, and no deferred routine: the framework waited for
        // those that were queued, and none queues itself once its source is disabled. `self` was the only owner.
        let Interrupt { object, memory, lock, .. } = unsafe { &mut *self.0.as_ptr() };
        let (memory, lock) = (*memory, *lock);
        // SAFETY: as above. Nothing else in the interrupt needs to be dropped.
        let handler = unsafe { Object::take(object) };
        if !lock.is_null() {
            // SAFETY: created by `create_lock`; its interrupts are disconnected and will not be connected again.
            unsafe { F::delete(lock) };
        }
        // SAFETY: `allocate` got this memory, and what lay in it was moved out.
        unsafe { F::free(memory) };
        handler
    }

    /// Ends a registration that failed, in a stack frame of its own: handlers are large.
    ///
    /// # Safety
    /// As for [`Self::unregister`].
    #[cold]
    #[inline(never)]
    unsafe fn give_up(self, cx: &mut Cx<'_, Passive>) {
        // SAFETY: the caller's promise.
        drop(unsafe { self.unregister(cx) });
    }

    /// Creates the lock, if there is to be one for all, and an interrupt object for each source.
    fn create(&self, device: WDFDEVICE, resources: &Resources<F>) -> Result<(), Error> {
        let interrupt = self.0.as_ptr();
        let lock = create_lock::<F>(device, self.granted(), self.interrupt().object.config.serialize)?;
        // SAFETY: nobody else knows the interrupt yet.
        unsafe { (*interrupt).lock = lock };
        // SAFETY: as above.
        let handles = unsafe { &raw mut (*interrupt).handles }.cast::<WDFINTERRUPT>();
        let count = self.granted().sources().count();
        for (slot, resource) in resources.interrupts().take(count).enumerate() {
            let handle = callbacks::create::<F, H>(device, resource, lock)?;
            // SAFETY: there are no more sources than slots (`grant`).
            unsafe { handles.wrapping_add(slot).write(handle) };
            // SAFETY: created just now.
            unsafe { Context { interrupt: interrupt.cast(), slot: slot as u32 }.store::<F>(handle) };
        }
        Ok(())
    }
}

/// Creates one lock for all messages, if that was asked for; null stands for a lock per interrupt.
fn create_lock<F: Framework>(
    device: WDFDEVICE,
    granted: Granted,
    serialize: Serialize,
) -> Result<WDFOBJECT, Error> {
    let mut lock = null_mut();
    if granted == Granted::Line || serialize == Serialize::PerSource {
        return Ok(lock);
    }
    let mut attributes = WDF_OBJECT_ATTRIBUTES_INIT();
    attributes.ParentObject = device.cast();
    // SAFETY: both are ours, and the parent is the device.
    let status = unsafe { F::create_lock(&mut attributes, &mut lock) };
    if NT_SUCCESS(status) { Ok(lock) } else { Err(error_of(status)) }
}

impl<F: Framework, H: InterruptHandler> Interrupt<F, H> {
    const SIZE: usize = pool_size::<Self>();

    /// Puts the interrupt into memory of its own, complete but for its handles.
    fn allocate(handler: H, config: Config, granted: Granted) -> Result<NonNull<Self>, Error> {
        // SAFETY: registration is at PASSIVE_LEVEL.
        let (place, memory) = unsafe { F::allocate(Self::SIZE) }.ok_or(ErrorKind::OutOfResources)?;
        let place = place.cast::<Self>();
        let messages = match granted {
            Granted::Line => 0,
            Granted::Messages(count) => count,
        };
        let to = place.as_ptr();
        #[allow(clippy::multiple_unsafe_ops_per_block, reason = "they write one interrupt, field by field")]
        // SAFETY: the memory is long and aligned enough (`pool_size`, `Framework`), and ours; every field is written.
        unsafe {
            Object::write(&raw mut (*to).object, handler, config);
            (&raw mut (*to).messages).write(messages);
            (&raw mut (*to).handles).write([null_mut(); SLOTS]);
            (&raw mut (*to).lock).write(null_mut());
            (&raw mut (*to).memory).write(memory);
            (&raw mut (*to).enabled).write(AtomicU32::new(0));
            (&raw mut (*to).gate).write(Gate::new());
            (&raw mut (*to).why).write(AtomicU32::new(WHY_NORMAL));
        }
        Ok(place)
    }

    fn granted(&self) -> Granted {
        match self.messages {
            0 => Granted::Line,
            count => Granted::Messages(count),
        }
    }

    /// Returns the slot of a granted source.
    fn slot(&self, source: Source) -> Option<u32> {
        match source {
            Source::Line => (self.messages == 0).then_some(0),
            Source::Message(n) => (n < self.messages).then_some(n.into()),
        }
    }

    /// Returns the source of a slot. MessageID says less: it counts all of the device's objects, and a line's is
    /// a number too (R80).
    fn source(&self, slot: u32) -> Source {
        match self.granted() {
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
            unsafe { Context { interrupt: null_mut(), slot: 0 }.store::<F>(*handle) };
        }
    }

    /// Runs `act` under the interrupt lock of `slot`, and gives `pass` back as soon as the framework returns.
    ///
    /// # Safety
    /// The slot is a granted source's, and the framework keeps its interrupt connected until `pass` is given back, if it
    /// is KMDF.
    unsafe fn locked<R>(&self, slot: u32, pass: impl Sized, act: impl FnOnce() -> R) -> Result<R, SyncError> {
        // SAFETY: the caller's slot is one of the granted, which are no more than there are slots (`grant`).
        let handle = unsafe { *self.handles.get_unchecked(slot as usize) };
        let mut passing = Passing { call: Call::new(act), pass };
        let routine = passing.call.wdf_routine();
        // SAFETY: the interrupt is connected; the routine gets the call that it expects, which outlives it (R8).
        unsafe { F::synchronize(handle, Some(routine), (&raw mut passing).cast()) };
        drop(passing.pass);
        passing.call.result()
    }

    /// As [`InterruptSync::synchronize`], of a granted source and its slot.
    ///
    /// # Safety
    /// As for [`Self::locked`], and the slot is the source's.
    unsafe fn section<R>(
        &self,
        source: Source,
        slot: u32,
        pass: impl Sized,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        // SAFETY: a source with a slot is granted, and `grant` gives no more than was asked for.
        let domain = unsafe { self.object.granted_domain(source) };
        // SAFETY: `locked` runs this under the source's interrupt lock.
        let act = || unsafe { domain.section(section) };
        // SAFETY: the caller's promise is the one that `locked` wants.
        unsafe { self.locked(slot, pass, act) }
    }

    /// Queues the deferred routine of `slot`, from itself, unless the source was disabled meanwhile: then the
    /// framework waits for what is queued already, and for nothing else.
    fn defer_again(&self, slot: u32) {
        let Some(&handle) = self.handles.get(slot as usize) else { return };
        let act = || {
            if self.is_enabled(slot) {
                // SAFETY: the object is ours; it is queued already if this returns FALSE, which is as good.
                unsafe { F::defer(handle) };
            }
        };
        // SAFETY: the framework waits for the running deferred routine before it disconnects (R64).
        let _runs = unsafe { self.locked(slot, (), act) };
    }
}

/// A call on its way through the framework. The pass lies beside it in memory: in a register it would be one more to
/// save.
#[repr(C)]
struct Passing<C, P> {
    call: C,
    pass: P,
}

// SAFETY: a domain's state is reached through `section` (WdfInterruptSynchronize) and through the callbacks that the
// framework makes under the interrupt's lock (R1, R2); with one lock for all messages there is one state for all.
unsafe impl<F: Framework, H: InterruptHandler> InterruptSync for Interrupt<F, H> {
    type Shared = H::Shared;
    type MaxCaller = F::Level;
    type Deferred = F::Level;

    fn synchronize<L: AtMost<F::Level>, R>(
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
struct InDeferred<'i, F: Framework, H: InterruptHandler>(&'i Interrupt<F, H>);

// SAFETY: as for Interrupt.
unsafe impl<F: Framework, H: InterruptHandler> InterruptSync for InDeferred<'_, F, H> {
    type Shared = H::Shared;
    type MaxCaller = F::Level;
    type Deferred = F::Level;

    fn synchronize<L: AtMost<F::Level>, R>(
        &self,
        _cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        let slot =
            self.0.slot(source).filter(|&slot| self.0.is_enabled(slot)).ok_or(SyncError::NotConnected)?;
        // SAFETY: the source is enabled. Between disabling and disconnecting it the framework waits for deferred
        // routines that were queued by then (R64, R37), and this one was: it runs.
        unsafe { self.0.section(source, slot, (), section) }
    }
}

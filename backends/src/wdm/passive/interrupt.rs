//! A passive-level interrupt: its state, its work item, sections, and what the kernel calls.

use core::cell::UnsafeCell;
use core::ptr::{NonNull, null_mut};

use dirql::{
    AtMost, Config, Cx, DeferredOutcome, Disable, Error, ErrorKind, InterruptHandler, InterruptSync, Passive,
    Source, SyncError,
};
use dirql_ddi::*;

use super::Line;
use crate::Granted;
use crate::grant::Grant;
use crate::object::{Object, pool_size};
use crate::section::Call;
use crate::wdm::work_item::WorkItem;
use crate::wdm::{TAG, error_of};

/// A registered interrupt: what sections and deferred routines synchronize with.
pub struct Interrupt<H: InterruptHandler> {
    object: Object<H>,
    deferred: WorkItem,
    connected: Grant,
    /// Written by IoConnectInterruptEx, then constant.
    connection: UnsafeCell<PKINTERRUPT>,
}

// SAFETY: `object` and `deferred` are Sync; `connection` is read only after `connected` says that it is written.
unsafe impl<H: InterruptHandler> Sync for Interrupt<H> {}

impl<H: InterruptHandler> Interrupt<H> {
    const SIZE: SIZE_T = pool_size::<Self>();

    /// Puts the interrupt into nonpaged pool, complete, with its work item.
    ///
    /// # Safety
    /// As for [`WorkItem::allocate`].
    pub(super) unsafe fn allocate(
        device_object: PDEVICE_OBJECT,
        handler: H,
        config: Config,
    ) -> Result<NonNull<Self>, Error> {
        // SAFETY: the caller's promise.
        let deferred = unsafe { WorkItem::allocate(device_object) }?;
        // SAFETY: the caller is at PASSIVE_LEVEL.
        let place = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, Self::SIZE, TAG) };
        let place = NonNull::new(place.cast::<Self>()).ok_or(ErrorKind::OutOfResources)?;
        let interrupt = Self {
            object: Object::new(handler, config),
            deferred,
            connected: Grant::none(),
            connection: UnsafeCell::new(null_mut()),
        };
        // SAFETY: the block is long and aligned enough (`pool_size`), and ours.
        unsafe { place.write(interrupt) };
        Ok(place)
    }

    pub(super) fn handler(&self) -> &H {
        &self.object.handler
    }

    pub(super) fn into_handler(self) -> H {
        self.object.handler
    }

    /// Runs `act` under the interrupt's lock, which is the kernel's event (R56).
    fn locked<R>(&self, source: Source, act: impl FnOnce() -> R) -> Result<R, SyncError> {
        if !self.connected.has(source) {
            return Err(SyncError::NotConnected);
        }
        // SAFETY: the grant says that the connection was written.
        let interrupt = unsafe { *self.connection.get() };
        let mut call = Call::new(act);
        let routine = call.routine();
        // SAFETY: the interrupt is connected: it is disconnected only by the owner, after every user. The
        // routine gets the `call` that it expects, which outlives it (R8).
        unsafe { KeSynchronizeExecution(interrupt, Some(routine), (&raw mut call).cast()) };
        call.result()
    }

    pub(super) fn enable(&self) -> Result<(), Error> {
        // SAFETY: `locked` runs this under the interrupt's lock.
        let enabled = self.locked(Source::Line, || unsafe { self.object.enable(Source::Line) });
        enabled.unwrap_or(Err(ErrorKind::NoInterrupt.into()))
    }

    /// Disables the line, if it is connected; its ISR reaches the handler no more.
    pub(super) fn close(&self, why: Disable) {
        // SAFETY: as in `enable`.
        let _connected = self.locked(Source::Line, || unsafe { self.object.close(Source::Line, why) });
        self.object.stop_deferring();
    }

    /// Waits for deferred routines, also for one that a run which began before `close` queues once more.
    pub(super) fn drain_deferred(&self, cx: &mut Cx<'_, Passive>) {
        self.deferred.drain(cx);
    }

    /// Disconnects the line, if it is connected: no ISR runs after that (R20).
    pub(super) fn disconnect(&self) {
        if self.connected.get().is_none() {
            return;
        }
        // SAFETY: the grant says that the connection was written.
        let connection = unsafe { *self.connection.get() };
        let context = IO_DISCONNECT_INTERRUPT_CONNECTION_CONTEXT { InterruptObject: connection };
        let mut parameters = IO_DISCONNECT_INTERRUPT_PARAMETERS {
            Version: CONNECT_FULLY_SPECIFIED_GROUP,
            ConnectionContext: context,
        };
        // SAFETY: unregistering is at PASSIVE_LEVEL, and version and context are those of the connection (R25).
        unsafe { IoDisconnectInterruptEx(&raw mut parameters) };
        self.connected.clear();
    }

    fn queue(&self) {
        let context = (&raw const *self).cast_mut().cast();
        // SAFETY: the routine takes an interrupt; this one is freed only after `drain_deferred`.
        unsafe { self.deferred.queue(Some(deferred_routine::<H>), context) };
    }

    /// Runs the handler's deferred routine.
    ///
    /// # Safety
    /// The caller is the work item's routine.
    unsafe fn run_deferred(&self) {
        let budget = self.object.config.budget;
        // SAFETY: work items run at PASSIVE_LEVEL, where they may block.
        let outcome = unsafe {
            Cx::<Passive>::enter(|cx| self.object.handler.deferred(cx, self, Source::Line, budget))
        };
        if outcome == DeferredOutcome::Again && self.object.may_defer() {
            self.queue();
        }
    }
}

/// Connects an interrupt. The ISR can run before this returns (R18).
///
/// # Safety
/// `physical` is the physical device object of the device that has the line. The interrupt lives until it is
/// disconnected. The caller is at PASSIVE_LEVEL.
pub(super) unsafe fn connect<H: InterruptHandler>(
    own: NonNull<Interrupt<H>>,
    physical: PDEVICE_OBJECT,
    line: &Line,
) -> Result<(), Error> {
    // SAFETY: the caller guarantees the interrupt.
    let interrupt = unsafe { own.as_ref() };
    let line = IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS {
        PhysicalDeviceObject: physical,
        InterruptObject: interrupt.connection.get(),
        ServiceRoutine: Some(service::<H>),
        ServiceContext: own.as_ptr().cast(),
        // Both levels PASSIVE_LEVEL and no spin lock: so the kernel knows that the ISR is passive (R58).
        SpinLock: null_mut(),
        SynchronizeIrql: PASSIVE_LEVEL,
        FloatingSave: FALSE,
        ShareVector: line.shared.into(),
        Vector: line.vector,
        Irql: PASSIVE_LEVEL,
        InterruptMode: line.mode,
        ProcessorEnableMask: line.affinity,
        Group: line.group,
    };
    let mut parameters = IO_CONNECT_INTERRUPT_PARAMETERS {
        Version: CONNECT_FULLY_SPECIFIED_GROUP,
        __bindgen_anon_1: IO_CONNECT_INTERRUPT_PARAMETERS_VARIANT { FullySpecified: line },
    };
    // SAFETY: the parameters point into this interrupt, which outlives the connection; it is complete, so
    // the ISR may run from here on.
    let status = unsafe { IoConnectInterruptEx(&raw mut parameters) };
    if !NT_SUCCESS(status) {
        return Err(error_of(status));
    }
    interrupt.connected.set(Granted::Line);
    Ok(())
}

// SAFETY: the state is reached through `locked` (KeSynchronizeExecution) and through the service routine, both under
// the interrupt object's lock, which for a passive-level interrupt is the kernel's event (R56).
unsafe impl<H: InterruptHandler> InterruptSync for Interrupt<H> {
    type Shared = H::Shared;
    type MaxCaller = Passive;
    type Deferred = Passive;

    fn synchronize<L: AtMost<Passive>, R>(
        &self,
        _cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut H::Shared) -> R,
    ) -> Result<R, SyncError> {
        let domain = self.object.domain(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: `locked` runs this under the interrupt's lock; it refuses any source but the line.
        self.locked(source, || unsafe { domain.section(section) })
    }
}

/// # Safety
/// The kernel calls this for a connected interrupt, at PASSIVE_LEVEL, with the context given and its lock held.
unsafe extern "C-unwind" fn service<H: InterruptHandler>(_: PKINTERRUPT, context: PVOID) -> BOOLEAN {
    // SAFETY: the context is the interrupt, which outlives its connection.
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    // SAFETY: the kernel holds the lock while it calls the ISR.
    let outcome = unsafe { interrupt.object.isr(Source::Line) };
    if outcome.defer {
        interrupt.queue();
    }
    BOOLEAN::from(outcome.claimed)
}

/// # Safety
/// A thread of the system calls this, at PASSIVE_LEVEL, once for each time that the work item was queued.
unsafe extern "C-unwind" fn deferred_routine<H: InterruptHandler>(_: PDEVICE_OBJECT, context: PVOID) {
    // SAFETY: the context is the interrupt, which is there until `end` (`drain_deferred`).
    let interrupt = unsafe { &*context.cast::<Interrupt<H>>() };
    let item = &raw const interrupt.deferred;
    // SAFETY: this is the beginning.
    unsafe { interrupt.deferred.begin() };
    // SAFETY: this is the routine.
    unsafe { interrupt.run_deferred() };
    // SAFETY: this is the end; the interrupt is not used after it.
    unsafe { WorkItem::end(item) };
}

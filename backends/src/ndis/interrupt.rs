//! The registered interrupt, and how its state is reached.

use core::cell::UnsafeCell;
use core::ptr::{NonNull, null_mut};

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    AtMost, Budget, Config, Cx, DeferredOutcome, Disable, Dispatch, Error, ErrorKind, InterruptHandler,
    InterruptSync, IsrOutcome, Request, Source, SyncError,
};
use dirql_ddi::ndis::*;
use dirql_ddi::{GROUP_AFFINITY, KeGetCurrentProcessorNumberEx, PROCESSOR_NUMBER, ULONG};

use super::TAG;
use crate::Granted;
use crate::grant::Grant;
use crate::object::{Object, pool_size};
use crate::section::Call;
use crate::source::{SOURCES, index, source_at};

/// A registered interrupt: what sections and deferred routines synchronize with.
pub struct Interrupt<H: InterruptHandler> {
    object: Object<H>,
    adapter: NDIS_HANDLE,
    /// The NdisInterruptHandle. Written by NdisMRegisterInterruptEx, then constant.
    handle: UnsafeCell<NDIS_HANDLE>,
    /// Nothing while `handle` must not be read.
    granted: Grant,
    /// A bit for each source whose deferred routine was put off.
    early: AtomicU32,
    /// A bit for each source that is enabled. Changed under the source's lock.
    enabled: AtomicU32,
}

// SAFETY: `object` is Sync; `handle` is read only after `granted` says that it is written; NDIS handles may
// be used on any processor.
unsafe impl<H: InterruptHandler> Sync for Interrupt<H> {}

fn bit(source: Source) -> u32 {
    1 << index(source)
}

const fn message_id(source: Source) -> ULONG {
    match source {
        Source::Line => 0,
        Source::Message(n) => n as ULONG,
    }
}

impl<H: InterruptHandler> Interrupt<H> {
    const SIZE: UINT = {
        let size = pool_size::<Self>();
        assert!(size <= UINT::MAX as usize, "NDIS allocates less than 4 GiB");
        size as UINT
    };

    /// Puts the interrupt into nonpaged memory, complete.
    pub(super) fn allocate(adapter: NDIS_HANDLE, handler: H, config: Config) -> Result<NonNull<Self>, Error> {
        // SAFETY: registration is at PASSIVE_LEVEL, and the device's adapter handle is valid.
        let place =
            unsafe { NdisAllocateMemoryWithTagPriority(adapter, Self::SIZE, TAG, NormalPoolPriority) };
        let place = NonNull::new(place.cast::<Self>()).ok_or(ErrorKind::OutOfResources)?;
        let to = place.as_ptr();
        #[allow(clippy::multiple_unsafe_ops_per_block, reason = "they write one interrupt, field by field")]
        // SAFETY: the memory is long and aligned enough (`SIZE`), and ours; every field is written.
        unsafe {
            Object::write(&raw mut (*to).object, handler, config);
            (&raw mut (*to).adapter).write(adapter);
            (&raw mut (*to).handle).write(UnsafeCell::new(null_mut()));
            (&raw mut (*to).granted).write(Grant::none());
            (&raw mut (*to).early).write(AtomicU32::new(0));
            (&raw mut (*to).enabled).write(AtomicU32::new(0));
        }
        Ok(place)
    }

    /// Frees the interrupt's memory and returns the handler.
    ///
    /// # Safety
    /// `allocate` returned `place`, and nobody uses it any more.
    pub(super) unsafe fn take(place: NonNull<Self>) -> H {
        // SAFETY: the caller guarantees an interrupt of its own.
        let object = unsafe { &raw mut (*place.as_ptr()).object };
        // SAFETY: as above. Nothing else in the interrupt needs to be dropped.
        let handler = unsafe { Object::take(object) };
        // SAFETY: `allocate` got this memory, with this length.
        unsafe { NdisFreeMemory(place.as_ptr().cast(), Self::SIZE, 0) };
        handler
    }

    pub(super) fn config(&self) -> &Config {
        &self.object.config
    }

    pub(super) fn handler(&self) -> &H {
        &self.object.handler
    }

    /// Registers with NDIS. The ISR can run from here on; all that it needs is there.
    ///
    /// # Safety
    /// The handlers expect this interrupt as their context. At PASSIVE_LEVEL, in MiniportInitializeEx, once;
    /// the interrupt lives until [`deregister`](Self::deregister), or until this fails.
    pub(super) unsafe fn register(
        &self,
        characteristics: &mut NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS,
    ) -> NDIS_STATUS {
        let context = (&raw const *self).cast_mut().cast();
        // SAFETY: the caller guarantees the context; the handle has its place in it.
        unsafe { NdisMRegisterInterruptEx(self.adapter, context, characteristics, self.handle.get()) }
    }

    /// Lets the handle be used, and makes up for deferred routines that were put off for want of it.
    pub(super) fn open(&self, answer: &NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS) {
        let granted = match answer.InterruptType {
            NDIS_CONNECT_MESSAGE_BASED => Granted::Messages(self.message_count(answer)),
            _ => Granted::Line,
        };
        self.granted.set(granted);
        let early = self.early.swap(0, Ordering::SeqCst);
        for source in (0..SOURCES).filter(|i| early & 1 << i != 0).map(source_at) {
            self.queue(source);
        }
    }

    /// Returns how many of the granted messages have a state here.
    fn message_count(&self, answer: &NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS) -> u16 {
        let Request::Messages { max } = self.object.config.request else { return 0 };
        // SAFETY: with a message-based grant NDIS wrote a table that stays until the interrupt is
        // deregistered.
        unsafe { (*answer.MessageInfoTable).MessageCount }.min(max.into()) as u16
    }

    /// Returns what was granted, once the handle may be used.
    pub(super) fn granted(&self) -> Option<Granted> {
        self.granted.get()
    }

    /// Returns the handle if it may be used for `source`.
    fn handle_for(&self, source: Source) -> Option<NDIS_HANDLE> {
        // SAFETY: the grant says that the handle was written.
        self.granted.has(source).then(|| unsafe { *self.handle.get() })
    }

    /// Runs `act` under the interrupt lock of `source`.
    pub(super) fn locked<R>(&self, source: Source, act: impl FnOnce() -> R) -> Result<R, SyncError> {
        let handle = self.handle_for(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: the handle is valid: only the owner deregisters, after every user (R23).
        unsafe { Self::locked_by(handle, source, act) }
    }

    /// As `locked`, with NDIS's handle itself.
    ///
    /// # Safety
    /// The interrupt is registered until this returns, and `source` is granted.
    unsafe fn locked_by<R>(
        handle: NDIS_HANDLE,
        source: Source,
        act: impl FnOnce() -> R,
    ) -> Result<R, SyncError> {
        let mut call = Call::new(act);
        let (routine, context) = (call.routine(), (&raw mut call).cast());
        // SAFETY: the caller's promise; the routine gets the `call` that it expects, which outlives it (R8).
        unsafe { NdisMSynchronizeWithInterruptEx(handle, message_id(source), Some(routine), context) };
        call.result()
    }

    /// Lets the handler enable a source.
    ///
    /// # Safety
    /// The caller holds the lock of `source`'s domain until this returns.
    pub(super) unsafe fn enable(&self, source: Source) -> Result<(), Error> {
        // SAFETY: the caller's promise.
        unsafe { self.object.enable(source) }?;
        self.enabled.fetch_or(bit(source), Ordering::SeqCst);
        Ok(())
    }

    /// Disables every source; their ISRs reach the handler no more.
    pub(super) fn close(&self, why: Disable) {
        for source in self.granted().into_iter().flat_map(Granted::sources) {
            let _granted = self.locked(source, || {
                self.enabled.fetch_and(!bit(source), Ordering::SeqCst);
                // SAFETY: `locked` runs this under the source's interrupt lock.
                unsafe { self.object.close(source, why) };
            });
        }
        self.object.stop_deferring();
    }

    /// Deregisters, which waits for ISRs and DPCs (R22). They end: none is queued again after `close`.
    pub(super) fn deregister(&self) {
        if self.granted().is_some() {
            // SAFETY: `granted` says that the handle was written.
            let handle = unsafe { *self.handle.get() };
            // SAFETY: unregistering is at PASSIVE_LEVEL, and the handle is valid.
            unsafe { NdisMDeregisterInterruptEx(handle) };
            self.granted.clear();
        }
    }

    /// Queues the deferred routine of `source` on this processor, if it is not queued there already (R42).
    fn queue(&self, source: Source) {
        let Some(handle) = self.handle_for(source) else { return };
        let mut here = PROCESSOR_NUMBER::default();
        // SAFETY: the number is ours.
        unsafe { KeGetCurrentProcessorNumberEx(&raw mut here) };
        let mut target =
            GROUP_AFFINITY { Mask: 1 << here.Number, Group: here.Group, ..GROUP_AFFINITY::default() };
        // SAFETY: the handle is valid until `deregister` returns, and that waits for this routine.
        unsafe { NdisMQueueDpcEx(handle, message_id(source), &raw mut target, null_mut()) };
    }

    /// Calls the handler's ISR.
    ///
    /// # Safety
    /// The caller holds the lock of `source`'s domain until this returns.
    pub(super) unsafe fn isr(&self, source: Source) -> IsrOutcome {
        // SAFETY: the caller's promise.
        unsafe { self.object.isr(source) }
    }

    /// Disables or enables a source for NDIS, which does so for diagnosis: not before
    /// [`enable`](Self::enable) and not after [`close`](Self::close).
    ///
    /// # Safety
    /// The caller holds the lock of `source`'s domain until this returns.
    pub(super) unsafe fn diagnose(&self, source: Source, enable: bool) {
        if self.enabled.load(Ordering::SeqCst) & bit(source) == 0 {
            return;
        }
        let handler = &self.object.handler;
        let switch = |shared: &mut H::Shared| match enable {
            false => handler.disable(shared, source, Disable::Normal),
            // NDIS has no use for an error.
            true => drop(handler.enable(shared, source)),
        };
        if let Some(domain) = self.object.domain(source) {
            // SAFETY: the caller's promise.
            unsafe { domain.section(switch) };
        }
    }

    /// Runs the handler's deferred routine, bounded by NDIS's limit too, or puts it off.
    ///
    /// A routine that ran out of its own budget queues itself; one that ran out of NDIS's is called again by
    /// NDIS (R45).
    pub(super) fn deferred(
        &self,
        cx: &mut Cx<'_, Dispatch>,
        source: Source,
        throttle: &mut NDIS_RECEIVE_THROTTLE_PARAMETERS,
    ) {
        throttle.MoreNblsPending = 0;
        if self.puts_off(source) {
            return;
        }
        let (own, limit) = (self.object.config.budget, Budget::new(throttle.MaxNblsToIndicate));
        let outcome = self.object.handler.deferred(cx, self, source, own.min(limit));
        if outcome == DeferredOutcome::Again && self.object.may_defer() {
            if limit < own {
                throttle.MoreNblsPending = 1;
            } else {
                self.queue(source);
            }
        }
    }

    /// Says whether a deferred routine has to wait for [`open`](Self::open), which queues it again (R19).
    /// `open` may come in between: either it sees the bit, or this sees that it came.
    fn puts_off(&self, source: Source) -> bool {
        if self.granted().is_some() {
            return false;
        }
        self.early.fetch_or(bit(source), Ordering::SeqCst);
        self.granted().is_none()
    }
}

// SAFETY: a domain's state is reached through `locked` (NdisMSynchronizeWithInterruptEx) and in the handlers
// that NDIS calls under the same lock (R1, R2, R46); with one lock for all messages there is one state for
// all (R49).
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
        let handle = self.handle_for(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: there is a handle for granted sources only, and `message_count` is bounded.
        let domain = unsafe { self.object.granted_domain(source) };
        // SAFETY: `locked_by` runs this under the source's interrupt lock.
        let act = || unsafe { domain.section(section) };
        // SAFETY: the handle is valid: only the owner deregisters, after every user (R23).
        unsafe { Self::locked_by(handle, source, act) }
    }
}

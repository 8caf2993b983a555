//! A registered interrupt: its state, its DPCs, and sections.

use core::cell::UnsafeCell;
use core::ptr::{NonNull, null_mut};

use dirql::{
    AtMost, Config, Cx, Disable, Dispatch, Error, ErrorKind, InterruptHandler, InterruptSync, Source,
    SyncError,
};
use dirql_ddi::*;

use super::{TAG, routines};
use crate::Granted;
use crate::grant::Grant;
use crate::object::{Object, pool_size};
use crate::section::Call;
use crate::source::{SOURCES, index, source_at};

/// One KDPC and what its routine needs to know.
#[repr(C)]
pub(super) struct Deferred {
    dpc: UnsafeCell<KDPC>,
    pub(super) source: Source,
}

impl Deferred {
    /// Returns the DPC, by a pointer that may be cast back to the whole.
    fn dpc(&self) -> PKDPC {
        (&raw const *self).cast_mut().cast()
    }
}

/// A registered interrupt: what sections and deferred routines synchronize with.
pub struct Interrupt<H: InterruptHandler> {
    pub(super) object: Object<H>,
    deferred: [Deferred; SOURCES],
    /// One lock for all messages, if that was asked for.
    pub(super) lock: UnsafeCell<KSPIN_LOCK>,
    pub(super) connected: Grant,
    /// The PKINTERRUPT, or the message table. Written by IoConnectInterruptEx, then constant.
    pub(super) connection: UnsafeCell<PVOID>,
}

// SAFETY: `object` is Sync; `dpc` and `lock` are accessed by the kernel's routines only; `connection` is read
// only after `connected` says that it is written.
unsafe impl<H: InterruptHandler> Sync for Interrupt<H> {}

impl<H: InterruptHandler> Interrupt<H> {
    const SIZE: SIZE_T = pool_size::<Self>();

    /// Puts the interrupt into nonpaged pool, complete, with its DPCs.
    pub(super) fn allocate(handler: H, config: Config) -> Result<NonNull<Self>, Error> {
        // SAFETY: registration is at PASSIVE_LEVEL.
        let place = unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, Self::SIZE, TAG) };
        let place = NonNull::new(place.cast::<Self>()).ok_or(ErrorKind::OutOfResources)?;
        let (to, deferred) =
            (place.as_ptr(), |i| Deferred { dpc: UnsafeCell::new(NO_DPC), source: source_at(i) });
        #[allow(clippy::multiple_unsafe_ops_per_block, reason = "they write one interrupt, field by field")]
        // SAFETY: the block is long and aligned enough (`pool_size`), and ours; every field is written.
        unsafe {
            Object::write(&raw mut (*to).object, handler, config);
            (&raw mut (*to).deferred).write(core::array::from_fn(deferred));
            (&raw mut (*to).lock).write(UnsafeCell::new(0));
            (&raw mut (*to).connected).write(Grant::none());
            (&raw mut (*to).connection).write(UnsafeCell::new(null_mut()));
        }
        // SAFETY: written just now.
        unsafe { place.as_ref() }.initialize(place);
        Ok(place)
    }

    fn initialize(&self, own: NonNull<Self>) {
        // SAFETY: the word is this interrupt's, at its final place.
        unsafe { KeInitializeSpinLock(self.lock.get()) };
        for deferred in &self.deferred {
            // SAFETY: the DPC is at its final place and not queued.
            unsafe {
                KeInitializeDpc(deferred.dpc(), Some(routines::deferred_routine::<H>), own.as_ptr().cast())
            };
        }
    }

    pub(super) fn granted(&self) -> Option<Granted> {
        self.connected.get()
    }

    /// Runs `act` under the interrupt lock of `source`.
    pub(super) fn locked<R>(&self, source: Source, act: impl FnOnce() -> R) -> Result<R, SyncError> {
        let interrupt = self.interrupt_object(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: the interrupt is connected: it is disconnected only by the owner, after every user.
        unsafe { Self::locked_by(interrupt, act) }
    }

    /// As `locked`, with the interrupt object itself.
    ///
    /// # Safety
    /// The interrupt object is connected until this returns.
    unsafe fn locked_by<R>(interrupt: PKINTERRUPT, act: impl FnOnce() -> R) -> Result<R, SyncError> {
        let mut call = Call::new(act);
        let routine = call.routine();
        // SAFETY: the caller's promise; the routine gets the `call` that it expects, which outlives it (R8).
        unsafe { KeSynchronizeExecution(interrupt, Some(routine), (&raw mut call).cast()) };
        call.result()
    }

    /// Disables every source; their ISRs reach the handler no more.
    pub(super) fn close(&self, why: Disable) {
        for source in self.granted().into_iter().flat_map(Granted::sources) {
            // SAFETY: `locked` runs this under the source's interrupt lock.
            let _granted = self.locked(source, || unsafe { self.object.close(source, why) });
        }
        self.object.stop_deferring();
    }

    /// Waits for deferred routines. Twice: a run that began before `close` can queue itself once more.
    pub(super) fn drain_deferred(&self) {
        for _ in 0..2 {
            for source in self.granted().into_iter().flat_map(Granted::sources) {
                if let Some(deferred) = self.deferred.get(index(source)) {
                    // SAFETY: the DPC is initialized.
                    unsafe { KeRemoveQueueDpc(deferred.dpc()) };
                }
            }
            // SAFETY: unregistering is at PASSIVE_LEVEL.
            unsafe { KeFlushQueuedDpcs() };
        }
    }

    pub(super) fn queue(&self, source: Source) {
        if let Some(deferred) = self.deferred.get(index(source)) {
            // SAFETY: the DPC is initialized, and drained before it is freed.
            unsafe { KeInsertQueueDpc(deferred.dpc(), null_mut(), null_mut()) };
        }
    }
}

const NO_DPC: KDPC = KDPC {
    TargetInfoAsUlong: 0,
    DpcListEntry: null_mut(),
    ProcessorHistory: 0,
    DeferredRoutine: None,
    DeferredContext: null_mut(),
    SystemArgument1: null_mut(),
    SystemArgument2: null_mut(),
    DpcData: null_mut(),
};

// SAFETY: a domain's state is reached through `locked` (KeSynchronizeExecution) and through the service routines,
// both under the interrupt object's lock (R1, R2); with one spin lock for all messages there is one state for
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
        let interrupt = self.interrupt_object(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: only a granted source has an interrupt object, and `message_count` is bounded.
        let domain = unsafe { self.object.granted_domain(source) };
        // SAFETY: `locked_by` runs this under the source's interrupt lock.
        let act = || unsafe { domain.section(section) };
        // SAFETY: the interrupt is connected: it is disconnected only by the owner, after every user.
        unsafe { Self::locked_by(interrupt, act) }
    }
}

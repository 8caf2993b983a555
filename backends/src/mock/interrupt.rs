//! The registered interrupt, how its state is reached, and what the machine calls.

extern crate alloc;

use alloc::boxed::Box;
use core::ptr::NonNull;

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    AtMost, Config, Cx, DeferredOutcome, Disable, Dispatch, Error, ErrorKind, InterruptHandler,
    InterruptSync, Serialize, Source, SyncError,
};
use dirql_sim::kernel::{self, LockId};
use dirql_sim::{Call, DeviceId, DpcId, InterruptId, Routine, RunId, VectorId};

use super::TAG;
use crate::Granted;
use crate::object::Object;
use crate::source::{SOURCES, index, source_at};

/// A registered interrupt: what sections and deferred routines synchronize with.
pub struct Interrupt<H: InterruptHandler> {
    object: Object<H>,
    /// The run in which all the rest means something.
    run: RunId,
    granted: Granted,
    /// Where the machine finds this, in its pool. It is the context of all routines.
    context: Context<H>,
    dpcs: [Option<DpcId>; SOURCES],
    /// Interrupt objects by source, plus one; 0 while not connected.
    connected: [AtomicU32; SOURCES],
}

/// A block of the machine's pool that holds a pointer to the interrupt: so the machine sees when the context of an
/// ISR or of a queued DPC is freed, and can run out of memory, and the interrupt itself outlives its run.
struct Context<H: InterruptHandler>(NonNull<*const Interrupt<H>>);

// SAFETY: the block is written once, before anyone else knows of it, and freed by the owner of the interrupt.
unsafe impl<H: InterruptHandler> Sync for Context<H> {}

impl<H: InterruptHandler> Clone for Context<H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: InterruptHandler> Copy for Context<H> {}

impl<H: InterruptHandler> Context<H> {
    fn allocate() -> Result<Self, Error> {
        let place = kernel::allocate_pool(size_of::<*const Interrupt<H>>(), TAG);
        NonNull::new(place.cast()).map(Self).ok_or(ErrorKind::OutOfResources.into())
    }

    fn free(self) {
        // SAFETY: no routine with this context is called any more (`Interrupt::end`).
        unsafe { kernel::free_pool(self.0.as_ptr().cast()) };
    }

    /// Makes a DPC for each source of the grant.
    fn create_dpcs(self, granted: Granted) -> [Option<DpcId>; SOURCES] {
        let mut dpcs = [None; SOURCES];
        for source in granted.sources() {
            // SAFETY: `call_deferred::<H>` is one of the two; the interrupt is there before anyone queues a DPC.
            let routine = unsafe { self.routine(call_deferred::<H>, source) };
            dpcs[index(source)] = Some(kernel::create_dpc(routine));
        }
        dpcs
    }

    /// Makes the routine of a source.
    ///
    /// # Safety
    /// `call` is `call_isr::<H>` or `call_deferred::<H>`, and runs only while the block points to the interrupt.
    unsafe fn routine(self, call: Call, source: Source) -> Routine {
        // SAFETY: the caller's promise; `Interrupt::end` drains and disconnects before it frees.
        unsafe { Routine::new(call, core::ptr::null(), self.0.as_ptr().cast(), [index(source), 0, 0]) }
    }

    /// Returns the interrupt and the source for which a routine is called.
    ///
    /// # Safety
    /// `routine` is one of [`Self::routine`]'s, being called.
    unsafe fn of<'i>(routine: &Routine) -> (&'i Interrupt<H>, Source) {
        // SAFETY: the context is a block that points to the interrupt.
        let interrupt = unsafe { *routine.context().cast::<*const Interrupt<H>>() };
        // SAFETY: the interrupt outlives its connection and its DPCs.
        (unsafe { &*interrupt }, source_at(routine.arguments()[0]))
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
    /// Puts the interrupt at its final place, complete, and tells the machine where.
    pub(super) fn allocate(handler: H, config: Config, granted: Granted) -> Result<NonNull<Self>, Error> {
        let context = Context::allocate()?;
        let interrupt = Self {
            object: Object::new(handler, config),
            run: kernel::run(),
            granted,
            context,
            dpcs: context.create_dpcs(granted),
            connected: [const { AtomicU32::new(0) }; SOURCES],
        };
        let place = NonNull::from(Box::leak(Box::new(interrupt)));
        // SAFETY: the block has room for a pointer, and nothing runs yet that reads it.
        unsafe { context.0.write(place.as_ptr()) };
        Ok(place)
    }

    /// Frees the interrupt and returns the handler.
    ///
    /// # Safety
    /// `allocate` returned `place`; the interrupt has ended ([`Self::end`]), and nobody uses it any more.
    pub(super) unsafe fn take(place: NonNull<Self>) -> H {
        // SAFETY: `allocate` took it out of a box; the caller guarantees the rest.
        unsafe { Box::from_raw(place.as_ptr()) }.object.handler
    }

    pub(super) fn handler(&self) -> &H {
        &self.object.handler
    }

    pub(super) fn granted(&self) -> Granted {
        self.granted
    }

    /// Connects all sources.
    pub(super) fn connect(&self, device: DeviceId) -> Result<(), Error> {
        let shared = self.shared_lock(device);
        for source in self.granted.sources() {
            let vector = vector_of(device, source).ok_or(ErrorKind::NoInterrupt)?;
            let (lock, irql) = shared
                .map_or_else(|| (None, kernel::vector_info(vector).0), |(lock, irql)| (Some(lock), irql));
            // SAFETY: `call_isr::<H>` is one of the two, and the interrupt is complete.
            let routine = unsafe { self.context.routine(call_isr::<H>, source) };
            let id = kernel::connect(vector, routine, lock, irql).map_err(|_| ErrorKind::Unsupported)?;
            self.connected[index(source)].store(u32::from(id.index()) + 1, Ordering::SeqCst);
            kernel::announce(id);
        }
        Ok(())
    }

    /// Returns the one lock for all messages and the level it needs (R5), if that was asked for.
    fn shared_lock(&self, device: DeviceId) -> Option<(LockId, u8)> {
        let Granted::Messages(n) = self.granted else { return None };
        if self.object.config.serialize == Serialize::PerSource {
            return None;
        }
        let irqls = (0..n).filter_map(|i| Some(kernel::vector_info(kernel::message_of(device, i)?).0));
        Some((LockId::for_interrupts(), irqls.max()?))
    }

    pub(super) fn enable(&self) -> Result<(), Error> {
        self.granted.sources().try_for_each(|source| {
            // SAFETY: `locked` runs this under the source's interrupt lock.
            let enabled = self.locked(source, || unsafe { self.object.enable(source) });
            enabled.unwrap_or(Err(ErrorKind::NoInterrupt.into()))
        })
    }

    /// Disables, drains and disconnects: no routine of this runs any more. After its run none does anyway.
    pub(super) fn end(&self, why: Disable) {
        if self.is_of_this_run() {
            self.close(why);
            self.drain_deferred();
            self.disconnect();
            self.dpcs.iter().flatten().for_each(|dpc| kernel::check_dpc_freed(*dpc));
            self.context.free();
        }
    }

    /// Says whether the machine that runs here still knows this. Elsewhere and later it is as good as disconnected.
    fn is_of_this_run(&self) -> bool {
        self.run == kernel::run()
    }

    /// Runs `act` under the interrupt lock of `source`.
    fn locked<R>(&self, source: Source, act: impl FnOnce() -> R) -> Result<R, SyncError> {
        let slot = self.connected.get(index(source)).filter(|_| self.is_of_this_run());
        let id = slot.and_then(connected_id).ok_or(SyncError::NotConnected)?;
        let old = kernel::acquire_interrupt_lock(id);
        let result = act();
        // SAFETY: taken above; `act` has returned, and kept nothing of the state.
        unsafe { kernel::release_interrupt_lock(id, old) };
        Ok(result)
    }

    /// Disables every source; their ISRs reach the handler no more.
    fn close(&self, why: Disable) {
        for source in self.granted.sources() {
            // SAFETY: `locked` runs this under the source's interrupt lock. A source that never got connected
            // has no ISR to close.
            let _never_connected = self.locked(source, || unsafe { self.object.close(source, why) });
        }
        self.object.stop_deferring();
    }

    fn disconnect(&self) {
        for slot in &self.connected {
            if let Some(id) = connected_id(slot) {
                kernel::disconnect(id);
                slot.store(0, Ordering::SeqCst);
            }
        }
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

// SAFETY: a domain's state is reached through `locked` and `call_isr`, both in its own run and under the interrupt
// lock that the machine holds for the domain; with one lock for all messages there is one state for all.
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
        let domain = self.object.domain(source).ok_or(SyncError::NotConnected)?;
        // SAFETY: `locked` runs this under the source's interrupt lock.
        self.locked(source, || unsafe { domain.section(section) })
    }
}

// --- what the machine calls ---

/// # Safety
/// The machine calls this for a connected routine made by [`Context::routine`], holding the interrupt's lock.
unsafe fn call_isr<H: InterruptHandler>(routine: &Routine) -> u8 {
    // SAFETY: the machine calls this for such a routine.
    let (interrupt, source) = unsafe { Context::<H>::of(routine) };
    // SAFETY: the machine holds the lock of this source's domain while it calls this.
    let outcome = unsafe { interrupt.object.isr(source) };
    if outcome.defer {
        interrupt.queue(source);
    }
    outcome.claimed.into()
}

/// # Safety
/// The machine calls this for a queued DPC made by [`Context::routine`], at DISPATCH_LEVEL.
unsafe fn call_deferred<H: InterruptHandler>(routine: &Routine) -> u8 {
    // SAFETY: the machine calls this for such a routine.
    let (interrupt, source) = unsafe { Context::<H>::of(routine) };
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

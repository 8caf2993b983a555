//! Where driver code meets the machine: the one thread-local, preemption points, and the calls back into the
//! driver. Everything that switches stacks is in this file.

use core::cell::{Cell, RefCell};
use core::ptr::null_mut;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

use crate::core::{Command, Core, Job};
use crate::decide::Action;
use crate::fiber::Suspend;
use crate::interrupt::{CHAIN_MAX, Interrupt, InterruptId};
use crate::irql::PASSIVE;
use crate::work::Task;

thread_local! {
    /// The machine that runs on this OS thread; null inside of [`outside`]. The C entry points have no other way
    /// to find it.
    static CORE: Cell<*mut Core> = const { Cell::new(null_mut()) };
    /// Whether a machine runs on this OS thread.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Makes `core` the machine of this OS thread until the guard is dropped.
pub(crate) struct Installed(());

impl Installed {
    /// # Safety
    /// `core` stays valid and is reached only through [`with`] until the guard is dropped.
    pub(crate) unsafe fn new(core: *mut Core) -> Self {
        assert!(!RUNNING.replace(true), "a machine runs inside another one");
        CORE.set(core);
        Self(())
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        CORE.set(null_mut());
        RUNNING.set(false);
    }
}

/// Returns whether a machine runs on this OS thread.
pub(crate) fn is_running() -> bool {
    RUNNING.get()
}

/// Returns whether the machine can be used: it runs, and no device model or scheduler is being called.
pub(crate) fn is_free() -> bool {
    !CORE.get().is_null()
}

/// Lets `act` use the machine's state. `act` must not switch stacks, and calls code from outside of this crate
/// only through [`outside`].
#[inline]
pub(crate) fn with<R>(act: impl FnOnce(&mut Core) -> R) -> R {
    let core = CORE.get();
    assert!(!core.is_null(), "this is called outside of a simulated machine, or by a device model");
    // SAFETY: `Installed::new` was promised a valid core reached only from here. `act` is a closure of this
    // crate that does not suspend, and what it calls through `outside` cannot get here, so no second
    // `&mut Core` exists.
    act(unsafe { &mut *core })
}

/// Puts the machine back where [`with`] finds it.
struct Hidden(*mut Core);

impl Drop for Hidden {
    #[inline]
    fn drop(&mut self) {
        CORE.set(self.0);
    }
}

/// Calls a device model, a scheduler or the environment while [`with`] has the machine: if they call the machine,
/// they panic instead of seeing it half changed.
#[inline]
pub(crate) fn outside<R>(call: impl FnOnce() -> R) -> R {
    let _hidden = Hidden(CORE.replace(null_mut()));
    call()
}

thread_local! {
    /// A panic of the driver is unwinding on this OS thread: whatever it calls on its way does nothing.
    static INERT: Cell<bool> = const { Cell::new(false) };
    /// A job that never started is being dropped: its panics are caught.
    static DISCARDING: Cell<bool> = const { Cell::new(false) };
    /// What the panic said, and where.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Returns whether a panic of the driver is unwinding.
#[inline]
pub(crate) fn inert() -> bool {
    INERT.get()
}

/// Notes a panic under a machine instead of printing it. Called by the panic hook.
pub(crate) fn note_panic(info: &PanicHookInfo<'_>) {
    INERT.set(true);
    let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
    let payload = info.payload();
    let text = match payload.downcast_ref::<String>() {
        Some(text) => text,
        None => payload.downcast_ref::<&str>().copied().unwrap_or("a panic without a message"),
    };
    PANIC.with_borrow_mut(|panic| {
        panic.get_or_insert_with(|| format!("{text}{place}"));
    });
}

/// Ends the run with the panic that was caught.
fn fail_with_panic() {
    INERT.set(false);
    let message = PANIC.take().unwrap_or_default();
    with(|core| core.fail("panic", |_| message));
}

/// Ends the run if a panic is unwinding, with that panic, and leaves its context where it is: a destructor that panics
/// meanwhile would end the process.
#[cold]
pub(crate) fn stop_unwinding() {
    if inert() && !DISCARDING.get() {
        fail_with_panic();
        go_on(Action::Stop);
    }
}

thread_local! {
    /// How the fiber that executes now gets back to the machine's loop.
    static SUSPEND: Cell<*const Suspend> = const { Cell::new(core::ptr::null()) };
}

/// Gives the processor of the host back to the machine's loop, which resumes whoever goes next.
///
/// Inlined up to the operations of [`kernel`](crate::kernel): after a switch the host mispredicts every return.
#[inline(always)]
fn suspend() {
    let own = SUSPEND.get();
    // SAFETY: `own` is the yielder of the fiber that executes this, which `fiber_body` put there; it lives as
    // long as the fiber's stack.
    unsafe { (*own).suspend(()) };
    SUSPEND.set(own);
}

/// A preemption point: others may go first. Returns when the running context may do its next access.
#[inline(always)]
pub(crate) fn point() {
    if !inert() {
        wait();
    }
}

/// Waits until the running thread, which may be not runnable now, may go on.
#[inline(always)]
pub(crate) fn wait() {
    let mut action = with(Core::decide);
    if action == Action::Switch {
        action = switch();
    }
    if action != Action::Continue {
        go_on(action);
    }
}

/// As [`point`], for a context that takes a lock next.
#[inline(always)]
pub(crate) fn point_for(lock: u16) {
    if !inert() {
        wait_for(lock);
    }
}

/// As [`wait`], for a context that takes a lock next.
#[inline(always)]
pub(crate) fn wait_for(lock: u16) {
    with(|core| core.want(lock));
    wait();
}

/// Lets others go on until it is the running context's turn again.
#[inline(always)]
fn switch() -> Action {
    suspend();
    with(|core| match core.command {
        Command::Run => Action::Continue,
        Command::TakeInterrupt => Action::Interrupt,
    })
}

fn go_on(mut action: Action) {
    loop {
        action = match action {
            Action::Continue => return,
            Action::Interrupt => {
                take_interrupt();
                with(Core::decide)
            }
            Action::Switch => switch(),
            Action::Stop => loop {
                // The run is over; the machine's loop sees that and never resumes this context.
                suspend();
            },
        }
    }
}

/// Ends the run if it has failed: the context that failed stays where it is, for good.
#[inline]
pub(crate) fn stop_if_failed() {
    if with(|core| core.stopped) && !inert() {
        go_on(Action::Stop);
    }
}

/// Takes a spin lock; spins as long as another thread holds it.
pub(crate) fn acquire(lock: u16) {
    if !(inert() || with(|core| core.try_acquire(lock))) {
        spin(lock);
    }
    stop_if_failed();
}

/// Spins for a lock that could not be taken.
#[cold]
pub(crate) fn spin(lock: u16) {
    loop {
        stop_if_failed();
        wait();
        if inert() || with(|core| core.try_acquire(lock)) {
            return;
        }
    }
}

/// Takes what waits on the running processor: an interrupt, or its queued DPCs.
fn take_interrupt() {
    match with(Core::begin_interrupt) {
        Some((vector, old)) => {
            stop_if_failed();
            let dpcs = if with(|core| core.hand_on(vector)) {
                with(|core| core.end_trap(old))
            } else {
                let level = with(|core| core.irql());
                let claimed = walk_chain(vector, level);
                with(|core| core.end_interrupt(vector, claimed, old))
            };
            stop_if_failed();
            if dpcs {
                run_dpcs();
            }
        }
        None => run_dpcs(),
    }
}

/// Calls the ISRs of a vector, one after the other from `level`, until one claims the interrupt (R60).
fn walk_chain(vector: u8, level: u8) -> bool {
    (0..CHAIN_MAX).any(|place| match with(|core| core.begin_isr(vector, place)) {
        Some((id, interrupt)) => call_isr(level, id, &interrupt),
        None => false,
    })
}

/// Calls one ISR at its SynchronizeIrql, holding its lock (R1).
fn call_isr(level: u8, id: InterruptId, interrupt: &Interrupt) -> bool {
    acquire(interrupt.lock);
    let held = with(|core| core.enter_isr(id));
    // SAFETY: the interrupt object was connected when it was taken from the chain, and disconnecting it waits
    // until this ISR has ended, so the driver's context is alive.
    let claimed = unsafe { interrupt.routine.run() };
    with(|core| core.leave_isr(id, claimed, held));
    stop_if_failed();
    release(interrupt.lock);
    with(|core| core.end_isr(id, level));
    claimed
}

/// Gives a spin lock back. A preemption point comes first: the holder may be interrupted before it lets go.
pub(crate) fn release(lock: u16) {
    point();
    if !inert() {
        with(|core| core.release(lock));
        stop_if_failed();
    }
}

/// Gives a spin lock back and lowers the running processor's level.
pub(crate) fn release_and_lower(lock: u16, to: u8) {
    point();
    let more = |core: &mut Core| {
        core.release(lock);
        let dpcs = !core.stopped && core.lower(to);
        dpcs || core.stopped
    };
    if !inert() && with(more) {
        stop_if_failed();
        run_dpcs();
        stop_if_failed();
    }
}

/// Runs the DPCs queued on the running processor, at DISPATCH_LEVEL, and goes back to the level before (R33).
pub(crate) fn run_dpcs() {
    let (old, held) = with(|core| (core.irql(), core.threads[core.running].held));
    while let Some((id, routine)) = with(Core::begin_dpc) {
        point();
        // SAFETY: a queued DPC's object is alive: freeing its memory is R38, and ends the run.
        unsafe { routine.run() };
        with(|core| core.end_dpc(id, old, held));
        stop_if_failed();
    }
}

/// What a worker thread runs: one task after the other, until none is left.
pub(crate) fn work() {
    while let Some(task) = with(Core::begin_task) {
        point();
        match task {
            Task::Interrupt(vector) => {
                let claimed = walk_chain(vector, PASSIVE);
                with(|core| core.end_passive_service(vector, claimed));
            }
            Task::Item(id, routine) => {
                // SAFETY: a queued work item's object is alive: its owner waits for it before it lets it go.
                unsafe { routine.run() };
                with(|core| core.end_work_item(id));
            }
        }
        stop_if_failed();
    }
}

/// Lowers the running processor's level; DPCs that waited for that run now.
pub(crate) fn lower(to: u8) {
    if !inert() && with(|core| core.lower(to)) {
        run_dpcs();
    }
    stop_if_failed();
}

/// What every thread runs: jobs, one after the other, each started by the machine.
pub(crate) fn thread_body(yielder: &Suspend) {
    SUSPEND.set(yielder);
    loop {
        guard(run_job);
        suspend();
    }
}

/// What the idle thread of each processor runs: nothing, but interrupts nest on it.
pub(crate) fn idle_body(yielder: &Suspend) {
    SUSPEND.set(yielder);
    loop {
        guard(serve_interrupts);
        suspend();
    }
}

/// Runs code of the driver, and of models; a panic ends here and is a failure of the run, even one that the
/// driver caught: what it called since then did nothing.
fn guard(body: fn()) {
    if catch_unwind(body).is_err() || inert() {
        fail_with_panic();
    }
}

/// Runs a thread's code; then the machine goes on without this thread, until it has a new job.
fn run_job() {
    if let Some(job) = with(|core| core.take_job()) {
        point();
        job();
    }
    if !inert() {
        with(|core| {
            core.end_thread();
            core.decide()
        });
    }
}

/// Takes interrupts and DPCs until somebody else goes on.
fn serve_interrupts() {
    loop {
        take_interrupt();
        match with(Core::decide) {
            Action::Interrupt => {}
            Action::Continue => unreachable!("an idle thread has nothing to go on with"),
            Action::Switch | Action::Stop => return,
        }
    }
}

/// Drops a job that never started. What its destructors call does nothing, and if they panic, nobody hears it.
pub(crate) fn discard(job: Option<Job>) {
    if job.is_none() {
        return;
    }
    let unwinding = INERT.replace(true);
    let nested = DISCARDING.replace(true);
    let _panicked = catch_unwind(AssertUnwindSafe(|| drop(job)));
    if !unwinding {
        PANIC.take();
    }
    DISCARDING.set(nested);
    INERT.set(unwinding);
}

//! Threads, events and time.

use crate::context::{self, inert, point, stop_if_failed, wait, with};
use crate::event::EventId;
use crate::explore::How;
use crate::thread::State;

/// Makes a synchronization event, not set.
pub fn create_event() -> EventId {
    with(|core| core.create_event())
}

/// Sets an event: one waiter goes on, or the next one will. At or below DISPATCH_LEVEL.
pub fn set_event(event: EventId) {
    if inert() {
        return;
    }
    point();
    with(|core| core.set_event(event));
    stop_if_failed();
}

/// Waits for an event and clears it. At PASSIVE_LEVEL (R13).
pub fn wait_event(event: EventId) {
    point();
    if !inert() && !with(|core| core.wait_event(event)) {
        stop_if_failed();
        wait();
    }
}

/// Sleeps: everyone who can move now moves at least once before this returns (`KeDelayExecutionThread`).
pub fn sleep() {
    point();
    if !inert() {
        with(|core| core.sleep());
        stop_if_failed();
        wait();
    }
}

/// Waits until nothing else can happen: all that was owed has come, or never will.
pub fn quiesce() {
    if !inert() {
        with(|core| core.block(State::WaitsForQuiescence, "quiescence"));
        stop_if_failed();
        wait();
    }
}

/// Starts a thread at PASSIVE_LEVEL.
pub(crate) fn spawn(cpu: usize, name: &'static str, job: Box<dyn FnOnce()>) -> usize {
    with(|core| {
        let cpu = cpu % core.cpu_count;
        let thread = core.add_thread(cpu, name, State::Ready);
        core.jobs[thread] = Some(job);
        thread
    })
}

/// Waits for threads to end, a bit each.
fn join(threads: u32) {
    if inert() {
        return;
    }
    let waits = with(|core| {
        let running = core.not_ended(threads);
        if running != 0 {
            core.touch_ends(running, How::Read);
            core.block(State::Joins(threads), "a thread's end");
        }
        running != 0
    });
    if waits {
        stop_if_failed();
        wait();
    }
    with(|core| core.touch_ends(threads, How::Acquire));
}

/// Starts threads that may borrow from its caller.
pub struct Scope<'env> {
    threads: core::cell::RefCell<Vec<usize>>,
    _borrows: core::marker::PhantomData<&'env mut &'env ()>,
}

impl<'env> Scope<'env> {
    /// Starts a thread at PASSIVE_LEVEL on processor `cpu`, modulo the number of processors.
    pub fn spawn(&self, cpu: usize, name: &'static str, job: impl FnOnce() + 'env) {
        let job: Box<dyn FnOnce() + 'env> = Box::new(job);
        // SAFETY: the job is called, if at all, before `scope` returns: that joins every thread. If the run ends
        // earlier, by a violation or a panic, no thread of the machine ever goes on.
        let job: Box<dyn FnOnce()> = unsafe { core::mem::transmute(job) };
        self.threads.borrow_mut().push(spawn(cpu, name, job));
    }
}

impl Drop for Scope<'_> {
    /// If a panic unwinds, threads that have not started never will; what they own goes before what they borrow.
    fn drop(&mut self) {
        let threads = self.threads.take();
        let ended = |&thread: &usize| with(|core| core.threads[thread].state == State::Done);
        if !inert() && !threads.iter().all(ended) {
            panic_aside("a scope unwinds without a panic (resume_unwind), and its threads run");
        }
        for thread in threads {
            context::discard(with(|core| core.jobs[thread].take()));
        }
    }
}

/// Panics for the hook alone: from here to the root of this context nothing that is called does anything, and nobody
/// else goes on.
fn panic_aside(message: &str) {
    let _caught = std::panic::catch_unwind(|| panic!("{message}"));
}

/// Runs `body`, which may start threads, and waits for them to end.
pub fn scope<'env, R>(body: impl FnOnce(&Scope<'env>) -> R) -> R {
    let scope = Scope { threads: Default::default(), _borrows: core::marker::PhantomData };
    let result = body(&scope);
    join(scope.threads.borrow().iter().fold(0, |set, thread| set | 1 << thread));
    result
}

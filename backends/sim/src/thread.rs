//! Threads: what an environment starts, and what a passive wait stops.

use crate::core::{Core, Job, object};
use crate::explore::How;
use crate::irql::{DISPATCH, PASSIVE};
use crate::moves::THREADS_MAX;
use crate::trace::What;
use crate::watch::Wanted;

/// Why a thread does not go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// There is no such thread.
    #[default]
    Unused,
    /// It goes on when its processor lets it. For an idle thread: an interrupt runs on it.
    Ready,
    /// An idle thread on which nothing runs.
    Idle,
    /// It spins for a lock.
    Spins(u16),
    /// It waits for an interrupt's ISR to finish.
    WaitsForIsr(u16),
    /// It waits for the DPCs queued before sequence number `.0`.
    WaitsForDpcs(u64),
    /// It waits for a lock.
    WaitsForLock(u16),
    /// It waits for a work item that is queued or runs.
    WaitsForWork(u16),
    /// It waits for an event.
    WaitsForEvent(u16),
    /// It waits for its timer.
    Sleeps,
    /// It waits for the threads to end, a bit each.
    Joins(u32),
    /// It waits until nothing else can happen.
    WaitsForQuiescence,
    /// It has ended.
    Done,
}

/// One thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Thread {
    pub(crate) cpu: usize,
    pub(crate) state: State,
    /// Its level while it does not run: PASSIVE_LEVEL or APC_LEVEL.
    irql: u8,
    /// A bit for each lock it holds; what interrupts it inherits them.
    pub(crate) held: u64,
    /// Whether it made an honest device release its line, lately.
    pub(crate) releases: bool,
    pub(crate) wanted: Wanted,
    pub(crate) name: &'static str,
}

impl Core {
    /// Adds a thread and returns its number.
    pub(crate) fn add_thread(&mut self, cpu: usize, name: &'static str, state: State) -> usize {
        let thread = self.thread_count;
        assert!(thread < THREADS_MAX, "a machine has at most {THREADS_MAX} threads, idle ones included");
        self.thread_count += 1;
        self.threads[thread] = Thread { cpu, state, name, ..Thread::default() };
        self.touch(object::NAMES, How::Write);
        self.touch(object::CPU | cpu as u32, How::Write);
        self.cpus[cpu].threads |= 1 << thread;
        self.set_irql(cpu, self.cpus[cpu].irql);
        self.set_state(thread, state);
        thread
    }

    /// Moves a thread that has ended to another processor.
    pub(crate) fn move_thread(&mut self, thread: usize, cpu: usize) {
        let old = core::mem::replace(&mut self.threads[thread].cpu, cpu);
        self.cpus[old].threads &= !(1 << thread);
        self.cpus[cpu].threads |= 1 << thread;
        self.held_back &= !(1 << thread);
        self.set_irql(cpu, self.cpus[cpu].irql);
    }

    /// Takes the job of the running thread, if it has not started.
    pub(crate) fn take_job(&mut self) -> Option<Job> {
        let job = self.jobs[self.running].take();
        self.log(What::ThreadStarted);
        job
    }

    pub(crate) fn set_state(&mut self, thread: usize, state: State) {
        self.threads[thread].state = state;
        match state {
            State::Ready => self.runnable |= 1 << thread,
            _ => self.runnable &= !(1 << thread),
        }
    }

    /// Blocks the running thread, at PASSIVE_LEVEL or it is a violation (R13).
    pub(crate) fn block(&mut self, state: State, on: &'static str) {
        let irql = self.irql();
        if irql >= DISPATCH {
            let in_dpc = self.cpus[self.cpu()].dpc_depth > 0;
            self.fail("R13", |c| {
                let code = if in_dpc { "bug check 0xB8" } else { "DV 0xC4/0x3B" };
                format!("{} waits for {on} ({code})", c.here())
            });
            return;
        }
        self.log(What::ThreadWaits { on });
        self.set_state(self.running, state);
        self.idle();
    }

    /// Ends the running thread.
    pub(crate) fn end_thread(&mut self) {
        let me = self.running;
        if self.threads[me].held != 0 {
            self.fail("SpinLock", |c| format!("{} ends holding a lock", c.here()));
        }
        if self.irql() != PASSIVE {
            self.fail("IrqlReturn", |c| format!("{} ends above the level it began at", c.here()));
        }
        self.log(What::ThreadEnded);
        self.set_state(me, State::Done);
        self.idle();
        self.touch(object::END | me as u32, How::Release);
        for other in 0..self.thread_count {
            if let State::Joins(threads) = self.threads[other].state
                && self.not_ended(threads) == 0
            {
                self.set_state(other, State::Ready);
            }
        }
    }

    /// Returns those of the threads, a bit each, that have not ended.
    pub(crate) fn not_ended(&self, threads: u32) -> u32 {
        let done = (0..self.thread_count).filter(|&t| self.threads[t].state == State::Done);
        done.fold(threads, |left, t| left & !(1 << t))
    }

    /// Notes that the step under way depends on whether the threads, a bit each, have ended.
    pub(crate) fn touch_ends(&mut self, threads: u32, how: How) {
        for thread in (0..THREADS_MAX as u32).filter(|t| threads & 1 << t != 0) {
            self.touch(object::END | thread, how);
        }
    }

    /// Lets the processor idle after its current thread stopped. Idle threads have their processor's number.
    fn idle(&mut self) {
        let cpu = self.cpu();
        self.switch_thread(cpu, cpu);
    }

    /// Makes `thread` the current one of its processor. Each thread has its own level below DISPATCH_LEVEL.
    #[inline(never)]
    pub(crate) fn switch_thread(&mut self, cpu: usize, thread: usize) {
        let c = &mut self.cpus[cpu];
        self.threads[c.current].irql = c.irql;
        c.irql = self.threads[thread].irql;
        c.current = thread;
    }

    /// Says where the running code is, for messages.
    pub(crate) fn here(&self) -> String {
        let cpu = &self.cpus[self.cpu()];
        let on_top = match (cpu.depth, cpu.dpc_depth) {
            (0, _) => "",
            (depth, dpcs) if depth == dpcs => " (in a DPC)",
            _ => " (in an ISR)",
        };
        format!("{}{on_top} at IRQL {} on CPU {}", self.threads[self.running].name, cpu.irql, self.cpu())
    }

    /// What happens when nothing can move: whoever waited for that goes on, or the run is over.
    #[inline(never)]
    pub(crate) fn settle(&mut self) {
        let waiting =
            |c: &Self, wanted: fn(State) -> bool| (0..c.thread_count).find(|&t| wanted(c.threads[t].state));
        if let Some(thread) = waiting(self, |s| s == State::WaitsForQuiescence) {
            self.note_settled();
            return self.set_state(thread, State::Ready);
        }
        let stuck = |s| !matches!(s, State::Idle | State::Done | State::Unused);
        if let Some(thread) = waiting(self, stuck) {
            self.fail("quiescence", |c| c.describe_stuck(thread));
        }
        self.stop();
    }

    fn describe_stuck(&self, thread: usize) -> String {
        let Thread { name, state, .. } = self.threads[thread];
        let reason = match state {
            State::Spins(lock) | State::WaitsForLock(lock) => {
                let owner = self.locks.owner(lock).map_or("nobody", |t| self.threads[t].name);
                format!("wants lock {lock}, held by {owner}")
            }
            State::WaitsForWork(_) => "waits for a work item that never ends".into(),
            State::WaitsForIsr(_) => "waits for an ISR that never ends".into(),
            State::WaitsForDpcs(_) => "waits for queued DPCs that never run".into(),
            State::WaitsForEvent(event) => format!("waits for event {event}, which nobody sets"),
            State::Joins(threads) => {
                let other = self.not_ended(threads).trailing_zeros() as usize;
                format!("waits for {} to end", self.threads[other].name)
            }
            other => format!("is stuck: {other:?}"),
        };
        format!("nothing can move, and {name} {reason}")
    }
}

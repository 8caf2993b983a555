//! The state of a machine. Everything here is plain data behind `&mut`: no driver code runs while it is borrowed.

use crate::bus::Devices;
use crate::choices::Choices;
use crate::context::inert;
use crate::counters::Counters;
use crate::coverage::{Access, Pairs};
use crate::cpu::Cpu;
use crate::dpc::Dpcs;
use crate::event::Events;
use crate::explore::How;
use crate::interrupt::Interrupts;
use crate::irql::DISPATCH;
use crate::lock::Locks;
use crate::memory::Memory;
use crate::moves::{CPUS_MAX, Move, THREADS_MAX};
use crate::ndis::Ndis;
use crate::ntoskrnl::Nt;
use crate::pool::Pool;
use crate::thread::Thread;
use crate::trace::{Event, Trace, What};
use crate::violation::Violation;
use crate::watch::Watch;
use crate::wdf::Wdf;
use crate::work::Work;

/// What the fiber that is resumed next has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run,
    TakeInterrupt,
}

/// The code of a thread.
pub(crate) type Job = Box<dyn FnOnce()>;

pub(crate) struct Core {
    pub(crate) cpu_count: usize,
    pub(crate) step_limit: u64,
    /// Up to this step nobody has to be asked or told if there is one possible move. 0 once the run is over.
    pub(crate) quiet_until: u64,
    pub(crate) cpus: [Cpu; CPUS_MAX],
    pub(crate) threads: [Thread; THREADS_MAX],
    pub(crate) thread_count: usize,
    /// What each new thread is to run.
    pub(crate) jobs: [Option<Job>; THREADS_MAX],
    /// The thread whose fiber is executing.
    pub(crate) running: usize,
    /// Its processor.
    pub(crate) running_on: usize,
    /// A bit for each thread that could go on if its processor let it.
    pub(crate) runnable: u32,
    /// A bit for each thread that its processor's level keeps from going on.
    pub(crate) held_back: u32,
    pub(crate) command: Command,
    pub(crate) last: Move,

    pub(crate) locks: Locks,
    pub(crate) interrupts: Interrupts,
    pub(crate) dpcs: Dpcs,
    pub(crate) events: Events,
    pub(crate) work: Work,
    pub(crate) devices: Devices,
    pub(crate) memory: Memory,
    pub(crate) pool: Pool,
    pub(crate) nt: Nt,
    pub(crate) wdf: Wdf,
    pub(crate) ndis: Ndis,

    pub(crate) choices: Choices,
    /// What the exploration is to be told, if one schedules.
    pub(crate) watch: Option<Box<Watch>>,
    pub(crate) trace: Trace,
    pub(crate) pairs: Pairs,
    pub(crate) counters: Counters,
    pub(crate) steps: u64,
    pub(crate) points: u64,

    pub(crate) violation: Option<Violation>,
    /// No context goes on: the run is over.
    pub(crate) stopped: bool,
}

impl Default for Core {
    fn default() -> Self {
        Self {
            cpu_count: 1,
            step_limit: u64::MAX,
            quiet_until: u64::MAX,
            cpus: Default::default(),
            threads: Default::default(),
            thread_count: 0,
            jobs: Default::default(),
            running: 0,
            running_on: 0,
            runnable: 0,
            held_back: 0,
            command: Command::Run,
            last: Move::thread(0),
            locks: Locks::default(),
            interrupts: Interrupts::default(),
            dpcs: Dpcs::default(),
            events: Events::default(),
            work: Work::default(),
            devices: Devices::default(),
            memory: Memory::default(),
            pool: Pool::default(),
            nt: Nt::default(),
            wdf: Wdf::default(),
            ndis: Ndis::default(),
            choices: Choices::default(),
            watch: None,
            trace: Trace::default(),
            pairs: Pairs::default(),
            counters: Counters::default(),
            steps: 0,
            points: 0,
            violation: None,
            stopped: false,
        }
    }
}

/// What an access does to its object, for the coverage of access pairs.
#[derive(Clone, Copy)]
pub(crate) enum Op {
    Read = 0,
    Write = 1,
    Update = 2,
    Acquire = 3,
    Release = 4,
    Queue = 5,
}

impl Op {
    /// Returns what of it matters for the order of two.
    fn how(self) -> How {
        match self {
            Self::Read => How::Read,
            Self::Acquire => How::Acquire,
            Self::Release => How::Release,
            Self::Write | Self::Update | Self::Queue => How::Write,
        }
    }
}

/// Where objects of each kind live in the space of object numbers.
pub(crate) mod object {
    pub(crate) const REGISTER: u32 = 1 << 24;
    pub(crate) const DMA: u32 = 2 << 24;
    pub(crate) const LOCK: u32 = 3 << 24;
    pub(crate) const DPC: u32 = 4 << 24;
    pub(crate) const EVENT: u32 = 5 << 24;
    pub(crate) const ATOMIC: u32 = 6 << 24;
    pub(crate) const INTERRUPT: u32 = 7 << 24;
    pub(crate) const WORK: u32 = 8 << 24;
    /// A processor's level, and what it runs.
    pub(crate) const CPU: u32 = 9 << 24;
    /// What a thread does next.
    pub(crate) const STACK: u32 = 10 << 24;
    /// All vectors, and which of them are pending.
    pub(crate) const VECTORS: u32 = 11 << 24;
    /// The DPCs queued on a processor.
    pub(crate) const DPC_QUEUE: u32 = 12 << 24;
    /// A part of a device.
    pub(crate) const DEVICE: u32 = 13 << 24;
    /// The end of a thread.
    pub(crate) const END: u32 = 14 << 24;
    /// Whether an interrupt is connected.
    pub(crate) const CONNECTION: u32 = 15 << 24;
    /// The numbers of new objects.
    pub(crate) const NAMES: u32 = 16 << 24;
    /// The pool.
    pub(crate) const POOL: u32 = 17 << 24;
    /// What a scenario's own code shares.
    pub(crate) const SHARED: u32 = 18 << 24;
}

impl Core {
    /// Returns the processor of the running thread.
    #[inline]
    pub(crate) fn cpu(&self) -> usize {
        self.running_on
    }

    /// Makes `thread` the one that executes.
    #[inline]
    pub(crate) fn set_running(&mut self, thread: usize) {
        self.running = thread;
        self.running_on = self.threads[thread].cpu;
    }

    #[inline]
    pub(crate) fn irql(&self) -> u8 {
        self.cpus[self.cpu()].irql
    }

    /// Records an access of the running context.
    #[inline]
    pub(crate) fn visit(&mut self, object: u32, op: Op) {
        self.cover(object, op);
        self.touch(object, op.how());
    }

    /// Records an access for the coverage of access pairs only.
    #[inline]
    pub(crate) fn cover(&mut self, object: u32, op: Op) {
        let cpu = &self.cpus[self.cpu()];
        let level = u16::from(cpu.irql >= DISPATCH) + u16::from(cpu.irql > DISPATCH);
        let context = 1 + self.running as u16 * 8 + u16::from(cpu.depth.min(7));
        self.pairs.visit(Access { object, context, how: (op as u16) << 2 | level });
    }

    /// Records an access of a device's engine.
    #[inline]
    pub(crate) fn visit_as_device(&mut self, object: u32, op: Op, engine: u8) {
        self.pairs.visit(Access { object, context: 129 + u16::from(engine), how: (op as u16) << 2 | 3 });
    }

    /// Records an event if the trace is on.
    #[inline]
    pub(crate) fn log(&mut self, what: What) {
        if self.trace.is_on() {
            self.record(what);
        }
    }

    #[cold]
    fn record(&mut self, what: What) {
        let cpu = self.cpu();
        let Cpu { irql, depth, .. } = self.cpus[cpu];
        self.trace.push(Event { cpu: cpu as u8, thread: self.running as u8, irql, depth, what });
    }

    /// Records the choices since the last call, if the trace is on.
    #[inline]
    pub(crate) fn log_choices(&mut self) {
        if self.trace.is_on() {
            for (alternative, of) in self.choices.take_made() {
                self.record(What::Chose { alternative, of });
            }
        }
    }

    /// Ends the run with a violation. The first one counts; one found while a panic unwinds does not.
    #[cold]
    pub(crate) fn fail(&mut self, rule: &'static str, message: impl FnOnce(&Self) -> String) {
        if self.violation.is_none() && !inert() {
            let message = message(self);
            self.log(What::Violated { rule });
            self.violation = Some(Violation { rule, message });
        }
        self.stop();
    }

    /// Ends the run: no context goes on.
    #[inline]
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.quiet_until = 0;
    }

    /// Chooses among outcomes that the documentation allows, 0 being the plain one.
    pub(crate) fn choose(&mut self, alternatives: u32) -> u32 {
        let pick = self.choices.choose(alternatives);
        self.log_choices();
        pick
    }
}

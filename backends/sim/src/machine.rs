//! The machine as its users see it: set up, run, judge.

use std::sync::Once;

use crate::bus::DeviceId;
use crate::choices::Choices;
use crate::context::{self, Installed, idle_body, thread_body};
use crate::core::{Command, Core};
use crate::counters::Counters;
use crate::coverage::Pairs;
use crate::cpu::Cpu;
use crate::device::{Device, InterruptMode};
use crate::fiber::Fiber;
use crate::interrupt::VectorId;
use crate::memory::Ordering;
use crate::moves::{CPUS_MAX, DEVICES_MAX, Move, THREADS_MAX};
use crate::pool::{PoolError, tag_text};
use crate::schedule::{Scheduler, Switch};
use crate::thread::{State, Thread};
use crate::trace::Event;
use crate::violation::Violation;
use crate::watch::Watch;

/// How one run is set up.
pub struct Setup {
    /// How many processors there are, 1 to [`CPUS_MAX`].
    pub cpus: usize,
    /// How stores and register writes reach devices.
    pub ordering: Ordering,
    /// Who goes when.
    pub scheduler: Box<dyn Scheduler>,
    /// The run is a livelock if it takes more steps.
    pub step_limit: u64,
    /// How many pool allocations succeed before one fails; `None` if all do.
    pub fail_allocation: Option<u32>,
    /// Whether to write the schedule down.
    pub record_schedule: bool,
    /// Whether to write every event down.
    pub record_trace: bool,
}

/// How a device is wired.
pub struct Wiring {
    /// The line, from [`Machine::add_line`].
    pub line: Option<VectorId>,
    /// The IRQL of each message; none if the platform grants no messages.
    pub message_irqls: Vec<u8>,
    /// Whether messages are MSI-X rather than MSI.
    pub msix: bool,
}

impl Wiring {
    /// Returns what plug and play makes of the wiring of a device that asks for all these messages, if the platform
    /// has `left` of them left: all, or exactly one, or the line only (R54).
    pub fn with_messages_left(mut self, left: usize) -> Self {
        if left < self.message_irqls.len() {
            self.message_irqls.truncate(left.min(1));
        }
        self
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    /// What was wrong, if anything.
    pub violation: Option<Violation>,
    /// Decisions among two or more actors.
    pub points: u64,
    /// All steps, forced ones included.
    pub steps: u64,
    /// What was reached.
    pub counters: Counters,
    /// How many decisions of a replayed schedule did not fit.
    pub misfits: u64,
    /// The schedule, if it was to be recorded.
    pub schedule: Option<Vec<Switch>>,
    /// The events, if they were to be recorded.
    pub trace: Option<Vec<Event>>,
    /// The threads' names, for the trace.
    pub threads: Vec<&'static str>,
}

/// A machine that runs one setup after the other, keeping its stacks and memory.
pub struct Machine {
    core: Box<Core>,
    idle: Vec<Fiber>,
    threads: Vec<Fiber>,
    /// Lines added for the next run.
    ready: bool,
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    /// Makes a machine. It belongs to the OS thread that makes it.
    pub fn new() -> Self {
        install_hooks();
        let core = Box::<Core>::default();
        Self { core, idle: Vec::new(), threads: Vec::new(), ready: false }
    }

    /// Forgets the last run and sets up the next.
    pub fn prepare(&mut self, setup: Setup) {
        assert!((1..=CPUS_MAX).contains(&setup.cpus), "a machine has 1 to {CPUS_MAX} processors");
        let core = &mut *self.core;
        core.cpu_count = setup.cpus;
        core.step_limit = setup.step_limit;
        core.cpus = [Cpu::default(); CPUS_MAX];
        core.threads = [Thread::default(); THREADS_MAX];
        core.thread_count = 0;
        core.jobs = Default::default();
        core.runnable = 0;
        core.held_back = 0;
        core.command = Command::Run;
        core.locks.reset();
        core.interrupts.reset();
        core.dpcs.reset();
        core.events.reset();
        core.work.reset();
        core.devices.reset(setup.ordering);
        core.memory.reset(setup.ordering);
        core.pool.reset(setup.fail_allocation);
        core.nt.reset();
        core.wdf.reset();
        core.ndis.reset();
        core.choices = Choices::new(setup.scheduler, setup.record_schedule, setup.record_trace);
        core.watch = core.choices.search().map(|search| Box::new(Watch::new(search)));
        core.quiet_until = if core.watch.is_some() { 0 } else { setup.step_limit };
        core.trace.restart(setup.record_trace);
        if setup.record_trace || core.watch.is_some() {
            core.memory.watch_device();
        }
        core.pairs.start_run();
        core.counters = Counters::default();
        core.steps = 0;
        core.points = 0;
        core.violation = None;
        core.stopped = false;
        for cpu in 0..setup.cpus {
            let thread = core.add_thread(cpu, "idle", State::Idle);
            core.cpus[cpu].current = thread;
        }
        self.ready = true;
    }

    /// Adds an interrupt line of the platform, which devices can share. Any processor may take it.
    pub fn add_line(&mut self, irql: u8) -> VectorId {
        let affinity = (1 << self.core.cpu_count) - 1;
        self.core.interrupts.add_line(irql, affinity)
    }

    /// Attaches the `n`-th device, counting from 0.
    pub fn attach(&mut self, n: u8, device: Box<dyn Device>, wiring: &Wiring) -> DeviceId {
        let index = n as usize;
        assert!(index < DEVICES_MAX, "a machine has at most {DEVICES_MAX} devices");
        let affinity = (1 << self.core.cpu_count) - 1;
        if let Some(line) = wiring.line {
            self.core.interrupts.set_line(index, line);
        }
        self.core.interrupts.add_messages(index, &wiring.message_irqls, affinity);
        let mode = match wiring.message_irqls.len() as u16 {
            0 => InterruptMode::Line,
            n if wiring.msix => InterruptMode::MsiX(n),
            _ => InterruptMode::Msi,
        };
        self.core.devices.attach(index, device, mode);
        DeviceId(n)
    }

    /// Takes a device off after a run; `None` if its model panicked.
    pub fn detach(&mut self, device: DeviceId) -> Option<Box<dyn Device>> {
        self.core.devices.detach(device.0 as usize)
    }

    /// Runs `main` as a thread at PASSIVE_LEVEL on processor 0, and whatever it starts, until nothing is left
    /// to do or a rule is broken.
    ///
    /// A context that a violation stops is abandoned where it is: its destructors never run. So code on the
    /// machine must not lend what is on its stack to anything outside of it (`std::thread::scope`, for one).
    pub fn run<'env>(&mut self, main: impl FnOnce() + 'env) -> Report {
        assert!(core::mem::take(&mut self.ready), "`prepare` comes before every run");
        let main: Box<dyn FnOnce() + 'env> = Box::new(main);
        // SAFETY: the job is called, if at all, before `drive` returns; contexts that have not ended by then are
        // abandoned by `tidy` and never go on.
        let main: Box<dyn FnOnce()> = unsafe { core::mem::transmute(main) };
        let thread = self.core.add_thread(0, "main", State::Ready);
        self.core.jobs[thread] = Some(main);
        self.core.cpus[0].current = thread;
        self.core.set_running(thread);
        self.core.last = Move::thread(thread);
        self.drive();
        self.tidy();
        self.report()
    }

    /// Resumes one context after the other.
    fn drive(&mut self) {
        let core: *mut Core = &mut *self.core;
        // SAFETY: `core` is valid as long as `self` is borrowed; until the guard is dropped this function reaches
        // it only through `with`.
        let _installed = unsafe { Installed::new(core) };
        let cpus = context::with(|core| core.cpu_count);
        while let Some(thread) = context::with(|core| (!core.stopped).then_some(core.running)) {
            let (fibers, index, body) = match thread.checked_sub(cpus) {
                None => (&mut self.idle, thread, idle_body as fn(&_)),
                Some(index) => (&mut self.threads, index, thread_body as fn(&_)),
            };
            while fibers.len() <= index {
                fibers.push(Fiber::new(body));
            }
            fibers[index].resume();
        }
        // Jobs that never started own their captures, whose destructors may look at what the jobs borrow.
        for thread in 0..THREADS_MAX {
            context::discard(context::with(|core| core.jobs[thread].take()));
        }
    }

    /// Abandons what a violation stopped, so that the stacks can serve the next run. A run that ended well left
    /// every context where it waits for the next job.
    fn tidy(&mut self) {
        if self.core.violation.is_some() || self.core.is_given_up() {
            self.idle.iter_mut().for_each(|fiber| fiber.abandon(idle_body));
            self.threads.iter_mut().for_each(|fiber| fiber.abandon(thread_body));
        }
    }

    fn report(&mut self) -> Report {
        self.judge();
        let core = &mut *self.core;
        core.end_exploring();
        Report {
            violation: core.violation.take(),
            points: core.points,
            steps: core.steps,
            counters: Counters { late_stores_seen: core.memory.late_seen(), ..core.counters },
            misfits: core.choices.misfits(),
            schedule: core.choices.take_schedule(),
            trace: core.trace.is_on().then(|| core.trace.take()),
            threads: core.threads[..core.thread_count].iter().map(|t| t.name).collect(),
        }
    }

    /// What must be true when a run has ended well: everything was given back.
    fn judge(&mut self) {
        let core = &mut *self.core;
        if core.violation.is_some() || core.is_given_up() {
            return;
        }
        if let Some(what) = core.ndis.left_over() {
            core.fail("R24", |_| what);
        }
        if let Some(what) = core.interrupts.any_connected() {
            core.fail("InterruptLeft", |_| format!("interrupt {what} is still connected at the end"));
        }
        if core.memory.live() > 0 {
            core.fail("DmaLeak", |c| format!("{} common buffers were not freed", c.memory.live()));
        }
        if let Err((rule, what)) = core.nt.judge() {
            core.fail(rule, |_| what);
        }
        if let Err(error) = core.pool.judge() {
            core.fail("PoolLeak", |_| describe(error));
        }
    }

    /// Returns the access pairs covered so far by this machine.
    pub fn pairs(&mut self) -> &mut Pairs {
        &mut self.core.pairs
    }

    /// Returns the name of a register, for traces. The device must be attached.
    pub fn register_name(&self, device: u8, offset: u32) -> &'static str {
        self.core.devices.register_name(device as usize, offset)
    }

    /// Returns the name of a device, for traces. The device must be attached.
    pub fn device_name(&self, device: u8) -> &'static str {
        self.core.devices.name(device as usize)
    }
}

fn describe(error: PoolError) -> String {
    match error {
        PoolError::Leaked { tag, blocks } => {
            format!("{blocks} blocks leaked, the first tagged {}", tag_text(tag))
        }
        PoolError::WrittenAfterFree { tag } => format!("block {} was written after its free", tag_text(tag)),
        other => format!("{other:?}"),
    }
}

/// Makes atomics visible to the machine, and panics under a machine silent: they are failures of a run.
fn install_hooks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        dirql::sync::sim::install(crate::kernel::visit_atomic);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if context::is_running() {
                context::note_panic(info);
            } else {
                before(info);
            }
        }));
    });
}

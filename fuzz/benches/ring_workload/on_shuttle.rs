//! The workload on shuttle: each actor is a thread, each register an atomic, the interrupt lock a mutex.
#![allow(clippy::disallowed_types, reason = "the count of points must stay invisible to shuttle")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicU32, Ordering::SeqCst};
use shuttle::{Config, FailurePersistence, Runner, thread};

use crate::workload::{Bug, Nic, REGISTERS, Register, Size, Tool};

struct OnThreads {
    registers: [AtomicU32; REGISTERS],
    lock: Mutex<()>,
}

impl OnThreads {
    fn new() -> Self {
        let initial = |r| AtomicU32::new(u32::from(r == Register::Ims as usize));
        Self { registers: core::array::from_fn(initial), lock: Mutex::new(()) }
    }

    fn register(&self, register: Register) -> &AtomicU32 {
        &self.registers[register as usize]
    }
}

impl Tool for OnThreads {
    fn read(&self, register: Register) -> u32 {
        self.register(register).load(SeqCst)
    }

    fn write(&self, register: Register, value: u32) {
        self.register(register).store(value, SeqCst);
    }

    fn take(&self, register: Register) -> u32 {
        self.register(register).swap(0, SeqCst)
    }

    fn set_bits(&self, register: Register, bits: u32) {
        self.register(register).fetch_or(bits, SeqCst);
    }

    fn locked<R>(&self, section: impl FnOnce() -> R) -> R {
        let _held = self.lock.lock();
        section()
    }

    fn pause(&self) {
        thread::yield_now();
    }
}

/// Which of shuttle's schedulers to use.
#[derive(Clone, Copy, Debug)]
pub enum Strategy {
    Random,
    /// PCT with this depth.
    Pct(usize),
}

/// Runs `executions` executions, in one of shuttle's runners. Returns the number of preemption points.
///
/// # Panics
/// If an execution fails.
pub fn execute(strategy: Strategy, seed: u64, executions: usize, bug: Bug) -> u64 {
    match strategy {
        Strategy::Random => run(RandomScheduler::new_from_seed(seed, executions), bug),
        Strategy::Pct(depth) => run(PctScheduler::new_from_seed(seed, depth, executions), bug),
    }
}

fn run(scheduler: impl Scheduler + 'static, bug: Bug) -> u64 {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    let points = Arc::new(AtomicU64::new(0));
    let total = points.clone();
    Runner::new(scheduler, config).run(move || {
        total.fetch_add(execute_once(bug).into(), Relaxed);
    });
    points.load(Relaxed)
}

fn execute_once(bug: Bug) -> u32 {
    let nic = Arc::new(Nic::new(OnThreads::new(), bug, Size::USUAL));
    let actors: [fn(&Nic<OnThreads>); 3] = [Nic::sender, Nic::device, Nic::dpc];
    let threads = actors.map(|actor| {
        let nic = nic.clone();
        thread::spawn(move || actor(&nic))
    });
    for thread in threads {
        thread.join().expect("an actor panics only together with the runner");
    }
    nic.judge_at_rest()
}

//! The workload on `dirql-sim`: each actor is a thread on a processor of its own, the registers are a device's,
//! and the interrupt lock is a spin lock of the machine.

use std::cell::Cell;

use dirql_sim::kernel::{self, LockId};
use dirql_sim::{
    Access, Bus, Device, DeviceId, Exploration, Machine, Ordering, Parts, Report, Rng, Scheduler, Seeded,
    Setup, Strategy, Violation, Wiring,
};

use crate::job::{Job, Run};
use crate::workload::{Bug, Nic, REGISTERS, Register, Size, Tool};

const NIC: DeviceId = DeviceId::new(0);
/// At this offset from a register, a read clears it and a write sets bits.
const EFFECT: u32 = 0x20;

/// The registers.
struct Registers {
    values: [u32; REGISTERS],
    /// Whether it matters in which order two of the actors read one.
    reads_conflict: bool,
}

impl Device for Registers {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn read(&mut self, offset: u32, _: &mut Bus<'_>) -> u32 {
        let register = &mut self.values[(offset % EFFECT / 4) as usize];
        if offset < EFFECT { *register } else { core::mem::take(register) }
    }

    fn write(&mut self, offset: u32, value: u32, _: &mut Bus<'_>) {
        let register = &mut self.values[(offset % EFFECT / 4) as usize];
        *register = if offset < EFFECT { value } else { *register | value };
    }

    fn parts(&self, access: Access) -> Parts {
        let (offset, changes) = match access {
            Access::Read(offset) => (offset, offset >= EFFECT || self.reads_conflict),
            Access::Write(offset) => (offset, true),
            Access::Step(_) => return Parts::ALL,
        };
        let register = 1 << (offset % EFFECT / 4);
        Parts { reads: register, writes: if changes { register } else { 0 } }
    }

    fn ready(&self) -> u32 {
        0
    }

    fn step(&mut self, _: u32, _: &mut Bus<'_>) {}
}

struct OnMachine {
    lock: LockId,
}

const fn offset(register: Register) -> u32 {
    register as u32 * 4
}

impl Tool for OnMachine {
    fn read(&self, register: Register) -> u32 {
        kernel::read_register(NIC, offset(register))
    }

    fn write(&self, register: Register, value: u32) {
        kernel::write_register(NIC, offset(register), value);
    }

    fn take(&self, register: Register) -> u32 {
        kernel::read_register(NIC, offset(register) + EFFECT)
    }

    fn set_bits(&self, register: Register, bits: u32) {
        kernel::write_register(NIC, offset(register) + EFFECT, bits);
    }

    fn locked<R>(&self, section: impl FnOnce() -> R) -> R {
        let irql = kernel::acquire_spin_lock(self.lock);
        let result = section();
        kernel::release_spin_lock(self.lock, irql);
        result
    }

    fn pause(&self) {
        kernel::give_way();
    }
}

/// Names the strategy of each execution.
pub type Strategies = fn(u64) -> Strategy;

/// Runs executions until one fails. As shuttle's, a scheduler of priorities expects the longest run so far.
pub fn run(strategies: Strategies, job: Job) -> Run {
    let mut machine = Machine::new();
    let mut run = Run::default();
    let mut decisions = None;
    while run.executions < job.executions && !run.failed {
        let seed = Rng::derive(job.seed, run.executions);
        let scheduler = Seeded::expecting(strategies(run.executions), decisions, seed);
        prepare(&mut machine, Box::new(scheduler), false);
        let (report, points) = execute(&mut machine, job.bug, job.size);
        decisions = Some(decisions.unwrap_or(0).max(report.points as u32));
        run.executions += 1;
        run.points += points;
        run.failed = report.violation.is_some();
    }
    run
}

/// Explores all interleavings of the workload until one fails. Returns how far it came, and what failed.
pub fn explore(bug: Bug, packets: u32, reads_conflict: bool) -> (Exploration, Option<Violation>) {
    let mut machine = Machine::new();
    let exploration = Exploration::new();
    let mut violation = None;
    while violation.is_none() && !exploration.is_finished() {
        prepare(&mut machine, Box::new(exploration.clone()), reads_conflict);
        violation = execute(&mut machine, bug, Size::small(packets)).0.violation;
    }
    (exploration, violation)
}

fn prepare(machine: &mut Machine, scheduler: Box<dyn Scheduler>, reads_conflict: bool) {
    machine.prepare(Setup {
        cpus: 3,
        ordering: Ordering::X64,
        scheduler,
        step_limit: 100_000,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    });
    let mut registers = Registers { values: [0; REGISTERS], reads_conflict };
    registers.values[Register::Ims as usize] = 1;
    let wiring = Wiring { line: None, message_irqls: Vec::new(), msix: false };
    machine.attach(0, Box::new(registers), &wiring);
}

/// Runs the workload. Returns its preemption points too.
fn execute(machine: &mut Machine, bug: Bug, size: Size) -> (Report, u64) {
    let points = Cell::new(0);
    let report = machine.run(|| {
        let nic = Nic::new(OnMachine { lock: LockId::executive() }, bug, size);
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || nic.sender());
            scope.spawn(1, "device", || nic.device());
            scope.spawn(2, "dpc", || nic.dpc());
        });
        points.set(nic.judge_at_rest());
    });
    (report, points.get().into())
}

//! The workload on `dirql-sim`: each actor is a thread on a processor of its own, the registers are a device's,
//! and the interrupt lock is a spin lock of the machine.

use std::cell::Cell;

use dirql_sim::kernel::{self, LockId};
use dirql_sim::{Bus, Device, DeviceId, Machine, Ordering, Rng, Seeded, Setup, Strategy, Violation, Wiring};

use crate::workload::{Bug, Nic, REGISTERS, Register, Tool};

const NIC: DeviceId = DeviceId::new(0);
/// At this offset from a register, a read clears it and a write sets bits.
const EFFECT: u32 = 0x20;

/// The registers.
struct Registers([u32; REGISTERS]);

impl Device for Registers {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn read(&mut self, offset: u32, _: &mut Bus<'_>) -> u32 {
        let register = &mut self.0[(offset % EFFECT / 4) as usize];
        if offset < EFFECT { *register } else { core::mem::take(register) }
    }

    fn write(&mut self, offset: u32, value: u32, _: &mut Bus<'_>) {
        let register = &mut self.0[(offset % EFFECT / 4) as usize];
        *register = if offset < EFFECT { value } else { *register | value };
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
        kernel::pause();
    }
}

/// What one execution came to.
pub struct Execution {
    /// What was wrong.
    pub violation: Option<Violation>,
    /// The workload's preemption points.
    pub points: u64,
    /// Those of them, and of the machine's own, at which the scheduler had a choice.
    pub choices: u64,
}

/// Names the strategy of each execution.
pub type Scheduler = fn(u64) -> Strategy;

/// Runs executions, one after the other.
pub struct OnDirql {
    machine: Machine,
    scheduler: Scheduler,
    seed: u64,
    index: u64,
}

impl OnDirql {
    pub fn new(scheduler: Scheduler, seed: u64) -> Self {
        Self { machine: Machine::new(), scheduler, seed, index: 0 }
    }

    pub fn execute(&mut self, bug: Bug) -> Execution {
        self.prepare();
        let points = Cell::new(0);
        let report = self.machine.run(|| {
            let nic = Nic::new(OnMachine { lock: LockId::executive() }, bug);
            kernel::scope(|scope| {
                scope.spawn(0, "sender", || nic.sender());
                scope.spawn(1, "device", || nic.device());
                scope.spawn(2, "dpc", || nic.dpc());
            });
            points.set(nic.judge_at_rest());
        });
        Execution { violation: report.violation, points: points.get().into(), choices: report.points }
    }

    fn prepare(&mut self) {
        let seed = Rng::derive(self.seed, self.index);
        let strategy = (self.scheduler)(self.index);
        self.index += 1;
        self.machine.prepare(Setup {
            cpus: 3,
            ordering: Ordering::X64,
            scheduler: Box::new(Seeded::new(strategy, seed)),
            step_limit: 100_000,
            fail_allocation: None,
            record_schedule: false,
            record_trace: false,
        });
        let mut registers = Registers([0; REGISTERS]);
        registers.0[Register::Ims as usize] = 1;
        let wiring = Wiring { line: None, message_irqls: Vec::new(), msix: false };
        self.machine.attach(0, Box::new(registers), &wiring);
    }
}

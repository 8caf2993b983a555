//! A small device and a harness for tests of the machine.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use dirql_sim::{
    Bus, Device, DeviceId, Machine, Ordering, Report, Routine, Seeded, Setup, Strategy, Switch, Wiring,
};

/// Writing `n` to PULSE makes the device raise its line (or send message `n - 1`) that many steps later;
/// STATUS reads 1 while the line is asserted; writing ACK releases it.
#[derive(Default)]
pub struct Button {
    pub presses: u32,
    pub asserted: bool,
    pub acks: u32,
}

pub const PULSE: u32 = 0;
pub const STATUS: u32 = 4;
pub const ACK: u32 = 8;
pub const MESSAGE: u32 = 12;

impl Device for Button {
    fn name(&self) -> &'static str {
        "button"
    }

    fn read(&mut self, offset: u32, _bus: &mut Bus<'_>) -> u32 {
        if offset == STATUS { u32::from(self.asserted) } else { 0 }
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        match offset {
            PULSE => self.presses += value,
            MESSAGE => bus.pins.send_message(value as u16),
            ACK => {
                self.asserted = false;
                self.acks += 1;
                bus.pins.set_line(false);
            }
            _ => {}
        }
    }

    fn ready(&self) -> u32 {
        u32::from(self.presses > 0 && !self.asserted)
    }

    fn step(&mut self, _engine: u32, bus: &mut Bus<'_>) {
        self.presses -= 1;
        self.asserted = true;
        bus.pins.set_line(true);
    }
}

pub const BUTTON: DeviceId = DeviceId::new(0);
pub const NEIGHBOUR: DeviceId = DeviceId::new(1);

/// How a test's machine differs from the plain one.
pub struct Options {
    pub cpus: usize,
    pub ordering: Ordering,
    pub strategy: Strategy,
    pub message_irqls: Vec<u8>,
    pub neighbour: bool,
    pub step_limit: u64,
    pub trace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cpus: 2,
            ordering: Ordering::X64,
            strategy: Strategy::Random,
            message_irqls: Vec::new(),
            neighbour: false,
            step_limit: 20_000,
            trace: false,
        }
    }
}

/// Runs `main` on a machine with a button, under one seed.
pub fn run(machine: &mut Machine, options: &Options, seed: u64, main: impl FnOnce()) -> Report {
    machine.prepare(Setup {
        cpus: options.cpus,
        ordering: options.ordering,
        scheduler: Box::new(Seeded::new(options.strategy, seed)),
        step_limit: options.step_limit,
        fail_allocation: None,
        record_schedule: true,
        record_trace: options.trace,
    });
    let line = machine.add_line(5);
    let wiring = Wiring { line: Some(line), message_irqls: options.message_irqls.clone(), msix: true };
    machine.attach(0, Box::<Button>::default(), &wiring);
    if options.neighbour {
        machine.attach(
            1,
            Box::<Button>::default(),
            &Wiring { line: Some(line), message_irqls: vec![], msix: false },
        );
    }
    machine.run(main)
}

/// Runs `main` under `seeds` schedules and returns the rule of each run's violation, if any.
pub fn outcomes(options: &Options, seeds: u64, main: impl Fn()) -> Vec<Option<&'static str>> {
    let mut machine = Machine::new();
    (0..seeds).map(|seed| run(&mut machine, options, seed, &main).violation.map(|v| v.rule)).collect()
}

/// A routine that calls a Rust closure; the closure must outlive its registration.
pub fn routine<F: Fn() -> bool>(call: &F) -> Routine {
    unsafe fn enter<F: Fn() -> bool>(routine: &Routine) -> bool {
        // SAFETY: `routine` put a `&F` here, and the test keeps it alive.
        unsafe { (*routine.context.cast::<F>())() }
    }
    Routine {
        call: enter::<F>,
        function: core::ptr::null(),
        context: core::ptr::from_ref(call).cast_mut().cast(),
        arguments: [0; 3],
    }
}

/// Replays a recorded schedule.
pub fn replay(switches: &[Switch]) -> Box<dyn dirql_sim::Scheduler> {
    Box::new(dirql_sim::Replay::new(switches.to_vec()))
}

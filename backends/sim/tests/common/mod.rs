//! A small device and a harness for tests of the machine.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

pub mod drivers;

use core::cell::Cell;
use core::sync::atomic::AtomicUsize;
use std::collections::BTreeSet;

use dirql_sim::kernel::{self, LockId};
use dirql_sim::{
    Bus, Counters, DEVICE_BASE, Device, DeviceId, DpcId, InterruptId, Machine, Ordering, Replay, Report,
    Routine, Seeded, Setup, Strategy, Switch, Wiring,
};

/// Writing `n` to PULSE makes the device raise its line (or send message `n - 1`) that many steps later;
/// STATUS reads 1 while the line is asserted; writing ACK releases it. Writing FETCH makes the device read a word
/// that far into the first DMA buffer, which FETCHED then tells.
#[derive(Default)]
pub struct Button {
    pub presses: u32,
    pub asserted: bool,
    pub acks: u32,
    pub fetched: u32,
}

/// The level of the line that the devices share.
pub const LINE_IRQL: u8 = 5;

pub const PULSE: u32 = 0;
pub const STATUS: u32 = 4;
pub const ACK: u32 = 8;
pub const MESSAGE: u32 = 12;
pub const FETCH: u32 = 16;
pub const FETCHED: u32 = 20;

impl Device for Button {
    fn name(&self) -> &'static str {
        "button"
    }

    fn read(&mut self, offset: u32, _bus: &mut Bus<'_>) -> u32 {
        match offset {
            STATUS => u32::from(self.asserted),
            FETCHED => self.fetched,
            _ => 0,
        }
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        match offset {
            PULSE => self.presses += value,
            MESSAGE => bus.pins.send_message(value as u16),
            FETCH => {
                let mut word = [0; 4];
                bus.dma_read(DEVICE_BASE + u64::from(value), &mut word);
                self.fetched = u32::from_le_bytes(word);
            }
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
    /// Of the messages that the button asks for.
    pub message_irqls: Vec<u8>,
    /// How many the platform has left.
    pub messages_left: usize,
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
            messages_left: usize::MAX,
            neighbour: false,
            step_limit: 20_000,
            trace: false,
        }
    }
}

/// Says how to run under one seed.
pub fn setup(options: &Options, seed: u64) -> Setup {
    Setup {
        cpus: options.cpus,
        ordering: options.ordering,
        scheduler: Box::new(Seeded::new(options.strategy, seed)),
        step_limit: options.step_limit,
        fail_allocation: None,
        record_schedule: true,
        record_trace: options.trace,
    }
}

/// Attaches the button, and its neighbour if there is one.
pub fn attach(machine: &mut Machine, options: &Options) {
    let line = Some(machine.add_line(LINE_IRQL));
    let wiring = Wiring { line, message_irqls: options.message_irqls.clone(), msix: true };
    machine.attach(0, Box::<Button>::default(), &wiring.with_messages_left(options.messages_left));
    if options.neighbour {
        let wiring = Wiring { line, message_irqls: Vec::new(), msix: false };
        machine.attach(1, Box::<Button>::default(), &wiring);
    }
}

/// Runs `main` on a machine with a button, under one seed.
pub fn run(machine: &mut Machine, options: &Options, seed: u64, main: impl FnOnce()) -> Report {
    machine.prepare(setup(options, seed));
    attach(machine, options);
    machine.run(main)
}

/// Runs `main` under `seeds` schedules and returns the rule of each run's violation, if any.
pub fn outcomes(options: &Options, seeds: u64, main: impl Fn()) -> Vec<Option<&'static str>> {
    let mut machine = Machine::new();
    (0..seeds).map(|seed| run(&mut machine, options, seed, &main).violation.map(|v| v.rule)).collect()
}

/// Asserts that `main` breaks `rule` under every schedule.
#[track_caller]
pub fn fires(rule: &str, options: &Options, main: impl Fn()) {
    let found = outcomes(options, 20, main);
    assert!(found.iter().all(|found| *found == Some(rule)), "{rule} is wanted: {found:?}");
}

/// Asserts that `main` breaks `rule` under some schedules and nothing under the others.
#[track_caller]
pub fn sometimes_fires(rule: &str, options: &Options, main: impl Fn()) {
    let found = outcomes(options, 300, main);
    assert!(found.contains(&Some(rule)), "{rule} is wanted: {found:?}");
    assert!(found.iter().all(|found| found.is_none_or(|found| found == rule)), "{found:?}");
}

/// Runs `main` under 300 schedules, which must break no rule. Returns all that it returned, and the sums of the
/// machine's counters.
#[track_caller]
pub fn silent<T: Ord>(options: &Options, main: impl Fn() -> T) -> (BTreeSet<T>, Counters) {
    let mut machine = Machine::new();
    let mut returned = BTreeSet::new();
    let mut sums = Counters::default();
    for seed in 0..300 {
        let value = Cell::new(None);
        let report = run(&mut machine, options, seed, || value.set(Some(main())));
        assert_eq!(report.violation, None, "seed {seed}");
        returned.extend(value.take());
        add(&mut sums, &report.counters);
    }
    (returned, sums)
}

fn add(sums: &mut Counters, one: &Counters) {
    sums.sections_contended += one.sections_contended;
    sums.spin_locks_contended += one.spin_locks_contended;
    sums.isrs_over_dpc += one.isrs_over_dpc;
    sums.isrs_over_dirql += one.isrs_over_dirql;
    sums.dpcs_overlapping += one.dpcs_overlapping;
    sums.dpcs_coalesced += one.dpcs_coalesced;
    sums.dpcs_before_isr_end += one.dpcs_before_isr_end;
    sums.interrupts_unclaimed += one.interrupts_unclaimed;
    sums.isrs_before_connected += one.isrs_before_connected;
    sums.messages_merged += one.messages_merged;
    sums.late_stores_seen += one.late_stores_seen;
    sums.writes_posted += one.writes_posted;
    sums.interrupts_taken += one.interrupts_taken;
    sums.dpcs_run += one.dpcs_run;
    sums.wait_locks_contended += one.wait_locks_contended;
    sums.isrs_in_threads += one.isrs_in_threads;
    sums.work_items_run += one.work_items_run;
    sums.work_items_overlapping += one.work_items_overlapping;
    sums.work_items_coalesced += one.work_items_coalesced;
    sums.interrupts_inactive_in_dx += one.interrupts_inactive_in_dx;
}

/// Connects `isr` to the button's line, at its own level.
pub fn connect_line(isr: &impl Fn() -> bool) -> InterruptId {
    let id = kernel::connect(kernel::line_of(BUTTON).unwrap(), routine(isr), None, LINE_IRQL).unwrap();
    kernel::announce(id);
    id
}

/// Connects `isr` to the button's `n`-th message.
pub fn connect_message(n: u16, isr: &impl Fn() -> bool, lock: Option<LockId>, irql: u8) -> InterruptId {
    let id = kernel::connect(kernel::message_of(BUTTON, n).unwrap(), routine(isr), lock, irql).unwrap();
    kernel::announce(id);
    id
}

/// What a polite ISR does: leaves others' interrupts alone, acknowledges its own.
pub fn acknowledge(device: DeviceId) -> bool {
    let mine = kernel::read_register(device, STATUS) != 0;
    if mine {
        kernel::write_register(device, ACK, 1);
    }
    mine
}

/// Makes a DPC that calls a Rust closure; the closure must outlive it.
pub fn dpc(call: &impl Fn() -> bool) -> DpcId {
    kernel::create_dpc(routine(call))
}

/// Runs `body` at IRQL `level`.
pub fn at<R>(level: u8, body: impl FnOnce() -> R) -> R {
    let old = kernel::raise_irql(level);
    let result = body();
    kernel::lower_irql(old);
    result
}

/// Takes `steps` steps without doing anything.
pub fn linger(steps: u32) {
    for _ in 0..steps {
        kernel::read_register(BUTTON, 100);
    }
}

/// Adds one.
pub fn count(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

/// A routine that calls a Rust closure; the closure must outlive its registration.
pub fn routine<V: Into<u8>, F: Fn() -> V>(call: &F) -> Routine {
    unsafe fn enter<V: Into<u8>, F: Fn() -> V>(routine: &Routine) -> u8 {
        // SAFETY: `routine` put a `&F` here, and the test keeps it alive.
        unsafe { (*routine.context().cast::<F>())() }.into()
    }
    let context = core::ptr::from_ref(call).cast_mut().cast();
    // SAFETY: `enter` is made for this closure; the test keeps it alive.
    unsafe { Routine::new(enter::<V, F>, core::ptr::null(), context, [0; 3]) }
}

/// A routine that calls a Rust closure with its three arguments, of which the first is given here; the closure must outlive its registration.
pub fn routine_with<F: Fn([usize; 3])>(first: usize, call: &F) -> Routine {
    unsafe fn enter<F: Fn([usize; 3])>(routine: &Routine) -> u8 {
        // SAFETY: `routine_with` put a `&F` here, and the test keeps it alive.
        unsafe { (*routine.context().cast::<F>())(routine.arguments()) };
        1
    }
    let context = core::ptr::from_ref(call).cast_mut().cast();
    // SAFETY: as in `routine`.
    unsafe { Routine::new(enter::<F>, core::ptr::null(), context, [first, 0, 0]) }
}

/// Runs `main` under a recorded schedule.
pub fn replay(
    machine: &mut Machine,
    options: &Options,
    switches: Vec<Switch>,
    main: impl FnOnce(),
) -> Report {
    machine.prepare(Setup { scheduler: Box::new(Replay::new(switches)), ..setup(options, 0) });
    attach(machine, options);
    machine.run(main)
}

/// The lock of a word that is the lock's alone.
pub fn lock_of(word: &AtomicUsize) -> LockId {
    // SAFETY: tests write such a word only to show that a lock overwritten is found.
    unsafe { LockId::of_word(word) }
}

/// Frees pool. Tests reach their blocks by pointer only, and after a free not at all, unless that is what they test.
pub fn free_pool(address: *mut u8) {
    // SAFETY: so nobody uses the block.
    unsafe { kernel::free_pool(address) }
}

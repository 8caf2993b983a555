//! What only the NDIS backend does: a DPC before there is a handle, receive limits, diagnosis.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use dirql::sync::{AtomicU32, Ordering};
use dirql::{
    Budget, Config, Cx, DeferredOutcome, Disable, Domain, Error, InterruptHandler, InterruptSync, IsrOutcome,
    Passive, RegisterIo, Request, Serialize, Source,
};
use dirql_backends::ndis::{self, Device, Registers};
use dirql_sim::{Bus, DeviceId, Machine, Pins, Report, Seeded, Setup, Strategy, Wiring, kernel, ntoskrnl};

const BELL: DeviceId = DeviceId::new(0);
const RING: u32 = 0;
const QUIET: u32 = 4;

/// Any write to RING asserts the line, any to QUIET releases it; RING reads 1 meanwhile.
struct Bell;

impl dirql_sim::Device for Bell {
    fn name(&self) -> &'static str {
        "bell"
    }

    fn read(&mut self, _offset: u32, bus: &mut Bus<'_>) -> u32 {
        u32::from(Pins::line(bus.pins))
    }

    fn write(&mut self, offset: u32, _value: u32, bus: &mut Bus<'_>) {
        bus.pins.set_line(offset == RING);
    }

    fn ready(&self) -> u32 {
        0
    }

    fn step(&mut self, _engine: u32, _bus: &mut Bus<'_>) {}
}

/// What the handler did.
#[derive(Default)]
struct Log {
    runs: AtomicU32,
    budgets_seen: AtomicU32,
    enabled: AtomicU32,
    disabled: AtomicU32,
}

/// Defers whatever comes, and wants to run again as long as `again` says so of the number of runs.
struct Ringer {
    registers: Registers,
    log: Arc<Log>,
    again: fn(u32) -> bool,
}

impl InterruptHandler for Ringer {
    type Shared = ();

    fn shared(&self, _: Domain) {}

    fn isr(&self, (): &mut (), _: Source) -> IsrOutcome {
        if self.registers.read_u32(RING) == 0 {
            return IsrOutcome::NOT_MINE;
        }
        self.registers.write_u32(QUIET, 1);
        IsrOutcome::DEFERRED
    }

    fn deferred<I: InterruptSync<Shared = ()>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome {
        assert_eq!(interrupt.synchronize(cx, source, |()| 7), Ok(7), "a DPC without a handle");
        self.log.budgets_seen.fetch_or(1 << budget.items().min(31), Ordering::SeqCst);
        match (self.again)(self.log.runs.fetch_add(1, Ordering::SeqCst) + 1) {
            true => DeferredOutcome::Again,
            false => DeferredOutcome::Done,
        }
    }

    fn enable(&self, (): &mut (), _: Source) -> Result<(), Error> {
        self.log.enabled.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn disable(&self, (): &mut (), _: Source, _: Disable) {
        self.log.disabled.fetch_add(1, Ordering::SeqCst);
    }
}

/// Runs `play` with a bell under one seed.
fn run(machine: &mut Machine, seed: u64, play: impl FnOnce(&mut Cx<'_, Passive>, &Device)) -> Report {
    machine.prepare(Setup {
        cpus: 2,
        ordering: dirql_sim::Ordering::X64,
        scheduler: Box::new(Seeded::new(Strategy::Random, seed)),
        step_limit: 20_000,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    });
    let line = machine.add_line(5);
    machine.attach(0, Box::new(Bell), &Wiring { line: Some(line), message_irqls: vec![], msix: false });
    machine.run(|| {
        // SAFETY: the machine's main thread starts at PASSIVE_LEVEL and stays there between calls.
        unsafe {
            Cx::<Passive>::enter(|cx| {
                let device = bell(cx);
                play(cx, &device);
            })
        }
    })
}

fn bell(cx: &mut Cx<'_, Passive>) -> Device {
    let (adapter, space) = (dirql_sim::ndis::adapter_handle(BELL), ntoskrnl::register_space(BELL));
    // SAFETY: handle and space are those of the machine's device, and its users are gone before it is.
    unsafe { Device::start(cx, adapter, space, 0x1000) }.unwrap()
}

const LINE: Config =
    Config { request: Request::Line, serialize: Serialize::PerSource, budget: Budget::new(4) };

fn ringer(device: &Device, log: &Arc<Log>, again: fn(u32) -> bool) -> Ringer {
    Ringer { registers: device.registers(), log: Arc::clone(log), again }
}

/// Registers a ringer, lets `play` go on, unregisters, and returns what the handler did.
fn ring(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    again: fn(u32) -> bool,
    play: impl FnOnce(&Log),
) -> Arc<Log> {
    let log = Arc::new(Log::default());
    let registration = ndis::register(cx, device, ringer(device, &log, again), LINE).unwrap();
    play(&log);
    kernel::quiesce();
    drop(registration.unregister(cx));
    log
}

#[test]
fn a_dpc_that_runs_before_the_handle_is_known_is_put_off_and_not_lost() {
    let mut machine = Machine::new();
    for seed in 0..300 {
        let report = run(&mut machine, seed, |cx, device| {
            device.registers().write_u32(RING, 1);
            let log = ring(cx, device, |_| false, |_| {});
            assert!(log.runs.load(Ordering::SeqCst) >= 1, "the deferred routine was lost");
        });
        assert_eq!(report.violation, None, "seed {seed}");
    }
}

#[test]
fn a_dpc_runs_again_until_it_is_done_within_its_own_budget_and_ndiss() {
    let mut machine = Machine::new();
    let budgets = RefCell::new(BTreeSet::new());
    for seed in 0..200 {
        let report = run(&mut machine, seed, |cx, device| {
            let registers = device.registers();
            let log = ring(cx, device, |runs| runs < 5, |_| registers.write_u32(RING, 1));
            assert_eq!(log.runs.load(Ordering::SeqCst), 5);
            budgets.borrow_mut().insert(log.budgets_seen.load(Ordering::SeqCst));
        });
        assert_eq!(report.violation, None, "seed {seed}");
    }
    // NDIS allows all, one or eight; the driver wants four at most.
    assert_eq!(budgets.into_inner(), BTreeSet::from([1 << 1, 1 << 4]));
}

/// On the thread's own processor such a DPC would starve the thread, here as on Windows.
#[test]
fn a_dpc_that_is_never_done_ends_with_the_registration() {
    let mut machine = Machine::new();
    for seed in 0..100 {
        let report = run(&mut machine, seed, |cx, device| {
            let log = Arc::new(Log::default());
            let registration =
                ndis::register(cx, device, ringer(device, &log, |_| kernel::cpu() != 0), LINE).unwrap();
            device.registers().write_u32(RING, 1);
            kernel::pause();
            drop(registration.unregister(cx));
        });
        assert_eq!(report.violation, None, "seed {seed}: NdisMDeregisterInterruptEx waits for DPCs (R22)");
    }
}

#[test]
fn ndis_disables_and_enables_through_the_handler() {
    let report = run(&mut Machine::new(), 0, |cx, device| {
        let counts = |log: &Log| (log.enabled.load(Ordering::SeqCst), log.disabled.load(Ordering::SeqCst));
        let log = ring(
            cx,
            device,
            |_| false,
            |log| {
                assert_eq!(counts(log), (1, 0), "registering enables");
                dirql_sim::ndis::disable_interrupts(BELL);
                assert_eq!(counts(log), (1, 1));
                dirql_sim::ndis::enable_interrupts(BELL);
                assert_eq!(counts(log), (2, 1));
            },
        );
        assert_eq!(counts(&log), (2, 2), "unregistering disables");
    });
    assert_eq!(report.violation, None);
}

#[test]
fn a_registration_that_is_dropped_stays_registered() {
    let report = run(&mut Machine::new(), 0, |cx, device| {
        drop(ndis::register(cx, device, ringer(device, &Arc::default(), |_| false), LINE).unwrap());
    });
    assert_eq!(report.violation.map(|v| v.rule), Some("R24"));
}

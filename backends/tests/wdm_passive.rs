//! WDM's passive-level interrupts: exclusion at PASSIVE_LEVEL, work items, and the end of a registration.

#[path = "common/bell.rs"]
mod bell;

use std::cell::Cell;
use std::sync::Arc;

use bell::{BELL, Bell, Deaf, LINE, Log, RING, Ringer, linger};
use dirql::sync::Ordering;
use dirql::{Config, Cx, Error, ErrorKind, InterruptSync, Passive, RegisterIo, Request, Source, SyncError};
use dirql_backends::Granted;
use dirql_backends::wdm::passive::{self, Line, Registration};
use dirql_backends::wdm::{self, Device};
use dirql_ddi::*;
use dirql_sim::{Counters, Machine, Report, Seeded, Setup, Strategy, Wiring, kernel, ntoskrnl};

const SEEDS: u64 = 300;

fn setup(seed: u64) -> Setup {
    Setup {
        cpus: 2,
        ordering: dirql_sim::Ordering::X64,
        scheduler: Box::new(Seeded::new(Strategy::Random, seed)),
        step_limit: 20_000,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    }
}

/// Runs `play` with a bell.
fn run(machine: &mut Machine, setup: Setup, play: impl FnOnce(&mut Cx<'_, Passive>, &Device)) -> Report {
    machine.prepare(setup);
    let line = machine.add_line(5);
    machine.attach(
        0,
        Box::<Bell>::default(),
        &Wiring { line: Some(line), message_irqls: vec![], msix: false },
    );
    machine.run(|| {
        // SAFETY: the machine's main thread starts at PASSIVE_LEVEL and stays there between calls.
        unsafe {
            Cx::<Passive>::enter(|cx| {
                let device = open(cx);
                play(cx, &device);
            })
        }
    })
}

/// As [`run`], under many seeds, which must break no rule.
#[track_caller]
fn each_seed(mut play: impl FnMut(&mut Cx<'_, Passive>, &Device)) -> Vec<Counters> {
    let mut machine = Machine::new();
    let one = |seed| {
        let report = run(&mut machine, setup(seed), &mut play);
        assert_eq!(report.violation, None, "seed {seed}");
        report.counters
    };
    (0..SEEDS).map(one).collect()
}

fn open(cx: &mut Cx<'_, Passive>) -> Device {
    let (object, space) = (ntoskrnl::device_object(BELL), ntoskrnl::register_space(BELL));
    // SAFETY: object and space are those of the machine's device, and its users are gone before it is.
    unsafe { Device::start(cx, object, space, 0x1000) }.unwrap()
}

/// The descriptor of the machine's only line.
fn descriptor() -> CM_PARTIAL_RESOURCE_DESCRIPTOR {
    let line = CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT { Level: 0, Group: 0, Vector: 0, Affinity: 3 };
    CM_PARTIAL_RESOURCE_DESCRIPTOR {
        Type: CmResourceTypeInterrupt,
        ShareDisposition: CmResourceShareShared,
        Flags: CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE,
        u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT { Interrupt: line },
    }
}

fn line_of(descriptor: &CM_PARTIAL_RESOURCE_DESCRIPTOR) -> Result<Line, ErrorKind> {
    // SAFETY: the machine has one object for a device, which stays; a descriptor that is not the device's is
    // refused, here or by the machine.
    unsafe { Line::new(ntoskrnl::device_object(BELL), descriptor) }.map_err(|error| error.kind())
}

fn ringer(device: &Device, log: &Arc<Log>, again: fn(u32) -> bool) -> Ringer {
    Ringer { registers: device.registers(), log: Arc::clone(log), again, enabled: Ok(()) }
}

fn register(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    log: &Arc<Log>,
    again: fn(u32) -> bool,
) -> Registration<Ringer> {
    let line = line_of(&descriptor()).unwrap();
    passive::register(cx, device, &line, ringer(device, log, again), LINE).unwrap()
}

/// Unregisters; whatever runs after that is found.
fn unregister(cx: &mut Cx<'_, Passive>, registration: Registration<Ringer>) {
    let handler = registration.unregister(cx);
    handler.log.over.store(true, Ordering::SeqCst);
    handler.registers.write_u32(RING, 1);
    kernel::quiesce();
}

fn sum(counters: &[Counters], which: fn(&Counters) -> u64) -> u64 {
    counters.iter().map(which).sum()
}

#[test]
fn isr_and_sections_exclude_each_other_at_passive_level() {
    let counters = each_seed(|cx, device| {
        let log = Arc::default();
        let registration = register(cx, device, &log, |_| false);
        assert_eq!(registration.granted(), Granted::Line);
        let section = |cx: &mut Cx<'_, Passive>| {
            let handler = registration.handler();
            registration.interrupt().synchronize(cx, Source::Line, |inside| handler.alone(inside))
        };
        kernel::scope(|scope| {
            scope.spawn(1, "other", || {
                // SAFETY: threads start at PASSIVE_LEVEL.
                assert_eq!(unsafe { Cx::<Passive>::enter(section) }, Ok(()));
            });
            device.registers().write_u32(RING, 1);
            assert_eq!(section(cx), Ok(()));
        });
        kernel::quiesce();
        assert_eq!((log.deferrals(), log.ended()), (1, 1));
        unregister(cx, registration);
    });
    assert!(sum(&counters, |c| c.sections_contended) > 0);
    assert_eq!(sum(&counters, |c| c.isrs_in_threads), SEEDS);
}

#[test]
fn a_message_is_not_connected() {
    each_seed(|cx, device| {
        let registration = register(cx, device, &Arc::default(), |_| false);
        let section = registration.interrupt().synchronize(cx, Source::Message(0), |_| ());
        assert_eq!(section, Err(SyncError::NotConnected));
        unregister(cx, registration);
    });
}

#[test]
fn a_work_item_is_queued_once_until_it_starts_and_may_overlap_with_itself() {
    let (merged, each) = (Cell::new(0), Cell::new(0));
    let counters = each_seed(|cx, device| {
        let log = Arc::default();
        let registration = register(cx, device, &log, |_| false);
        for _ in 0..3 {
            device.registers().write_u32(RING, 1);
            linger(&device.registers(), 10);
        }
        kernel::quiesce();
        let (deferrals, runs) = (log.deferrals(), log.ended());
        assert!(runs >= 1 && runs <= deferrals, "{runs} runs for {deferrals}");
        let which = if runs < deferrals { &merged } else { &each };
        which.set(which.get() + 1);
        unregister(cx, registration);
    });
    assert!(merged.get() > 0 && each.get() > 0, "{merged:?} {each:?}");
    assert!(sum(&counters, |c| c.work_items_overlapping) > 0);
}

#[test]
fn unregistering_waits_for_work_items() {
    let (queued, running) = (Cell::new(0), Cell::new(0));
    each_seed(|cx, device| {
        let log = Arc::default();
        let registration = register(cx, device, &log, |_| false);
        device.registers().write_u32(RING, 1);
        while log.deferrals() == 0 {
            kernel::sleep();
        }
        queued.set(queued.get() + u32::from(log.begun() == 0));
        running.set(running.get() + u32::from(log.begun() > log.ended()));
        unregister(cx, registration);
        assert_eq!((log.begun(), log.ended()), (1, 1));
    });
    assert!(queued.get() > 0 && running.get() > 0, "{queued:?} {running:?}");
}

#[test]
fn no_method_runs_after_unregistering_whenever_that_is() {
    let ended = Cell::new(0);
    each_seed(|cx, device| {
        let log = Arc::default();
        let registration = register(cx, device, &log, |_| false);
        device.registers().write_u32(RING, 1);
        kernel::pause();
        unregister(cx, registration);
        assert_eq!(log.begun(), log.ended());
        ended.set(ended.get() + log.ended());
    });
    assert!(ended.get() > 0 && u64::from(ended.get()) < SEEDS, "{ended:?}");
}

#[test]
fn a_work_item_runs_again_until_it_is_done() {
    each_seed(|cx, device| {
        let log = Arc::default();
        let registration = register(cx, device, &log, |runs| runs < 5);
        device.registers().write_u32(RING, 1);
        kernel::quiesce();
        assert_eq!(log.ended(), 5);
        unregister(cx, registration);
    });
}

#[test]
fn a_work_item_that_is_never_done_ends_with_the_registration() {
    each_seed(|cx, device| {
        let log = Arc::default();
        let registration = register(cx, device, &log, |_| true);
        device.registers().write_u32(RING, 1);
        while log.begun() == 0 {
            kernel::sleep();
        }
        unregister(cx, registration);
        assert_eq!(log.begun(), log.ended());
    });
}

#[test]
fn a_line_is_made_of_a_lines_descriptor() {
    each_seed(|_, _| {
        assert!(line_of(&descriptor()).is_ok());
        let memory = CM_PARTIAL_RESOURCE_DESCRIPTOR { Type: CmResourceTypeMemory, ..descriptor() };
        assert_eq!(line_of(&memory).err(), Some(ErrorKind::NoInterrupt));
        let message = CM_PARTIAL_RESOURCE_DESCRIPTOR { Flags: CM_RESOURCE_INTERRUPT_MESSAGE, ..descriptor() };
        assert_eq!(line_of(&message).err(), Some(ErrorKind::Unsupported));
    });
}

/// Registers, which must fail, and leave nothing behind.
fn refused(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    line: &CM_PARTIAL_RESOURCE_DESCRIPTOR,
    config: Config,
    enabled: Result<(), Error>,
) -> Option<ErrorKind> {
    let line = line_of(line).unwrap();
    let handler = Ringer { enabled, ..ringer(device, &Arc::default(), |_| false) };
    passive::register(cx, device, &line, handler, config).err().map(|error| error.kind())
}

#[test]
fn what_cannot_be_registered_leaves_nothing_behind() {
    each_seed(|cx, device| {
        let stranger =
            CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT { Level: 0, Group: 0, Vector: 77, Affinity: 3 };
        let stranger = CM_PARTIAL_RESOURCE_DESCRIPTOR {
            u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT { Interrupt: stranger },
            ..descriptor()
        };
        assert_eq!(refused(cx, device, &stranger, LINE, Ok(())), Some(ErrorKind::NoInterrupt));
        let none = Config { request: Request::Messages { max: 0 }, ..LINE };
        assert_eq!(refused(cx, device, &descriptor(), none, Ok(())), Some(ErrorKind::Unsupported));
        let broken = Err(ErrorKind::Device.into());
        assert_eq!(refused(cx, device, &descriptor(), LINE, broken), Some(ErrorKind::Device));
    });
}

#[test]
fn a_line_has_passive_isrs_or_others() {
    each_seed(|cx, device| {
        let other = wdm::register(cx, device, Deaf, LINE).unwrap();
        assert_eq!(refused(cx, device, &descriptor(), LINE, Ok(())), Some(ErrorKind::Unsupported));
        let Deaf = other.unregister(cx);
        let registration = register(cx, device, &Arc::default(), |_| false);
        let mixed = wdm::register(cx, device, Deaf, LINE).err().map(|error| error.kind());
        assert_eq!(mixed, Some(ErrorKind::Unsupported));
        unregister(cx, registration);
    });
}

/// How much opening the device takes: a mapping and an adapter.
const OPENING: u32 = 2;

/// The work item, the pool and the connection, one after the other.
#[test]
fn without_memory_nothing_is_registered() {
    let mut machine = Machine::new();
    let failing = |at| Setup { fail_allocation: Some(OPENING + at), ..setup(0) };
    let mut outcome = |at| {
        let seen = Cell::new(None);
        let report = run(&mut machine, failing(at), |cx, device| {
            let line = line_of(&descriptor()).unwrap();
            let result =
                passive::register(cx, device, &line, ringer(device, &Arc::default(), |_| false), LINE);
            seen.set(result.as_ref().err().map(Error::kind));
            result.into_iter().for_each(|registration| drop(registration.unregister(cx)));
        });
        assert_eq!(report.violation, None, "allocation {at} fails");
        seen.get()
    };
    assert_eq!(outcome(0), Some(ErrorKind::OutOfResources));
    assert_eq!(outcome(1), Some(ErrorKind::OutOfResources));
    assert_eq!(outcome(2), Some(ErrorKind::OutOfResources));
    assert_eq!(outcome(3), None);
}

#[test]
fn a_registration_that_is_dropped_stays_connected() {
    let report = run(&mut Machine::new(), setup(0), |cx, device| {
        drop(register(cx, device, &Arc::default(), |_| false));
    });
    assert_eq!(report.violation.map(|violation| violation.rule), Some("InterruptLeft"));
}

//! Failures of a run, how it survives them, and what a run depends on: its setup, and nothing else.

mod common;

use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use core::ptr::null_mut;

use common::drivers::{MISDEEDS, busy, panic_in_a_dpc};
use common::{BUTTON, Button, Options, fires, linger, replay, run, silent};
use dirql_ddi::IoGetDmaAdapter;
use dirql_ddi::kmdf::WdfObjectDelete;
use dirql_sim::kernel::LockId;
use dirql_sim::{
    Bus, Device, Machine, Move, Moves, Ordering, Report, Scheduler, Setup, Strategy, Switch, Wiring, kernel,
};

#[test]
fn panic_fires_wherever_the_driver_panics() {
    for (rule, misdeed) in MISDEEDS {
        fires(rule, &Options::default(), misdeed);
    }
}

#[test]
fn panic_fires_even_if_the_driver_catches_it() {
    fires("panic", &Options::default(), || {
        let caught = std::panic::catch_unwind(|| panic!("caught"));
        assert!(caught.is_err());
    });
}

#[test]
fn panic_says_what_and_where() {
    let mut machine = Machine::new();
    let report = run(&mut machine, &Options::default(), 0, panic_in_a_dpc);
    let message = report.violation.unwrap().message;
    assert!(message.starts_with("in a DPC at ") && message.contains("drivers.rs:"), "{message}");
}

#[test]
fn panic_silent_when_nobody_does() {
    silent(&Options::default(), || busy(&Cell::new(0)));
}

/// What a job owns looks at what it borrows when it is dropped.
struct Looks<'a>(&'a Cell<bool>);

impl Drop for Looks<'_> {
    fn drop(&mut self) {
        assert!(self.0.get(), "what this borrows is gone");
        kernel::read_register(BUTTON, 100);
    }
}

struct Borrowed(Cell<bool>);

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[test]
fn a_job_that_never_starts_is_dropped_before_what_it_borrows() {
    let options = Options { strategy: Strategy::RunToCompletion, cpus: 1, ..Options::default() };
    for end in [|| panic!("before it starts"), || kernel::fail("panic", "before it starts".into())] {
        fires("panic", &options, || {
            let borrowed = Borrowed(Cell::new(true));
            kernel::scope(|s| {
                let looks = Looks(&borrowed.0);
                s.spawn(0, "never", move || drop(looks));
                end();
            });
        });
    }
}

/// Breaks another rule when it is dropped.
struct Worse(fn());

impl Drop for Worse {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn panic_fires_and_the_process_lives_if_destructors_go_wrong_too() {
    let wrongs: [fn(); 4] = [
        || kernel::fail("livelock", "while a panic unwinds".into()),
        // SAFETY: there is nobody to use it; what is no device object is what the rule is about.
        || unsafe {
            IoGetDmaAdapter(null_mut(), null_mut(), null_mut());
        },
        // SAFETY: as above: no framework object.
        || unsafe { WdfObjectDelete(null_mut()) },
        || kernel::release_spin_lock(LockId::executive(), 0),
    ];
    let mut machine = Machine::new();
    for wrong in wrongs {
        for seed in 0..20 {
            let report = run(&mut machine, &Options::default(), seed, || {
                let _worse = [Worse(wrong), Worse(wrong)];
                panic!("the first");
            });
            let violation = report.violation.unwrap();
            assert_eq!(violation.rule, "panic");
            assert!(violation.message.starts_with("the first at "), "{}", violation.message);
        }
    }
    assert_eq!(run(&mut machine, &Options::default(), 0, || linger(2)).violation, None);
}

#[test]
fn panic_fires_for_a_scope_that_unwinds_without_one() {
    let outlived = Cell::new(false);
    fires("panic", &Options::default(), || {
        let unwound = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let borrowed = Borrowed(Cell::new(true));
            kernel::scope(|s| {
                s.spawn(1, "borrower", || {
                    for _ in 0..50 {
                        linger(1);
                        outlived.set(outlived.get() || !borrowed.0.get());
                    }
                });
                kernel::sleep();
                std::panic::resume_unwind(Box::new(()));
            });
        }));
        assert!(unwound.is_err());
        linger(100);
    });
    assert!(!outlived.get(), "the thread went on, and what it borrows was gone");
}

/// A device whose model does one thing wrong when it takes a step.
struct Wrong(fn());

impl Device for Wrong {
    fn name(&self) -> &'static str {
        "wrong"
    }

    fn read(&mut self, _offset: u32, _bus: &mut Bus<'_>) -> u32 {
        0
    }

    fn write(&mut self, _offset: u32, _value: u32, _bus: &mut Bus<'_>) {}

    fn ready(&self) -> u32 {
        1
    }

    fn step(&mut self, _engine: u32, _bus: &mut Bus<'_>) {
        self.0();
    }
}

#[test]
fn panic_fires_when_a_model_panics_or_calls_the_kernel() {
    let mistakes: [fn(); 2] = [|| panic!("in a model"), || kernel::publish()];
    let mut machine = Machine::new();
    for mistake in mistakes {
        for seed in 0..50 {
            machine.prepare(common::setup(&Options::default(), seed));
            let wiring = Wiring { line: None, message_irqls: Vec::new(), msix: false };
            machine.attach(0, Box::new(Wrong(mistake)), &wiring);
            let report = machine.run(|| linger(2));
            assert_eq!(report.violation.unwrap().rule, "panic");
        }
    }
    assert_eq!(run(&mut machine, &Options::default(), 0, || linger(2)).violation, None);
}

#[test]
fn panic_fires_when_the_environment_calls_the_kernel() {
    fires("panic", &Options::default(), || {
        kernel::environment(BUTTON, |_: &mut Button, _| kernel::read_register(BUTTON, 0));
    });
}

/// A scheduler that wants to know too much.
struct Curious;

impl Scheduler for Curious {
    fn pick(&mut self, _moves: Moves, _default: Move, _forced: bool) -> Move {
        Move(kernel::cpu() as u8)
    }

    fn choose(&mut self, _alternatives: u32) -> u32 {
        0
    }
}

#[test]
fn panic_fires_when_a_scheduler_calls_the_kernel() {
    let mut machine = Machine::new();
    let options = Options::default();
    machine.prepare(Setup { scheduler: Box::new(Curious), ..common::setup(&options, 0) });
    common::attach(&mut machine, &options);
    let report = machine.run(|| {
        kernel::scope(|s| {
            s.spawn(1, "other", || linger(1));
            linger(1);
        });
    });
    assert_eq!(report.violation.unwrap().rule, "panic");
}

#[test]
fn a_machine_does_not_run_inside_another() {
    fires("panic", &Options::default(), || {
        run(&mut Machine::new(), &Options::default(), 0, || {});
    });
}

#[test]
#[should_panic(expected = "outside of a simulated machine")]
fn the_kernel_is_not_called_without_a_machine() {
    kernel::irql();
}

fn traced(strategy: Strategy, ordering: Ordering) -> Options {
    Options { trace: true, strategy, ordering, cpus: 3, ..Options::default() }
}

fn one(machine: &mut Machine, options: &Options, seed: u64) -> Report {
    run(machine, options, seed, || busy(&Cell::new(0)))
}

#[track_caller]
fn assert_same(a: &Report, b: &Report) {
    assert_eq!(a.violation, b.violation);
    assert_eq!(a.trace, b.trace);
    assert_eq!(a.schedule, b.schedule);
    assert_eq!((a.steps, a.points, a.counters), (b.steps, b.points, b.counters));
    assert!(!a.trace.as_ref().unwrap().is_empty());
}

#[test]
fn a_run_is_a_function_of_its_setup_whatever_ran_before() {
    let options = traced(Strategy::Random, Ordering::Arm64);
    let mut used = Machine::new();
    for seed in 0..50 {
        let (_, misdeed) = MISDEEDS[seed as usize % MISDEEDS.len()];
        assert!(run(&mut used, &Options::default(), seed, misdeed).violation.is_some());
        let again = one(&mut used, &options, seed);
        assert_same(&one(&mut Machine::new(), &options, seed), &again);
    }
}

#[test]
fn machines_in_parallel_threads_do_not_disturb_each_other() {
    let all = || -> Vec<Report> {
        let mut machine = Machine::new();
        (0..30).map(|seed| one(&mut machine, &traced(Strategy::Random, Ordering::X64), seed)).collect()
    };
    let here = all();
    let there = std::thread::scope(|s| {
        let threads = [(); 3].map(|()| s.spawn(all));
        threads.map(|thread| thread.join().unwrap())
    });
    for reports in there {
        here.iter().zip(&reports).for_each(|(a, b)| assert_same(a, b));
    }
}

#[test]
fn a_recorded_schedule_replays_the_same_run() {
    let mut machine = Machine::new();
    for strategy in Strategy::PORTFOLIO {
        for seed in 0..20 {
            let options = traced(strategy, Ordering::Arm64);
            let first = one(&mut machine, &options, seed);
            let again =
                replay(&mut machine, &options, first.schedule.clone().unwrap(), || busy(&Cell::new(0)));
            assert_eq!(again.misfits, 0);
            // Switches that turn out to be the default are not written down again.
            assert_same(&first, &Report { schedule: first.schedule.clone(), ..again });
        }
    }
}

#[test]
fn a_failure_replays_too() {
    let mut machine = Machine::new();
    let options = Options { trace: true, ..Options::default() };
    for (rule, misdeed) in MISDEEDS {
        let first = run(&mut machine, &options, 1, misdeed);
        let again = replay(&mut machine, &options, first.schedule.clone().unwrap(), misdeed);
        assert_eq!(again.violation.as_ref().unwrap().rule, rule);
        assert_eq!((again.violation, again.trace), (first.violation, first.trace));
    }
}

#[test]
fn a_schedule_for_other_code_still_runs_and_its_misfits_are_counted() {
    let mut machine = Machine::new();
    let options = Options::default();
    let mut misfits = 0;
    for seed in 0..50 {
        let schedule = one(&mut machine, &options, seed).schedule.unwrap();
        let other = replay(&mut machine, &options, schedule, || linger(3));
        assert_eq!(other.violation, None);
        misfits += other.misfits;
    }
    assert!(misfits > 0);
    let nonsense = (0..200).map(|n: u32| Switch { gap: n % 3, pick: (n * 89) as u8 }).collect();
    let report = replay(&mut machine, &options, nonsense, || busy(&Cell::new(0)));
    assert_eq!(report.violation, None, "any list of switches is a schedule");
    assert!(report.misfits > 0);
}

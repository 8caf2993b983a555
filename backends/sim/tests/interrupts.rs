//! Interrupts, locks and levels, as rules R1-R20 and R60-R61 want them.

mod common;

use core::cell::Cell;

use common::{ACK, BUTTON, Options, PULSE, STATUS, outcomes, routine, run};
use dirql_sim::{Machine, kernel};

/// A well-behaved ISR: claims its own, acknowledges.
fn polite(isrs: &Cell<u32>) -> impl Fn() -> bool + '_ {
    || {
        if kernel::read_register(BUTTON, STATUS) == 0 {
            return false;
        }
        kernel::write_register(BUTTON, ACK, 1);
        isrs.set(isrs.get() + 1);
        true
    }
}

#[test]
fn r1_r2_isr_and_sections_exclude_each_other() {
    let options = Options::default();
    let mut machine = Machine::new();
    let mut contended = 0;
    for seed in 0..300 {
        let inside = Cell::new(0);
        let worst = Cell::new(0);
        let enter = || {
            inside.set(inside.get() + 1);
            worst.set(worst.get().max(inside.get()));
            kernel::read_register(BUTTON, 100);
            inside.set(inside.get() - 1);
        };
        let isr = || {
            enter();
            kernel::write_register(BUTTON, ACK, 1);
            true
        };
        let section = || {
            enter();
            assert_eq!(kernel::irql(), 5, "R1: a section runs at SynchronizeIrql");
            true
        };
        let report = run(&mut machine, &options, seed, || {
            let line = kernel::line_of(BUTTON).unwrap();
            let id = kernel::connect(line, routine(&isr), None, 5).unwrap();
            kernel::announce(id);
            kernel::write_register(BUTTON, PULSE, 3);
            kernel::scope(|s| {
                s.spawn(1, "other", || {
                    for _ in 0..3 {
                        assert!(kernel::synchronize(id, &routine(&section)));
                    }
                });
                for _ in 0..3 {
                    kernel::synchronize(id, &routine(&section));
                }
            });
            kernel::quiesce();
            kernel::disconnect(id);
        });
        assert_eq!(report.violation, None, "seed {seed}");
        assert_eq!(worst.get(), 1, "R2: two were inside under seed {seed}");
        contended += report.counters.sections_contended;
    }
    assert!(contended > 0, "no schedule made a section wait");
}

#[test]
fn r10_synchronizing_from_the_isr_is_a_self_deadlock() {
    let found = outcomes(&Options::default(), 5, || {
        let id = Cell::new(None);
        let section = || true;
        let isr = || kernel::synchronize(id.get().unwrap(), &routine(&section));
        let line = kernel::line_of(BUTTON).unwrap();
        id.set(Some(kernel::connect(line, routine(&isr), None, 5).unwrap()));
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
    });
    assert!(found.iter().all(|rule| *rule == Some("R10")), "{found:?}");
}

#[test]
fn a_run_is_a_function_of_its_setup_and_replays() {
    let options = Options { trace: true, ..Options::default() };
    let mut machine = Machine::new();
    let once = |machine: &mut Machine, seed| {
        let isrs = Cell::new(0);
        let isr = polite(&isrs);
        run(machine, &options, seed, || {
            let line = kernel::line_of(BUTTON).unwrap();
            let id = kernel::connect(line, routine(&isr), None, 5).unwrap();
            kernel::announce(id);
            kernel::write_register(BUTTON, PULSE, 2);
            kernel::quiesce();
            kernel::disconnect(id);
        })
    };
    for seed in 0..50 {
        let first = once(&mut machine, seed);
        let again = once(&mut machine, seed);
        assert_eq!(first.violation, None);
        assert_eq!(first.trace, again.trace, "seed {seed}");
        assert!(!first.trace.unwrap().is_empty());
        assert_eq!(first.schedule, again.schedule);
    }
}

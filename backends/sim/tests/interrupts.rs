//! What interrupts, sections and IRQLs exclude, and what they do not: R1 to R9, R15, R26, R60, R61.

mod common;

use core::cell::Cell;

use common::{
    BUTTON, LINE_IRQL, MESSAGE, NEIGHBOUR, Options, PULSE, acknowledge, at, connect_line, connect_message,
    count, fires, linger, routine, silent, sometimes_fires,
};
use dirql_sim::Strategy;
use dirql_sim::kernel::{self, LockId};

fn one_cpu() -> Options {
    Options { cpus: 1, ..Options::default() }
}

/// Notes how many are inside of something at once.
#[derive(Default)]
struct Inside {
    now: Cell<u32>,
    most: Cell<u32>,
}

impl Inside {
    fn visit(&self) {
        self.now.set(self.now.get() + 1);
        self.most.set(self.most.get().max(self.now.get()));
        kernel::read_register(BUTTON, 100);
        self.now.set(self.now.get() - 1);
    }
}

#[test]
fn r1_r2_shows_that_isr_and_sections_exclude_each_other() {
    let (most, counters) = silent(&Options::default(), || {
        let inside = Inside::default();
        let isr = || {
            inside.visit();
            acknowledge(BUTTON)
        };
        let section = || {
            inside.visit();
            assert_eq!(kernel::irql(), LINE_IRQL, "R1: a section runs at SynchronizeIrql");
            true
        };
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 3);
        kernel::scope(|s| {
            s.spawn(1, "other", || {
                for _ in 0..3 {
                    assert_eq!(kernel::synchronize(id, &routine(&section)), 1);
                    assert_eq!(kernel::irql(), 0, "R1: the level is restored");
                }
            });
            for _ in 0..3 {
                kernel::synchronize(id, &routine(&section));
            }
        });
        kernel::quiesce();
        kernel::disconnect(id);
        inside.most.get()
    });
    assert_eq!(most.into_iter().collect::<Vec<_>>(), [1], "R2: never are two inside");
    assert!(counters.sections_contended > 0, "no schedule made a section wait");
}

/// Runs a section that ends `up` levels above its entry.
fn section_ends_higher(up: u8) {
    let isr = || acknowledge(BUTTON);
    let section = || {
        let old = kernel::raise_irql(LINE_IRQL + 1);
        kernel::lower_irql(old + up);
        true
    };
    let id = connect_line(&isr);
    kernel::synchronize(id, &routine(&section));
    kernel::disconnect(id);
}

#[test]
fn r1_fires_when_a_section_ends_at_another_level() {
    fires("R1", &Options::default(), || section_ends_higher(1));
}

#[test]
fn r1_silent_when_a_section_raises_and_lowers() {
    silent(&Options::default(), || section_ends_higher(0));
}

#[test]
fn r4_shows_that_an_interrupt_waits_for_its_level() {
    let (seen, _) = silent(&one_cpu(), || {
        let isrs = Cell::new(0);
        let isr = || {
            count(&isrs);
            acknowledge(BUTTON)
        };
        let id = connect_line(&isr);
        let at_level = |level| {
            at(level, || {
                kernel::write_register(BUTTON, PULSE, 1);
                linger(10);
                isrs.replace(0)
            })
        };
        let masked = at_level(LINE_IRQL);
        kernel::quiesce();
        assert_eq!(isrs.take(), 1, "what was pending came");
        let preempted = at_level(LINE_IRQL - 1);
        kernel::quiesce();
        kernel::disconnect(id);
        (masked, preempted)
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(0, 0), (0, 1)]);
}

/// Connects two messages of IRQL 5 and 7 at the given levels, under one lock.
fn share_a_lock(levels: [u8; 2]) -> u32 {
    let inside = Inside::default();
    let isr = || {
        inside.visit();
        true
    };
    let lock = LockId::for_interrupts();
    let ids = [0, 1].map(|n| connect_message(n, &isr, Some(lock), levels[n as usize]));
    kernel::write_register(BUTTON, MESSAGE, 0);
    kernel::write_register(BUTTON, MESSAGE, 1);
    kernel::quiesce();
    ids.into_iter().for_each(kernel::disconnect);
    inside.most.get()
}

fn two_messages() -> Options {
    Options { message_irqls: vec![5, 7], ..Options::default() }
}

#[test]
fn r5_fires_when_sharers_of_a_lock_have_different_levels() {
    fires("R5", &two_messages(), || {
        share_a_lock([5, 7]);
    });
}

#[test]
fn r5_silent_when_they_have_one_level_and_then_they_exclude_each_other() {
    let (most, counters) = silent(&two_messages(), || share_a_lock([7, 7]));
    assert_eq!(most.into_iter().collect::<Vec<_>>(), [1]);
    assert!(counters.sections_contended > 0);
    assert_eq!(counters.isrs_over_dirql, 0);
}

#[test]
fn r6_reaches_isrs_apart_at_once_and_nested() {
    let (seen, _) = silent(&two_messages(), || {
        let inside = Cell::new(None);
        let met = Cell::new("apart");
        let isr = || {
            match inside.replace(Some(kernel::cpu())) {
                None => {}
                Some(cpu) if cpu == kernel::cpu() => met.set("nested"),
                Some(_) => met.set("at once"),
            }
            kernel::read_register(BUTTON, 100);
            inside.set(None);
            true
        };
        let ids = [(0, 5), (1, 7)].map(|(n, irql)| connect_message(n, &isr, None, irql));
        kernel::write_register(BUTTON, MESSAGE, 0);
        kernel::write_register(BUTTON, MESSAGE, 1);
        kernel::quiesce();
        ids.into_iter().for_each(kernel::disconnect);
        met.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["apart", "at once", "nested"]);
}

#[test]
fn r7_r8_shows_that_a_section_runs_once_right_here_and_its_value_comes_back() {
    silent(&Options::default(), || {
        let isr = || acknowledge(BUTTON);
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 2);
        for wanted in [0, 1, 0, 2, 0xa5, u8::MAX] {
            let ran = Cell::new(0);
            let cpu = kernel::cpu();
            let section = || {
                count(&ran);
                assert_eq!(kernel::cpu(), cpu);
                wanted
            };
            assert_eq!(kernel::synchronize(id, &routine(&section)), wanted);
            assert_eq!(ran.get(), 1);
        }
        kernel::quiesce();
        kernel::disconnect(id);
    });
}

fn synchronize_at(level: u8) {
    let isr = || acknowledge(BUTTON);
    let id = connect_line(&isr);
    at(level, || kernel::synchronize(id, &routine(&|| true)));
    kernel::disconnect(id);
}

#[test]
fn r9_fires_above_synchronize_irql() {
    fires("R9", &Options::default(), || synchronize_at(LINE_IRQL + 1));
}

#[test]
fn r9_silent_at_synchronize_irql() {
    silent(&Options::default(), || synchronize_at(LINE_IRQL));
}

/// Connects an ISR that raises the level and then lowers it, if it is `tidy`.
fn isr_raises(tidy: bool) {
    let isr = || {
        let old = kernel::raise_irql(LINE_IRQL + 2);
        if tidy {
            kernel::lower_irql(old);
        }
        acknowledge(BUTTON)
    };
    let id = connect_line(&isr);
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
    kernel::disconnect(id);
}

#[test]
fn r15_fires_when_an_isr_returns_at_another_level() {
    fires("R15", &Options::default(), || isr_raises(false));
}

#[test]
fn r15_silent_when_an_isr_restores_its_level() {
    silent(&Options::default(), || isr_raises(true));
}

#[test]
fn r26_shows_that_a_line_storms_after_its_isr_has_gone() {
    let options = Options { neighbour: true, ..Options::default() };
    sometimes_fires("R61", &options, || {
        let own = || acknowledge(BUTTON);
        let sharer = || acknowledge(NEIGHBOUR);
        let sharer = kernel::connect(kernel::line_of(NEIGHBOUR).unwrap(), routine(&sharer), None, LINE_IRQL);
        let own = connect_line(&own);
        // The device was not told to be silent: whether it still asserts the line is a matter of time.
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::disconnect(own);
        kernel::quiesce();
        kernel::disconnect(sharer.unwrap());
    });
}

#[test]
fn r60_shows_that_the_chain_is_walked_until_one_claims() {
    let options = Options { neighbour: true, ..Options::default() };
    let (seen, _) = silent(&options, || {
        let calls = [Cell::new(0), Cell::new(0)];
        let first = || {
            count(&calls[0]);
            acknowledge(BUTTON)
        };
        let second = || {
            count(&calls[1]);
            acknowledge(NEIGHBOUR)
        };
        let first = connect_line(&first);
        let line = kernel::line_of(NEIGHBOUR).unwrap();
        let second = kernel::connect(line, routine(&second), None, LINE_IRQL).unwrap();
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        let claimed_by_first = [calls[0].take(), calls[1].take()];
        kernel::write_register(NEIGHBOUR, PULSE, 1);
        kernel::quiesce();
        kernel::disconnect(first);
        kernel::disconnect(second);
        (claimed_by_first, [calls[0].get(), calls[1].get()])
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [([1, 0], [1, 1])]);
}

/// Presses the button `presses` times under an ISR that does nothing but say what it is told to.
fn impolite_isr(claims: bool) {
    let isr = || claims;
    let id = connect_line(&isr);
    kernel::write_register(BUTTON, PULSE, 1);
    kernel::quiesce();
    kernel::disconnect(id);
}

#[test]
fn r61_fires_when_nobody_claims_an_asserted_line() {
    fires("R61", &Options::default(), || impolite_isr(false));
}

#[test]
fn r61_fires_when_an_isr_claims_but_does_not_acknowledge() {
    fires("R61", &Options::default(), || impolite_isr(true));
}

#[test]
fn r61_silent_when_the_line_is_busy_but_served() {
    let (served, _) = silent(&Options::default(), || {
        let isrs = Cell::new(0);
        let isr = || {
            count(&isrs);
            acknowledge(BUTTON)
        };
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 250);
        kernel::quiesce();
        kernel::disconnect(id);
        isrs.get()
    });
    assert_eq!(served.into_iter().collect::<Vec<_>>(), [250]);
}

#[test]
fn r61_silent_when_a_thread_goes_on_between_interrupts_that_are_taken_at_once() {
    let options = Options { strategy: Strategy::Pct { depth: 1 }, step_limit: 100_000, ..Options::default() };
    silent(&options, || {
        let isr = || acknowledge(BUTTON);
        let id = connect_line(&isr);
        for _ in 0..2_100 {
            kernel::write_register(BUTTON, PULSE, 1);
            kernel::quiesce();
        }
        kernel::disconnect(id);
    });
}

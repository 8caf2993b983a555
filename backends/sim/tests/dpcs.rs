//! Deferred procedure calls: R27 to R34 and R36 to R38.

mod common;

use core::cell::{Cell, RefCell};

use common::{
    BUTTON, LINE_IRQL, Options, PULSE, acknowledge, at, connect_line, count, dpc, fires, linger,
    routine_with, silent, sometimes_fires,
};
use dirql_sim::{Importance, irql, kernel};

const NOTHING: [usize; 2] = [0; 2];

fn one_cpu() -> Options {
    Options { cpus: 1, ..Options::default() }
}

#[test]
fn r27_r28_shows_that_inserts_coalesce_and_the_first_arguments_stay() {
    let (_, counters) = silent(&one_cpu(), || {
        let runs = RefCell::new(Vec::new());
        let deferred = |[_, first, second]: [usize; 3]| runs.borrow_mut().push([first, second]);
        let dpc = kernel::create_dpc(routine_with(0, &deferred));
        at(irql::DISPATCH, || {
            assert!(kernel::insert_dpc(dpc, [1, 2]));
            assert!(!kernel::insert_dpc(dpc, [3, 4]), "it is queued already");
            assert!(!kernel::insert_dpc(dpc, [5, 6]));
        });
        assert_eq!(*runs.borrow(), [[1, 2]], "one run serves them all");
        assert!(kernel::insert_dpc(dpc, [7, 8]));
        assert_eq!(*runs.borrow(), [[1, 2], [7, 8]]);
    });
    assert_eq!(counters.dpcs_coalesced, 600);
}

#[test]
fn r29_reaches_a_dpc_on_two_processors_at_once_and_one_after_the_other() {
    let (most, counters) = silent(&Options::default(), || {
        let inside = Cell::new(0_u32);
        let most = Cell::new(0);
        let deferred = || {
            inside.set(inside.get() + 1);
            most.set(most.get().max(inside.get()));
            linger(2);
            inside.set(inside.get() - 1);
            true
        };
        let dpc = dpc(&deferred);
        kernel::set_dpc_target(dpc, 1);
        kernel::insert_dpc(dpc, NOTHING);
        kernel::set_dpc_target(dpc, 0);
        linger(1);
        kernel::insert_dpc(dpc, NOTHING);
        kernel::flush_dpcs();
        most.get()
    });
    assert_eq!(most.into_iter().collect::<Vec<_>>(), [1, 2]);
    assert!(counters.dpcs_overlapping > 0);
}

#[test]
fn r30_reaches_every_processor() {
    let options = Options { cpus: 3, ..Options::default() };
    let (ran_on, _) = silent(&options, || {
        let cpu = Cell::new(None);
        let deferred = || {
            cpu.set(Some(kernel::cpu()));
            true
        };
        kernel::insert_dpc(dpc(&deferred), NOTHING);
        kernel::flush_dpcs();
        cpu.get().unwrap()
    });
    assert_eq!(ran_on.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn r31_shows_that_a_new_target_is_for_later_inserts() {
    silent(&Options::default(), || {
        let cpus = RefCell::new(Vec::new());
        let deferred = || {
            cpus.borrow_mut().push(kernel::cpu());
            true
        };
        let dpc = dpc(&deferred);
        kernel::set_dpc_target(dpc, 1);
        kernel::insert_dpc(dpc, NOTHING);
        kernel::set_dpc_target(dpc, 0);
        kernel::flush_dpcs();
        kernel::insert_dpc(dpc, NOTHING);
        kernel::flush_dpcs();
        assert_eq!(*cpus.borrow(), [1, 0]);
    });
}

#[test]
fn r32_shows_that_high_importance_goes_first() {
    let (orders, _) = silent(&one_cpu(), || {
        let order = RefCell::new(Vec::new());
        let note = |name| {
            order.borrow_mut().push(name);
            true
        };
        let (low, medium, high) = (|| note("low"), || note("medium"), || note("high"));
        let dpcs = [dpc(&low), dpc(&medium), dpc(&high)];
        dpcs.into_iter().for_each(|dpc| kernel::set_dpc_target(dpc, 0));
        kernel::set_dpc_importance(dpcs[0], Importance::Low);
        kernel::set_dpc_importance(dpcs[2], Importance::High);
        at(irql::DISPATCH, || dpcs.into_iter().for_each(|dpc| assert!(kernel::insert_dpc(dpc, NOTHING))));
        order.take()
    });
    assert_eq!(orders.into_iter().collect::<Vec<_>>(), [["high", "low", "medium"]]);
}

#[test]
fn r33_shows_that_a_dpc_waits_for_its_processor_and_only_interrupts_preempt_it() {
    let (_, counters) = silent(&one_cpu(), || {
        let isr = || acknowledge(BUTTON);
        let id = connect_line(&isr);
        let running = Cell::new(false);
        let runs = Cell::new(0);
        let deferred = || {
            assert_eq!(kernel::irql(), irql::DISPATCH);
            assert!(!running.replace(true), "a DPC preempted a DPC");
            linger(5);
            running.set(false);
            count(&runs);
            true
        };
        let dpcs = [dpc(&deferred), dpc(&deferred)];
        kernel::scope(|s| {
            s.spawn(0, "thread", || {
                linger(1);
                assert!(!running.get(), "a thread preempted a DPC");
            });
            at(irql::DISPATCH, || {
                dpcs.into_iter().for_each(|dpc| assert!(kernel::insert_dpc(dpc, NOTHING)));
                kernel::write_register(BUTTON, PULSE, 1);
                linger(5);
                assert_eq!(runs.get(), 0, "it ran above its level");
            });
            assert_eq!(runs.get(), 2, "it did not run when the level dropped");
        });
        kernel::quiesce();
        kernel::disconnect(id);
    });
    assert!(counters.isrs_over_dpc > 0, "no interrupt preempted a DPC");
}

/// Queues a DPC that raises the level, and lowers it again if it is `tidy`.
fn dpc_raises(tidy: bool) {
    let deferred = || {
        let old = kernel::raise_irql(LINE_IRQL);
        if tidy {
            kernel::lower_irql(old);
        }
        true
    };
    kernel::insert_dpc(dpc(&deferred), NOTHING);
    kernel::flush_dpcs();
}

#[test]
fn r33_fires_when_a_dpc_returns_at_another_level() {
    fires("R33", &Options::default(), || dpc_raises(false));
}

#[test]
fn r33_silent_when_it_restores_its_level() {
    silent(&Options::default(), || dpc_raises(true));
}

#[test]
fn r34_reaches_a_dpc_before_and_after_the_end_of_its_isr() {
    let (before, counters) = silent(&Options::default(), || {
        let in_isr = Cell::new(false);
        let started_in_isr = Cell::new(false);
        let deferred = || {
            started_in_isr.set(in_isr.get());
            true
        };
        let dpc = dpc(&deferred);
        let isr = || {
            in_isr.set(true);
            kernel::insert_dpc(dpc, NOTHING);
            let claimed = acknowledge(BUTTON);
            in_isr.set(false);
            claimed
        };
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        kernel::disconnect(id);
        started_in_isr.get()
    });
    assert_eq!(before.into_iter().collect::<Vec<_>>(), [false, true]);
    assert!(counters.dpcs_before_isr_end > 0);
}

#[test]
fn r36_shows_that_a_removed_dpc_never_runs_and_a_running_one_goes_on() {
    let (seen, _) = silent(&Options::default(), || {
        let started = Cell::new(0);
        let ended = Cell::new(0);
        let deferred = || {
            count(&started);
            linger(2);
            count(&ended);
            true
        };
        let dpc = dpc(&deferred);
        kernel::set_dpc_target(dpc, 1);
        kernel::insert_dpc(dpc, NOTHING);
        linger(1);
        let removed = kernel::remove_dpc(dpc);
        let running = started.get() > ended.get();
        kernel::quiesce();
        assert_eq!(started.get(), u32::from(!removed));
        assert!(!kernel::remove_dpc(dpc));
        (removed, running)
    });
    // Removed in time; too late, while it ran; too late, after it.
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(false, false), (false, true), (true, false)]);
}

#[test]
fn r37_shows_that_a_flush_waits_for_what_was_queued_before_it() {
    silent(&Options::default(), || {
        let ended = Cell::new(0);
        let deferred = || {
            linger(2);
            count(&ended);
            true
        };
        let dpcs = [dpc(&deferred), dpc(&deferred)];
        for (cpu, dpc) in dpcs.into_iter().enumerate() {
            kernel::set_dpc_target(dpc, cpu as u8);
            kernel::insert_dpc(dpc, NOTHING);
        }
        kernel::flush_dpcs();
        assert_eq!(ended.get(), 2);
    });
}

#[test]
fn r37_fires_above_passive_level() {
    fires("R37", &Options::default(), || at(1, kernel::flush_dpcs));
}

#[test]
fn r37_silent_without_anything_queued() {
    silent(&Options::default(), kernel::flush_dpcs);
}

/// Frees a DPC object that was queued to another processor, after a flush if `flushed`.
fn free_a_dpc(flushed: bool) {
    let deferred = || true;
    let dpc = dpc(&deferred);
    kernel::set_dpc_target(dpc, 1);
    kernel::insert_dpc(dpc, NOTHING);
    if flushed {
        kernel::flush_dpcs();
    }
    kernel::check_dpc_freed(dpc);
    kernel::quiesce();
}

#[test]
fn r38_fires_when_a_queued_dpc_is_freed() {
    sometimes_fires("R38", &Options::default(), || free_a_dpc(false));
}

#[test]
fn r38_silent_after_a_flush() {
    silent(&Options::default(), || free_a_dpc(true));
}

//! Passive-level interrupts, wait locks and work items: rules R9, R10, R13, R20, R56, R59, R60.

mod common;

use std::cell::Cell;

use common::{
    BUTTON, LINE_IRQL, MESSAGE, NEIGHBOUR, Options, PULSE, acknowledge, at, connect_line, count, fires,
    linger, routine, silent,
};
use dirql_sim::kernel::{self, LockId};
use dirql_sim::{ConnectError, DeviceId, InterruptId, VectorId};

fn connect(vector: VectorId, isr: &impl Fn() -> bool) -> InterruptId {
    let id = kernel::connect_passive(vector, routine(isr), None).unwrap();
    kernel::announce(id);
    id
}

/// Connects a passive `isr` to the button's line.
fn connect_passive_line(isr: &impl Fn() -> bool) -> InterruptId {
    connect(kernel::line_of(BUTTON).unwrap(), isr)
}

fn messages() -> Options {
    Options { message_irqls: vec![6], ..Options::default() }
}

#[test]
fn r56_shows_isr_and_section_exclude_each_other_at_passive_level() {
    let (seen, counters) = silent(&Options::default(), || {
        let (inside, worst, level) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let alone = || {
            count(&inside);
            worst.set(worst.get().max(inside.get()));
            level.set(level.get().max(kernel::irql().into()));
            linger(2);
            inside.set(inside.get() - 1);
        };
        let isr = || {
            alone();
            acknowledge(BUTTON)
        };
        let section = || {
            alone();
            true
        };
        let id = connect_passive_line(&isr);
        kernel::write_register(BUTTON, PULSE, 2);
        kernel::synchronize(id, &routine(&section));
        kernel::synchronize(id, &routine(&section));
        kernel::quiesce();
        kernel::disconnect(id);
        (worst.get(), level.get())
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(1, 0)]);
    assert!(counters.sections_contended > 0 && counters.isrs_in_threads > 0, "{counters:?}");
}

#[test]
fn r59_shows_a_level_line_is_masked_until_its_passive_isr_has_returned() {
    let (seen, _) = silent(&Options::default(), || {
        let (calls, taken) = (Cell::new(0), Cell::new(0));
        let isr = || {
            count(&calls);
            // Asserted all the while, and nobody calls again.
            linger(5);
            taken.set(taken.get().max(calls.get()));
            let mine = acknowledge(BUTTON);
            calls.set(0);
            mine
        };
        let id = connect_passive_line(&isr);
        kernel::write_register(BUTTON, PULSE, 3);
        kernel::quiesce();
        kernel::disconnect(id);
        taken.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn r59_shows_an_edge_that_comes_during_the_isr_is_served_after_it() {
    let (seen, _) = silent(&messages(), || {
        let (calls, inside, overlap) = (Cell::new(0), Cell::new(false), Cell::new(false));
        let isr = || {
            count(&calls);
            overlap.set(overlap.get() || inside.replace(true));
            linger(4);
            inside.set(false);
            true
        };
        let id = connect(kernel::message_of(BUTTON, 0).unwrap(), &isr);
        for _ in 0..3 {
            kernel::write_register(BUTTON, MESSAGE, 0);
        }
        kernel::quiesce();
        kernel::disconnect(id);
        (calls.get(), overlap.get())
    });
    let wanted = [(1, false), (2, false), (3, false)];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), wanted);
}

#[test]
fn a_shared_line_asks_one_passive_isr_after_the_other() {
    let options = Options { neighbour: true, ..Options::default() };
    let (seen, _) = silent(&options, || {
        let (first, second) = (Cell::new(0), Cell::new(0));
        let counting = |device: DeviceId, cell: &Cell<u32>| {
            let mine = acknowledge(device);
            cell.set(cell.get() + u32::from(mine));
            mine
        };
        let isrs = (|| counting(BUTTON, &first), || counting(NEIGHBOUR, &second));
        let ids = (connect_passive_line(&isrs.0), connect_passive_line(&isrs.1));
        kernel::write_register(NEIGHBOUR, PULSE, 2);
        kernel::write_register(BUTTON, PULSE, 2);
        kernel::quiesce();
        kernel::disconnect(ids.0);
        kernel::disconnect(ids.1);
        (first.get(), second.get())
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(2, 2)]);
}

#[test]
fn wrongclaim_fires_for_a_passive_isr_that_disowns_its_interrupt() {
    fires("WrongClaim", &Options::default(), || {
        let isr = || {
            acknowledge(BUTTON);
            false
        };
        let id = connect_passive_line(&isr);
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        kernel::disconnect(id);
    });
}

#[test]
fn a_vector_has_passive_isrs_or_others() {
    silent(&Options { neighbour: true, ..Options::default() }, || {
        let isr = || false;
        let line = kernel::line_of(BUTTON).unwrap();
        let passive = connect_passive_line(&isr);
        let mixed = kernel::connect(line, routine(&isr), None, LINE_IRQL);
        assert_eq!(mixed.unwrap_err(), ConnectError::MixedLevels);
        kernel::disconnect(passive);
        let plain = connect_line(&isr);
        let mixed = kernel::connect_passive(line, routine(&isr), None);
        assert_eq!(mixed.unwrap_err(), ConnectError::MixedLevels);
        kernel::disconnect(plain);
    });
}

#[test]
fn r20_shows_disconnecting_waits_for_a_passive_isr() {
    let (seen, _) = silent(&Options::default(), || {
        let (started, running) = (Cell::new(false), Cell::new(false));
        let isr = || {
            started.set(true);
            running.set(true);
            linger(3);
            let mine = acknowledge(BUTTON);
            running.set(false);
            mine
        };
        let id = connect_passive_line(&isr);
        kernel::write_register(BUTTON, PULSE, 1);
        while !started.get() {
            kernel::sleep();
        }
        kernel::disconnect(id);
        running.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [false]);
}

#[test]
fn r9_fires_for_a_passive_interrupt_above_passive_level() {
    fires("R9", &Options::default(), || {
        let isr = || false;
        let id = connect_passive_line(&isr);
        at(2, || kernel::synchronize(id, &routine(&isr)));
    });
}

#[test]
fn r10_fires_for_a_section_in_a_passive_isr() {
    fires("R10", &Options::default(), || {
        let id = Cell::new(InterruptId::new(0));
        let inner = || true;
        let section = || kernel::synchronize(id.get(), &routine(&inner));
        id.set(connect_passive_line(&inner));
        kernel::synchronize(id.get(), &routine(&section));
    });
}

#[test]
fn waitlock_fires_for_its_own_holder() {
    fires("WaitLock", &Options::default(), || {
        let lock = LockId::wait();
        kernel::acquire_wait_lock(lock);
        kernel::acquire_wait_lock(lock);
    });
}

#[test]
fn waitlock_silent_for_threads_that_wait_for_each_other() {
    let (seen, counters) = silent(&Options::default(), || {
        let lock = LockId::wait();
        let (inside, worst) = (Cell::new(0), Cell::new(0));
        let twice = || {
            for _ in 0..2 {
                kernel::acquire_wait_lock(lock);
                count(&inside);
                worst.set(worst.get().max(inside.get()));
                linger(2);
                inside.set(inside.get() - 1);
                kernel::release_wait_lock(lock);
            }
        };
        kernel::scope(|s| {
            s.spawn(0, "first", twice);
            s.spawn(1, "second", twice);
            s.spawn(1, "third", twice);
        });
        worst.get()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1]);
    assert!(counters.wait_locks_contended > 0);
}

#[test]
fn r13_fires_for_a_wait_lock_at_dispatch_level() {
    fires("R13", &Options::default(), || {
        let lock = LockId::wait();
        kernel::scope(|s| {
            s.spawn(1, "holder", || {
                kernel::acquire_wait_lock(lock);
                kernel::quiesce();
                kernel::release_wait_lock(lock);
            });
            while kernel::try_wait_lock(lock) {
                kernel::release_wait_lock(lock);
                kernel::sleep();
            }
            at(2, || kernel::acquire_wait_lock(lock));
        });
    });
}

#[test]
fn a_work_item_is_queued_once_may_overlap_and_is_waited_for() {
    let (seen, counters) = silent(&Options::default(), || {
        let (runs, inside, worst) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let work = || {
            count(&runs);
            count(&inside);
            worst.set(worst.get().max(inside.get()));
            linger(3);
            inside.set(inside.get() - 1);
            true
        };
        let item = kernel::create_work_item(routine(&work));
        let queued = (0..3).filter(|_| kernel::queue_work_item(item)).count() as u32;
        kernel::flush_work_item(item);
        assert_eq!((queued, inside.get()), (runs.get(), 0), "R8: as often as it was queued");
        worst.get()
    });
    assert!(seen.contains(&1) && seen.contains(&2), "{seen:?}");
    assert!(counters.work_items_coalesced > 0 && counters.work_items_overlapping > 0, "{counters:?}");
}

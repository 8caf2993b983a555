//! Messages: R47 to R52, R54, R55.

mod common;

use core::cell::{Cell, RefCell};

use common::{BUTTON, MESSAGE, Options, connect_message, count, linger, routine_with, silent};
use dirql_sim::kernel::{self, LockId};

fn options(irqls: &[u8]) -> Options {
    Options { message_irqls: irqls.to_vec(), ..Options::default() }
}

fn send(n: u32) {
    kernel::write_register(BUTTON, MESSAGE, n);
}

#[test]
fn r47_shows_that_message_n_comes_as_n_and_has_its_own_lock() {
    silent(&options(&[5, 5, 5]), || {
        let order = RefCell::new(Vec::new());
        let isr = |[n, ..]: [usize; 3]| order.borrow_mut().push(n);
        let ids = [0, 1, 2].map(|n| {
            let vector = kernel::message_of(BUTTON, n as u16).unwrap();
            kernel::connect(vector, routine_with(n, &isr), None, 5).unwrap()
        });
        for n in [2, 0, 1] {
            send(n);
            kernel::quiesce();
        }
        assert_eq!(*order.borrow(), [2, 0, 1]);
        let section = || {
            // Message 1 has another lock: no self-deadlock.
            kernel::synchronize(ids[1], &common::routine(&|| true))
        };
        assert_eq!(kernel::synchronize(ids[0], &common::routine(&section)), 1);
        ids.into_iter().for_each(kernel::disconnect);
    });
}

/// Sends message 1 while a section of message 0 runs. Returns whether the ISR overlapped with the section, and
/// with a DPC.
fn overlaps(lock: impl Fn() -> Option<LockId>) -> (bool, bool) {
    let lock = lock();
    let (in_section, in_dpc) = (Cell::new(false), Cell::new(false));
    let met = Cell::new((false, false));
    let isr = || {
        let (section, dpc) = met.get();
        met.set((section | in_section.get(), dpc | in_dpc.get()));
        true
    };
    let ids = [0, 1].map(|n| connect_message(n, &isr, lock, 5));
    let deferred = || {
        in_dpc.set(true);
        linger(3);
        in_dpc.set(false);
        true
    };
    kernel::insert_dpc(common::dpc(&deferred), [0; 2]);
    let section = || {
        in_section.set(true);
        send(1);
        linger(3);
        in_section.set(false);
        true
    };
    kernel::synchronize(ids[0], &common::routine(&section));
    kernel::quiesce();
    ids.into_iter().for_each(kernel::disconnect);
    met.get()
}

#[test]
fn r48_reaches_a_section_and_anothers_isr_apart_and_together() {
    let (met, _) = silent(&options(&[5, 5]), || overlaps(|| None).0);
    assert_eq!(met.into_iter().collect::<Vec<_>>(), [false, true]);
}

#[test]
fn r49_shows_that_one_lock_excludes_all_but_dpcs() {
    let (met, _) = silent(&options(&[5, 5]), || overlaps(|| Some(LockId::for_interrupts())));
    assert!(met.iter().all(|(section, _)| !section), "a section and an ISR met");
    assert!(met.contains(&(false, true)), "no schedule put the ISR beside the DPC");
}

#[test]
fn r50_reaches_an_isr_over_the_isr_of_a_lower_message() {
    let (nested, counters) = silent(&options(&[5, 7]), || {
        let in_low_on = Cell::new(None);
        let nested = Cell::new(false);
        let low = || {
            in_low_on.set(Some(kernel::cpu()));
            linger(3);
            in_low_on.set(None);
            true
        };
        let high = || {
            nested.set(in_low_on.get() == Some(kernel::cpu()));
            true
        };
        let ids = [connect_message(0, &low, None, 5), connect_message(1, &high, None, 7)];
        send(0);
        send(1);
        kernel::quiesce();
        ids.into_iter().for_each(kernel::disconnect);
        nested.get()
    });
    assert_eq!(nested.into_iter().collect::<Vec<_>>(), [false, true]);
    assert!(counters.isrs_over_dirql > 0);
}

/// Sends `sent` messages to an ISR that counts.
fn count_isrs(sent: u32) -> u32 {
    let isrs = Cell::new(0);
    let isr = || {
        count(&isrs);
        false
    };
    let id = connect_message(0, &isr, None, 5);
    (0..sent).for_each(|_| send(0));
    kernel::quiesce();
    kernel::disconnect(id);
    isrs.get()
}

#[test]
fn r51_reaches_one_two_and_three_isrs_for_three_messages() {
    let (isrs, counters) = silent(&options(&[5]), || count_isrs(3));
    assert_eq!(isrs.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert!(counters.messages_merged > 0);
}

#[test]
fn r52_shows_that_an_ignored_message_does_not_come_again() {
    let (isrs, _) = silent(&options(&[5]), || count_isrs(1));
    assert_eq!(isrs.into_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn r52_shows_that_a_message_to_nobody_is_lost() {
    let (isrs, _) = silent(&options(&[5]), || {
        send(0);
        kernel::quiesce();
        count_isrs(0)
    });
    assert_eq!(isrs.into_iter().collect::<Vec<_>>(), [0]);
}

/// Returns how many messages are assigned of three, if so many are left.
fn assigned(messages_left: usize) -> usize {
    let options = Options { messages_left, ..options(&[5, 6, 7]) };
    let (counts, _) =
        silent(&options, || (0..3).filter(|&n| kernel::message_of(BUTTON, n).is_some()).count());
    assert_eq!(counts.len(), 1);
    counts.into_iter().next().unwrap()
}

#[test]
fn r54_shows_that_all_are_assigned_or_one_or_none() {
    assert_eq!([3, 2, 1, 0].map(assigned), [3, 1, 1, 0]);
}

#[test]
fn r55_shows_that_surplus_entries_raise_message_0() {
    silent(&options(&[5, 6]), || {
        let calls = RefCell::new(Vec::new());
        let isr = |[n, ..]: [usize; 3]| calls.borrow_mut().push(n);
        let ids = [0, 1].map(|n| {
            let vector = kernel::message_of(BUTTON, n as u16).unwrap();
            kernel::connect(vector, routine_with(n, &isr), None, 5 + n as u8).unwrap()
        });
        for entry in [1, 2, 31] {
            send(entry);
            kernel::quiesce();
        }
        assert_eq!(*calls.borrow(), [1, 0, 0]);
        ids.into_iter().for_each(kernel::disconnect);
    });
}

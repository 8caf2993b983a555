//! Connecting and disconnecting: R17, R18, R20, R21, and what is left connected or used too late.

mod common;

use core::cell::Cell;

use common::{
    ACK, BUTTON, LINE_IRQL, Options, PULSE, acknowledge, at, connect_line, count, dpc, fires, linger,
    routine, silent,
};
use dirql_sim::{InterruptId, kernel};

#[test]
fn r17_fires_when_connecting_above_passive_level() {
    fires("R17", &Options::default(), || {
        at(2, || connect_line(&|| true));
    });
}

#[test]
fn r17_fires_when_disconnecting_above_passive_level() {
    fires("R17", &Options::default(), || {
        let id = connect_line(&|| true);
        at(1, || kernel::disconnect(id));
    });
}

#[test]
fn r17_silent_at_passive_level() {
    silent(&Options::default(), || kernel::disconnect(connect_line(&|| true)));
}

#[test]
fn r18_reaches_an_isr_before_and_after_the_end_of_connect() {
    let (early, counters) = silent(&Options::default(), || {
        let id: Cell<Option<InterruptId>> = Cell::new(None);
        let early = Cell::new(false);
        let isr = || {
            early.set(id.get().is_none());
            acknowledge(BUTTON)
        };
        // A button that cannot be told to be silent is pressed meanwhile.
        kernel::write_register(BUTTON, PULSE, 1);
        id.set(Some(connect_line(&isr)));
        kernel::quiesce();
        id.take().into_iter().for_each(kernel::disconnect);
        early.get()
    });
    assert_eq!(early.into_iter().collect::<Vec<_>>(), [false, true]);
    assert!(counters.isrs_before_connected > 0);
}

#[test]
fn r20_shows_that_no_isr_runs_after_disconnect() {
    let (isrs, _) = silent(&Options::default(), || {
        let alive = Cell::new(true);
        let isrs = Cell::new(0);
        let isr = || {
            linger(2);
            assert!(alive.get(), "the ISR runs, and its driver is gone");
            count(&isrs);
            acknowledge(BUTTON)
        };
        let id = connect_line(&isr);
        kernel::write_register(BUTTON, PULSE, 2);
        linger(2);
        kernel::disconnect(id);
        alive.set(false);
        kernel::write_register(BUTTON, ACK, 1);
        kernel::quiesce();
        isrs.get()
    });
    assert!(isrs.contains(&0) && isrs.contains(&1), "{isrs:?}");
}

#[test]
fn r21_shows_that_queued_dpcs_survive_a_disconnect() {
    let (ran, _) = silent(&Options::default(), || {
        let runs = Cell::new(0);
        let deferred = || {
            linger(1);
            count(&runs);
            true
        };
        let dpc = dpc(&deferred);
        kernel::set_dpc_target(dpc, 1);
        let id = connect_line(&|| true);
        kernel::insert_dpc(dpc, [0; 2]);
        kernel::disconnect(id);
        let before = runs.get();
        kernel::quiesce();
        (before, runs.get())
    });
    assert_eq!(ran.into_iter().collect::<Vec<_>>(), [(0, 1), (1, 1)]);
}

#[test]
fn syncnotconnected_fires_after_disconnect() {
    fires("SyncNotConnected", &Options::default(), || {
        let id = connect_line(&|| true);
        kernel::disconnect(id);
        kernel::synchronize(id, &routine(&|| true));
    });
}

#[test]
fn syncnotconnected_fires_for_what_never_was_connected() {
    fires("SyncNotConnected", &Options::default(), || {
        kernel::acquire_interrupt_lock(InterruptId::new(7));
    });
}

#[test]
fn syncnotconnected_fires_on_a_second_disconnect() {
    fires("SyncNotConnected", &Options::default(), || {
        let id = connect_line(&|| true);
        kernel::disconnect(id);
        kernel::disconnect(id);
    });
}

#[test]
fn syncnotconnected_silent_while_connected() {
    silent(&Options::default(), || {
        let id = connect_line(&|| true);
        let old = kernel::acquire_interrupt_lock(id);
        assert_eq!(kernel::irql(), LINE_IRQL);
        // SAFETY: taken above; it guards nothing.
        unsafe { kernel::release_interrupt_lock(id, old) };
        kernel::disconnect(id);
    });
}

#[test]
fn interruptleft_fires_at_the_end() {
    fires("InterruptLeft", &Options::default(), || {
        connect_line(&|| true);
    });
}

#[test]
fn interruptleft_silent_after_reconnecting() {
    silent(&Options::default(), || {
        for _ in 0..3 {
            kernel::disconnect(connect_line(&|| true));
        }
    });
}

//! What excludes what under NDIS: rules R12 and R46-R49.

mod common;
#[path = "common/miniport.rs"]
mod miniport;

use std::cell::{Cell, RefCell};

use common::{BUTTON, MESSAGE, Options, PULSE, STATUS};
use dirql_ddi::ndis::*;
use dirql_sim::{kernel, ndis};
use miniport::{Answer, Dpc, Miniport, always, each, messages, press};

#[test]
fn r12_an_ndis_spin_lock_is_not_for_the_isr() {
    let taking = |in_isr: bool| {
        always(&Options::default(), || {
            let lock = RefCell::new(NDIS_SPIN_LOCK::default());
            // SAFETY: the lock is ours, and held for a moment only; here and below.
            unsafe { NdisAllocateSpinLock(lock.as_ptr()) };
            let take = || {
                // SAFETY: as above.
                unsafe { NdisAcquireSpinLock(lock.as_ptr()) };
                // SAFETY: as above.
                unsafe { NdisReleaseSpinLock(lock.as_ptr()) };
            };
            let isr = |_| {
                if in_isr {
                    take();
                }
                press(Answer::DEFERRED)
            };
            let dpc = |_: Dpc<'_>| take();
            let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
            miniport.register();
            kernel::write_register(BUTTON, PULSE, 1);
            take();
            kernel::quiesce();
            miniport.deregister();
        })
    };
    assert_eq!(taking(true), Some("R12"));
    assert_eq!(taking(false), None);
}

#[test]
fn r46_diagnosis_is_at_dirql_under_the_lock_of_each_message() {
    for options in [Options::default(), messages(&[6, 7])] {
        let levels = if options.message_irqls.is_empty() { vec![5] } else { options.message_irqls.clone() };
        let count = levels.len() as u32;
        each(&options, 50, || {
            let seen = RefCell::new(Vec::new());
            let isr = |_| press(Answer::HANDLED);
            let switch = |message: u32, enable: bool| {
                assert_eq!(kernel::irql(), levels[message as usize]);
                seen.borrow_mut().push((message, enable));
            };
            let miniport = Miniport { switch: &switch, messages: count > 1, ..Miniport::new(&isr) };
            miniport.register();
            ndis::disable_interrupts(BUTTON);
            ndis::enable_interrupts(BUTTON);
            miniport.deregister();
            let wanted = [false, true].into_iter().flat_map(|on| (0..count).map(move |m| (m, on)));
            assert_eq!(seen.take(), wanted.collect::<Vec<_>>());
        });
    }
}

/// Runs two messages' ISRs against sections, and returns how many were in the state of one message, and of
/// both together, at once.
fn crowd(one_lock: bool) -> (u32, u32) {
    let worst = Cell::new((0, 0));
    each(&messages(&[6, 7]), 200, || {
        let inside = RefCell::new([0, 0]);
        let enter = |message: usize| {
            inside.borrow_mut()[message] += 1;
            let [a, b] = *inside.borrow();
            let (one, both) = worst.get();
            worst.set((one.max(a).max(b), both.max(a + b)));
            kernel::read_register(BUTTON, STATUS);
            inside.borrow_mut()[message] -= 1;
        };
        let isr = |message| {
            enter(message as usize);
            Answer::HANDLED
        };
        let miniport = Miniport { messages: true, one_lock, ..Miniport::new(&isr) };
        miniport.register();
        assert_eq!(miniport.granted.get(), NDIS_CONNECT_MESSAGE_BASED);
        let both = || {
            for message in [0, 1] {
                kernel::write_register(BUTTON, MESSAGE, message);
                // R7: any value comes back unchanged.
                let value = 2 + message as u8;
                let section = || {
                    enter(message as usize);
                    value
                };
                assert_eq!(miniport.synchronize(message, &section), value);
            }
        };
        kernel::scope(|s| {
            s.spawn(1, "other", both);
            both();
        });
        kernel::quiesce();
        miniport.deregister();
    });
    worst.get()
}

#[test]
fn r47_r48_each_message_has_its_own_lock() {
    let (one, both) = crowd(false);
    assert_eq!(one, 1, "R47: the ISR and a section of one message overlapped");
    assert!(both > 1, "R48: no schedule had two messages at once");
}

#[test]
fn r49_with_one_lock_no_two_messages_overlap() {
    assert_eq!(crowd(true), (1, 1));
}

#[test]
fn wrongmessageid_a_message_id_is_one_that_was_granted() {
    let naming = |message| {
        always(&messages(&[6, 6]), || {
            let isr = |_| Answer::HANDLED;
            let miniport = Miniport { messages: true, ..Miniport::new(&isr) };
            miniport.register();
            miniport.synchronize(message, &|| 1);
            miniport.deregister();
        })
    };
    assert_eq!(naming(2), Some("WrongMessageId"));
    assert_eq!(naming(1), None);
}

#[test]
fn a_message_isr_counts_as_claiming_whatever_it_returns() {
    let reports = each(&messages(&[6]), 20, || {
        let isr = |_| Answer { claimed: false, ..Answer::HANDLED };
        let miniport = Miniport { messages: true, ..Miniport::new(&isr) };
        miniport.register();
        kernel::write_register(BUTTON, MESSAGE, 0);
        kernel::quiesce();
        miniport.deregister();
    });
    assert!(reports.iter().all(|r| r.counters.interrupts_unclaimed == 0));
}

//! NDIS's interrupts come and go as rules R17-R24 and R53 want it.

mod common;
#[path = "common/miniport.rs"]
mod miniport;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use common::{BUTTON, Options, PULSE, outcomes};
use dirql_ddi::STATUS_NOT_FOUND;
use dirql_ddi::ndis::*;
use dirql_sim::{Machine, kernel, ndis};
use miniport::{Answer, Dpc, Miniport, always, each, messages, press};

#[test]
fn r17_registering_is_for_passive_level() {
    let at = |irql| {
        always(&Options::default(), || {
            let isr = |_| press(Answer::HANDLED);
            let miniport = Miniport::new(&isr);
            let old = kernel::raise_irql(irql);
            miniport.register();
            kernel::lower_irql(old);
            miniport.deregister();
        })
    };
    assert_eq!(at(2), Some("R17"));
    assert_eq!(at(0), None);
}

#[test]
fn r17_deregistering_is_for_passive_level() {
    let found = always(&Options::default(), || {
        let isr = |_| press(Answer::HANDLED);
        let miniport = Miniport::new(&isr);
        miniport.register();
        kernel::raise_irql(2);
        miniport.deregister();
    });
    assert_eq!(found, Some("R17"));
}

#[test]
fn r19_the_isr_can_run_before_the_handle_is_known() {
    let seen = RefCell::new(BTreeSet::new());
    each(&Options::default(), 200, || {
        let known = Cell::new(None);
        let handle = Cell::new(std::ptr::null::<Cell<NDIS_HANDLE>>());
        let isr = |_| {
            // SAFETY: set before registering, to the miniport's cell, which outlives it.
            known.set(Some(!unsafe { (*handle.get()).get() }.is_null()));
            press(Answer::HANDLED)
        };
        let miniport = Miniport::new(&isr);
        handle.set(&miniport.handle);
        kernel::write_register(BUTTON, PULSE, 1);
        assert_eq!(miniport.register(), NDIS_STATUS_SUCCESS);
        kernel::quiesce();
        miniport.deregister();
        seen.borrow_mut().insert(known.get());
    });
    assert_eq!(seen.into_inner(), BTreeSet::from([Some(false), Some(true)]));
}

#[test]
fn r20_r22_isrs_and_dpcs_go_on_until_deregistering_returns_and_may_use_the_handle() {
    let late_isrs = Cell::new(0);
    let late_dpcs = Cell::new(0);
    each(&Options::default(), 300, || {
        let ending = Cell::new(false);
        let ended = Cell::new(false);
        let running = Cell::new(0);
        let own = Cell::new(std::ptr::null::<Miniport<'_>>());
        let isr = |_| {
            assert!(!ended.get(), "R20: an ISR runs after deregistering");
            late_isrs.set(late_isrs.get() + u32::from(ending.get()));
            press(Answer::DEFERRED)
        };
        let dpc = |_: Dpc<'_>| {
            assert!(!ended.get(), "R22: a DPC runs after deregistering");
            running.set(running.get() + 1);
            late_dpcs.set(late_dpcs.get() + u32::from(ending.get()));
            // SAFETY: set before the first interrupt.
            assert_eq!(unsafe { &*own.get() }.synchronize(0, &|| 1), 1);
            running.set(running.get() - 1);
        };
        let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
        miniport.register();
        own.set((&raw const miniport).cast());
        kernel::write_register(BUTTON, PULSE, 3);
        kernel::pause();
        ending.set(true);
        miniport.deregister();
        ended.set(true);
        assert_eq!(running.get(), 0, "R22: a DPC was still running");
    });
    assert!(late_isrs.get() > 0, "no schedule had an ISR while deregistering");
    assert!(late_dpcs.get() > 0, "no schedule had a DPC while deregistering");
}

#[test]
fn r22_a_dpc_that_always_queues_itself_keeps_deregistering_from_returning() {
    let with_one = |forever: bool| {
        outcomes(&Options::default(), 10, || {
            let own = Cell::new(std::ptr::null::<Miniport<'_>>());
            let isr = |_| press(Answer::HANDLED);
            let dpc = |_: Dpc<'_>| {
                if forever {
                    // SAFETY: set before the first DPC is queued.
                    unsafe { &*own.get() }.queue(0, 1 << kernel::cpu(), 0);
                }
            };
            let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
            miniport.register();
            own.set((&raw const miniport).cast());
            miniport.queue(0, 1, 0);
            miniport.deregister();
        })
    };
    assert!(with_one(true).iter().all(|rule| *rule == Some("livelock")));
    assert!(with_one(false).iter().all(Option::is_none));
}

#[test]
fn r23_a_deregistered_interrupt_is_not_used() {
    let using = |late: bool, queue: bool| {
        always(&Options::default(), || {
            let isr = |_| press(Answer::HANDLED);
            let miniport = Miniport::new(&isr);
            let act = || match queue {
                true => drop(miniport.queue(0, 1, 0)),
                false => drop(miniport.synchronize(0, &|| 0)),
            };
            miniport.register();
            if !late {
                act();
            }
            miniport.deregister();
            if late {
                act();
            }
        })
    };
    assert_eq!(using(true, false), Some("R23"));
    assert_eq!(using(true, true), Some("R23"));
    assert_eq!(using(false, false), None);
    assert_eq!(using(false, true), None);
}

#[test]
fn r23_deregistering_twice_and_made_up_handles_are_refused() {
    let twice = always(&Options::default(), || {
        let isr = |_| press(Answer::HANDLED);
        let miniport = Miniport::new(&isr);
        miniport.register();
        miniport.deregister();
        miniport.deregister();
    });
    assert_eq!(twice, Some("R23"));
    let made_up = always(&Options::default(), || {
        let isr = |_| press(Answer::HANDLED);
        Miniport::new(&isr).deregister();
    });
    assert_eq!(made_up, Some("InvalidHandle"));
}

#[test]
fn r24_an_interrupt_left_registered_is_reported() {
    let isr = |_| press(Answer::HANDLED);
    let left = |left: bool| {
        always(&Options::default(), || {
            let miniport = Miniport::new(&isr);
            miniport.register();
            if !left {
                miniport.deregister();
            }
        })
    };
    assert_eq!(left(true), Some("R24"));
    assert_eq!(left(false), None);
}

#[test]
fn r53_the_line_is_granted_where_there_are_no_messages_and_ignores_the_message_id() {
    each(&Options::default(), 20, || {
        let isrs = Cell::new(0);
        let isr = |message| {
            assert_eq!(message, 0);
            isrs.set(isrs.get() + 1);
            press(Answer::HANDLED)
        };
        let miniport = Miniport { messages: true, ..Miniport::new(&isr) };
        assert_eq!(miniport.register(), NDIS_STATUS_SUCCESS);
        assert_eq!(miniport.granted.get(), NDIS_CONNECT_LINE_BASED);
        miniport.synchronize(99, &|| 1);
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        miniport.deregister();
        assert_eq!(isrs.get(), 1);
    });
}

/// Registers changed characteristics of a miniport that supports messages, and returns the status.
fn status(options: &Options, change: impl Fn(&mut NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS)) -> NDIS_STATUS {
    let status = Cell::new(0);
    each(options, 5, || {
        let isr = |_| press(Answer::HANDLED);
        let miniport = Miniport { messages: true, ..Miniport::new(&isr) };
        let mut characteristics = miniport.characteristics();
        change(&mut characteristics);
        status.set(miniport.register_as(characteristics));
        if status.get() == NDIS_STATUS_SUCCESS {
            miniport.deregister();
        }
    });
    status.get()
}

#[test]
fn registration_is_refused_with_a_status() {
    let line = Options::default();
    assert_eq!(status(&line, |_| {}), NDIS_STATUS_SUCCESS);
    assert_eq!(status(&line, |c| c.Header.Size -= 1), NDIS_STATUS_BAD_VERSION);
    assert_eq!(status(&line, |c| c.EnableInterruptHandler = None), NDIS_STATUS_BAD_CHARACTERISTICS);
    assert_eq!(status(&line, |c| c.MessageInterruptHandler = None), NDIS_STATUS_BAD_CHARACTERISTICS);
    assert_eq!(status(&messages(&[6]), |_| {}), NDIS_STATUS_SUCCESS);
    assert_eq!(status(&messages(&[6]), |c| c.MsiSupported = 0), NDIS_STATUS_FAILURE);
}

#[test]
fn a_device_without_any_interrupt_has_none_to_register() {
    let mut machine = Machine::new();
    machine.prepare(common::setup(&Options { cpus: 1, ..Options::default() }, 0));
    let wiring = dirql_sim::Wiring { line: None, message_irqls: vec![], msix: false };
    machine.attach(0, Box::<common::Button>::default(), &wiring);
    let report = machine.run(|| {
        let isr = |_| Answer::HANDLED;
        assert_eq!(Miniport::new(&isr).register(), STATUS_NOT_FOUND);
    });
    assert_eq!(report.violation, None);
}

#[test]
fn memory_is_freed_with_its_length_and_holds_garbage_at_first() {
    let freeing = |len: u32| {
        always(&Options::default(), || {
            let adapter = ndis::adapter_handle(BUTTON);
            // SAFETY: at PASSIVE_LEVEL; here and below.
            let block = unsafe { NdisAllocateMemoryWithTagPriority(adapter, 48, 0, NormalPoolPriority) };
            // SAFETY: the block has 48 bytes.
            assert_ne!(unsafe { block.cast::<u8>().read() }, 0);
            // SAFETY: a wrong length is what this is about.
            unsafe { NdisFreeMemory(block, len, 0) };
        })
    };
    assert_eq!(freeing(40), Some("PoolFree"));
    assert_eq!(freeing(48), None);
}

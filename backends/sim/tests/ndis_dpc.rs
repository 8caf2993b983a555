//! NDIS's DPCs, as rules R40-R45 want them.

mod common;
#[path = "common/miniport.rs"]
mod miniport;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use common::{ACK, BUTTON, MESSAGE, Options, PULSE, STATUS, outcomes};
use dirql_ddi::ndis::{NDIS_HANDLE, NDIS_INDICATE_ALL_NBLS, NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS};
use dirql_sim::kernel;
use miniport::{Answer, Dpc, Miniport, always, each, messages, press};

#[test]
fn r40_r44_the_default_dpc_runs_on_the_isrs_processor_without_a_context() {
    let isr_ran_on = RefCell::new(BTreeSet::new());
    each(&Options { cpus: 3, ..Options::default() }, 100, || {
        let isr_cpu = Cell::new(None);
        let dpcs = Cell::new(0);
        let isr = |_| {
            isr_cpu.set(Some(kernel::cpu()));
            // TargetProcessors is ignored.
            Answer { targets: 7, ..press(Answer::DEFERRED) }
        };
        let dpc = |dpc: Dpc<'_>| {
            assert_eq!(Some(kernel::cpu()), isr_cpu.get(), "R40");
            assert_eq!(kernel::irql(), 2);
            assert_eq!(dpc.context, 0, "R44");
            dpcs.set(dpcs.get() + 1);
        };
        let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
        miniport.register();
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        miniport.deregister();
        assert_eq!(dpcs.get(), 1);
        isr_ran_on.borrow_mut().insert(isr_cpu.get());
    });
    assert!(isr_ran_on.into_inner().len() > 1, "the ISR always ran on the same processor");
}

#[test]
fn r41_target_processors_get_a_dpc_each_even_from_an_isr_that_did_not_claim() {
    let cases = [(0, vec![]), (0b101, vec![0, 2]), (0b1111_0010, vec![1])];
    for (targets, wanted) in cases {
        each(&Options { cpus: 3, ..messages(&[6]) }, 50, || {
            let ran = RefCell::new(BTreeSet::new());
            let isr = |_| Answer { claimed: false, default_dpc: false, targets };
            let dpc = |_: Dpc<'_>| assert!(ran.borrow_mut().insert(kernel::cpu()));
            let miniport = Miniport { dpc: &dpc, messages: true, ..Miniport::new(&isr) };
            miniport.register();
            kernel::write_register(BUTTON, MESSAGE, 0);
            kernel::quiesce();
            miniport.deregister();
            assert_eq!(ran.take().into_iter().collect::<Vec<_>>(), wanted, "{targets:#b}");
        });
    }
}

#[test]
fn r42_r44_a_slot_that_is_scheduled_is_not_scheduled_again() {
    each(&Options::default(), 50, || {
        let contexts = RefCell::new(Vec::new());
        let isr = |_| press(Answer::HANDLED);
        let dpc = |dpc: Dpc<'_>| contexts.borrow_mut().push((kernel::cpu(), dpc.context));
        let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
        miniport.register();
        let old = kernel::raise_irql(2);
        let own = 1 << kernel::cpu();
        assert_eq!(miniport.queue(0, own, 11), own);
        assert_eq!(miniport.queue(0, own, 22), 0, "R42");
        assert_eq!(miniport.queue(0, 0b1100, 33), 0, "there are no such processors");
        kernel::lower_irql(old);
        miniport.deregister();
        assert_eq!(*contexts.borrow(), [(0, 11)], "R44, R27");
    });
}

#[test]
fn r43_slots_of_several_processors_run_in_parallel_and_those_of_messages_are_separate() {
    let reports = each(&messages(&[6, 6]), 100, || {
        let runs = RefCell::new([0; 2]);
        let isr = |_| Answer::HANDLED;
        let dpc = |dpc: Dpc<'_>| {
            runs.borrow_mut()[dpc.message as usize] += 1;
            kernel::read_register(BUTTON, STATUS);
        };
        let miniport = Miniport { dpc: &dpc, messages: true, ..Miniport::new(&isr) };
        miniport.register();
        let old = kernel::raise_irql(2);
        assert_eq!(miniport.queue(0, 0b11, 0) | miniport.queue(1, 0b01, 0), 0b11);
        kernel::lower_irql(old);
        kernel::quiesce();
        miniport.deregister();
        assert_eq!(*runs.borrow(), [2, 1]);
    });
    assert!(reports.iter().any(|r| r.counters.dpcs_overlapping > 0), "no two DPCs overlapped");
    assert!(reports.iter().any(|r| r.counters.dpcs_overlapping == 0), "all DPCs overlapped");
}

#[test]
fn r45_more_pending_is_for_limited_dpcs_only() {
    let limits = RefCell::new(BTreeSet::new());
    let found = outcomes(&Options::default(), 100, || {
        let left = Cell::new(3);
        let isr = |_| press(Answer::DEFERRED);
        let dpc = |dpc: Dpc<'_>| {
            limits.borrow_mut().insert(dpc.throttle.MaxNblsToIndicate);
            left.set(left.get() - 1);
            dpc.throttle.MoreNblsPending = u32::from(left.get() > 0);
        };
        let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
        miniport.register();
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        assert_eq!(left.get(), 0, "R45: NDIS calls the DPC again");
        miniport.deregister();
    });
    let limits = limits.into_inner();
    assert!(limits.contains(&NDIS_INDICATE_ALL_NBLS) && limits.len() > 1, "{limits:?}");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([None, Some("R45")]));
}

#[test]
fn r45_a_dpc_that_leaves_nothing_is_not_called_again() {
    each(&Options::default(), 50, || {
        let dpcs = Cell::new(0);
        let isr = |_| press(Answer::DEFERRED);
        let dpc = |_: Dpc<'_>| dpcs.set(dpcs.get() + 1);
        let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
        miniport.register();
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
        miniport.deregister();
        assert_eq!(dpcs.get(), 1);
    });
}

/// Writes one of the two out-parameters only.
unsafe extern "C-unwind" fn careless(_: NDIS_HANDLE, default: *mut u8, _: *mut u32) -> u8 {
    kernel::write_register(BUTTON, ACK, 1);
    // SAFETY: as NDIS calls this.
    unsafe { default.write(0) };
    1
}

#[test]
fn isroutparameter_an_isr_writes_both() {
    let found = always(&Options::default(), || {
        let isr = |_| Answer::HANDLED;
        let miniport = Miniport::new(&isr);
        miniport.register_as(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
            InterruptHandler: Some(careless),
            ..miniport.characteristics()
        });
        kernel::write_register(BUTTON, PULSE, 1);
        kernel::quiesce();
    });
    assert_eq!(found, Some("IsrOutParameter"));
}

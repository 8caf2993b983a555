//! DDIs that drivers call and the backends do not.

mod common;
#[path = "common/line_driver.rs"]
mod line_driver;
#[path = "common/miniport.rs"]
mod miniport;

use core::mem::MaybeUninit;
use core::ptr::null_mut;
use std::cell::{Cell, RefCell};

use common::{BUTTON, LINE_IRQL, Options, PULSE, linger, silent};
use dirql_ddi::ndis::NdisMQueueDpc;
use dirql_ddi::{
    DISPATCH_LEVEL, HighImportance, KDPC, KDPC_IMPORTANCE, KeAcquireInterruptSpinLock, KeFlushQueuedDpcs,
    KeGetCurrentIrql, KeInitializeDpc, KeInsertQueueDpc, KeLowerIrql, KeReleaseInterruptSpinLock,
    KeSetImportanceDpc, KeSetTargetProcessorDpc, KfRaiseIrql, LowImportance, PASSIVE_LEVEL, PVOID,
};
use dirql_sim::kernel;
use line_driver::Line;
use miniport::{Answer, Dpc, Miniport, each};

/// The IRQL, as the DDI says it.
fn current() -> u8 {
    // SAFETY: any IRQL.
    unsafe { KeGetCurrentIrql() }
}

#[test]
fn a_level_is_raised_and_lowered() {
    silent(&Options::default(), || {
        assert_eq!(current(), PASSIVE_LEVEL);
        // SAFETY: from PASSIVE_LEVEL upwards.
        let old = unsafe { KfRaiseIrql(DISPATCH_LEVEL) };
        assert_eq!((old, current()), (PASSIVE_LEVEL, DISPATCH_LEVEL));
        // SAFETY: back to where it was.
        unsafe { KeLowerIrql(old) };
        assert_eq!(current(), PASSIVE_LEVEL);
    });
}

#[test]
fn an_interrupt_spin_lock_keeps_the_isr_out() {
    silent(&Options::default(), || {
        let isrs = Cell::new(0);
        let line = Line::connect(&isrs);
        // SAFETY: the interrupt is connected.
        let old = unsafe { KeAcquireInterruptSpinLock(line.interrupt) };
        assert_eq!((old, current()), (PASSIVE_LEVEL, LINE_IRQL));
        kernel::write_register(BUTTON, PULSE, 1);
        linger(20);
        assert_eq!(isrs.get(), 0);
        // SAFETY: acquired above.
        unsafe { KeReleaseInterruptSpinLock(line.interrupt, old) };
        kernel::quiesce();
        assert_eq!((isrs.get(), current()), (1, PASSIVE_LEVEL));
        line.disconnect();
    });
}

/// Notes on which processor a DPC runs, under the number that it was queued with.
unsafe extern "C-unwind" fn note(_dpc: *mut KDPC, context: PVOID, number: PVOID, _second: PVOID) {
    // SAFETY: `queued` gives this, and waits for the DPCs.
    let notes = unsafe { &*context.cast::<RefCell<Vec<(usize, usize)>>>() };
    notes.borrow_mut().push((number.addr(), kernel::cpu()));
}

/// Queues two DPCs for processor 1, of these importances, and returns what they note.
fn queued(importances: [KDPC_IMPORTANCE; 2]) -> Vec<(usize, usize)> {
    let notes = RefCell::new(Vec::new());
    let mut dpcs = [const { MaybeUninit::<KDPC>::uninit() }; 2];
    let dpcs = dpcs.each_mut().map(|dpc| dpc.as_mut_ptr());
    for (dpc, importance) in dpcs.into_iter().zip(importances) {
        // SAFETY: the memory is a KDPC's, and `note` gets the context that it wants.
        unsafe { KeInitializeDpc(dpc, Some(note), (&raw const notes).cast_mut().cast()) };
        // SAFETY: initialized above.
        unsafe { KeSetTargetProcessorDpc(dpc, 1) };
        // SAFETY: as above.
        unsafe { KeSetImportanceDpc(dpc, importance) };
    }
    // SAFETY: from PASSIVE_LEVEL upwards.
    let old = unsafe { KfRaiseIrql(DISPATCH_LEVEL) };
    for (number, dpc) in dpcs.into_iter().enumerate() {
        // SAFETY: initialized above, and flushed below.
        unsafe { KeInsertQueueDpc(dpc, core::ptr::without_provenance_mut(number), null_mut()) };
    }
    // SAFETY: back to where it was.
    unsafe { KeLowerIrql(old) };
    // SAFETY: at PASSIVE_LEVEL.
    unsafe { KeFlushQueuedDpcs() };
    notes.into_inner()
}

#[test]
fn a_dpc_runs_on_its_target() {
    let (notes, _) = silent(&Options::default(), || queued([LowImportance, LowImportance]));
    assert!(
        notes.iter().all(|notes| notes.len() == 2 && notes.iter().all(|&(_, cpu)| cpu == 1)),
        "{notes:?}"
    );
}

#[test]
fn a_dpc_of_high_importance_overtakes() {
    let (orders, _) = silent(&Options::default(), || queued([LowImportance, HighImportance])[0].0);
    assert_eq!(orders.into_iter().collect::<Vec<_>>(), [0, 1], "it can come too late, and it can come first");
    let (orders, _) = silent(&Options::default(), || queued([LowImportance, LowImportance])[0].0);
    assert_eq!(orders.into_iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn ndismqueuedpc_says_where_it_queued() {
    each(&Options::default(), 50, || {
        let ran = RefCell::new(Vec::new());
        let isr = |_| Answer::HANDLED;
        let dpc = |dpc: Dpc<'_>| ran.borrow_mut().push((kernel::cpu(), dpc.context));
        let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
        miniport.register();
        let context = core::ptr::without_provenance_mut(7);
        // SAFETY: the handle is registered; the context is only a number.
        let queued = unsafe { NdisMQueueDpc(miniport.handle.get(), 0, 0b110, context) };
        kernel::quiesce();
        miniport.deregister();
        assert_eq!(queued, 0b010, "there is no processor 2");
        assert_eq!(*ran.borrow(), [(1, 7)]);
    });
}

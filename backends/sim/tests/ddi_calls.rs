//! DDIs that drivers call and the backends do not.

mod common;
#[path = "common/line_driver.rs"]
mod line_driver;
#[path = "common/miniport.rs"]
mod miniport;

use core::mem::MaybeUninit;
use core::ptr::{null_mut, without_provenance_mut};
use std::cell::{Cell, RefCell};

use common::{BUTTON, LINE_IRQL, Options, PULSE, linger, silent};
use dirql_ddi::ndis::NdisMQueueDpc;
use dirql_ddi::{
    DEVICE_OBJECT, DISPATCH_LEVEL, HighImportance, IoInitializeDpcRequest, IoRequestDpc, KDPC,
    KDPC_IMPORTANCE, KeAcquireInterruptSpinLock, KeFlushQueuedDpcs, KeGetCurrentIrql, KeInitializeDpc,
    KeInsertQueueDpc, KeLowerIrql, KeReleaseInterruptSpinLock, KeSetImportanceDpc, KeSetTargetProcessorDpc,
    KfRaiseIrql, LowImportance, PASSIVE_LEVEL, PVOID,
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
        unsafe { KeInsertQueueDpc(dpc, without_provenance_mut(number), null_mut()) };
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

/// Notes which request and which context a device object's DPC was asked for with.
unsafe extern "C-unwind" fn serve(_dpc: *mut KDPC, device: PVOID, request: PVOID, context: PVOID) {
    // SAFETY: `request_twice` keeps its requests behind the device object.
    let served = unsafe { &(*device.cast::<Requests>()).served };
    served.borrow_mut().push((request.addr(), context.addr()));
}

/// A device object, and the requests that its DPC served.
#[repr(C)]
struct Requests {
    device: DEVICE_OBJECT,
    served: RefCell<Vec<(usize, usize)>>,
}

/// Requests the DPC twice before it runs. Returns what it served.
fn request_twice() -> Vec<(usize, usize)> {
    // SAFETY: integers and null pointers.
    let device: DEVICE_OBJECT = unsafe { core::mem::zeroed() };
    let mut requests = Requests { device, served: RefCell::default() };
    let device = (&raw mut requests).cast();
    // SAFETY: the device object is ours, and `serve` gets what it expects.
    unsafe { IoInitializeDpcRequest(device, Some(serve)) };
    // SAFETY: from PASSIVE_LEVEL upwards.
    let old = unsafe { KfRaiseIrql(DISPATCH_LEVEL) };
    for n in [1, 2] {
        let (request, context) = (without_provenance_mut(n), without_provenance_mut(n * 10));
        // SAFETY: initialized above, and flushed below; both are only numbers to the routine.
        unsafe { IoRequestDpc(device, request, context) };
    }
    // SAFETY: back to where it was.
    unsafe { KeLowerIrql(old) };
    // SAFETY: at PASSIVE_LEVEL.
    unsafe { KeFlushQueuedDpcs() };
    requests.served.into_inner()
}

#[test]
fn r35_shows_that_a_request_for_a_queued_dpc_is_lost() {
    // On one processor the DPC waits until both are made.
    let (served, _) = silent(&Options { cpus: 1, ..Options::default() }, request_twice);
    assert_eq!(served.into_iter().collect::<Vec<_>>(), [[(1, 10)]]);
}

#[test]
fn ndismqueuedpc_says_where_it_queued() {
    each(&Options::default(), 50, || {
        let ran = RefCell::new(Vec::new());
        let isr = |_| Answer::HANDLED;
        let dpc = |dpc: Dpc<'_>| ran.borrow_mut().push((kernel::cpu(), dpc.context));
        let miniport = Miniport { dpc: &dpc, ..Miniport::new(&isr) };
        miniport.register();
        let context = without_provenance_mut(7);
        // SAFETY: the handle is registered; the context is only a number.
        let queued = unsafe { NdisMQueueDpc(miniport.handle.get(), 0, 0b110, context) };
        kernel::quiesce();
        miniport.deregister();
        assert_eq!(queued, 0b010, "there is no processor 2");
        assert_eq!(*ran.borrow(), [(1, 7)]);
    });
}

//! KDPC: `DpcData` holds the number of the machine's DPC object, plus one.

use core::ffi::c_void;

use dirql_ddi::{BOOLEAN, KDPC, KDPC_IMPORTANCE, PKDEFERRED_ROUTINE, PRKDPC, PVOID, TRUE};

use super::nt;
use crate::dpc::{DpcId, Importance};
use crate::kernel::{self, fail};
use crate::routine::Routine;

/// Where each initialized KDPC lies, for the check that its memory is not freed while it is queued.
#[derive(Default)]
pub(super) struct DpcObjects(Vec<(usize, DpcId)>);

/// R38: the pool block at `address` is freed; DPC objects in it must not be queued.
pub(super) fn check_freed(address: usize) {
    let len = kernel::pool_block_len(address as *mut u8);
    let inside = address..address + len;
    for (_, id) in nt(|nt| nt.dpcs.0.clone()).into_iter().filter(|(at, _)| inside.contains(at)) {
        kernel::check_dpc_freed(id);
    }
    nt(|nt| nt.dpcs.0.retain(|(at, _)| !inside.contains(at)));
}

/// # Safety
/// `dpc` points to a KDPC.
unsafe fn id_of(dpc: PRKDPC) -> DpcId {
    // SAFETY: the caller guarantees a KDPC.
    match unsafe { (*dpc).DpcData } as usize {
        0 => fail("InvalidHandle", "a KDPC was not initialized".into()),
        n => DpcId((n - 1) as u16),
    }
}

/// Calls a KDEFERRED_ROUTINE with its DPC object, context and the two system arguments.
unsafe fn call_deferred(routine: &Routine) -> u8 {
    let [dpc, first, second] = routine.arguments().map(core::ptr::with_exposed_provenance_mut::<c_void>);
    // SAFETY: `function` was made from a PKDEFERRED_ROUTINE that is not null, by `KeInitializeDpc`.
    let deferred: PKDEFERRED_ROUTINE = unsafe { core::mem::transmute(routine.function()) };
    if let Some(deferred) = deferred {
        // SAFETY: the driver gave this routine for these arguments.
        unsafe { deferred(dpc.cast::<KDPC>(), routine.context().cast(), first, second) };
    }
    TRUE
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeInitializeDpc(
    Dpc: PRKDPC,
    DeferredRoutine: PKDEFERRED_ROUTINE,
    DeferredContext: PVOID,
) {
    let Some(function) = DeferredRoutine else { fail("InvalidHandle", "a KDPC without a routine".into()) };
    let (function, arguments) = (function as *const (), [Dpc.expose_provenance(), 0, 0]);
    // SAFETY: a driver keeps the DPC and its context until it is neither queued nor running (R38); the function is
    // of the type that `call_deferred` takes it for.
    let routine = unsafe { Routine::new(call_deferred, function, DeferredContext.cast(), arguments) };
    let id = kernel::create_dpc(routine);
    nt(|nt| nt.dpcs.0.push((Dpc as usize, id)));
    let initialized = KDPC {
        TargetInfoAsUlong: 0,
        DpcListEntry: core::ptr::null_mut(),
        ProcessorHistory: 0,
        DeferredRoutine,
        DeferredContext,
        SystemArgument1: core::ptr::null_mut(),
        SystemArgument2: core::ptr::null_mut(),
        DpcData: core::ptr::without_provenance_mut(usize::from(id.0) + 1),
    };
    // SAFETY: the caller guarantees memory for a KDPC.
    unsafe { Dpc.write(initialized) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeInsertQueueDpc(
    Dpc: PRKDPC,
    SystemArgument1: PVOID,
    SystemArgument2: PVOID,
) -> BOOLEAN {
    // SAFETY: the caller guarantees an initialized KDPC.
    let id = unsafe { id_of(Dpc) };
    let arguments = [SystemArgument1.expose_provenance(), SystemArgument2.expose_provenance()];
    BOOLEAN::from(kernel::insert_dpc(id, arguments))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeRemoveQueueDpc(Dpc: PRKDPC) -> BOOLEAN {
    // SAFETY: the caller guarantees an initialized KDPC.
    BOOLEAN::from(kernel::remove_dpc(unsafe { id_of(Dpc) }))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeFlushQueuedDpcs() {
    kernel::flush_dpcs();
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeSetImportanceDpc(Dpc: PRKDPC, Importance: KDPC_IMPORTANCE) {
    let importance = match Importance {
        dirql_ddi::LowImportance => Importance::Low,
        dirql_ddi::HighImportance => Importance::High,
        _ => Importance::Medium,
    };
    // SAFETY: the caller guarantees an initialized KDPC.
    kernel::set_dpc_importance(unsafe { id_of(Dpc) }, importance);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeSetTargetProcessorDpc(Dpc: PRKDPC, Number: i8) {
    // SAFETY: the caller guarantees an initialized KDPC.
    kernel::set_dpc_target(unsafe { id_of(Dpc) }, Number as u8);
}

const _: () = {
    let _ = [KeInitializeDpc, dirql_ddi::KeInitializeDpc];
    let _ = [KeInsertQueueDpc, dirql_ddi::KeInsertQueueDpc];
    let _ = [KeRemoveQueueDpc, dirql_ddi::KeRemoveQueueDpc];
    let _ = [KeFlushQueuedDpcs, dirql_ddi::KeFlushQueuedDpcs];
    let _ = [KeSetImportanceDpc, dirql_ddi::KeSetImportanceDpc];
    let _ = [KeSetTargetProcessorDpc, dirql_ddi::KeSetTargetProcessorDpc];
};

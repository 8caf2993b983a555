//! Deferred procedure calls.

use crate::context::{inert, point, run_dpcs, stop_if_failed, wait, with};
use crate::dpc::{DpcId, Importance};
use crate::irql::DISPATCH;
use crate::routine::Routine;

/// Makes a DPC object.
pub fn create_dpc(routine: Routine) -> DpcId {
    with(|core| core.create_dpc(routine))
}

/// Queues a DPC. Returns false, and changes nothing, if it is queued already (R27).
pub fn insert_dpc(id: DpcId, arguments: [usize; 2]) -> bool {
    if inert() {
        return false;
    }
    point();
    let (queued, now) = with(|core| {
        let queued = core.insert_dpc(id, arguments);
        (queued, core.irql() < DISPATCH && core.dpcs.any_on(core.cpu()))
    });
    if now {
        run_dpcs();
    }
    queued
}

/// Takes a DPC out of its queue. Returns whether it was queued; a run may still be going on (R36).
pub fn remove_dpc(id: DpcId) -> bool {
    point();
    !inert() && with(|core| core.remove_dpc(id))
}

/// Waits until every DPC queued before this call has finished (R37).
pub fn flush_dpcs() {
    point();
    if !inert() && !with(|core| core.flush_dpcs()) {
        stop_if_failed();
        wait();
    }
    stop_if_failed();
}

/// Sets where in its queue a DPC goes (R32).
pub fn set_dpc_importance(id: DpcId, importance: Importance) {
    with(|core| core.set_dpc_importance(id, importance));
}

/// Sets the processor for later inserts (R31).
pub fn set_dpc_target(id: DpcId, cpu: u8) {
    with(|core| core.set_dpc_target(id, cpu));
}

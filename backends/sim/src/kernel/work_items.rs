//! Work items.

use crate::context::{inert, point, stop_if_failed, wait, with};
use crate::core::object;
use crate::explore::How;
use crate::routine::Routine;
use crate::work::WorkId;

/// Makes a work item.
pub fn create_work_item(routine: Routine) -> WorkId {
    with(|core| {
        core.touch(object::NAMES, How::Write);
        core.work.create(routine)
    })
}

/// Queues a work item: a thread will run it at PASSIVE_LEVEL. Returns false, and changes nothing, if it is queued
/// already. Any IRQL.
pub fn queue_work_item(id: WorkId) -> bool {
    if inert() {
        return false;
    }
    point();
    with(|core| core.queue_work_item(id))
}

/// Waits until a work item is neither queued nor running. At PASSIVE_LEVEL.
pub fn flush_work_item(id: WorkId) {
    point();
    while !inert() && !with(|core| core.flush_work_item(id)) {
        stop_if_failed();
        wait();
    }
    stop_if_failed();
}

/// Says whether the running thread runs a work item.
pub fn is_in_work_item(id: WorkId) -> bool {
    with(|core| core.is_in_work_item(id))
}

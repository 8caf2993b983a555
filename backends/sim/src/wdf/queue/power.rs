//! What a queue does when its device leaves D0, comes back, or goes.

use super::{change, of_device, wait_until, with_queue};
use crate::wdf::dispatch::dispatch;
use crate::wdf::object::ObjectId;
use crate::wdf::{delivery, request};

fn power_managed(device: ObjectId, managed: bool) -> impl Iterator<Item = ObjectId> {
    of_device(device).into_iter().filter(move |&id| with_queue(id, |q| q.is_power_managed()) == managed)
}

/// The device leaves D0: power-managed queues deliver nothing, their callbacks have returned, and of each request that
/// is still the driver's it was told, and has answered: completed it, acknowledged the stop, or given it back.
pub(in crate::wdf) fn hold(device: ObjectId) {
    let queues: Vec<_> = power_managed(device, true).collect();
    for &id in &queues {
        change(id, |queue| queue.powered = false);
        wait_until(id, is_quiet);
    }
    for id in queues {
        delivery::tell_of_stop(id, &with_queue(id, |queue| queue.owned.clone()), false);
        wait_until(id, is_acknowledged);
    }
}

/// The device is in D0: first all power-managed queues are on, then they deliver.
pub(in crate::wdf) fn resume(device: ObjectId) {
    let queues: Vec<_> = power_managed(device, true).collect();
    for &id in &queues {
        change(id, |queue| queue.powered = true);
    }
    for id in queues {
        delivery::tell_of_resumption(id, &with_queue(id, |queue| queue.owned.clone()));
        dispatch(id);
    }
}

/// The device goes: its queues, those that are power-managed or those that are not, are purged for good.
pub(in crate::wdf) fn purge_all(device: ObjectId, managed: bool) {
    for id in power_managed(device, managed) {
        with_queue(id, |queue| queue.is_shut_down = true);
        purge(id);
        delivery::tell_of_stop(id, &with_queue(id, |queue| queue.owned.clone()), true);
        wait_until(id, is_idle);
    }
}

/// None of the queue's callbacks runs.
fn is_quiet(id: ObjectId) -> bool {
    with_queue(id, |queue| queue.inside == 0)
}

/// Nothing is the driver's, either.
pub(super) fn is_idle(id: ObjectId) -> bool {
    with_queue(id, |queue| queue.owned.is_empty() && queue.inside == 0)
}

/// The driver has said of everything that is its own that the device may go to sleep.
fn is_acknowledged(id: ObjectId) -> bool {
    with_queue(id, |queue| queue.owned.clone()).into_iter().all(request::is_acknowledged)
}

/// Refuses requests, and cancels those that wait and those that are cancelable.
pub(super) fn purge(id: ObjectId) {
    change(id, |queue| queue.accepts = false);
    while let Some(request) = with_queue(id, |queue| queue.waiting.pop_front()) {
        request::cancel_on_queue(id, request);
    }
    with_queue(id, |queue| queue.owned.clone()).into_iter().for_each(request::cancel_at_driver);
}

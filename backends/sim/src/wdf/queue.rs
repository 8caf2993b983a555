//! WDFQUEUE: requests that wait, those that are the driver's, and when the driver is given more (`fxioqueue.cpp`).

mod power;

use std::collections::VecDeque;

use dirql_ddi::wdf::{
    PWDF_DRIVER_GLOBALS, PWDF_IO_QUEUE_CONFIG, PWDF_OBJECT_ATTRIBUTES, WDF_IO_QUEUE_CONFIG,
    WDF_OBJECT_ATTRIBUTES_INIT, WDFDEVICE, WDFQUEUE, WDFREQUEST, WdfFalse, WdfIoQueueDispatchManual,
    WdfIoQueueDispatchParallel, WdfIoQueueDispatchSequential,
};
use dirql_ddi::{
    FALSE, NTSTATUS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_ENTRIES, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
};

use super::constraints::{self, CallbackLock, Constraints};
use super::device::{self, State};
use super::dispatch::{Deputy, Notice, dispatch};
use super::object::{self, Kind, ObjectId};
use super::{STATUS_WDF_NO_CALLBACK, STATUS_WDF_PAUSED, objects, request, require_dispatch};
use crate::context::inert;
use crate::event::EventId;
use crate::kernel::{self, fail, require_passive};
pub(super) use power::{hold, purge_all, resume};
use power::{is_idle, purge};

/// A queue object.
#[derive(Clone)]
pub(super) struct Queue {
    pub(super) device: ObjectId,
    pub(super) config: WDF_IO_QUEUE_CONFIG,
    constraints: Constraints,
    /// The callbacks come at PASSIVE_LEVEL only.
    pub(super) is_passive: bool,
    /// What they are called under.
    pub(super) callback_lock: Option<CallbackLock>,
    /// Made when it is needed first.
    deputy: Option<Deputy>,
    /// What the deputy has to tell.
    notices: VecDeque<Notice>,
    /// Requests that are the framework's, in order.
    waiting: VecDeque<ObjectId>,
    /// Requests that are the driver's.
    owned: Vec<ObjectId>,
    accepts: bool,
    dispatches: bool,
    /// The device is in D0, or the queue does not care.
    powered: bool,
    /// The device goes: nothing opens the queue again.
    is_shut_down: bool,
    /// How many of the queue's callbacks run.
    inside: u32,
    /// Who waits for anything of the above to change.
    waiters: Vec<EventId>,
}

impl Queue {
    fn is_manual(&self) -> bool {
        self.config.DispatchType == WdfIoQueueDispatchManual
    }

    fn is_power_managed(&self) -> bool {
        self.config.PowerManaged != WdfFalse
    }

    fn may_hand_out(&self) -> bool {
        self.dispatches && self.powered
    }

    /// Makes the next request the driver's, if the queue is one that delivers and it is time.
    fn present(&mut self) -> Option<ObjectId> {
        let has_room = match self.config.DispatchType {
            WdfIoQueueDispatchSequential => self.owned.is_empty() && self.inside == 0,
            WdfIoQueueDispatchParallel => self.owned.len() < self.config.NumberOfPresentedRequests as usize,
            _ => false,
        };
        let request = if has_room { self.take() } else { None };
        self.inside += u32::from(request.is_some());
        request
    }

    fn take(&mut self) -> Option<ObjectId> {
        let request = if self.may_hand_out() { self.waiting.pop_front() } else { None };
        self.owned.extend(request);
        request
    }

    fn disown(&mut self, request: ObjectId) {
        self.owned.retain(|&owned| owned != request);
    }
}

/// Lets `act` use a queue, or ends the run if it is none.
pub(super) fn with_queue<R>(id: ObjectId, act: impl FnOnce(&mut Queue) -> R) -> R {
    let result = objects(|o| match o.get_mut(id) {
        Some(Kind::Queue(queue)) => Some(act(queue)),
        _ => None,
    });
    result.unwrap_or_else(|| fail("InvalidHandle", "the handle is no WDFQUEUE (0x10D/0x5)".into()))
}

/// Changes a queue, and wakes who waits for that.
fn change<R>(id: ObjectId, act: impl FnOnce(&mut Queue) -> R) -> R {
    let (result, waiters) = with_queue(id, |queue| {
        let result = act(queue);
        (result, core::mem::take(&mut queue.waiters))
    });
    waiters.into_iter().for_each(kernel::set_event);
    result
}

/// Waits until a queue is as `is` says. At PASSIVE_LEVEL.
fn wait_until(id: ObjectId, is: impl Fn(ObjectId) -> bool) {
    while !inert() && !is(id) {
        let changed = kernel::create_event();
        with_queue(id, |queue| queue.waiters.push(changed));
        kernel::wait_event(changed);
    }
}

/// Returns the queues of a device, in the order of their creation.
fn of_device(device: ObjectId) -> Vec<ObjectId> {
    let is_queue = |id: &ObjectId| objects(|o| matches!(o.get(*id), Some(Kind::Queue(_))));
    objects(|o| o.children(device)).into_iter().rev().filter(is_queue).collect()
}

/// Returns the queue that gets what no other is for.
pub(super) fn default_of(device: ObjectId) -> Option<ObjectId> {
    of_device(device).into_iter().find(|&id| with_queue(id, |q| q.config.DefaultQueue != FALSE))
}

// --- requests come and go ---

/// Puts a request behind the others. Returns false if the queue takes none.
pub(super) fn enqueue(id: ObjectId, request: ObjectId) -> bool {
    with_queue(id, |queue| {
        if queue.accepts {
            queue.waiting.push_back(request);
        }
        queue.accepts
    })
}

/// Makes a request of the driver's the framework's again, before all others. Returns false if the queue is purged,
/// and takes none.
pub(super) fn put_back(id: ObjectId, request: ObjectId) -> bool {
    change(id, |queue| {
        queue.disown(request);
        if queue.accepts {
            queue.waiting.push_front(request);
        }
        queue.accepts
    })
}

/// Takes a request out that waits. Returns false if it does not.
pub(super) fn withdraw(id: ObjectId, request: ObjectId) -> bool {
    with_queue(id, |queue| {
        let before = queue.waiting.len();
        queue.waiting.retain(|&waiting| waiting != request);
        queue.waiting.len() != before
    })
}

/// Makes a request the driver's, as if it had been delivered.
pub(super) fn give_to_driver(id: ObjectId, request: ObjectId) {
    with_queue(id, |queue| queue.owned.push(request));
}

/// A request is the driver's no more: the next one may be.
pub(super) fn disown(id: ObjectId, request: ObjectId) {
    change(id, |queue| queue.disown(request));
    dispatch(id);
}

/// Something about a request has changed that a power-down may wait for.
pub(super) fn acknowledged(id: ObjectId) {
    change(id, |_| {});
}

/// As [`Queue::present`]. When its last request is completed a queue may go, before its driver has returned from that.
pub(super) fn present(id: ObjectId) -> Option<ObjectId> {
    objects(|o| match o.get_mut(id) {
        Some(Kind::Queue(queue)) => queue.present(),
        _ => None,
    })
}

/// The callback that a request was presented to has returned.
pub(super) fn left(id: ObjectId) {
    change(id, |queue| queue.inside -= 1);
}

/// Lets `act` look at a queue, unless it is gone.
pub(super) fn look<R>(id: ObjectId, act: impl FnOnce(&Queue) -> R) -> Option<R> {
    objects(|o| match o.get(id) {
        Some(Kind::Queue(queue)) => Some(act(queue)),
        _ => None,
    })
}

/// Returns what a queue's callbacks are called under.
pub(super) fn callback_lock_of(id: ObjectId) -> Option<CallbackLock> {
    look(id, |queue| queue.callback_lock).flatten()
}

/// Returns the constraints of a queue of `device`.
pub(super) fn constraints_of(id: ObjectId, device: ObjectId) -> Option<Constraints> {
    look(id, |queue| (queue.device == device).then_some(queue.constraints)).flatten()
}

/// Returns who calls a queue's callbacks for threads that may not.
pub(super) fn deputy(id: ObjectId, create: impl FnOnce() -> Deputy) -> Deputy {
    let deputy = with_queue(id, |queue| queue.deputy).unwrap_or_else(create);
    with_queue(id, |queue| queue.deputy = Some(deputy));
    deputy
}

/// Keeps what the deputy is to tell.
pub(super) fn keep_notice(id: ObjectId, notice: Notice) {
    with_queue(id, |queue| queue.notices.push_back(notice));
}

/// Returns what the deputy is to tell next.
pub(super) fn next_notice(id: ObjectId) -> Option<Notice> {
    objects(|o| match o.get_mut(id) {
        Some(Kind::Queue(queue)) => queue.notices.pop_front(),
        _ => None,
    })
}

// --- what drivers call ---

fn check(config: &WDF_IO_QUEUE_CONFIG, device: ObjectId) -> Result<(), NTSTATUS> {
    let kinds = [WdfIoQueueDispatchSequential, WdfIoQueueDispatchParallel, WdfIoQueueDispatchManual];
    let is_deaf = config.EvtIoDefault.is_none()
        && config.EvtIoRead.is_none()
        && config.EvtIoWrite.is_none()
        && config.EvtIoDeviceControl.is_none()
        && config.EvtIoInternalDeviceControl.is_none();
    if config.Size as usize != size_of::<WDF_IO_QUEUE_CONFIG>() {
        Err(STATUS_INFO_LENGTH_MISMATCH)
    } else if !kinds.contains(&config.DispatchType) {
        Err(STATUS_INVALID_PARAMETER)
    } else if is_deaf && config.DispatchType != WdfIoQueueDispatchManual {
        Err(STATUS_WDF_NO_CALLBACK)
    } else if !is_deaf && config.DispatchType == WdfIoQueueDispatchManual {
        // Nobody would call them.
        Err(STATUS_INVALID_PARAMETER)
    } else if config.NumberOfPresentedRequests != 0 && config.DispatchType != WdfIoQueueDispatchParallel {
        Err(STATUS_INVALID_PARAMETER)
    } else if config.DefaultQueue != FALSE && default_of(device).is_some() {
        Err(STATUS_UNSUCCESSFUL)
    } else {
        Ok(())
    }
}

pub(super) unsafe extern "C-unwind" fn queue_create(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    config: PWDF_IO_QUEUE_CONFIG,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    out: *mut WDFQUEUE,
) -> NTSTATUS {
    require_dispatch("WdfIoQueueCreate");
    let device = device::id_of(device);
    // SAFETY: the caller passes a configuration.
    let config = unsafe { *config };
    if let Err(status) = check(&config, device) {
        return status;
    }
    // SAFETY: the caller passes valid attributes or none.
    let given = unsafe { attributes.as_ref() }.copied().unwrap_or(WDF_OBJECT_ATTRIBUTES_INIT());
    let constraints = Constraints::of_queue(device, &given);
    let callback_lock = match constraints::lock_of_queue(device, constraints) {
        Ok(lock) => lock,
        Err(status) => return status,
    };
    let queue = Queue {
        device,
        config,
        constraints,
        is_passive: constraints.is_passive(),
        callback_lock,
        deputy: None,
        notices: VecDeque::new(),
        waiting: VecDeque::new(),
        owned: Vec::new(),
        accepts: true,
        dispatches: true,
        powered: config.PowerManaged == WdfFalse || device::get(device).state == State::D0,
        is_shut_down: false,
        inside: 0,
        waiters: Vec::new(),
    };
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::Queue(queue), Some(device), attributes) } {
        Ok(id) => {
            if !out.is_null() {
                // SAFETY: the caller guarantees a handle to write to, if any.
                unsafe { out.write(id.handle()) };
            }
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

pub(super) unsafe extern "C-unwind" fn queue_get_device(
    _: PWDF_DRIVER_GLOBALS,
    queue: WDFQUEUE,
) -> WDFDEVICE {
    with_queue(ObjectId::of(queue), |queue| queue.device).handle()
}

/// Takes the next request out of a queue that does not deliver by itself what it likes.
pub(super) unsafe extern "C-unwind" fn retrieve_next(
    _: PWDF_DRIVER_GLOBALS,
    queue: WDFQUEUE,
    out: *mut WDFREQUEST,
) -> NTSTATUS {
    require_dispatch("WdfIoQueueRetrieveNextRequest");
    let id = ObjectId::of(queue);
    kernel::pause();
    let request = with_queue(id, |queue| match queue.config.DispatchType {
        WdfIoQueueDispatchParallel => Err(STATUS_INVALID_DEVICE_STATE),
        _ if !queue.may_hand_out() => Err(STATUS_WDF_PAUSED),
        _ => queue.take().ok_or(STATUS_NO_MORE_ENTRIES),
    });
    match request {
        Ok(request) => {
            request::presented(request);
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(request.handle()) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

pub(super) unsafe extern "C-unwind" fn queue_start(_: PWDF_DRIVER_GLOBALS, queue: WDFQUEUE) {
    require_dispatch("WdfIoQueueStart");
    let id = ObjectId::of(queue);
    change(id, |queue| {
        queue.accepts = !queue.is_shut_down;
        queue.dispatches = true;
    });
    dispatch(id);
}

/// Goes on accepting requests. Not from one of the queue's callbacks, for which it would wait.
pub(super) unsafe extern "C-unwind" fn stop_synchronously(_: PWDF_DRIVER_GLOBALS, queue: WDFQUEUE) {
    require_passive("WdfIrql", "WdfIoQueueStopSynchronously");
    let id = ObjectId::of(queue);
    change(id, |queue| queue.dispatches = false);
    wait_until(id, is_idle);
}

/// As [`stop_synchronously`], but refuses requests, and cancels what it can.
pub(super) unsafe extern "C-unwind" fn purge_synchronously(_: PWDF_DRIVER_GLOBALS, queue: WDFQUEUE) {
    require_passive("WdfIrql", "WdfIoQueuePurgeSynchronously");
    let id = ObjectId::of(queue);
    purge(id);
    wait_until(id, is_idle);
}

/// Says whether a queue is one out of which the driver takes requests.
pub(super) fn is_manual(id: ObjectId) -> bool {
    with_queue(id, |queue| queue.is_manual())
}

//! WDFREQUEST: whose it is, and what may be done with it then.

use dirql_ddi::wdf::{PFN_WDF_REQUEST_CANCEL, PWDF_DRIVER_GLOBALS, WDF_REQUEST_TYPE, WDFQUEUE, WDFREQUEST};
use dirql_ddi::{
    BOOLEAN, FALSE, NTSTATUS, STATUS_CANCELLED, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER,
    STATUS_SUCCESS, ULONG, ULONG_PTR,
};

use super::caller::{self, Ticket};
use super::dispatch::{self, Notice};
use super::object::{self, Kind, ObjectId};
use super::{STATUS_WDF_BUSY, delivery, objects, queue, require_dispatch};
use crate::context::inert;
use crate::kernel::{self, fail};

/// Whose a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// It waits in its queue, or is on its way.
    Framework,
    Driver,
}

/// Where a request is on the way to being cancelled.
#[derive(Clone, Copy)]
enum Cancel {
    /// Nobody wants to, or nobody can.
    Idle,
    /// The driver gave this callback.
    Armed(unsafe extern "C-unwind" fn(WDFREQUEST)),
    /// EvtRequestCancel was called, or is about to be.
    Called,
}

/// A request object.
#[derive(Clone, Copy)]
pub(super) struct Request {
    pub(super) ticket: Ticket,
    pub(super) kind: WDF_REQUEST_TYPE,
    pub(super) code: ULONG,
    /// The system buffer, in which both input and output lie (METHOD_BUFFERED).
    pub(super) buffer: *mut u8,
    pub(super) input_len: usize,
    pub(super) output_len: usize,
    queue: ObjectId,
    owner: Owner,
    cancel: Cancel,
    is_cancelled: bool,
    /// EvtIoStop was called for it, and the driver has not answered.
    is_stopping: bool,
    is_acknowledged: bool,
}

impl Request {
    /// Makes a request that is going to be put into a queue.
    pub(super) fn new(
        ticket: Ticket,
        (kind, code): (WDF_REQUEST_TYPE, ULONG),
        buffer: *mut u8,
        (input_len, output_len): (usize, usize),
        queue: ObjectId,
    ) -> Self {
        Self {
            ticket,
            kind,
            code,
            buffer,
            input_len,
            output_len,
            queue,
            owner: Owner::Framework,
            cancel: Cancel::Idle,
            is_cancelled: false,
            is_stopping: false,
            is_acknowledged: false,
        }
    }
}

fn look(id: ObjectId) -> Option<Request> {
    objects(|o| match o.get(id) {
        Some(Kind::Request(request)) => Some(*request),
        _ => None,
    })
}

pub(super) fn get(id: ObjectId) -> Request {
    look(id).unwrap_or_else(|| fail("InvalidHandle", "the handle is no WDFREQUEST (0x10D/0x5)".into()))
}

fn change(id: ObjectId, act: impl FnOnce(&mut Request)) {
    objects(|o| {
        if let Some(Kind::Request(request)) = o.get_mut(id) {
            act(request);
        }
    });
}

/// Returns a request that the driver owns, or ends the run: it may do `what` with no other.
pub(super) fn owned(handle: WDFREQUEST, what: &str) -> (ObjectId, Request) {
    let id = ObjectId::of(handle);
    let request = get(id);
    if request.owner != Owner::Driver {
        fail("WdfRequest", format!("{what} of a request that waits in a queue: it is not the driver's"));
    }
    (id, request)
}

/// A request was taken out of its queue for the driver.
pub(super) fn presented(id: ObjectId) {
    change(id, |request| request.owner = Owner::Driver);
}

// --- completion ---

/// NT_ERROR.
fn is_error(status: NTSTATUS) -> bool {
    status as u32 >> 30 == 3
}

/// Completes a request: its caller gets status, length and data, and there is no request any more.
fn finish(id: ObjectId, status: NTSTATUS, information: usize) {
    let request = get(id);
    // SAFETY: the buffer is the request's, as long as the longer of its two uses.
    let data = unsafe { core::slice::from_raw_parts(request.buffer, information.min(request.output_len)) };
    // As the I/O manager, which copies nothing back with an error, but with a warning does.
    let data = if is_error(status) { Vec::new() } else { data.to_vec() };
    object::delete(id);
    // SAFETY: the request is over, and with it the driver's right to its buffer.
    unsafe { kernel::free_pool(request.buffer) };
    caller::completed(request.ticket, status, information, data);
}

/// Completes a request that is the framework's.
pub(super) fn refuse(id: ObjectId, status: NTSTATUS) {
    finish(id, status, 0);
}

fn complete(handle: WDFREQUEST, status: NTSTATUS, information: usize) {
    if inert() {
        return;
    }
    require_dispatch("WdfRequestComplete");
    kernel::pause();
    let (id, request) = owned(handle, "WdfRequestComplete");
    if matches!(request.cancel, Cancel::Armed(_)) {
        fail("WdfRequest", "WdfRequestComplete of a request that is marked cancelable".into());
    }
    let len_max = if request.output_len == 0 { request.input_len } else { request.output_len };
    if !is_error(status) && information > len_max {
        fail(
            "WdfRequest",
            format!("a request of {len_max} bytes is completed with {information} (0x10D/0x6/0x4)"),
        );
    }
    kernel::note("completes a request: {}", request.ticket.number());
    finish(id, status, information);
    queue::disown(request.queue, id);
}

pub(super) unsafe extern "C-unwind" fn request_complete(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    status: NTSTATUS,
) {
    complete(request, status, 0);
}

pub(super) unsafe extern "C-unwind" fn complete_with_information(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    status: NTSTATUS,
    information: ULONG_PTR,
) {
    complete(request, status, information);
}

// --- cancellation ---

/// Cancels a request, wherever it is: one that waits is completed, or is the driver's by EvtIoCanceledOnQueue; one
/// that is marked cancelable is the driver's to end. Any other remembers it.
pub(super) fn cancel(id: ObjectId) {
    let Some(request) = look(id) else { return };
    change(id, |request| request.is_cancelled = true);
    if queue::withdraw(request.queue, id) {
        return cancel_on_queue(request.queue, id);
    }
    cancel_at_driver(id);
}

/// Calls EvtRequestCancel for a request that is marked cancelable.
pub(super) fn cancel_at_driver(id: ObjectId) {
    let Some(Request { cancel: Cancel::Armed(event), queue, .. }) = look(id) else { return };
    change(id, |request| request.cancel = Cancel::Called);
    // The driver may want to complete it in between.
    kernel::pause();
    dispatch::notify(queue, Notice::Cancel(id, event));
}

/// Cancels a request that was withdrawn from its queue.
pub(super) fn cancel_on_queue(queue: ObjectId, id: ObjectId) {
    change(id, |request| request.is_cancelled = true);
    if !delivery::tell_of_cancel_on_queue(queue, id) {
        refuse(id, STATUS_CANCELLED);
    }
}

fn mark(handle: WDFREQUEST, event: PFN_WDF_REQUEST_CANCEL, what: &str) -> Result<(), ObjectId> {
    require_dispatch(what);
    kernel::pause();
    let (id, request) = owned(handle, what);
    let Some(event) = event else {
        fail("InvalidHandle", format!("{what} without a callback (0x10D/0x4)"));
    };
    if !matches!(request.cancel, Cancel::Idle) {
        fail("WdfRequest", format!("{what} of a request that is marked cancelable already"));
    }
    if request.is_cancelled {
        return Err(id);
    }
    change(id, |request| request.cancel = Cancel::Armed(event));
    Ok(())
}

/// If the request was cancelled already, the callback is called at once, or as soon as the queue's lock is free.
pub(super) unsafe extern "C-unwind" fn mark_cancelable(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    event: PFN_WDF_REQUEST_CANCEL,
) {
    if let (Err(id), Some(event)) = (mark(request, event, "WdfRequestMarkCancelable"), event) {
        change(id, |request| request.cancel = Cancel::Called);
        dispatch::notify(get(id).queue, Notice::Cancel(id, event));
    }
}

/// If the request was cancelled already, the callback is never called.
pub(super) unsafe extern "C-unwind" fn mark_cancelable_ex(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    event: PFN_WDF_REQUEST_CANCEL,
) -> NTSTATUS {
    match mark(request, event, "WdfRequestMarkCancelableEx") {
        Ok(()) => STATUS_SUCCESS,
        Err(_) => STATUS_CANCELLED,
    }
}

pub(super) unsafe extern "C-unwind" fn unmark_cancelable(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
) -> NTSTATUS {
    require_dispatch("WdfRequestUnmarkCancelable");
    kernel::pause();
    let (id, request) = owned(request, "WdfRequestUnmarkCancelable");
    match request.cancel {
        Cancel::Idle => STATUS_INVALID_PARAMETER,
        Cancel::Called => STATUS_CANCELLED,
        Cancel::Armed(_) => {
            change(id, |request| request.cancel = Cancel::Idle);
            STATUS_SUCCESS
        }
    }
}

pub(super) unsafe extern "C-unwind" fn is_canceled(_: PWDF_DRIVER_GLOBALS, request: WDFREQUEST) -> BOOLEAN {
    require_dispatch("WdfRequestIsCanceled");
    owned(request, "WdfRequestIsCanceled").1.is_cancelled.into()
}

// --- from queue to queue ---

fn require_not_cancelable(request: &Request, what: &str) {
    if !matches!(request.cancel, Cancel::Idle) {
        fail("WdfRequest", format!("{what} of a request that is marked cancelable"));
    }
}

pub(super) unsafe extern "C-unwind" fn forward(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    to: WDFQUEUE,
) -> NTSTATUS {
    require_dispatch("WdfRequestForwardToIoQueue");
    kernel::pause();
    let (id, request) = owned(request, "WdfRequestForwardToIoQueue");
    require_not_cancelable(&request, "WdfRequestForwardToIoQueue");
    let to = ObjectId::of(to);
    if to == request.queue {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if !queue::enqueue(to, id) {
        return STATUS_WDF_BUSY;
    }
    change(id, |request| (request.owner, request.queue) = (Owner::Framework, to));
    if request.is_cancelled && queue::withdraw(to, id) {
        cancel_on_queue(to, id);
    }
    queue::disown(request.queue, id);
    dispatch::dispatch(to);
    STATUS_SUCCESS
}

pub(super) unsafe extern "C-unwind" fn get_queue(_: PWDF_DRIVER_GLOBALS, request: WDFREQUEST) -> WDFQUEUE {
    get(ObjectId::of(request)).queue.handle()
}

/// Gives a request back to the manual queue that it was taken out of, before all others.
pub(super) unsafe extern "C-unwind" fn requeue(_: PWDF_DRIVER_GLOBALS, request: WDFREQUEST) -> NTSTATUS {
    require_dispatch("WdfRequestRequeue");
    kernel::pause();
    let (id, request) = owned(request, "WdfRequestRequeue");
    require_not_cancelable(&request, "WdfRequestRequeue");
    if !queue::is_manual(request.queue) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    give_back(id, &request);
    STATUS_SUCCESS
}

fn give_back(id: ObjectId, request: &Request) {
    change(id, |request| (request.owner, request.is_stopping) = (Owner::Framework, false));
    let is_back = queue::put_back(request.queue, id);
    if !is_back || request.is_cancelled && queue::withdraw(request.queue, id) {
        cancel_on_queue(request.queue, id);
    }
}

// --- power ---

/// Prepares a request for EvtIoStop. Says whether it is marked cancelable; `None` if it is not to be told of.
pub(super) fn begin_stop(id: ObjectId) -> Option<bool> {
    let request = look(id).filter(|r| r.owner == Owner::Driver && !r.is_cancelled)?;
    change(id, |request| request.is_stopping = true);
    Some(matches!(request.cancel, Cancel::Armed(_)))
}

/// Says whether the driver has acknowledged a stop, and forgets it.
pub(super) fn end_stop(id: ObjectId) -> bool {
    let was = look(id).is_some_and(|request| request.is_acknowledged);
    change(id, |request| (request.is_stopping, request.is_acknowledged) = (false, false));
    was
}

/// Says whether a power-down need not wait for a request. One that is being completed is not acknowledged.
pub(super) fn is_acknowledged(id: ObjectId) -> bool {
    look(id).is_some_and(|request| request.is_acknowledged)
}

pub(super) unsafe extern "C-unwind" fn stop_acknowledge(
    _: PWDF_DRIVER_GLOBALS,
    request: WDFREQUEST,
    requeue: BOOLEAN,
) {
    require_dispatch("WdfRequestStopAcknowledge");
    kernel::pause();
    let (id, request) = owned(request, "WdfRequestStopAcknowledge");
    if !request.is_stopping {
        fail(
            "WdfRequest",
            "WdfRequestStopAcknowledge of a request for which EvtIoStop was not called".into(),
        );
    }
    if requeue != FALSE {
        require_not_cancelable(&request, "WdfRequestStopAcknowledge");
        return give_back(id, &request);
    }
    change(id, |request| (request.is_stopping, request.is_acknowledged) = (false, true));
    queue::acknowledged(request.queue);
}

//! What a queue's callbacks are called for.

use dirql_ddi::wdf::{
    WDF_IO_QUEUE_CONFIG, WdfRequestStopActionPurge, WdfRequestStopActionSuspend,
    WdfRequestStopRequestCancelable, WdfRequestTypeDeviceControl, WdfRequestTypeRead, WdfRequestTypeWrite,
};
use dirql_ddi::{STATUS_INVALID_DEVICE_REQUEST, ULONG};

use super::constraints::serialized;
use super::dispatch::{Notice, handle, notify};
use super::object::ObjectId;
use super::queue::{self, with_queue};
use super::request::{self, Request};
use crate::kernel;

fn config(queue: ObjectId) -> WDF_IO_QUEUE_CONFIG {
    with_queue(queue, |queue| queue.config)
}

/// Gives the driver a request. One that it has no callback for is refused.
pub(super) fn deliver(queue: ObjectId, id: ObjectId) {
    request::presented(id);
    let config = config(queue);
    let Request { kind, code, input_len, output_len, ticket, .. } = request::get(id);
    let (number, handles) = (ticket.number(), (queue.handle(), id.handle()));
    match (kind, config.EvtIoRead, config.EvtIoWrite, config.EvtIoDeviceControl, config.EvtIoDefault) {
        (WdfRequestTypeRead, Some(event), ..) => handle(queue, || {
            kernel::note("calls EvtIoRead: {}", number);
            // SAFETY: the driver gave this callback for its queue; here and below.
            unsafe { event(handles.0, handles.1, output_len) }
        }),
        (WdfRequestTypeWrite, _, Some(event), ..) => handle(queue, || {
            kernel::note("calls EvtIoWrite: {}", number);
            // SAFETY: as above.
            unsafe { event(handles.0, handles.1, input_len) }
        }),
        (WdfRequestTypeDeviceControl, _, _, Some(event), _) => handle(queue, || {
            kernel::note("calls EvtIoDeviceControl: {}", number);
            // SAFETY: as above.
            unsafe { event(handles.0, handles.1, output_len, input_len, code) }
        }),
        (.., Some(event)) => handle(queue, || {
            kernel::note("calls EvtIoDefault: {}", number);
            // SAFETY: as above.
            unsafe { event(handles.0, handles.1) }
        }),
        _ => {
            request::refuse(id, STATUS_INVALID_DEVICE_REQUEST);
            queue::disown(queue, id);
        }
    }
}

/// Tells the driver that a request was cancelled.
pub(super) fn tell(queue: ObjectId, notice: Notice) {
    match notice {
        Notice::Cancel(id, event) => handle(queue, || {
            kernel::note("calls EvtRequestCancel: {}", request::get(id).ticket.number());
            // SAFETY: the driver gave this callback for its request.
            unsafe { event(id.handle()) };
        }),
        Notice::CanceledOnQueue(id, event) => handle(queue, || {
            // SAFETY: the driver gave this callback for its queue.
            unsafe { event(queue.handle(), id.handle()) };
        }),
    }
}

/// Calls EvtIoStop for requests that are the driver's; without that callback the driver is waited for.
pub(super) fn tell_of_stop(queue: ObjectId, requests: &[ObjectId], is_going: bool) {
    let Some(event) = config(queue).EvtIoStop else { return };
    let action: ULONG = if is_going { WdfRequestStopActionPurge } else { WdfRequestStopActionSuspend };
    for &id in requests {
        let Some(is_cancelable) = request::begin_stop(id) else { continue };
        let cancelable = if is_cancelable { WdfRequestStopRequestCancelable } else { 0 };
        kernel::note("calls EvtIoStop: {}", request::get(id).ticket.number());
        serialized(queue::callback_lock_of(queue), || {
            // SAFETY: the driver gave this callback for its queue.
            unsafe { event(queue.handle(), id.handle(), action | cancelable) };
        });
    }
}

/// Calls EvtIoResume for requests whose stop the driver acknowledged.
pub(super) fn tell_of_resumption(queue: ObjectId, requests: &[ObjectId]) {
    let event = config(queue).EvtIoResume;
    for &id in requests {
        let was_stopped = request::end_stop(id);
        if let Some(event) = event.filter(|_| was_stopped) {
            serialized(queue::callback_lock_of(queue), || {
                // SAFETY: the driver gave this callback for its queue.
                unsafe { event(queue.handle(), id.handle()) };
            });
        }
    }
}

/// Gives the driver a request that was cancelled while it waited, if it wants such.
pub(super) fn tell_of_cancel_on_queue(queue: ObjectId, id: ObjectId) -> bool {
    let Some(event) = config(queue).EvtIoCanceledOnQueue else { return false };
    queue::give_to_driver(queue, id);
    request::presented(id);
    notify(queue, Notice::CanceledOnQueue(id, event));
    true
}

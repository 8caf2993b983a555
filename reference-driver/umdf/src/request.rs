//! Requests and queues: whose a request is.

use core::ptr::null_mut;

use dirql_ddi::umdf::*;
use dirql_ddi::{NT_SUCCESS, NTSTATUS, PVOID, STATUS_BUFFER_TOO_SMALL, STATUS_SUCCESS};

/// A request that is the driver's alone: whoever has this completes it, or gives it to a queue.
#[must_use = "a request that is forgotten is never completed"]
pub(crate) struct Request(WDFREQUEST);

impl Request {
    /// # Safety
    /// The framework gave the request to the driver, and nobody else in the driver has it.
    pub(crate) unsafe fn new(handle: WDFREQUEST) -> Self {
        Self(handle)
    }

    pub(crate) fn complete(self, status: NTSTATUS) {
        // SAFETY: the request is the driver's; this gives it up.
        unsafe { WdfRequestComplete(self.0, status) };
    }

    /// Completes the request with an answer, or says that there is no room for it.
    pub(crate) fn answer(self, answer: &[u8]) {
        let mut buffer: PVOID = null_mut();
        // SAFETY: the request is the driver's, and the rest ours.
        let status =
            unsafe { WdfRequestRetrieveOutputBuffer(self.0, answer.len(), &raw mut buffer, null_mut()) };
        if !NT_SUCCESS(status) {
            return self.complete(STATUS_BUFFER_TOO_SMALL);
        }
        // SAFETY: the buffer is at least as long as the answer, and is there until the request is completed.
        unsafe { core::ptr::copy_nonoverlapping(answer.as_ptr(), buffer.cast(), answer.len()) };
        // SAFETY: the request is the driver's; this gives it up.
        unsafe { WdfRequestCompleteWithInformation(self.0, STATUS_SUCCESS, answer.len()) };
    }

    /// Returns what the caller passed.
    pub(crate) fn input(&self) -> &[u8] {
        let (mut buffer, mut len): (PVOID, usize) = (null_mut(), 0);
        // SAFETY: the request is the driver's, and the rest ours.
        let status = unsafe { WdfRequestRetrieveInputBuffer(self.0, 1, &raw mut buffer, &raw mut len) };
        if !NT_SUCCESS(status) {
            return &[];
        }
        // SAFETY: the buffer is as long as that, and is there until the request is completed.
        unsafe { core::slice::from_raw_parts(buffer.cast(), len) }
    }

    /// Lets the request wait in a queue. If that takes none, the request is completed.
    pub(crate) fn forward(self, queue: Queue) {
        // SAFETY: the request is the driver's, not cancelable, and of the queue's device.
        let status = unsafe { WdfRequestForwardToIoQueue(self.0, queue.0) };
        if !NT_SUCCESS(status) {
            self.complete(status);
        }
    }
}

/// A manual queue: requests wait in it, cancelable, until they are taken out.
#[derive(Clone, Copy)]
pub(crate) struct Queue(WDFQUEUE);

// SAFETY: queues may be used on any thread.
unsafe impl Send for Queue {}
// SAFETY: as for Send.
unsafe impl Sync for Queue {}

impl Queue {
    /// # Safety
    /// The queue is a manual one of the device that the result is used for, and as long as that is there.
    pub(crate) unsafe fn new(handle: WDFQUEUE) -> Self {
        Self(handle)
    }

    /// Takes the oldest request; `None` if there is none, or the device is not in D0.
    pub(crate) fn next(self) -> Option<Request> {
        let mut request = null_mut();
        // SAFETY: the queue is alive, and the request's place is ours.
        let status = unsafe { WdfIoQueueRetrieveNextRequest(self.0, &raw mut request) };
        NT_SUCCESS(status).then_some(Request(request))
    }
}

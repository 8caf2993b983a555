//! Requests and queues: whose a request is.

use core::ptr::null_mut;

use dirql_ddi::{NT_SUCCESS, NTSTATUS, PVOID, STATUS_BUFFER_TOO_SMALL, STATUS_SUCCESS};

use crate::framework::*;

/// A request that is the driver's alone: whoever has this completes it, or gives it back to a queue.
#[must_use = "a request that is forgotten is never completed"]
pub(crate) struct Request(WDFREQUEST);

// SAFETY: requests may be used on any thread and processor.
unsafe impl Send for Request {}

impl Request {
    /// # Safety
    /// The framework gave the request to the driver, and nobody else in the driver has it.
    pub(crate) unsafe fn new(handle: WDFREQUEST) -> Self {
        Self(handle)
    }

    /// Returns its handle; the request stays the driver's.
    pub(crate) fn handle(&self) -> WDFREQUEST {
        self.0
    }

    pub(crate) fn complete(self, status: NTSTATUS) {
        self.complete_with(status, 0);
    }

    /// Completes the request, with so many bytes read or written.
    pub(crate) fn complete_with(self, status: NTSTATUS, len: usize) {
        // SAFETY: the request is the driver's and not marked cancelable; this gives it up.
        unsafe { WdfRequestCompleteWithInformation(self.handle(), status, len) };
    }

    /// Completes the request with an answer, or says that there is no room for it.
    pub(crate) fn answer(mut self, answer: &[u8]) {
        let Some(to) = self.output().get_mut(..answer.len()) else {
            return self.complete(STATUS_BUFFER_TOO_SMALL);
        };
        to.copy_from_slice(answer);
        self.complete_with(STATUS_SUCCESS, answer.len());
    }

    /// Returns what the caller wrote.
    pub(crate) fn input(&self) -> &[u8] {
        let (mut buffer, mut len) = (null_mut(), 0);
        // SAFETY: the request is the driver's, and the rest ours.
        let status =
            unsafe { WdfRequestRetrieveInputBuffer(self.handle(), 1, &raw mut buffer, &raw mut len) };
        if !NT_SUCCESS(status) {
            return &[];
        }
        // SAFETY: the buffer is as long as that, and is there until the request is completed.
        unsafe { core::slice::from_raw_parts(buffer.cast(), len) }
    }

    /// Returns what the caller is going to read.
    pub(crate) fn output(&mut self) -> &mut [u8] {
        let (mut buffer, mut len): (PVOID, usize) = (null_mut(), 0);
        // SAFETY: the request is the driver's, and the rest ours.
        let status =
            unsafe { WdfRequestRetrieveOutputBuffer(self.handle(), 1, &raw mut buffer, &raw mut len) };
        if !NT_SUCCESS(status) {
            return &mut [];
        }
        // SAFETY: as for `input`; whoever has the request has it alone.
        unsafe { core::slice::from_raw_parts_mut(buffer.cast(), len) }
    }

    /// Lets the request wait in a queue. If that takes none, the request is completed.
    pub(crate) fn forward(self, queue: Queue) {
        // SAFETY: the request is the driver's, not cancelable, and of the queue's device.
        let status = unsafe { WdfRequestForwardToIoQueue(self.handle(), queue.0) };
        if !NT_SUCCESS(status) {
            self.complete(status);
        }
    }
}

/// A manual queue: requests wait in it, cancelable, until they are taken out.
#[derive(Clone, Copy)]
pub(crate) struct Queue(WDFQUEUE);

// SAFETY: queues may be used on any thread and processor.
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

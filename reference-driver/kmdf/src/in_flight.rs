//! Requests that can be cancelled while the driver works at them.

use dirql_ddi::NT_SUCCESS;
use dirql_ddi::kmdf::*;

use crate::request::Request;

impl Request {
    /// Gives the request back to the queue that it was taken out of, before all others.
    pub(crate) fn requeue(self) {
        // SAFETY: the request is the driver's, not cancelable, and from a manual queue.
        let status = unsafe { WdfRequestRequeue(self.handle()) };
        if !NT_SUCCESS(status) {
            self.complete(status);
        }
    }

    /// Lets the request be cancelled: then the framework calls `event`, and it is that one's to complete.
    ///
    /// # Errors
    /// The request, if it was cancelled already.
    pub(crate) fn mark_cancelable(
        self,
        event: unsafe extern "C-unwind" fn(WDFREQUEST),
    ) -> Result<InFlight, Self> {
        // SAFETY: the request is the driver's and not marked; the callback takes it.
        let status = unsafe { WdfRequestMarkCancelableEx(self.handle(), Some(event)) };
        if NT_SUCCESS(status) { Ok(InFlight(self.handle())) } else { Err(self) }
    }
}

/// A request that is marked cancelable. It is the driver's, unless it is cancelled.
pub(crate) struct InFlight(WDFREQUEST);

// SAFETY: as for Request.
unsafe impl Send for InFlight {}

impl InFlight {
    /// Takes the request back; `None` if EvtRequestCancel has it, or is going to.
    ///
    /// # Safety
    /// EvtRequestCancel has not completed it.
    pub(crate) unsafe fn take_back(self) -> Option<Request> {
        // SAFETY: the caller guarantees that the request is there.
        let status = unsafe { WdfRequestUnmarkCancelable(self.0) };
        // SAFETY: unmarked, the request is the driver's alone.
        NT_SUCCESS(status).then(|| unsafe { Request::new(self.0) })
    }

    pub(crate) fn is(&self, handle: WDFREQUEST) -> bool {
        self.0 == handle
    }
}

//! Writes: those that wait for a place, and those whose frames the device has.
//!
//! A frame is copied to where the device can read it, so its request can be cancelled at any time: it is completed
//! then, and only the copy stays until the device is done with it. Who completes a request is decided under one lock:
//! whoever takes it out of its place.

use dirql::{Cx, Level, Lock};
use dirql_backends::at_dispatch;
use dirql_backends::kmdf::{CommonBuffer, SpinLock};
use dirql_ddi::kmdf::{WDFREQUEST, WdfRequestGetIoQueue};
use dirql_ddi::{STATUS_CANCELLED, STATUS_INVALID_PARAMETER, STATUS_REQUEST_ABORTED, STATUS_SUCCESS};
use nic::{Fragment, SendError, SendStatus, Token};
use nic_shell::{Pump, Staging};

use crate::in_flight::InFlight;
use crate::io;
use crate::request::{Queue, Request};

/// Fewer than the ring has descriptors, so that there is room in it for whoever has a place here.
const PLACES: usize = 32;

/// A place is free, or holds a frame, with its request unless that was cancelled.
type Places = Staging<CommonBuffer, Option<InFlight>, PLACES>;

/// The writes of a device that has its hardware.
pub(crate) struct Writes {
    waiting: Queue,
    staged: Lock<SpinLock, Staged>,
}

/// What is under the lock.
struct Staged {
    places: Places,
    pump: Pump,
    /// The device runs.
    is_open: bool,
}

/// What to do with a request that waited.
enum Next {
    Send(Token, Fragment),
    /// It was cancelled before it could be marked.
    Cancelled(Request),
}

impl Staged {
    /// Takes the next request that waits, if there is a place for it.
    fn next(&mut self, waiting: Queue) -> Option<Next> {
        let request = if self.is_open && self.places.has_room() { waiting.next() } else { None };
        self.pump.next(request).map(|request| self.stage(request))
    }

    fn stage(&mut self, request: Request) -> Next {
        // There is a place, and EvtIoWrite has looked at the length.
        let Ok((token, fragment)) = self.places.stage(None, request.input()) else {
            return Next::Cancelled(request);
        };
        match request.mark_cancelable(EvtRequestCancel) {
            Ok(in_flight) => {
                if let Some(place) = self.places.request(token) {
                    *place = Some(in_flight);
                }
                Next::Send(token, fragment)
            }
            Err(request) => {
                self.places.release(token);
                Next::Cancelled(request)
            }
        }
    }

    /// Frees a place, and returns its request unless that was cancelled.
    fn release(&mut self, token: Token) -> Option<Request> {
        let in_flight = self.places.release(token).flatten()?;
        // SAFETY: EvtRequestCancel takes a request out of its place, under this lock, before it completes it.
        unsafe { in_flight.take_back() }
    }

    /// Takes a request out of its place, if it is in one.
    fn forget(&mut self, handle: WDFREQUEST) {
        let is_it = |request: &InFlight| request.is(handle);
        if let Some(request) = self.places.requests().find(|request| request.as_ref().is_some_and(is_it)) {
            *request = None;
        }
    }
}

impl Writes {
    /// How much memory they need, in bytes.
    pub(crate) const LEN: u32 = Places::LEN;

    /// Makes the writes of a stopped device.
    pub(crate) fn new(waiting: Queue, memory: CommonBuffer) -> Self {
        let staged = Staged { places: Staging::new(memory), pump: Pump::new(), is_open: false };
        Self { waiting, staged: Lock::new(staged) }
    }

    /// Lets frames go to the device, which runs.
    pub(crate) fn open<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.staged.with(cx, |staged| staged.is_open = true);
    }

    /// Keeps frames from the device, which is about to stop. They wait.
    pub(crate) fn close<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.staged.with(cx, |staged| staged.is_open = false);
    }

    /// Lets a request wait for its turn.
    pub(crate) fn wait(&self, request: Request) {
        request.forward(self.waiting);
    }

    /// Hands what waits to `send`, in order, as long as there are places.
    pub(crate) fn pump<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
        send: impl Fn(&mut Cx<'_, L>, Token, &[Fragment]) -> Result<(), SendError>,
    ) {
        if !self.staged.with(cx, |staged| staged.pump.begin()) {
            return;
        }
        while let Some(next) = self.staged.with(cx, |staged| staged.next(self.waiting)) {
            match next {
                Next::Cancelled(request) => request.complete(STATUS_CANCELLED),
                Next::Send(token, fragment) => {
                    if let Err(error) = send(cx, token, &[fragment]) {
                        self.refused(cx, token, error);
                    }
                }
            }
        }
    }

    /// The device stopped since: the frame waits for its next start.
    fn refused<L: Level>(&self, cx: &mut Cx<'_, L>, token: Token, error: SendError) {
        let is_stopped = error == SendError::Stopped;
        let request = self.staged.with(cx, |staged| {
            staged.is_open &= !is_stopped;
            staged.release(token)
        });
        match request {
            Some(request) if is_stopped => request.requeue(),
            Some(request) => request.complete(STATUS_INVALID_PARAMETER),
            None => {}
        }
    }

    /// Takes a frame back from the core.
    pub(crate) fn sent<L: Level>(&self, cx: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        let Some(request) = self.staged.with(cx, |staged| staged.release(token)) else { return };
        match status {
            SendStatus::Sent => {
                let len = request.input().len();
                request.complete_with(STATUS_SUCCESS, len);
            }
            SendStatus::Aborted => request.complete(STATUS_REQUEST_ABORTED),
        }
    }

    fn cancelled<L: Level>(&self, cx: &mut Cx<'_, L>, handle: WDFREQUEST) {
        self.staged.with(cx, |staged| staged.forget(handle));
    }
}

/// # Safety
/// The framework calls this for a request that was marked cancelable, at or below DISPATCH_LEVEL.
unsafe extern "C-unwind" fn EvtRequestCancel(Request: WDFREQUEST) {
    // SAFETY: the request is the driver's.
    let queue = unsafe { WdfRequestGetIoQueue(Request) };
    // SAFETY: this is a callback of one of the queue's requests.
    if let Some(driver) = unsafe { io::driver(queue) } {
        // SAFETY: at or below DISPATCH_LEVEL.
        unsafe { at_dispatch(|cx| driver.above().writes.cancelled(cx, Request)) };
    }
    // SAFETY: a request for which this is called is nobody else's to complete.
    unsafe { Request::new(Request) }.complete(STATUS_CANCELLED);
}

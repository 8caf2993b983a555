//! Requests that wait, and can be cancelled meanwhile.
//!
//! A request in a queue has a cancel routine. Whoever clears it has the request: the queue, when it hands the request
//! out, or IoCancelIrp, whose routine then completes it, even if the queue has let go of it just before.

use dirql::{Cx, Dispatch, Level, Lock};
use dirql_backends::at_dispatch;
use dirql_backends::wdm::SpinLock;
use dirql_ddi::*;
use nic_shell::{Fifo, Pump};

use crate::extension::Extension;
use crate::request::Request;

struct State {
    /// What new requests are refused with, if they are.
    refusal: Option<NTSTATUS>,
    /// Requests stay where they are: the device is about to be stopped, or sleeps.
    held: bool,
    waiting: Fifo<Request>,
    pump: Pump,
    /// Whose request is being worked at. It may be completed, so not which.
    in_hand: Option<PFILE_OBJECT>,
    /// If that one is not taken, it does not wait again.
    flushed: Option<NTSTATUS>,
}

impl State {
    /// Takes the first request that is wanted and not being cancelled.
    fn take(&mut self, is_wanted: impl Fn(Request) -> bool) -> Option<Request> {
        loop {
            let request = self.waiting.take(&is_wanted)?;
            if request.set_cancel_routine(None).is_some() {
                return Some(request);
            }
        }
    }

    /// Lets a request wait, unless it is cancelled already: then it comes back.
    fn wait(&mut self, request: Request, push: impl FnOnce(&mut Fifo<Request>)) -> Option<Request> {
        request.set_cancel_routine(Some(CancelRequest));
        if request.is_cancelled() && request.set_cancel_routine(None).is_some() {
            return Some(request);
        }
        push(&mut self.waiting);
        None
    }
}

/// The reads or the writes of a device that nobody works at yet.
pub(crate) struct Queue(Lock<SpinLock, State>);

// SAFETY: the requests are under the lock.
unsafe impl Sync for Queue {}

impl Queue {
    pub(crate) fn refusing(status: NTSTATUS) -> Self {
        Self(Lock::new(State {
            refusal: Some(status),
            held: false,
            waiting: Fifo::new(),
            pump: Pump::new(),
            in_hand: None,
            flushed: None,
        }))
    }

    /// Lets requests wait, and holds them back or not.
    pub(crate) fn accept<L: Level>(&self, cx: &mut Cx<'_, L>, held: bool) {
        self.0.with(cx, |state| (state.refusal, state.held) = (None, held));
    }

    /// Refuses requests from now on, and completes those that wait.
    pub(crate) fn refuse<L: Level>(&self, cx: &mut Cx<'_, L>, status: NTSTATUS) {
        self.0.with(cx, |state| state.refusal = Some(status));
        while let Some(request) = self.0.with(cx, |state| state.take(|_| true)) {
            request.complete(status, 0);
        }
    }

    /// Says why requests are refused, if they are.
    pub(crate) fn refusal<L: Level>(&self, cx: &mut Cx<'_, L>) -> Option<NTSTATUS> {
        self.0.with(cx, |state| state.refusal)
    }

    /// Completes the requests of a file object that wait, or are about to again.
    pub(crate) fn clean_up<L: Level>(&self, cx: &mut Cx<'_, L>, file: PFILE_OBJECT) {
        while let Some(request) = self.0.with(cx, |state| {
            if state.in_hand == Some(file) {
                state.flushed = Some(STATUS_CANCELLED);
            }
            state.take(|request| request.location().FileObject == file)
        }) {
            request.complete(STATUS_CANCELLED, 0);
        }
    }

    /// Takes a request over, and returns what its dispatch routine returns.
    pub(crate) fn push<L: Level>(&self, cx: &mut Cx<'_, L>, request: Request) -> NTSTATUS {
        let refused = self.0.with(cx, |state| match state.refusal {
            Some(status) => Some((request, status)),
            None => {
                request.mark_pending();
                let back = state.wait(request, |waiting| waiting.push_back(request));
                back.map(|request| (request, STATUS_CANCELLED))
            }
        });
        match refused {
            Some((request, STATUS_CANCELLED)) => {
                request.complete(STATUS_CANCELLED, 0);
                STATUS_PENDING
            }
            Some((request, status)) => request.complete(status, 0),
            None => STATUS_PENDING,
        }
    }

    /// Hands out what waits, one request after the other, to `work`, which says whether it has taken the request. If
    /// not, the request waits again, and the rest with it. Only one does so at a time.
    pub(crate) fn pump<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
        mut work: impl FnMut(&mut Cx<'_, L>, Request) -> bool,
    ) {
        if !self.0.with(cx, |state| state.pump.begin()) {
            return;
        }
        while let Some(request) = self.0.with(cx, |state| {
            let waiting = if state.held { None } else { state.take(|_| true) };
            state.in_hand = waiting.map(|request| request.location().FileObject);
            state.flushed = None;
            state.pump.next(waiting)
        }) {
            if !work(cx, request) && !self.put_back(cx, request) {
                return;
            }
        }
    }

    /// Lets a request wait again, before the others, unless they are refused by now. Says whether to try again.
    fn put_back<L: Level>(&self, cx: &mut Cx<'_, L>, request: Request) -> bool {
        let (back, again) = self.0.with(cx, |state| {
            state.in_hand = None;
            let back = match state.refusal.or(state.flushed.take()) {
                Some(status) => Some((request, status)),
                None => {
                    let back = state.wait(request, |waiting| waiting.push_front(request));
                    back.map(|request| (request, STATUS_CANCELLED))
                }
            };
            (back, state.pump.no_room())
        });
        if let Some((request, status)) = back {
            request.complete(status, 0);
        }
        again
    }
}

/// # Safety
/// The I/O manager calls this with a request that waits in a queue, holding the cancel spin lock.
unsafe extern "C-unwind" fn CancelRequest(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) {
    // SAFETY: the request is the driver's; here and below.
    let irql = unsafe { (*Irp).CancelIrql };
    // SAFETY: the I/O manager took the lock.
    unsafe { IoReleaseCancelSpinLock(irql) };
    // SAFETY: as above.
    let Some(request) = (unsafe { Request::of(Irp) }) else { return };
    // SAFETY: as above: the request holds the remove lock.
    let extension = unsafe { Extension::of(DeviceObject) };
    let queue = match request.location().MajorFunction {
        IRP_MJ_READ => &extension.reads,
        _ => &extension.writes,
    };
    let forget = |cx: &mut Cx<'_, Dispatch>| {
        queue.0.with(cx, |state| state.waiting.take(|other| other == request));
    };
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(forget) };
    request.complete(STATUS_CANCELLED, 0);
}

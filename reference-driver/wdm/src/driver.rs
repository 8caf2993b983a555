//! The driver of a started device, and what the core calls above itself.

use dirql::{Cx, DmaMemory, Level, Lock};
use dirql_backends::wdm::{CommonBuffer, SpinLock, Wdm};
use dirql_ddi::*;
use nic::{Link, Nic, ReceivedFrame, SendError, SendStatus, Token, Upper};
use nic_shell::Waiting;

use crate::extension::Extension;
use crate::request::Request;

/// Frames that writes have on their way to the device.
const WRITES: usize = 32;
/// Frames that are kept until somebody reads them.
const UNREAD: usize = 64;

pub(crate) type Staging = nic_shell::Staging<CommonBuffer, Request, WRITES>;
pub(crate) type Inbox = nic_shell::Inbox<CommonBuffer, UNREAD>;

/// What the interrupt's registration owns.
pub(crate) type Driver = nic_shell::Driver<Wdm, Above>;

/// The device's requests, as the core sees them.
pub(crate) struct Above {
    extension: *const Extension,
    staging: Lock<SpinLock, Staging>,
    inbox: Lock<SpinLock, Inbox>,
}

// SAFETY: the extension may be used on any processor.
unsafe impl Send for Above {}
// SAFETY: as for Send.
unsafe impl Sync for Above {}

impl Above {
    pub(crate) fn new(extension: &Extension, staging: Staging, inbox: Inbox) -> Self {
        Self { extension, staging: Lock::new(staging), inbox: Lock::new(inbox) }
    }

    fn extension(&self) -> &Extension {
        // SAFETY: the extension outlives the started device, which it has.
        unsafe { &*self.extension }
    }

    /// Returns how many frames nobody read.
    pub(crate) fn unread<L: Level>(&self, cx: &mut Cx<'_, L>) -> u64 {
        self.inbox.with(cx, |inbox| inbox.dropped())
    }

    /// Says whether there was room for the frame, or it could never be sent.
    fn write<L: Level>(&self, cx: &mut Cx<'_, L>, nic: &Nic<Wdm, Self>, request: Request) -> bool {
        let Some(frame) = request.memory() else {
            request.complete(STATUS_INSUFFICIENT_RESOURCES, 0);
            return true;
        };
        let Ok((token, fragment)) = self.staging.with(cx, |staging| staging.stage(request, frame)) else {
            return false;
        };
        let Err(error) = nic.send(cx, token, &[fragment]) else { return true };
        let Some(request) = self.staging.with(cx, |staging| staging.release(token)) else { return true };
        let is_hopeless = error == SendError::Invalid;
        if is_hopeless {
            request.complete(STATUS_INVALID_PARAMETER, 0);
        }
        is_hopeless
    }

    /// Gives frames that arrived to reads that wait.
    pub(crate) fn serve<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.extension().reads.pump(cx, |cx, request| self.read(cx, request));
    }

    /// Says whether there was a frame for the read.
    fn read<L: Level>(&self, cx: &mut Cx<'_, L>, request: Request) -> bool {
        if self.inbox.with(cx, |inbox| inbox.is_empty()) {
            return false;
        }
        let Some(memory) = request.memory() else {
            request.complete(STATUS_INSUFFICIENT_RESOURCES, 0);
            return true;
        };
        // Only one serves reads, so the frame is still there.
        let Some(len) = self.inbox.with(cx, |inbox| inbox.take(memory)) else { return false };
        let status = if len > memory.len() { STATUS_BUFFER_OVERFLOW } else { STATUS_SUCCESS };
        request.complete(status, len.min(memory.len()));
        true
    }
}

impl Waiting<Wdm> for Above {
    fn pump<L: Level>(&self, cx: &mut Cx<'_, L>, nic: &Nic<Wdm, Self>) {
        self.extension().writes.pump(cx, |cx, request| self.write(cx, nic, request));
    }
}

impl Upper for Above {
    fn received<L: Level, D: DmaMemory>(&self, cx: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        self.inbox.with(cx, |inbox| inbox.keep(frame));
        self.serve(cx);
    }

    fn sent<L: Level>(&self, cx: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        let Some(request) = self.staging.with(cx, |staging| staging.release(token)) else { return };
        match status {
            SendStatus::Sent => {
                // SAFETY: what is staged came by a write.
                let len = unsafe { request.location().Parameters.Write.Length };
                request.complete(STATUS_SUCCESS, len as usize)
            }
            SendStatus::Aborted => {
                let refusal = self.extension().writes.refusal(cx);
                request.complete(refusal.unwrap_or(STATUS_DEVICE_NOT_READY), 0)
            }
        };
    }

    /// Every deferred run and every start ends with a look at what waits.
    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {}

    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, _: Link) {}
}

//! The driver of a started device: the interrupt's handler, and what the core calls above itself.

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, DmaMemory, Domain, Error, InterruptHandler, InterruptSync,
    IsrOutcome, Level, Lock, Source,
};
use dirql_backends::wdm::{CommonBuffer, Registers, SpinLock, Wdm};
use dirql_ddi::*;
use nic::{Link, Nic, ReceivedFrame, SendError, SendStatus, Shared, Token, Upper};

use crate::extension::Extension;
use crate::request::Request;

/// Frames that writes have on their way to the device.
const WRITES: usize = 32;
/// Frames that are kept until somebody reads them.
const UNREAD: usize = 64;

pub(crate) type Staging = nic_shell::Staging<CommonBuffer, Request, WRITES>;
pub(crate) type Inbox = nic_shell::Inbox<CommonBuffer, UNREAD>;

/// What the interrupt's registration owns.
pub(crate) struct Driver {
    pub(crate) nic: Nic<Wdm, Above>,
}

impl Driver {
    fn extension(&self) -> &Extension {
        self.nic.upper().extension()
    }

    /// Sends what waits, as far as there is room.
    pub(crate) fn pump<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.extension().writes.pump(cx, |cx, request| self.send(cx, request));
    }

    /// Says whether there was room for the frame, or it could never be sent.
    fn send<L: Level>(&self, cx: &mut Cx<'_, L>, request: Request) -> bool {
        let Some(frame) = request.memory() else {
            request.complete(STATUS_INSUFFICIENT_RESOURCES, 0);
            return true;
        };
        let staging = &self.nic.upper().staging;
        let Ok((token, fragment)) = staging.with(cx, |staging| staging.stage(request, frame)) else {
            return false;
        };
        let Err(error) = self.nic.send(cx, token, &[fragment]) else { return true };
        let Some(request) = staging.with(cx, |staging| staging.release(token)) else { return true };
        let is_hopeless = error == SendError::Invalid;
        if is_hopeless {
            request.complete(STATUS_INVALID_PARAMETER, 0);
        }
        is_hopeless
    }

    /// Gives frames that arrived to reads that wait.
    pub(crate) fn serve<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.nic.upper().serve(cx);
    }
}

impl InterruptHandler for Driver {
    type Shared = Shared<Registers>;

    fn shared(&self, domain: Domain) -> Self::Shared {
        self.nic.shared(domain)
    }

    fn isr(&self, shared: &mut Self::Shared, source: Source) -> IsrOutcome {
        self.nic.isr(shared, source)
    }

    /// Room was made, perhaps: what waited for it goes now.
    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome {
        let outcome = self.nic.deferred(cx, interrupt, source, budget);
        self.pump(cx);
        outcome
    }

    fn enable(&self, shared: &mut Self::Shared, source: Source) -> Result<(), Error> {
        self.nic.enable(shared, source)
    }

    fn disable(&self, shared: &mut Self::Shared, source: Source, why: Disable) {
        self.nic.disable(shared, source, why);
    }
}

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

    fn serve<L: Level>(&self, cx: &mut Cx<'_, L>) {
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

//! The driver below its miniport: the interrupt's handler, and what the core calls above itself.

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, DmaMemory, Domain, Error, InterruptHandler, InterruptSync,
    IsrOutcome, Level, Source,
};
use dirql_backends::ndis::{Ndis, Registers};
use dirql_ddi::ndis::NDIS_HANDLE;
use nic::{Link, Nic, ReceivedFrame, SendStatus, Shared, Token, Upper};

use crate::frame::Frame;
use crate::multicast::Multicast;
use crate::receive::Receives;
use crate::send::Sends;
use crate::status;

/// What the interrupt's registration owns.
pub(crate) struct Driver {
    pub(crate) nic: Nic<Ndis, Above>,
}

impl Driver {
    pub(crate) fn sends(&self) -> &Sends {
        &self.nic.upper().sends
    }

    pub(crate) fn receives(&self) -> &Receives {
        &self.nic.upper().receives
    }

    /// Sends what waits, as far as there is room.
    pub(crate) fn pump<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.sends().pump(cx, |cx, token, fragments| self.nic.send(cx, token, fragments));
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

/// NDIS, as the core sees it.
pub(crate) struct Above {
    adapter: NDIS_HANDLE,
    pub(crate) sends: Sends,
    pub(crate) receives: Receives,
    pub(crate) multicast: Multicast,
}

// SAFETY: the adapter's handle may be used on any processor.
unsafe impl Send for Above {}
// SAFETY: as for Send.
unsafe impl Sync for Above {}

impl Above {
    pub(crate) fn new(adapter: NDIS_HANDLE, sends: Sends, receives: Receives) -> Self {
        Self { adapter, sends, receives, multicast: Multicast::new() }
    }

    /// Returns the MiniportAdapterHandle.
    pub(crate) fn adapter(&self) -> NDIS_HANDLE {
        self.adapter
    }
}

impl Upper for Above {
    fn received<L: Level, D: DmaMemory>(&self, cx: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        self.receives.indicate(cx, frame);
    }

    fn sent<L: Level>(&self, cx: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        self.sends.sent(cx, Frame::of(token), status);
    }

    /// Every deferred run and every start ends with a look at what waits.
    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {}

    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, link: Link) {
        status::indicate_link(self.adapter, link);
    }
}

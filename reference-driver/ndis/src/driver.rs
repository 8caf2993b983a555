//! The driver below its miniport, and what the core calls above itself.

use dirql::{Cx, DmaMemory, Level};
use dirql_backends::ndis::Ndis;
use dirql_ddi::ndis::NDIS_HANDLE;
use nic::{Link, Nic, ReceivedFrame, SendStatus, Token, Upper};
use nic_shell::Waiting;

use crate::frame::Frame;
use crate::multicast::Multicast;
use crate::receive::Receives;
use crate::send::Sends;
use crate::status;

/// What the interrupt's registration owns.
pub(crate) type Driver = nic_shell::Driver<Ndis, Above>;

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

impl Waiting<Ndis> for Above {
    fn pump<L: Level>(&self, cx: &mut Cx<'_, L>, nic: &Nic<Ndis, Self>) {
        self.sends.pump(cx, |cx, token, fragments| nic.send(cx, token, fragments));
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

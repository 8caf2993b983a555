//! The driver below its miniport, and what the core calls above itself.

use dirql::{Cx, DmaMemory, Level};
use dirql_backends::ndis::Ndis;
use dirql_ddi::ndis::NDIS_HANDLE;
use nic::{Link, Nic, ReceivedFrame, SendError, SendStatus, Token, Upper};
use nic_shell::Waiting;

use crate::frame::Frame;
use crate::multicast::Multicast;
use crate::offload::Offloads;
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
    pub(crate) offloads: Offloads,
}

// SAFETY: the adapter's handle may be used on any processor.
unsafe impl Send for Above {}
// SAFETY: as for Send.
unsafe impl Sync for Above {}

impl Above {
    pub(crate) fn new(adapter: NDIS_HANDLE, sends: Sends, receives: Receives, offloads: Offloads) -> Self {
        Self { adapter, sends, receives, multicast: Multicast::new(), offloads }
    }

    /// Returns the MiniportAdapterHandle.
    pub(crate) fn adapter(&self) -> NDIS_HANDLE {
        self.adapter
    }
}

impl Waiting<Ndis> for Above {
    fn pump<L: Level>(&self, cx: &mut Cx<'_, L>, nic: &Nic<Ndis, Self>) {
        self.sends.pump(cx, |cx, frame, fragments| match self.offloads.asked(frame) {
            Some(offload) => nic.send_with(cx, frame.token(), fragments, offload),
            None => Err(SendError::Invalid),
        });
    }
}

impl Upper for Above {
    fn received<L: Level, D: DmaMemory>(&self, cx: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        self.receives.indicate(cx, frame, &self.offloads);
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

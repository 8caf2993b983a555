//! The driver below its queues, and what the core calls above itself.

use dirql::{Cx, DmaMemory, Level};
use dirql_backends::kmdf::Kmdf;
use nic::{Link, Nic, ReceivedFrame, SendStatus, Token, Upper};
use nic_shell::Waiting;

use crate::reads::Reads;
use crate::writes::Writes;

/// What the interrupt's registration owns.
pub(crate) type Driver = nic_shell::Driver<Kmdf, Above>;

/// The device's requests, as the core sees them.
pub(crate) struct Above {
    pub(crate) writes: Writes,
    pub(crate) reads: Reads,
}

impl Waiting<Kmdf> for Above {
    fn pump<L: Level>(&self, cx: &mut Cx<'_, L>, nic: &Nic<Kmdf, Self>) {
        self.writes.pump(cx, |cx, token, fragments| nic.send(cx, token, fragments));
    }
}

impl Upper for Above {
    fn received<L: Level, D: DmaMemory>(&self, cx: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        self.reads.received(cx, frame);
    }

    fn sent<L: Level>(&self, cx: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        self.writes.sent(cx, token, status);
    }

    /// There is always room for who has a place, and every deferred run ends with a look at what waits for one.
    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {}

    /// Programs ask.
    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, _: Link) {}
}

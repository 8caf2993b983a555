//! The driver below its queues: the interrupt's handler, and what the core calls above itself.

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, DmaMemory, Domain, Error, InterruptHandler, InterruptSync,
    IsrOutcome, Level, Source,
};
use dirql_backends::kmdf::{Kmdf, Registers};
use nic::{Link, Nic, ReceivedFrame, SendStatus, Shared, Token, Upper};

use crate::reads::Reads;
use crate::writes::Writes;

/// What the interrupt's registration owns.
pub(crate) struct Driver {
    pub(crate) nic: Nic<Kmdf, Above>,
}

impl Driver {
    pub(crate) fn writes(&self) -> &Writes {
        &self.nic.upper().writes
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.nic.upper().reads
    }

    /// Sends what waits, as far as there is room.
    pub(crate) fn pump<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.writes().pump(cx, |cx, token, fragments| self.nic.send(cx, token, fragments));
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

    /// Places became free, perhaps: what waited for them goes now.
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
    pub(crate) writes: Writes,
    pub(crate) reads: Reads,
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

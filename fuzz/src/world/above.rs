//! What lies above the driver in a run, and a look over its shoulder.

use std::sync::Arc;

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, DmaMemory, Domain, Error, InterruptHandler, InterruptSync,
    IsrOutcome, Platform, Source,
};
use dirql_sim::kernel;
use nic::{FRAME_LEN_MAX, Link, Nic, ReceivedFrame, SendStatus, Token, Upper};

use super::book::{Book, Problem};
use crate::capture::FRAME_MAX_BYTES;
use crate::reach::Counter;

/// The upper layer: writes everything into the book.
pub(super) struct Above {
    pub(super) book: Arc<Book>,
}

/// Ends the run if something is wrong.
pub(super) fn require<T>(checked: Result<T, Problem>) -> T {
    checked.unwrap_or_else(|(rule, message)| kernel::fail(rule, message))
}

/// Whatever the device says, the driver hands up no frame longer than Ethernet's, and none that is empty.
fn plausible(len: u32) -> Result<(), Problem> {
    match len {
        1..=FRAME_LEN_MAX => Ok(()),
        _ => Err(("DeviceValueUnvalidated", format!("a frame of {len} bytes is handed up"))),
    }
}

impl Upper for Above {
    fn received<D: DmaMemory>(&self, frame: &ReceivedFrame<'_, D>) {
        require(plausible(frame.len()));
        let mut bytes = [0; FRAME_MAX_BYTES + 4];
        let len = frame.copy_to(&mut bytes);
        kernel::note("hands up a frame of {} bytes", len as u64);
        require(self.book.received(&bytes[..len]));
    }

    fn sent(&self, token: Token, status: SendStatus) {
        kernel::note("gives frame {} back", token.0);
        require(self.book.returned(token, status));
    }

    fn transmit_ready(&self) {
        let mut n = 0;
        while let Some(event) = self.book.ready_event(n) {
            kernel::set_event(event);
            n += 1;
        }
    }

    fn link_changed(&self, _: Link) {
        self.book.hit(Counter::LinkChanges);
    }
}

/// The driver, with a count of what its handler answers.
pub(super) struct Watched<P: Platform> {
    pub(super) nic: Nic<P, Above>,
}

impl<P: Platform> InterruptHandler for Watched<P> {
    type Shared = <Nic<P, Above> as InterruptHandler>::Shared;

    fn shared(&self, domain: Domain) -> Self::Shared {
        self.nic.shared(domain)
    }

    fn isr(&self, shared: &mut Self::Shared, source: Source) -> IsrOutcome {
        let outcome = self.nic.isr(shared, source);
        if !outcome.claimed {
            self.nic.upper().book.hit(Counter::NotMine);
        }
        outcome
    }

    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome {
        let outcome = self.nic.deferred(cx, interrupt, source, budget);
        if outcome == DeferredOutcome::Again {
            self.nic.upper().book.hit(Counter::BudgetExhausted);
        }
        outcome
    }

    fn enable(&self, shared: &mut Self::Shared, source: Source) -> Result<(), Error> {
        self.nic.enable(shared, source)
    }

    fn disable(&self, shared: &mut Self::Shared, source: Source, why: Disable) {
        self.nic.disable(shared, source, why);
    }
}

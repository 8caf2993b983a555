//! The driver of a device whose frames may have to wait above it.

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, Domain, Error, InterruptHandler, InterruptSync, IsrOutcome, Level,
    Platform, Source,
};
use nic::{Nic, Shared, Upper};

/// What lies above the driver, and keeps what is to be sent until there is room for it.
pub trait Waiting<P: Platform>: Upper + Sized {
    /// Sends what waits, as far as there is room. At or below DISPATCH_LEVEL.
    fn pump<L: Level>(&self, cx: &mut Cx<'_, L>, nic: &Nic<P, Self>);
}

/// What an interrupt's registration owns: the core, and a look at what waits after each deferred run.
pub struct Driver<P: Platform, U: Waiting<P>> {
    /// The core.
    pub nic: Nic<P, U>,
}

impl<P: Platform, U: Waiting<P>> Driver<P, U> {
    /// Returns what lies above.
    pub fn above(&self) -> &U {
        self.nic.upper()
    }

    /// Sends what waits, as far as there is room. At or below DISPATCH_LEVEL.
    pub fn pump<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.above().pump(cx, &self.nic);
    }
}

impl<P: Platform, U: Waiting<P>> InterruptHandler for Driver<P, U> {
    type Shared = Shared<P::Registers>;

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

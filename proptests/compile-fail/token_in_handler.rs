//~ E0277
//! A handler is called on any processor, so it cannot hold a token for its ISR to use.
use dirql::*;

pub struct Device {
    #[cfg(wrong)]
    _kept: Cx<'static, Dispatch>,
}

impl InterruptHandler for Device {
    type Shared = u32;

    fn shared(&self, _: Domain) -> u32 {
        0
    }

    fn isr(&self, shared: &mut u32, source: Source) -> IsrOutcome {
        let _ = (shared, source);
        IsrOutcome::HANDLED
    }

    fn deferred<I: InterruptSync<Shared = u32>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        _: Budget,
    ) -> DeferredOutcome {
        let _ = interrupt.synchronize(cx, source, |_| ());
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut u32, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut u32, _: Source, _: Disable) {}
}

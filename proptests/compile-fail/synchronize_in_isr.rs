//~ E0451
//! An ISR that synchronizes would wait for the lock that it holds (R10). It has no token, and cannot make one.
use dirql::*;

pub struct Device<O> {
    other: O,
}

impl<O: InterruptSync<Shared = u32, MaxCaller = Dispatch> + Send + 'static> InterruptHandler for Device<O> {
    type Shared = u32;

    fn shared(&self, _: Domain) -> u32 {
        0
    }

    fn isr(&self, shared: &mut u32, source: Source) -> IsrOutcome {
        let _ = (shared, source);
        #[cfg(wrong)]
        let _ =
            self.other.synchronize(&mut Cx::<Dispatch> { _proof: core::marker::PhantomData }, source, |_| ());
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
        let _ = self.other.synchronize(cx, source, |_| ());
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut u32, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut u32, _: Source, _: Disable) {}
}

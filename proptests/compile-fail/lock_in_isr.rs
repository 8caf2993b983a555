//~ E0133
//! An ISR runs above DISPATCH_LEVEL, where no spin lock may be taken (R12). Claiming a level is unsafe.
use dirql::*;

pub struct Device<R> {
    rings: Lock<R, u32>,
}

impl<R: RawLock + 'static> InterruptHandler for Device<R> {
    type Shared = u32;

    fn shared(&self, _: Domain) -> u32 {
        0
    }

    fn isr(&self, shared: &mut u32, source: Source) -> IsrOutcome {
        let _ = (shared, source);
        #[cfg(wrong)]
        Cx::<Dispatch>::enter(|cx| self.rings.with(cx, |ring| *ring += 1));
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
        self.rings.with(cx, |ring| *ring += 1);
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut u32, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut u32, _: Source, _: Disable) {}
}

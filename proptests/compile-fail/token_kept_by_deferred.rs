//~ E0521
//! A token is good for one callback: it cannot be put away.
use dirql::*;

pub struct Device;

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
        #[cfg(wrong)]
        keep(cx);
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut u32, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut u32, _: Source, _: Disable) {}
}

/// Would keep the token until the program ends.
pub fn keep<L>(_: &'static mut Cx<'static, L>) {}

//~ E0277
//! The state is touched on whatever processor the interrupt or the section runs on.
use dirql::*;

#[cfg(wrong)]
type Shared = std::rc::Rc<u32>;
#[cfg(not(wrong))]
type Shared = std::sync::Arc<u32>;

pub struct Device;

impl InterruptHandler for Device {
    type Shared = Shared;

    fn shared(&self, _: Domain) -> Shared {
        Shared::default()
    }

    fn isr(&self, _: &mut Shared, _: Source) -> IsrOutcome {
        IsrOutcome::HANDLED
    }

    fn deferred<I: InterruptSync<Shared = Shared>>(
        &self,
        _: &mut Cx<'_, I::Deferred>,
        _: &I,
        _: Source,
        _: Budget,
    ) -> DeferredOutcome {
        DeferredOutcome::Done
    }

    fn enable(&self, _: &mut Shared, _: Source) -> Result<(), Error> {
        Ok(())
    }

    fn disable(&self, _: &mut Shared, _: Source, _: Disable) {}
}

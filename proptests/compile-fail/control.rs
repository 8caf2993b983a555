//~ ok
//! Everything that the other files do wrong, done right.
use dirql::*;

enum Isr {}

#[derive(Clone, Copy)]
struct Cause(u32);

impl Register for Cause {
    const OFFSET: u32 = 0xc0;
    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
    fn into_bits(self) -> u32 {
        self.0
    }
}

impl ReadEffect for Cause {}
impl Write for Cause {}
impl In<Isr> for Cause {}

pub struct Device<P: Platform> {
    rings: Lock<P::RawLock, Vec<u32>>,
    registers: P::Registers,
}

pub struct Seen<R> {
    registers: View<R, Isr>,
    causes: u32,
}

impl<P: Platform> InterruptHandler for Device<P> {
    type Shared = Seen<P::Registers>;

    fn shared(&self, _: Domain) -> Self::Shared {
        Seen { registers: View::new(self.registers.clone()), causes: 0 }
    }

    fn isr(&self, shared: &mut Self::Shared, _: Source) -> IsrOutcome {
        let Cause(causes) = shared.registers.take();
        shared.causes |= causes;
        if causes == 0 { IsrOutcome::NOT_MINE } else { IsrOutcome::DEFERRED }
    }

    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        _: Budget,
    ) -> DeferredOutcome {
        let causes = interrupt.synchronize(cx, source, |shared| core::mem::take(&mut shared.causes));
        self.rings.with(cx, |rings| rings.extend(causes));
        DeferredOutcome::Done
    }

    fn enable(&self, shared: &mut Self::Shared, _: Source) -> Result<(), Error> {
        shared.registers.write(Cause(1));
        Ok(())
    }

    fn disable(&self, _: &mut Self::Shared, _: Source, _: Disable) {}
}

/// A passive-level interrupt and a DIRQL interrupt both take a token for PASSIVE_LEVEL.
pub fn from_passive<P: Platform, I: InterruptSync<Shared = u32>>(
    cx: &mut Cx<'_, Passive>,
    interrupt: &I,
) -> u32
where
    Passive: AtMost<I::MaxCaller>,
{
    P::delay(cx, 1);
    let first = interrupt.synchronize(cx, Source::Line, |shared| *shared).unwrap_or(0);
    first + interrupt.synchronize(cx, Source::Message(1), |shared| *shared).unwrap_or(0)
}

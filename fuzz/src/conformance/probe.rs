//! The driver of the conformance suite: it writes down every call, and leaves a window in each for others.

use dirql::{
    Budget, Cx, DeferredOutcome, Disable, Domain, Error, ErrorKind, InterruptHandler, InterruptSync,
    IsrOutcome, RegisterIo, Source,
};
use dirql_sim::kernel;

use super::bell::{ACKNOWLEDGE, ARM, DISARM, STATUS};
use super::history::{Log, What};

/// What the driver does when it is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    /// What its ISR returns for an interrupt of its device.
    pub(super) outcome: IsrOutcome,
    /// What it returns for any other, and before its source is enabled.
    pub(super) declines: IsrOutcome,
    /// Whether a deferred routine wants to run again after it has run this often in all.
    pub(super) again: fn(usize) -> bool,
    /// The source that it fails to enable.
    pub(super) refuses: Option<Source>,
    /// With whose domain else a deferred routine synchronizes.
    pub(super) visits: Option<Source>,
}

impl Script {
    pub(super) const PLAIN: Self = Self {
        outcome: IsrOutcome::DEFERRED,
        declines: IsrOutcome::NOT_MINE,
        again: |_| false,
        refuses: None,
        visits: None,
    };
}

/// A domain's state. Each visit is written in two halves, so that whoever comes in between loses it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) domain: Domain,
    pub(super) visits: usize,
    /// A bit for each source that is enabled.
    enabled: u32,
}

impl Shared {
    pub(super) fn visit(&mut self) {
        let before = self.visits;
        kernel::pause();
        self.visits = before + 1;
    }
}

/// The driver.
pub(super) struct Probe<R> {
    pub(super) registers: R,
    pub(super) log: Log,
    pub(super) script: Script,
}

/// Returns the number by which the bell knows a source.
fn number(source: Source) -> u32 {
    match source {
        Source::Line => 0,
        Source::Message(n) => n.into(),
    }
}

fn bit(source: Source) -> u32 {
    1 << number(source)
}

impl<R: RegisterIo> Probe<R> {
    /// Acknowledges a line that its device asserts. A message is always its device's.
    fn acknowledge(&self, source: Source) -> bool {
        if source == Source::Line {
            if self.registers.read_u32(STATUS) != 1 {
                return false;
            }
            self.registers.write_u32(ACKNOWLEDGE, 1);
        }
        true
    }

    fn visit<I, L>(&self, cx: &mut Cx<'_, L>, interrupt: &I, source: Source)
    where
        I: InterruptSync<Shared = Shared>,
        L: dirql::AtMost<I::MaxCaller>,
    {
        let visit = |shared: &mut Shared| self.log.within(What::Section(source), || shared.visit());
        if let Err(error) = interrupt.synchronize(cx, source, visit) {
            self.log.note(What::Refused(source, error));
        }
    }
}

impl<R: RegisterIo + 'static> InterruptHandler for Probe<R> {
    type Shared = Shared;

    fn shared(&self, domain: Domain) -> Shared {
        self.log.note(What::Make(domain));
        Shared { domain, visits: 0, enabled: 0 }
    }

    fn isr(&self, shared: &mut Shared, source: Source) -> IsrOutcome {
        self.log.within(What::Isr(source), || {
            if shared.enabled & bit(source) == 0 || !self.acknowledge(source) {
                self.log.note(What::Declined);
                return self.script.declines;
            }
            shared.visit();
            self.script.outcome
        })
    }

    fn deferred<I: InterruptSync<Shared = Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome {
        self.log.within(What::Deferred(source), || {
            self.log.note(What::Budget(budget.items()));
            self.visit(cx, interrupt, source);
            if let Some(other) = self.script.visits {
                self.visit(cx, interrupt, other);
            }
            let runs = self.log.count(|what| matches!(what, What::Deferred(_)));
            if (self.script.again)(runs) { DeferredOutcome::Again } else { DeferredOutcome::Done }
        })
    }

    fn enable(&self, shared: &mut Shared, source: Source) -> Result<(), Error> {
        self.log.within(What::Enable(source), || {
            shared.visit();
            if self.script.refuses == Some(source) {
                return Err(ErrorKind::Device.into());
            }
            shared.enabled |= bit(source);
            self.registers.write_u32(ARM, number(source));
            Ok(())
        })
    }

    fn disable(&self, shared: &mut Shared, source: Source, why: Disable) {
        self.log.within(What::Disable(source, why), || {
            shared.visit();
            shared.enabled &= !bit(source);
            self.registers.write_u32(DISARM, number(source));
        });
    }
}

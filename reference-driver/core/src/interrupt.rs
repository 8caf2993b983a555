//! What the ISR and its sections share, and the one state machine that says who looks next.

use dirql::{DeferredOutcome, Disable, IsrOutcome, RegisterIo, Source, View};
use i82574::GONE;
use i82574::general::Status;
use i82574::interrupt::{Cause, Icr, Ics, Imc, Ims};

use crate::InterruptMode;
use crate::registers::IsrGroup;
use crate::wiring::{Duties, Wiring};

/// Sources that a mode can have.
const SOURCES: usize = 3;

/// What an ISR and the sections of its domain share: the interrupt registers, and where each source stands.
///
/// Only here is ICR read and IMS written, so a cause that ICR gave up is never forgotten and the mask always
/// fits the stage.
#[derive(Debug)]
pub struct Shared<R> {
    registers: View<R, IsrGroup>,
    sources: [State; SOURCES],
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// Whether the backend lets the source interrupt.
    enabled: bool,
    stage: Stage,
    /// Meaningless while [`Stage::Off`].
    wiring: Wiring,
}

/// Where a source stands. While it is not `Off` or `Masked`, somebody always has the next look at the rings: the
/// device, by an interrupt, in `Armed`; a deferred run that the ISR or `Again` queued, in `Due`; the run at work
/// in `Polling` and `Interrupted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The driver does not run: the source is masked, and its ISR touches nothing.
    Off,
    /// The driver runs, but the backend has the source disabled.
    Masked,
    /// Unmasked.
    Armed,
    /// Masked; an interrupt came with these causes, and a deferred run is owed.
    Due(Cause),
    /// Masked; one deferred run is at work, and no other joins it (R29).
    Polling,
    /// As `Polling`, and a message came meanwhile, which took its cause out of ICR (EIAC): the run must not unmask
    /// before another look, least of all if its budget ran out. A run that had budget left has seen what the message
    /// stood for, since the message is older than the mask, and the mask arrived before the run's read of STATUS; that
    /// is not relied on.
    Interrupted(Cause),
}

impl<R: RegisterIo> Shared<R> {
    pub(crate) fn new(registers: R) -> Self {
        // Any wiring will do until `start` brings the real one.
        let wiring = Wiring {
            causes: Cause::empty(),
            reads_icr: true,
            masked_by_isr: Cause::empty(),
            is_level: false,
        };
        let state = State { enabled: false, stage: Stage::Off, wiring };
        Self { registers: View::new(registers), sources: [state; SOURCES] }
    }

    /// Handles an interrupt. It claims only what an unmasked source of this device can have raised: in every
    /// other stage of an INTx source the line is another device's, and reading ICR could lose a cause (82574
    /// data sheet, 7.4.3: with IMS zero a read clears).
    pub(crate) fn isr(&mut self, source: Source) -> IsrOutcome {
        let Some(state) = self.state(source) else { return IsrOutcome::NOT_MINE };
        let raised = match state.stage {
            Stage::Off | Stage::Masked => return IsrOutcome::NOT_MINE,
            Stage::Armed if state.wiring.reads_icr => self.take_causes(),
            // The cause stays in ICR and interrupts again when the run unmasks.
            _ if state.wiring.reads_icr => None,
            // A vector with nothing to do is harmless; one that is ignored would not come again.
            _ => Some(state.wiring.causes),
        };
        match raised {
            Some(causes) => self.record(source, causes),
            None => IsrOutcome::NOT_MINE,
        }
    }

    /// Reads ICR: once, since the read clears it. `None` if the interrupt is not this device's, or it is gone.
    fn take_causes(&mut self) -> Option<Cause> {
        let Icr(causes) = self.registers.take();
        (causes.contains(Cause::INT_ASSERTED) && causes.bits() != GONE).then_some(causes)
    }

    fn record(&mut self, source: Source, causes: Cause) -> IsrOutcome {
        if let Some(state) = self.state_mut(source) {
            state.stage = state.stage.interrupted(causes);
            let wiring = state.wiring;
            self.mask(wiring.masked_by_isr);
            // A level must have dropped when the ISR returns, or it fires again and nobody claims it (R61).
            if wiring.is_level {
                self.flush();
            }
        }
        IsrOutcome::DEFERRED
    }

    /// Gives the deferred routine its duties, unless nothing is due or another run is at work: that one will see
    /// what came meanwhile.
    pub(crate) fn begin(&mut self, source: Source) -> Option<Duties> {
        let state = self.state_mut(source)?;
        let Stage::Due(causes) = state.stage else { return None };
        state.stage = Stage::Polling;
        let duties = state.wiring.duties(causes);
        // OTHER is not in EIAC. Acknowledged before the look at STATUS, a later change raises it anew.
        if causes.contains(Cause::OTHER) {
            self.registers.write(Icr(Cause::OTHER | Cause::OTHER_CAUSES));
        }
        Some(duties)
    }

    /// Ends a deferred run: unmasks, unless the budget ran out, an interrupt came meanwhile, or the driver was
    /// stopped or the source disabled.
    pub(crate) fn finish(&mut self, source: Source, exhausted: bool) -> DeferredOutcome {
        let Some(state) = self.state_mut(source) else { return DeferredOutcome::Done };
        match state.stage {
            Stage::Polling if exhausted => state.stage = Stage::Due(Cause::empty()),
            Stage::Interrupted(causes) => state.stage = Stage::Due(causes),
            Stage::Polling => {
                self.arm(source);
                return DeferredOutcome::Done;
            }
            Stage::Off | Stage::Masked | Stage::Armed | Stage::Due(_) => return DeferredOutcome::Done,
        }
        DeferredOutcome::Again
    }

    /// The driver runs from now on, in `mode`.
    pub(crate) fn start(&mut self, source: Source, mode: InterruptMode) {
        if let (Some(state), Some(wiring)) = (self.state_mut(source), mode.wiring(source)) {
            state.wiring = wiring;
            self.arm(source);
        }
    }

    /// The driver runs no longer: whatever was due is dropped.
    pub(crate) fn stop(&mut self, source: Source, why: Disable) {
        self.leave(source, Stage::Off, why);
    }

    /// The backend lets the source interrupt. `running` says whether the driver runs at all: the answer may be
    /// newer than the stage, which a stop could not reach if the interrupt was disconnected by then.
    pub(crate) fn enable(&mut self, source: Source, running: bool) {
        let Some(state) = self.state_mut(source) else { return };
        state.enabled = true;
        if running && matches!(state.stage, Stage::Masked | Stage::Due(_)) {
            self.arm(source);
            self.kick(source);
        }
    }

    /// The backend keeps the source from interrupting. A deferred run at work will not unmask it.
    pub(crate) fn disable(&mut self, source: Source, why: Disable) {
        let Some(state) = self.state_mut(source) else { return };
        state.enabled = false;
        match state.stage {
            Stage::Off => {}
            Stage::Armed | Stage::Masked => self.leave(source, Stage::Masked, why),
            stage @ (Stage::Due(_) | Stage::Polling | Stage::Interrupted(_)) => {
                self.leave(source, stage, why)
            }
        }
    }

    /// Masks everything and forgets what is pending. For a device whose state nobody knows.
    pub(crate) fn silence(&mut self) {
        self.registers.write(Imc(Cause::MASKABLE));
        let Icr(_) = self.registers.take();
    }

    /// Unmasks the source, if it is enabled. A cause that is pending interrupts at once.
    fn arm(&mut self, source: Source) {
        let Some(state) = self.state_mut(source) else { return };
        if state.enabled {
            state.stage = Stage::Armed;
            let causes = state.wiring.causes;
            self.registers.write(Ims(causes));
        } else {
            state.stage = Stage::Masked;
        }
    }

    /// Makes the device interrupt, so that one deferred run looks at everything: a run that was due when the
    /// source was disabled may have been dropped.
    fn kick(&mut self, source: Source) {
        if let Some(State { stage: Stage::Armed, wiring, .. }) = self.state(source) {
            self.registers.write(Ics(wiring.causes));
        }
    }

    /// Masks the source, whatever the device still masks by itself, and puts it on `stage`.
    fn leave(&mut self, source: Source, stage: Stage, why: Disable) {
        let Some(state) = self.state_mut(source) else { return };
        state.stage = stage;
        let causes = state.wiring.causes;
        if why != Disable::Gone {
            self.mask(causes);
            self.flush();
        }
    }

    fn mask(&mut self, causes: Cause) {
        if !causes.is_empty() {
            self.registers.write(Imc(causes));
        }
    }

    /// Makes posted writes arrive: the device answers a read only after them.
    fn flush(&self) {
        let _: Status = self.registers.read();
    }

    fn state(&self, source: Source) -> Option<State> {
        self.sources.get(index(source)).copied()
    }

    fn state_mut(&mut self, source: Source) -> Option<&mut State> {
        self.sources.get_mut(index(source))
    }
}

impl Stage {
    fn interrupted(self, new: Cause) -> Self {
        match self {
            Stage::Off | Stage::Masked => self,
            Stage::Armed => Stage::Due(new),
            Stage::Due(causes) => Stage::Due(causes | new),
            Stage::Polling => Stage::Interrupted(new),
            Stage::Interrupted(causes) => Stage::Interrupted(causes | new),
        }
    }
}

fn index(source: Source) -> usize {
    match source {
        Source::Line => 0,
        Source::Message(n) => n.into(),
    }
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;

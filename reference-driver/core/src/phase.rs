//! Where the driver is between its making and the device's end, and who may change that.

use dirql::{Cx, Error, ErrorKind, Lock, Passive, Platform};

use crate::InterruptMode;

const TURN_POLL_US: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The device is quiet.
    Stopped,
    /// Somebody starts, stops or resets, or uses what nobody else may meanwhile; others wait.
    Changing,
    /// The driver works.
    Running(InterruptMode),
    /// The device was removed, for good.
    Gone,
}

/// The phase, which one at a time may change.
pub(crate) struct Phases<P: Platform>(Lock<P::RawLock, Phase>);

impl<P: Platform> Phases<P> {
    pub(crate) fn stopped() -> Self {
        Self(Lock::new(Phase::Stopped))
    }

    /// Runs `transition` while nobody else changes the phase, and enters the phase that it returns.
    pub(crate) fn change<T>(
        &self,
        cx: &mut Cx<'_, Passive>,
        transition: impl FnOnce(&mut Cx<'_, Passive>, Phase) -> (Phase, T),
    ) -> T {
        let mut before = self.0.with(cx, |phase| core::mem::replace(phase, Phase::Changing));
        while before == Phase::Changing {
            P::delay(cx, TURN_POLL_US);
            before = self.0.with(cx, |phase| core::mem::replace(phase, Phase::Changing));
        }
        let (after, result) = transition(cx, before);
        self.0.with(cx, |phase| *phase = after);
        result
    }

    /// Brings up a driver that is stopped.
    pub(crate) fn start(
        &self,
        cx: &mut Cx<'_, Passive>,
        bring_up: impl FnOnce(&mut Cx<'_, Passive>) -> (Phase, Result<(), Error>),
    ) -> Result<(), Error> {
        self.change(cx, |cx, phase| match phase {
            Phase::Stopped => bring_up(cx),
            Phase::Gone => (Phase::Gone, Err(ErrorKind::Gone.into())),
            Phase::Running(_) | Phase::Changing => (phase, Err(ErrorKind::Unsupported.into())),
        })
    }

    /// Shuts a driver down that runs.
    pub(crate) fn stop(
        &self,
        cx: &mut Cx<'_, Passive>,
        shut_down: impl FnOnce(&mut Cx<'_, Passive>, InterruptMode),
    ) {
        self.change(cx, |cx, phase| {
            let Phase::Running(mode) = phase else { return (phase, ()) };
            shut_down(cx, mode);
            (Phase::Stopped, ())
        });
    }

    /// Shuts a driver down that runs, and brings it up again.
    pub(crate) fn reset(
        &self,
        cx: &mut Cx<'_, Passive>,
        again: impl FnOnce(&mut Cx<'_, Passive>, InterruptMode) -> (Phase, Result<(), Error>),
    ) -> Result<(), Error> {
        self.change(cx, |cx, phase| match phase {
            Phase::Running(mode) => again(cx, mode),
            _ => (phase, Ok(())),
        })
    }

    /// Gives up a driver whose device is gone; the mode is that in which it ran.
    pub(crate) fn give_up(
        &self,
        cx: &mut Cx<'_, Passive>,
        end: impl FnOnce(&mut Cx<'_, Passive>, Option<InterruptMode>),
    ) {
        self.change(cx, |cx, phase| {
            let mode = if let Phase::Running(mode) = phase { Some(mode) } else { None };
            end(cx, mode);
            (Phase::Gone, ())
        });
    }

    /// Uses a driver that runs while nobody starts, stops, resets or so uses it.
    ///
    /// # Errors
    /// `Gone`, or `Unsupported` if it does not run; what `act` returns.
    pub(crate) fn running<T>(
        &self,
        cx: &mut Cx<'_, Passive>,
        act: impl FnOnce(&mut Cx<'_, Passive>) -> Result<T, ErrorKind>,
    ) -> Result<T, Error> {
        self.change(cx, |cx, phase| match phase {
            Phase::Running(_) => (phase, act(cx).map_err(Error::from)),
            Phase::Gone => (phase, Err(ErrorKind::Gone.into())),
            Phase::Stopped | Phase::Changing => (phase, Err(ErrorKind::Unsupported.into())),
        })
    }
}

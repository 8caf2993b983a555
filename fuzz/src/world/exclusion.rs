//! Whether backends keep their promise: an ISR and its sections exclude each other.

use core::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use dirql::{AtMost, Cx, Dispatch, InterruptSync, Source, SyncError};
use dirql_sim::kernel;

use super::shared;

/// The states that somebody has a `&mut` to, named by where they lie.
#[derive(Debug, Default)]
pub(super) struct Exclusion(Mutex<Vec<usize>>);

impl Exclusion {
    /// Runs `act` on a state, alone.
    pub(super) fn within<S, R>(&self, state: &mut S, act: impl FnOnce(&mut S) -> R) -> R {
        let place = core::ptr::from_mut(state).addr();
        if !self.enter(place) {
            kernel::fail(
                "SharedStateOutsideSection",
                "two contexts are inside one interrupt's state at once: an ISR and a section, or two".into(),
            );
        }
        let result = act(state);
        self.leave(place);
        result
    }

    fn enter(&self, place: usize) -> bool {
        kernel::changes(shared::EXCLUSION);
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alone = !inside.contains(&place);
        inside.push(place);
        alone
    }

    fn leave(&self, place: usize) {
        kernel::changes(shared::EXCLUSION);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|&p| p != place);
    }
}

/// An interrupt whose sections are watched.
pub(super) struct Observed<'i, I> {
    pub(super) interrupt: &'i I,
    pub(super) exclusion: &'i Exclusion,
}

// SAFETY: every section is the interrupt's own, run once by it; nothing is added but a note before and after.
unsafe impl<I: InterruptSync> InterruptSync for Observed<'_, I> {
    type Shared = I::Shared;
    type MaxCaller = I::MaxCaller;
    type Deferred = I::Deferred;

    fn synchronize<L: AtMost<Self::MaxCaller>, R>(
        &self,
        cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut Self::Shared) -> R,
    ) -> Result<R, SyncError> {
        self.interrupt.synchronize(cx, source, |shared| self.exclusion.within(shared, section))
    }
}

/// What is left of an interrupt that was unregistered: no section runs any more.
pub(super) struct Disconnected<S>(PhantomData<fn() -> S>);

impl<S> Disconnected<S> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

// SAFETY: nobody is given the state.
unsafe impl<S: Send> InterruptSync for Disconnected<S> {
    type Shared = S;
    type MaxCaller = Dispatch;
    type Deferred = Dispatch;

    fn synchronize<L: AtMost<Dispatch>, R>(
        &self,
        _: &mut Cx<'_, L>,
        _: Source,
        _: impl FnOnce(&mut S) -> R,
    ) -> Result<R, SyncError> {
        Err(SyncError::NotConnected)
    }
}

#[cfg(test)]
mod tests {
    use super::Exclusion;

    #[test]
    fn a_state_is_entered_by_one_at_a_time() {
        let exclusion = Exclusion::default();
        assert!(exclusion.enter(1) && exclusion.enter(2), "another state is another matter");
        assert!(!exclusion.enter(1));
        exclusion.leave(1);
        assert!(exclusion.enter(1));
        assert_eq!(exclusion.within(&mut 5, |n| *n + 1), 6);
    }
}

//! Who is at the started device.

use dirql::{Cx, Level, Lock, Passive, Platform};
use dirql_backends::wdm::{SpinLock, Wdm};

const POLL_US: u32 = 100;

struct State {
    open: bool,
    inside: u32,
}

/// Lets users in while it is open, and waits for those inside when it closes.
pub(crate) struct Gate(Lock<SpinLock, State>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Lock::new(State { open: false, inside: 0 }))
    }

    pub(crate) fn open(&self, cx: &mut Cx<'_, Passive>) {
        self.0.with(cx, |state| state.open = true);
    }

    /// Lets nobody in any more, and waits until nobody is inside.
    pub(crate) fn close_and_drain(&self, cx: &mut Cx<'_, Passive>) {
        self.0.with(cx, |state| state.open = false);
        while self.0.with(cx, |state| state.inside != 0) {
            Wdm::delay(cx, POLL_US);
        }
    }

    /// Enters, if it is open; [`leave`](Self::leave) follows.
    pub(crate) fn enter<L: Level>(&self, cx: &mut Cx<'_, L>) -> bool {
        self.0.with(cx, |state| {
            state.inside = state.inside.wrapping_add(state.open.into());
            state.open
        })
    }

    pub(crate) fn leave<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.0.with(cx, |state| state.inside = state.inside.wrapping_sub(1));
    }
}

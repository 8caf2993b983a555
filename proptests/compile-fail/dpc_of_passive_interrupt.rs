//~ E0277
//! A passive-level interrupt defers to a work item: a DPC could not synchronize with it (R86).
use dirql::*;

pub struct Interrupt;

#[cfg(wrong)]
type Deferred = Dispatch;
#[cfg(not(wrong))]
type Deferred = Passive;

// SAFETY: only compiled.
unsafe impl InterruptSync for Interrupt {
    type Shared = u32;
    type MaxCaller = Passive;
    type Deferred = Deferred;

    fn synchronize<L: AtMost<Passive>, R>(
        &self,
        _: &mut Cx<'_, L>,
        _: Source,
        _: impl FnOnce(&mut u32) -> R,
    ) -> Result<R, SyncError> {
        Err(SyncError::NotConnected)
    }
}

//! Levels, and the token that proves at which one the caller runs.
//!
//! Two levels matter to portable code: [`Passive`], where a thread may block, and [`Dispatch`], where it may
//! not. Code above them (an ISR, a synchronized section) gets no token at all, so nothing that wants one can be
//! called from there (rules R9-R13).

use core::marker::PhantomData;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Passive {}
    impl Sealed for super::Dispatch {}
}

/// Stands for a level at which a driver holds a token.
pub trait Level: sealed::Sealed + 'static {
    /// The level's IRQL on Windows: 0 or 2.
    const IRQL: u8;
}

/// PASSIVE_LEVEL (IRQL 0): ordinary thread code. It may block.
#[derive(Debug)]
pub enum Passive {}

/// DISPATCH_LEVEL (IRQL 2): DPCs and holders of a spin lock. Blocking here is bug check 0xB8 (R13).
#[derive(Debug)]
pub enum Dispatch {}

impl Level for Passive {
    const IRQL: u8 = 0;
}

impl Level for Dispatch {
    const IRQL: u8 = 2;
}

/// States that a level is not above `Max`.
///
/// Everything is at most [`Dispatch`]; only [`Passive`] is at most `Passive`.
pub trait AtMost<Max: Level>: Level {}

impl<L: Level> AtMost<Dispatch> for L {}
impl AtMost<Passive> for Passive {}

/// Proves that the code holding it runs at level `L` (IRQL 0 or 2).
///
/// A backend mints one for the length of one callback. It cannot be copied, sent to another thread or kept
/// after the callback, and operations that raise the level borrow it exclusively, so they cannot nest:
///
/// ```compile_fail,E0500
/// # use dirql::*;
/// fn nested<I: InterruptSync<Shared = u32>>(cx: &mut Cx<'_, Passive>, interrupt: &I)
/// where
///     Passive: AtMost<I::MaxCaller>,
/// {
///     let _ = interrupt.synchronize(cx, Source::Line, |_| {
///         let _ = interrupt.synchronize(cx, Source::Line, |_| ());
///     });
/// }
/// ```
pub struct Cx<'c, L> {
    // Invariant in 'c, and neither Send nor Sync.
    _proof: PhantomData<(&'c mut &'c (), L, *mut ())>,
}

impl<L: Level> Cx<'_, L> {
    /// Runs `body` with a token for level `L`.
    ///
    /// # Safety
    /// The caller guarantees that the current processor runs at IRQL `L::IRQL`, in a context that the framework
    /// allows to block if `L` is [`Passive`], and that it does so until `body` returns.
    pub unsafe fn enter<R>(body: impl FnOnce(&mut Cx<'_, L>) -> R) -> R {
        body(&mut Cx { _proof: PhantomData })
    }
}

impl<L: Level> core::fmt::Debug for Cx<'_, L> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Cx(IRQL {})", L::IRQL)
    }
}

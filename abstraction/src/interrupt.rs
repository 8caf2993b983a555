//! The interrupt object: who fires, who may touch its state, and what a driver writes.

use crate::{AtMost, Cx, Error, Level, SyncError};

/// Names what raised an interrupt: the device's line, or one of its messages.
///
/// A message's number is its index in the grant, 0-based, in all frameworks (R47). KMDF passes its creation
/// index instead, even for a line (R80); the backend translates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The level-triggered line (INTx), possibly shared with other devices (R60).
    Line,
    /// Message `n` of MSI or MSI-X (R47).
    Message(u16),
}

/// Names one interrupt lock, and with it one `Shared`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// The line's lock.
    Line,
    /// The lock of message `n` alone: the ISR of another message may run at the same time (R48).
    Message(u16),
    /// One lock for all messages ([`Serialize::AllSources`](crate::Serialize::AllSources), R49).
    AllMessages,
}

/// Gives access to the state that an ISR touches.
///
/// The only ways to an interrupt's `Shared` are its ISR's `&mut` and a section's `&mut`, so a data race on it
/// does not compile, and neither does synchronizing from a section or an ISR (self-deadlock, R10).
///
/// | NDIS | KMDF and UMDF | WDM |
/// |---|---|---|
/// | `NdisMSynchronizeWithInterruptEx` | `WdfInterruptSynchronize` | `KeSynchronizeExecution` |
///
/// # Safety
/// Implementing this trait is what is unsafe; calling it is not.
///
/// # Implementation safety
/// A domain's `Shared` is reached only from its ISR and its sections; these exclude each other on all
/// processors (R1, R2), and a section that returned `Ok` ran exactly once, before `synchronize` returned (R8).
pub unsafe trait InterruptSync: Sync {
    /// What the ISR and the sections share.
    type Shared: Send;
    /// The highest level at which [`synchronize`](Self::synchronize) may be called: [`Dispatch`](crate::Dispatch)
    /// for spin-type interrupts, [`Passive`](crate::Passive) for passive-level ones (R9, R56).
    type MaxCaller: Level;
    /// The level at which deferred routines run: `Dispatch` for a DPC, `Passive` for a work item (R33, R86).
    type Deferred: AtMost<Self::MaxCaller>;

    /// Runs `section` with exclusive access to the state of `source`'s domain.
    ///
    /// The section runs on the calling processor at the interrupt's SynchronizeIrql, holding its lock, so it
    /// must be short, must not block and must not allocate. It returns any value, carried back unchanged (R7).
    ///
    /// # Errors
    /// [`SyncError::NotConnected`] if the interrupt is not connected or `source` was not granted;
    /// [`SyncError::NotRun`] if the framework refused to run the section (R72). In both cases it did not run.
    fn synchronize<L: AtMost<Self::MaxCaller>, R>(
        &self,
        cx: &mut Cx<'_, L>,
        source: Source,
        section: impl FnOnce(&mut Self::Shared) -> R,
    ) -> Result<R, SyncError>;
}

/// What a driver writes, once, for all frameworks.
///
/// Every method may run on several processors at once, except that `isr`, `enable` and `disable` of one
/// [`Domain`] exclude each other.
pub trait InterruptHandler: Send + Sync + 'static {
    /// What the ISR and the sections share. Rings do not belong here: they live under a
    /// [`Lock`](crate::Lock), because code at DIRQL must be short.
    type Shared: Send + 'static;

    /// Makes the state of one domain.
    ///
    /// Called at PASSIVE_LEVEL during registration, before the ISR can run (R18, R19), once for every domain
    /// that could be granted, the line included if a fall-back to it is possible (R53).
    fn shared(&self, domain: Domain) -> Self::Shared;

    /// Handles the interrupt, at DIRQL, holding the domain's lock.
    ///
    /// It can run before registration returns (R18, R19), before [`enable`](Self::enable) (R65), after the
    /// device lost power (R62), and for another device's interrupt on a shared line (R60): it must then touch
    /// nothing and return [`IsrOutcome::NOT_MINE`].
    fn isr(&self, shared: &mut Self::Shared, source: Source) -> IsrOutcome;

    /// Does the work that the ISR deferred: a DPC, or a work item on UMDF.
    ///
    /// One run may stand for many ISR calls (R28), and may overlap with itself on another processor (R29).
    /// `budget` bounds how many items it may handle before it must return [`DeferredOutcome::Again`].
    fn deferred<I: InterruptSync<Shared = Self::Shared>>(
        &self,
        cx: &mut Cx<'_, I::Deferred>,
        interrupt: &I,
        source: Source,
        budget: Budget,
    ) -> DeferredOutcome;

    /// Lets the device interrupt through `source`. At DIRQL, holding the domain's lock.
    ///
    /// # Errors
    /// An error ends the registration (R68), which is then undone.
    fn enable(&self, shared: &mut Self::Shared, source: Source) -> Result<(), Error>;

    /// Keeps the device from interrupting through `source`. At DIRQL, holding the domain's lock.
    fn disable(&self, shared: &mut Self::Shared, source: Source, why: Disable);
}

/// What an ISR decided. The two fields are independent in all frameworks (R40, R41).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct IsrOutcome {
    /// Whether the interrupt was this device's. On a shared line `false` lets the next ISR look (R60).
    pub claimed: bool,
    /// Whether to queue the deferred routine. It is queued at most once until it starts (R27).
    pub defer: bool,
}

impl IsrOutcome {
    /// The interrupt was another device's; nothing was touched.
    pub const NOT_MINE: Self = Self { claimed: false, defer: false };
    /// The interrupt is dealt with.
    pub const HANDLED: Self = Self { claimed: true, defer: false };
    /// The interrupt was this device's and leaves work for the deferred routine.
    pub const DEFERRED: Self = Self { claimed: true, defer: true };
}

/// What a deferred routine wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum DeferredOutcome {
    /// Nothing is left; the source is unmasked again.
    Done,
    /// The budget ran out; the source stays masked and the routine is to be queued again (R45).
    Again,
}

/// Bounds the work of one run of a deferred routine, in items (frames, descriptors).
///
/// A DPC over 100 us is a defect, one over the watchdog's limit is bug check 0x133 (R39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget(u32);

impl Budget {
    /// No bound.
    pub const UNLIMITED: Self = Self(u32::MAX);

    /// Makes a budget of `items`, at least one.
    pub const fn new(items: u32) -> Self {
        Self(if items == 0 { 1 } else { items })
    }

    /// Returns the number of items.
    pub const fn items(self) -> u32 {
        self.0
    }
}

/// Why interrupts are being disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disable {
    /// The driver stops; the device is there.
    Normal,
    /// The device goes to Dx.
    LowPower,
    /// The device is gone: reads give all ones, writes go nowhere (R81, R91).
    Gone,
}

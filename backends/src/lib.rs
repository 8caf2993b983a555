//! The backends of [`dirql`], one additive cargo feature each.
//!
//! | feature | what it is |
//! |---|---|
//! | `mock` | the simulated machine itself |
//! | `wdm` | raw WDM, through `dirql-ddi` |
//! | `ndis` | NDIS 6.20 and later, through `dirql-ddi` |
//! | `kmdf` | KMDF 1.15 and later, through `dirql-ddi` |
//! | `umdf` | UMDF 2.15 and later, through `dirql-ddi` |
//!
//! Every backend has the same items: a [`Platform`](dirql::Platform), a `Device`, a `register` function that
//! returns a `Registration<H>`, and the `Interrupt<H>` behind it, which implements
//! [`InterruptSync`](dirql::InterruptSync). A backend's source is the same in the simulation and in a driver.
#![no_std]

#[cfg(any(feature = "mock", feature = "wdm", feature = "ndis", feature = "kmdf", feature = "umdf"))]
mod object;

mod granted;
pub use granted::Granted;

#[cfg(any(feature = "wdm", feature = "kmdf"))]
mod delay;
#[cfg(any(feature = "wdm", feature = "ndis"))]
mod grant;
#[cfg(any(feature = "wdm", feature = "ndis", feature = "kmdf"))]
mod mapped;
#[cfg(any(feature = "wdm", feature = "ndis", feature = "kmdf"))]
mod raise;
#[cfg(any(feature = "wdm", feature = "ndis", feature = "kmdf"))]
pub use raise::{at_dispatch, raise};
#[cfg(any(feature = "wdm", feature = "ndis"))]
mod resource_list;
#[cfg(any(feature = "wdm", feature = "ndis"))]
pub use resource_list::first_memory;
#[cfg(any(feature = "wdm", feature = "ndis", feature = "kmdf", feature = "umdf"))]
mod section;
#[cfg(any(feature = "mock", feature = "wdm", feature = "ndis"))]
mod source;
#[cfg(any(feature = "wdm", feature = "kmdf"))]
mod spin_lock;
#[cfg(any(feature = "kmdf", feature = "umdf"))]
mod wdf;

#[cfg(feature = "kmdf")]
pub mod kmdf;
#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "ndis")]
pub mod ndis;
#[cfg(feature = "umdf")]
pub mod umdf;
#[cfg(feature = "wdm")]
pub mod wdm;

/// A backend of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the features are")]
pub enum Backend {
    Kmdf,
    Mock,
    Ndis,
    Umdf,
    Wdm,
}

/// The backends that are compiled in, in alphabetical order. An image asserts that it has its own and no other.
pub const COMPILED: &[Backend] = &[
    #[cfg(feature = "kmdf")]
    Backend::Kmdf,
    #[cfg(feature = "mock")]
    Backend::Mock,
    #[cfg(feature = "ndis")]
    Backend::Ndis,
    #[cfg(feature = "umdf")]
    Backend::Umdf,
    #[cfg(feature = "wdm")]
    Backend::Wdm,
];

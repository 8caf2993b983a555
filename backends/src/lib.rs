//! The backends of [`dirql`], one additive cargo feature each.
//!
//! | feature | what it is |
//! |---|---|
//! | `mock` | the simulated machine itself |
//! | `wdm` | raw WDM, through `dirql-ddi` |
//! | `ndis` | NDIS 6.20 and later, through `dirql-ddi` |
//!
//! Every backend has the same items: a [`Platform`](dirql::Platform), a `Device`, a `register` function that
//! returns a `Registration<H>`, and the `Interrupt<H>` behind it, which implements
//! [`InterruptSync`](dirql::InterruptSync). A backend's source is the same in the simulation and in a driver.
#![no_std]

#[cfg(any(feature = "mock", feature = "wdm", feature = "ndis"))]
mod object;
#[cfg(any(feature = "mock", feature = "wdm", feature = "ndis"))]
pub use object::Granted;

#[cfg(any(feature = "wdm", feature = "ndis"))]
mod mapped;
#[cfg(any(feature = "wdm", feature = "ndis"))]
mod section;

#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "ndis")]
pub mod ndis;
#[cfg(feature = "wdm")]
pub mod wdm;

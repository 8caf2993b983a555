//! The backends of [`dirql`], one additive cargo feature each.
//!
//! | feature | what it is |
//! |---|---|
//! | `mock` | the simulated machine itself |
//! | `wdm` | raw WDM, through `dirql-ddi` |
//!
//! Every backend has the same items: a [`Platform`](dirql::Platform), a `Device`, a `register` function that
//! returns a `Registration<H>`, and the `Interrupt<H>` behind it, which implements
//! [`InterruptSync`](dirql::InterruptSync). A backend's source is the same in the simulation and in a driver.
#![no_std]

#[cfg(any(feature = "mock", feature = "wdm"))]
mod object;
#[cfg(any(feature = "mock", feature = "wdm"))]
pub use object::Granted;

#[cfg(feature = "wdm")]
mod mapped;
#[cfg(feature = "wdm")]
mod section;

#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "wdm")]
pub mod wdm;

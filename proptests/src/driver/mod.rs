//! The 82574 driver as seen from outside, against a model of two queues.
//!
//! | File | What it is |
//! |---|---|
//! | [`model`] | the reference: what was sent, what must come, and nothing of how |
//! | [`transition`] | what is done to driver and model alike |
//! | [`rig`] | the driver on a backend, on a machine, with the 82574 model |
//! | [`registers`] | what the device's registers must hold when all is quiet |
//! | [`chip`] | the 82574 model, which sends frames only when told to |

pub mod chip;
pub mod model;
pub mod registers;
pub mod rig;
pub mod transition;

//! A deterministic NT machine.

mod device;
mod memory;

pub use device::{Bus, Device, ENGINES_MAX, InterruptMode, Pins};
pub use memory::{BufferId, DEVICE_BASE, Fault, Memory, Ordering};

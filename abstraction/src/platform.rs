//! What a backend brings besides interrupts.

use crate::{Cx, DmaMemory, Passive, RawLock, RegisterIo};

/// Bundles a backend's lock, registers and DMA memory, so that a driver has one type parameter for all three.
pub trait Platform: Sized + Send + Sync + 'static {
    /// The lock behind [`Lock`](crate::Lock).
    type RawLock: RawLock;
    /// The device's register window.
    type Registers: RegisterIo + Clone;
    /// Memory shared with the device.
    type Dma: DmaMemory;

    /// Waits at least `us_min` microseconds (`KeDelayExecutionThread`).
    fn delay(cx: &mut Cx<'_, Passive>, us_min: u32);
}

//! Interrupt request levels.

/// PASSIVE_LEVEL.
pub const PASSIVE: u8 = 0;
/// DISPATCH_LEVEL.
pub const DISPATCH: u8 = 2;
/// HIGH_LEVEL on x64.
pub const HIGH: u8 = 15;

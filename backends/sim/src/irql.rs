//! Interrupt request levels.

/// PASSIVE_LEVEL.
pub const PASSIVE: u8 = 0;
/// APC_LEVEL.
pub const APC: u8 = 1;
/// DISPATCH_LEVEL.
pub const DISPATCH: u8 = 2;
/// HIGH_LEVEL on x64.
pub const HIGH: u8 = 15;

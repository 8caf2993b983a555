//! What makes one 82574L unlike another.

/// Describes the chip and its surroundings at power-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The MAC address in the NVM.
    pub mac: [u8; 6],
    /// Whether the cable is plugged in. The link is up once the driver sets CTRL.SLU.
    pub cable: bool,
    /// Whether the driver finds interrupts enabled that nobody serves: boot firmware, or a driver that crashed, left
    /// them so, and some time a cause comes due. Nothing promises a driver a chip out of reset; Linux e1000e resets it
    /// first of all "to put the device in a known good starting state" (e1000_probe).
    pub left_enabled: bool,
    /// How many received frames the packet buffer holds before the chip misses some, at least one. The real one
    /// holds 32 KiB; a small one makes losses likely.
    pub packet_buffer_frames: u8,
    /// How many polls a slow operation (reset, NVM, PHY) may take; the scheduler picks.
    pub polls_max: u8,
    /// 0 is honest; with `n` the chip lies at about `n` of 256 opportunities, [`LIES_MAX`](crate::LIES_MAX)
    /// times at most.
    pub hostile: u8,
    /// Drives the lies, and the tables that a power-on leaves undefined.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mac: [0x52, 0x54, 0x00, 0x12, 0x34, 0x56],
            cable: true,
            left_enabled: false,
            packet_buffer_frames: 4,
            polls_max: 2,
            hostile: 0,
            seed: 0,
        }
    }
}

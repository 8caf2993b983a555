//! What became of the frames.

/// Counts frames by their fate, since power-on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Received, and completely written to memory.
    pub delivered: u64,
    /// Not for this station.
    pub filtered: u64,
    /// Longer than RCTL allows.
    pub oversize: u64,
    /// Lost because the packet buffer was full (MPC, RXO).
    pub missed: u64,
    /// Found no descriptor on arrival (RNBC). They are lost only if they are also `missed`.
    pub no_buffer: u64,
    /// Lost because the link was down.
    pub link_down: u64,
    /// Lost because the receiver was off.
    pub disabled: u64,
    /// Dropped from the packet buffer by a reset, or on their way when the card was removed.
    pub abandoned: u64,
    /// Sent.
    pub transmitted: u64,
    /// Not sent because it did not fit the transmit buffer, or its descriptor was not a legacy one.
    pub unsendable: u64,
}

/// The counters that the driver reads. They stick at the top and clear when read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) mpc: u32,
    pub(crate) gprc: u32,
    pub(crate) gptc: u32,
    pub(crate) rnbc: u32,
}

/// Counts one more.
pub(crate) fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

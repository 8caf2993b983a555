//! What a run came across, so that a campaign can tell whether it goes where bugs live.

macro_rules! reach {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts situations, since power-on. Each is a place where drivers go wrong.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Reach {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Reach {
            /// The counters' names, in the order of [`values`](Self::values).
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// Returns the counters in the order of [`NAMES`](Self::NAMES).
            pub fn values(&self) -> [u64; Self::NAMES.len()] {
                [$(self.$name),*]
            }
        }
    };
}

reach! {
    /// The device vanished while DMA was in flight.
    removed_in_dma,
    /// CTRL.RST abandoned DMA.
    reset_in_dma,
    /// CTRL.GIO_MASTER_DISABLE was set while DMA was in flight.
    master_disabled_in_dma,
    /// A cause came that IMS did not enable.
    cause_while_masked,
    /// A write of IMS found a cause pending, and interrupted.
    cause_by_ims_write,
    /// A read of ICR cleared nothing, because only masked causes were set.
    icr_read_kept,
    /// A read of ICR cleared causes while nothing was enabled.
    icr_read_unasserted,
    /// A message took its cause out of ICR and IMS (EIAC).
    auto_cleared,
    /// An interrupt had to wait for ITR or EITR.
    throttled,
    /// A frame came while no descriptor was there (RNBC).
    rx_no_descriptor,
    /// A frame was lost to a full packet buffer (MPC, RXO).
    rx_overrun,
    /// A received frame took more than one descriptor.
    rx_multi_descriptor,
    /// A received frame ran out of descriptors in its middle.
    rx_starved_mid_frame,
    /// The receive head wrapped.
    rx_wrap,
    /// The receive tail moved while a frame was being written.
    rx_tail_in_dma,
    /// A sent frame took more than one descriptor.
    tx_multi_descriptor,
    /// The transmit head wrapped.
    tx_wrap,
    /// The driver filled the transmit ring.
    tx_ring_full,
    /// The transmit tail moved while a frame was being read.
    tx_tail_in_dma,
    /// A frame to send met a link that was down.
    tx_link_down,
    /// A sent frame got a VLAN tag.
    tags_put_in,
    /// A received frame lost its VLAN tag.
    tags_taken_out,
    /// A sent frame got a checksum.
    checksums_filled_in,
    /// A received frame's checksums were checked.
    checksums_checked,
    /// The link changed.
    link_changes,
    /// The chip lied.
    lies,
    /// The chip interrupted without a cause.
    spurious_interrupts,
}

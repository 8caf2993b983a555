//! Transmit registers (82574 data sheet, 10.2.6).

flags! {
    /// Transmit Control.
    Tctl @ 0x0400, pure write {
        /// Transmits.
        EN = 1 << 1;
        /// Pads short frames to [`FRAME_LEN_MIN`](crate::FRAME_LEN_MIN) bytes.
        PSP = 1 << 3;
        /// Collision threshold, eight bits; see [`CT_DEFAULT`](Self::CT_DEFAULT).
        CT = 0xff << 4;
        /// Collision distance, ten bits; see [`COLD_FULL_DUPLEX`](Self::COLD_FULL_DUPLEX).
        COLD = 0x3ff << 12;
        /// Sends an XOFF frame.
        SWXOFF = 1 << 22;
        /// Transmits again after a late collision.
        RTLC = 1 << 24;
        /// Reads several descriptors' data at once.
        MULR = 1 << 28;
        /// Reserved.
        RESERVED = (1 << 0) | (1 << 2) | (1 << 23) | (0b111 << 25) | (0b111 << 29);
    }
}

impl Tctl {
    /// The recommended collision threshold, 15.
    pub const CT_DEFAULT: Self = Self::from_bits_retain(0xf << 4);
    /// The recommended collision distance, 63.
    pub const COLD_FULL_DUPLEX: Self = Self::from_bits_retain(0x3f << 12);
}

fields! {
    /// Transmit Inter-Packet Gap.
    Tipg @ 0x0410, pure write {
        /// Gap between frames.
        ipgt, with_ipgt: 0, 10;
        /// First part of the gap in half duplex.
        ipgr1, with_ipgr1: 10, 10;
        /// The whole gap in half duplex.
        ipgr2, with_ipgr2: 20, 10;
    }
}

impl Tipg {
    /// The value after a reset.
    pub const RESET: Self = Self(0x0060_2008);
}

fields! {
    /// Transmit Descriptor Base Address Low. Multiple of [`BASE_ALIGN`](crate::descriptor::BASE_ALIGN).
    Tdbal @ 0x3800, pure write {
        /// Low half of the address, in bytes.
        address, with_address: 0, 32;
    }
}

fields! {
    /// Transmit Descriptor Base Address High.
    Tdbah @ 0x3804, pure write {
        /// High half of the address, in bytes.
        address, with_address: 0, 32;
    }
}

fields! {
    /// Transmit Descriptor Length. Multiple of [`RING_LEN_STEP`](crate::descriptor::RING_LEN_STEP).
    Tdlen @ 0x3808, pure write {
        /// Length of the ring in bytes.
        bytes, with_bytes: 0, 20;
    }
}

fields! {
    /// Transmit Descriptor Head: the next descriptor that the device sends. Written only after a reset, before
    /// TCTL.EN; not a way to learn of completion, since it moves before the write-back (8254x manual, 13.4.39).
    Tdh @ 0x3810, pure write {
        /// Index.
        index, with_index: 0, 16;
    }
}

fields! {
    /// Transmit Descriptor Tail: one past the last descriptor to send. Head and tail equal means nothing to send.
    Tdt @ 0x3818, pure write {
        /// Index.
        index, with_index: 0, 16;
    }
}

fields! {
    /// Transmit Interrupt Delay Value, for descriptors with IDE.
    Tidv @ 0x3820, pure write {
        /// Delay in units of 1.024 us.
        delay_1024ns, with_delay_1024ns: 0, 16;
    }
}

fields! {
    /// Transmit Descriptor Control.
    Txdctl @ 0x3828, pure write {
        /// Prefetches when fewer descriptors than this are cached.
        pthresh, with_pthresh: 0, 6;
        /// Prefetches only if the host has at least this many.
        hthresh, with_hthresh: 8, 6;
        /// Writes back when this many are done.
        wthresh, with_wthresh: 16, 6;
        /// Raises TXD_LOW when fewer descriptors than this times eight are left.
        lwthresh, with_lwthresh: 25, 7;
    }
}

bits! {
    Txdctl {
        /// Must be one, in both queues (Linux e1000e, erratum).
        count_desc, with_count_desc: 22;
        /// Counts thresholds in descriptors, not in cache lines.
        granularity, with_granularity: 24;
    }
}

array!(Txdctl, 2, 0x100);

fields! {
    /// Transmit Absolute Interrupt Delay Value, for descriptors with IDE.
    Tadv @ 0x382c, pure write {
        /// Delay in units of 1.024 us.
        delay_1024ns, with_delay_1024ns: 0, 16;
    }
}

fields! {
    /// Transmit Arbitration Counter, queue 0.
    Tarc0 @ 0x3840, pure write {
        /// How many frames the queue may send in its turn.
        count, with_count: 0, 7;
    }
}

bits! {
    Tarc0 {
        /// Lets the queue transmit.
        enable, with_enable: 10;
        /// Linux sets it on this chip (erratum).
        bit_26, with_bit_26: 26;
    }
}

impl Tarc0 {
    /// The value after a reset.
    pub const RESET: Self = Self(0x403);
}

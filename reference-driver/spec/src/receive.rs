//! Receive registers (82574 data sheet, 10.2.5).

flags! {
    /// Receive Control.
    Rctl @ 0x0100, pure write {
        /// Receives. Buffer size and descriptor format are taken over when this is written as one.
        EN = 1 << 1;
        /// Stores bad frames.
        SBP = 1 << 2;
        /// Accepts every unicast frame.
        UPE = 1 << 3;
        /// Accepts every multicast frame.
        MPE = 1 << 4;
        /// Accepts frames longer than [`FRAME_LEN_MAX`](crate::FRAME_LEN_MAX).
        LPE = 1 << 5;
        /// Loopback mode, two bits.
        LBM = 0b11 << 6;
        /// When RXDMT0 is raised: at a half, a quarter or an eighth of the ring.
        RDMTS = 0b11 << 8;
        /// Descriptor type, two bits: 0 is legacy or extended (RFCTL.EXTEN), 1 is packet split.
        DTYP = 0b11 << 10;
        /// Multicast offset, two bits: which 12 bits of the address index MTA.
        MO = 0b11 << 12;
        /// Accepts broadcast frames.
        BAM = 1 << 15;
        /// Buffer size, two bits; see [`buffer_len`](Self::buffer_len).
        BSIZE = 0b11 << 16;
        /// Filters by VLAN.
        VFE = 1 << 18;
        /// Value of the CFI bit for the VLAN filter to accept.
        CFI = 1 << 20;
        /// Discards PAUSE frames.
        PMCF = 1 << 23;
        /// Multiplies the buffer size by 16.
        BSEX = 1 << 25;
        /// Strips the FCS.
        SECRC = 1 << 26;
        /// Buffer size in KiB, four bits; overrides BSIZE if not zero.
        FLXBUF = 0xf << 27;
        /// Reserved.
        RESERVED = (1 << 0) | (1 << 14) | (1 << 19) | (0b11 << 21) | (1 << 24) | (1 << 31);
    }
}

impl Rctl {
    /// Returns the buffer length in bytes. The reserved combination of BSEX with BSIZE 0 counts as without BSEX.
    pub const fn buffer_len(self) -> u32 {
        let flexible = (self.bits() >> 27) & 0xf;
        let size = (self.bits() >> 16) & 0b11;
        if flexible != 0 {
            flexible * 1024
        } else if self.contains(Self::BSEX) && size != 0 {
            32768 >> size
        } else {
            2048 >> size
        }
    }

    /// Returns the multicast offset, 0 to 3, for [`multicast_hash`](crate::filter::multicast_hash).
    pub const fn multicast_offset(self) -> u32 {
        (self.bits() >> 12) & 0b11
    }

    /// Returns by how much the ring's length is divided to give the threshold of RXDMT0; the reserved value
    /// counts as an eighth.
    pub const fn threshold_divisor(self) -> u32 {
        match (self.bits() >> 8) & 0b11 {
            0 => 2,
            1 => 4,
            _ => 8,
        }
    }
}

fields! {
    /// Receive Descriptor Base Address Low. Multiple of [`BASE_ALIGN`](crate::descriptor::BASE_ALIGN).
    Rdbal @ 0x2800, pure write {
        /// Low half of the address, in bytes.
        address, with_address: 0, 32;
    }
}

fields! {
    /// Receive Descriptor Base Address High.
    Rdbah @ 0x2804, pure write {
        /// High half of the address, in bytes.
        address, with_address: 0, 32;
    }
}

fields! {
    /// Receive Descriptor Length. Multiple of [`RING_LEN_STEP`](crate::descriptor::RING_LEN_STEP).
    Rdlen @ 0x2808, pure write {
        /// Length of the ring in bytes.
        bytes, with_bytes: 0, 20;
    }
}

fields! {
    /// Receive Descriptor Head: the next descriptor that the device uses. Written only after a reset, before
    /// RCTL.EN.
    Rdh @ 0x2810, pure write {
        /// Index.
        index, with_index: 0, 16;
    }
}

fields! {
    /// Receive Descriptor Tail: one past the last descriptor that the device may use. Head and tail equal means
    /// that it has none.
    Rdt @ 0x2818, pure write {
        /// Index.
        index, with_index: 0, 16;
    }
}

fields! {
    /// Receive Interrupt Delay Timer (INTx and MSI). The driver leaves it 0.
    Rdtr @ 0x2820, pure write {
        /// Delay in units of 1.024 us.
        delay_1024ns, with_delay_1024ns: 0, 16;
    }
}

bits! {
    Rdtr {
        /// Writes back and interrupts now.
        flush, with_flush: 31;
    }
}

fields! {
    /// Receive Descriptor Control.
    Rxdctl @ 0x2828, pure write {
        /// Prefetches when fewer descriptors than this are cached.
        pthresh, with_pthresh: 0, 6;
        /// Prefetches only if the host has at least this many.
        hthresh, with_hthresh: 8, 6;
        /// Writes back when this many are done.
        wthresh, with_wthresh: 16, 6;
    }
}

bits! {
    Rxdctl {
        /// Counts thresholds in descriptors, not in cache lines.
        granularity, with_granularity: 24;
    }
}

array!(Rxdctl, 2, 0x100);

fields! {
    /// Receive Interrupt Absolute Delay Timer (INTx and MSI). The driver leaves it 0.
    Radv @ 0x282c, pure write {
        /// Delay in units of 1.024 us.
        delay_1024ns, with_delay_1024ns: 0, 16;
    }
}

flags! {
    /// Receive Checksum Control.
    Rxcsum @ 0x5000, pure write {
        /// Where the packet checksum starts, eight bits.
        PCSS = 0xff;
        /// Checks IPv4 header checksums.
        IPOFLD = 1 << 8;
        /// Checks TCP and UDP checksums.
        TUOFLD = 1 << 9;
        /// Reports the RSS hash instead of the packet checksum.
        PCSD = 1 << 13;
    }
}

flags! {
    /// Receive Filter Control.
    Rfctl @ 0x5008, pure write {
        /// Accelerates nothing for ACKs: no ACK interrupt. Linux sets it with MSI-X (spurious interrupts).
        ACK_DIS = 1 << 12;
        /// Extended receive descriptors.
        EXTEN = 1 << 15;
    }
}

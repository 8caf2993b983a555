//! Interrupt registers (82574 data sheet, 10.2.4).

bitflags::bitflags! {
    /// Interrupt causes: the bits of ICR, ICS, IMS, IMC, EIAC and IAM.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Cause: u32 {
        /// A transmit descriptor was written back (INTx and MSI).
        const TXDW = 1 << 0;
        /// The transmit queue is empty.
        const TXQE = 1 << 1;
        /// The link changed.
        const LSC = 1 << 2;
        /// Few receive descriptors are left (RCTL.RDMTS).
        const RXDMT0 = 1 << 4;
        /// A frame was lost: no descriptor, or no room in the packet buffer.
        const RXO = 1 << 6;
        /// A frame was received (INTx and MSI).
        const RXT0 = 1 << 7;
        /// A PHY access is done.
        const MDAC = 1 << 9;
        /// Few transmit descriptors are left (TXDCTL.LWTHRESH).
        const TXD_LOW = 1 << 15;
        /// A small frame was received.
        const SRPD = 1 << 16;
        /// An ACK was received.
        const ACK = 1 << 17;
        /// Manageability event.
        const MNG = 1 << 18;
        /// Receive queue 0 has something (MSI-X).
        const RXQ0 = 1 << 20;
        /// Receive queue 1 has something (MSI-X).
        const RXQ1 = 1 << 21;
        /// Transmit queue 0 has something (MSI-X).
        const TXQ0 = 1 << 22;
        /// Transmit queue 1 has something (MSI-X).
        const TXQ1 = 1 << 23;
        /// Any of [`OTHER_CAUSES`](Self::OTHER_CAUSES) happened (MSI-X).
        const OTHER = 1 << 24;
        /// An enabled cause interrupted (ICR only).
        const INT_ASSERTED = 1 << 31;
        /// Reserved.
        const RESERVED = (1 << 3) | (1 << 5) | (1 << 8) | (0x1f << 10) | (1 << 19) | (0x3f << 25);
        const _ = !0;
    }
}

impl Cause {
    /// The causes that also set [`OTHER`](Self::OTHER) in MSI-X mode (82574 data sheet, 7.4).
    pub const OTHER_CAUSES: Self =
        Self::LSC.union(Self::RXO).union(Self::MDAC).union(Self::SRPD).union(Self::ACK).union(Self::MNG);
    /// The causes that have a vector of their own in MSI-X mode, and that EIAC can clear.
    pub const VECTORED: Self =
        Self::RXQ0.union(Self::RXQ1).union(Self::TXQ0).union(Self::TXQ1).union(Self::OTHER);
    /// Everything that IMS holds.
    pub const MASKABLE: Self = Self::from_bits_retain(!(Self::RESERVED.bits() | Self::INT_ASSERTED.bits()));
}

causes! {
    /// Interrupt Cause Read. A read clears it if an enabled cause interrupted, or if nothing is enabled; a write
    /// clears the bits that are one (82574 data sheet, 7.4.3).
    Icr @ 0x00c0, effect write
}

fields! {
    /// Interrupt Throttling (INTx and MSI).
    Itr @ 0x00c4, pure write {
        /// Shortest time between two interrupts in units of 256 ns; 0 is off.
        interval_256ns, with_interval_256ns: 0, 16;
    }
}

causes! {
    /// Interrupt Cause Set: sets causes as if they had happened. Reads as ICR, with no side effect.
    Ics @ 0x00c8, pure write
}

causes! {
    /// Interrupt Mask Set/Read: a one enables. A cause that is pending interrupts at once.
    Ims @ 0x00d0, pure write
}

causes! {
    /// Interrupt Mask Clear: a one disables.
    Imc @ 0x00d8, write
}

causes! {
    /// Extended Interrupt Auto Clear: which of [`Cause::VECTORED`] leave ICR and IMS when their message is sent.
    Eiac @ 0x00dc, pure write
}

causes! {
    /// Interrupt Acknowledge Auto Mask: what leaves IMS when ICR is accessed (CTRL_EXT.IAME) or a message is sent
    /// (CTRL_EXT.EIAME).
    Iam @ 0x00e0, pure write
}

fields! {
    /// Interrupt Vector Allocation (MSI-X): a vector number for each of [`Cause::VECTORED`].
    Ivar @ 0x00e4, pure write {
        /// Vector of RXQ0.
        rxq0, with_rxq0: 0, 3;
        /// Vector of RXQ1.
        rxq1, with_rxq1: 4, 3;
        /// Vector of TXQ0.
        txq0, with_txq0: 8, 3;
        /// Vector of TXQ1.
        txq1, with_txq1: 12, 3;
        /// Vector of OTHER.
        other, with_other: 16, 3;
    }
}

bits! {
    Ivar {
        /// Says that [`rxq0`](Self::rxq0) holds.
        rxq0_valid, with_rxq0_valid: 3;
        /// Says that [`rxq1`](Self::rxq1) holds.
        rxq1_valid, with_rxq1_valid: 7;
        /// Says that [`txq0`](Self::txq0) holds.
        txq0_valid, with_txq0_valid: 11;
        /// Says that [`txq1`](Self::txq1) holds.
        txq1_valid, with_txq1_valid: 15;
        /// Says that [`other`](Self::other) holds.
        other_valid, with_other_valid: 19;
        /// Writes every transmit descriptor back, and interrupts for each.
        every_write_back, with_every_write_back: 31;
    }
}

impl Ivar {
    /// Returns the vector of one of [`Cause::VECTORED`], if one is allocated.
    pub fn vector(self, cause: Cause) -> Option<u16> {
        let place = match cause {
            Cause::RXQ0 => 0,
            Cause::RXQ1 => 4,
            Cause::TXQ0 => 8,
            Cause::TXQ1 => 12,
            Cause::OTHER => 16,
            _ => return None,
        };
        let entry = self.0 >> place;
        (entry & 0b1000 != 0).then_some((entry & 0b111) as u16)
    }
}

fields! {
    /// Extended Interrupt Throttling (MSI-X): the first of one for each vector.
    Eitr @ 0x00e8, pure write {
        /// Shortest time between two messages in units of 256 ns; 0 is off.
        interval_256ns, with_interval_256ns: 0, 16;
    }
}

array!(Eitr, 5, 4);

fields! {
    /// MSI-X PBA Clear. With CTRL_EXT.PBA_CLR, a one clears the pending bit of that vector.
    Pbaclr @ 0x5b68, write {
        /// One bit for each vector.
        vectors, with_vectors: 0, 5;
    }
}

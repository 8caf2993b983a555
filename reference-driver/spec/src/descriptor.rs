//! Descriptors (82574 data sheet, 7.1 and 7.2): four little-endian words.

/// Length of a descriptor in bytes.
pub const DESCRIPTOR_SIZE: u32 = 16;
/// Alignment of a ring's base address in bytes.
pub const BASE_ALIGN: u32 = 16;
/// A ring's length in bytes is a multiple of this.
pub const RING_LEN_STEP: u32 = 128;
/// Fewest descriptors in a ring.
pub const RING_COUNT_MIN: u32 = RING_LEN_STEP / DESCRIPTOR_SIZE;
/// Most descriptors in a ring.
pub const RING_COUNT_MAX: u32 = 65_536 / DESCRIPTOR_SIZE;
/// Index of the word that holds the DD bit of a transmit descriptor.
pub const TX_STATUS_WORD: usize = 3;
/// Index of the word that holds the DD bit of an extended receive descriptor; the length is in the next.
pub const RX_STATUS_WORD: usize = 2;
/// Index of the word that holds the DD bit of a legacy receive descriptor; the length is in the one before.
pub const RX_LEGACY_STATUS_WORD: usize = 3;
/// Most bytes that one legacy transmit descriptor may name.
pub const TX_LEN_MAX: u32 = 16_288;

bitflags::bitflags! {
    /// CMD of a legacy transmit descriptor.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct TxCommand: u8 {
        /// The frame ends here.
        const EOP = 1 << 0;
        /// Appends the FCS.
        const IFCS = 1 << 1;
        /// Inserts a checksum at CSO.
        const IC = 1 << 2;
        /// Reports completion by DD.
        const RS = 1 << 3;
        /// Reserved.
        const RESERVED = 1 << 4;
        /// Marks another format than the legacy one.
        const DEXT = 1 << 5;
        /// Inserts the VLAN tag.
        const VLE = 1 << 6;
        /// Delays the interrupt (TIDV, TADV).
        const IDE = 1 << 7;
        const _ = !0;
    }
}

bitflags::bitflags! {
    /// STA of a legacy transmit descriptor, and the reserved bits above it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct TxStatus: u8 {
        /// The descriptor is done.
        const DD = 1 << 0;
        /// Too many collisions.
        const EC = 1 << 1;
        /// Late collision.
        const LC = 1 << 2;
        /// Reserved.
        const RESERVED = 0xf8;
        const _ = !0;
    }
}

/// A legacy transmit descriptor (82574 data sheet, 7.2.10.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct TxLegacy {
    /// Address of the data, any alignment.
    pub address: u64,
    /// Length of the data in bytes.
    pub length: u16,
    /// Where to insert the checksum.
    pub cso: u8,
    /// What to do.
    pub cmd: TxCommand,
    /// What was done.
    pub sta: TxStatus,
    /// Where the checksum starts.
    pub css: u8,
    /// VLAN tag.
    pub vlan: u16,
}

const _: () = {
    assert!(size_of::<TxLegacy>() == DESCRIPTOR_SIZE as usize);
    assert!(core::mem::offset_of!(TxLegacy, length) == 8);
    assert!(core::mem::offset_of!(TxLegacy, cso) == 10);
    assert!(core::mem::offset_of!(TxLegacy, cmd) == 11);
    assert!(core::mem::offset_of!(TxLegacy, sta) == 4 * TX_STATUS_WORD);
    assert!(core::mem::offset_of!(TxLegacy, css) == 13);
    assert!(core::mem::offset_of!(TxLegacy, vlan) == 14);
};

impl TxLegacy {
    /// Returns the words as they lie in memory.
    #[inline]
    pub const fn to_words(self) -> [u32; 4] {
        let length = (self.length as u32) | (self.cso as u32) << 16 | (self.cmd.bits() as u32) << 24;
        let status = (self.sta.bits() as u32) | (self.css as u32) << 8 | (self.vlan as u32) << 16;
        [self.address as u32, (self.address >> 32) as u32, length, status]
    }

    /// Reads the words of a descriptor.
    #[inline]
    pub const fn from_words(words: [u32; 4]) -> Self {
        let [low, high, length, status] = words;
        Self {
            address: join(low, high),
            length: length as u16,
            cso: (length >> 16) as u8,
            cmd: TxCommand::from_bits_retain((length >> 24) as u8),
            sta: TxStatus::from_bits_retain(status as u8),
            css: (status >> 8) as u8,
            vlan: (status >> 16) as u16,
        }
    }
}

/// An extended receive descriptor as the driver gives it (82574 data sheet, 7.1.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct RxRead {
    /// Address of the buffer, any alignment.
    pub address: u64,
    /// Must be zero: bit 0 will be DD.
    pub reserved: u64,
}

const _: () = {
    assert!(size_of::<RxRead>() == DESCRIPTOR_SIZE as usize);
    assert!(core::mem::offset_of!(RxRead, reserved) == 4 * RX_STATUS_WORD);
};

impl RxRead {
    /// Makes a descriptor that gives the buffer at `address` to the device.
    #[inline]
    pub const fn new(address: u64) -> Self {
        Self { address, reserved: 0 }
    }

    /// Returns the words as they lie in memory.
    #[inline]
    pub const fn to_words(self) -> [u32; 4] {
        let (address, reserved) = (self.address, self.reserved);
        [address as u32, (address >> 32) as u32, reserved as u32, (reserved >> 32) as u32]
    }

    /// Reads the words of a descriptor.
    #[inline]
    pub const fn from_words(words: [u32; 4]) -> Self {
        Self { address: join(words[0], words[1]), reserved: join(words[2], words[3]) }
    }
}

bitflags::bitflags! {
    /// Extended status (19:0) and extended error (31:20) of a received descriptor.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct RxStatus: u32 {
        /// The descriptor is done.
        const DD = 1 << 0;
        /// The frame ends here; length apart, the other bits hold only then.
        const EOP = 1 << 1;
        /// The checksum bits do not hold.
        const IXSM = 1 << 2;
        /// The frame had a VLAN tag.
        const VP = 1 << 3;
        /// A UDP checksum was checked.
        const UDPCS = 1 << 4;
        /// A TCP or UDP checksum was checked.
        const L4CS = 1 << 5;
        /// An IPv4 header checksum was checked.
        const IPCS = 1 << 6;
        /// The frame passed an inexact filter (MTA).
        const PIF = 1 << 7;
        /// The IP identification is reported.
        const IPIDV = 1 << 9;
        /// The UDP checksum is in the packet checksum.
        const UDPV = 1 << 10;
        /// The frame is an ACK.
        const ACK = 1 << 15;
        /// Packet type, four bits.
        const PKTTYPE = 0xf << 16;
        /// Wrong FCS.
        const CE = 1 << 24;
        /// Symbol error.
        const SE = 1 << 25;
        /// Sequence error.
        const SEQ = 1 << 26;
        /// Carrier extension error.
        const CXE = 1 << 28;
        /// Wrong TCP or UDP checksum.
        const TCPE = 1 << 29;
        /// Wrong IPv4 header checksum.
        const IPE = 1 << 30;
        /// Data error on the wire.
        const RXE = 1 << 31;
        /// Reserved.
        const RESERVED = (1 << 8) | (0xf << 11) | (0xf << 20) | (1 << 27);
        const _ = !0;
    }
}

impl RxStatus {
    /// Errors for which a driver discards the frame; TCPE and IPE only deny the checksum.
    pub const FRAME_ERRORS: Self =
        Self::CE.union(Self::SE).union(Self::SEQ).union(Self::CXE).union(Self::RXE);

    /// Returns what word 3 of a legacy descriptor says (82574 data sheet, 7.1.4): status in bits 7:0 and errors in
    /// 15:8, each bit as here. What is only here stays zero.
    #[inline]
    pub const fn from_legacy(word: u32) -> Self {
        Self::from_bits_retain((word & 0xff) | (word >> 8 & 0xff) << 24)
    }

    /// Returns the lower half of word 3 of a legacy descriptor.
    #[inline]
    pub const fn to_legacy(self) -> u32 {
        (self.bits() & 0xff) | (self.bits() >> 24) << 8
    }
}

/// An extended receive descriptor as the device writes it back (82574 data sheet, 7.1.5). It overwrites the
/// buffer's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct RxWriteBack {
    /// Queue and RSS type.
    pub mrq: u32,
    /// RSS hash, or IP identification and packet checksum.
    pub hash: u32,
    /// Status and errors.
    pub status: RxStatus,
    /// Bytes in this buffer.
    pub length: u16,
    /// VLAN tag.
    pub vlan: u16,
}

const _: () = {
    assert!(size_of::<RxWriteBack>() == DESCRIPTOR_SIZE as usize);
    assert!(core::mem::offset_of!(RxWriteBack, status) == 4 * RX_STATUS_WORD);
    assert!(core::mem::offset_of!(RxWriteBack, length) == 12);
    assert!(core::mem::offset_of!(RxWriteBack, vlan) == 14);
};

impl RxWriteBack {
    /// Returns the words as they lie in memory.
    #[inline]
    pub const fn to_words(self) -> [u32; 4] {
        let length = (self.length as u32) | (self.vlan as u32) << 16;
        [self.mrq, self.hash, self.status.bits(), length]
    }

    /// Reads the words of a descriptor.
    #[inline]
    pub const fn from_words(words: [u32; 4]) -> Self {
        let [mrq, hash, status, length] = words;
        let status = RxStatus::from_bits_retain(status);
        Self { mrq, hash, status, length: length as u16, vlan: (length >> 16) as u16 }
    }
}

const fn join(low: u32, high: u32) -> u64 {
    (low as u64) | (high as u64) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legacy_transmit_descriptor_lies_in_memory_as_documented() {
        let cmd = TxCommand::EOP | TxCommand::IFCS | TxCommand::RS;
        let given = TxLegacy {
            address: 0x1_2345_6780,
            length: 60,
            cso: 1,
            cmd,
            css: 2,
            vlan: 3,
            ..Default::default()
        };
        let words = given.to_words();
        assert_eq!(words, [0x2345_6780, 1, 0x0b01_003c, 0x0003_0200]);
        let done = TxLegacy::from_words([words[0], words[1], words[2], words[3] | 1]);
        assert_eq!(done, TxLegacy { sta: TxStatus::DD, ..given });
    }

    #[test]
    fn an_extended_write_back_reads_as_seen_on_a_udp_frame() {
        let seen = RxWriteBack::from_words([0, 0, 0x0002_0273, 0x0007_0040]);
        let flags = RxStatus::DD | RxStatus::EOP | RxStatus::UDPCS | RxStatus::L4CS | RxStatus::IPCS;
        assert!(seen.status.contains(flags | RxStatus::IPIDV));
        assert!(!seen.status.intersects(RxStatus::FRAME_ERRORS));
        assert_eq!((seen.length, seen.vlan), (64, 7));
    }

    #[test]
    fn a_legacy_descriptor_says_the_same_in_other_places() {
        let seen =
            RxStatus::DD | RxStatus::EOP | RxStatus::VP | RxStatus::IPCS | RxStatus::TCPE | RxStatus::RXE;
        assert_eq!(seen.to_legacy(), 0xa04b);
        assert_eq!(RxStatus::from_legacy(0x1234_a04b), seen);
        assert_eq!(RxStatus::from_legacy(RxStatus::IPIDV.to_legacy()), RxStatus::empty());
    }

    #[test]
    fn every_bit_pattern_survives() {
        let words = [0xdead_beef, 0x0bad_cafe, u32::MAX, 0x8000_0001];
        assert_eq!(TxLegacy::from_words(words).to_words(), words);
        assert_eq!(RxRead::from_words(words).to_words(), words);
        assert_eq!(RxWriteBack::from_words(words).to_words(), words);
    }
}

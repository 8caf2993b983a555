//! Transmit descriptors of the kinds that offloads need (82574 data sheet, 7.2.10.2 and 7.2.11): a context says where
//! checksums are, and data descriptors say which to fill in.

use crate::descriptor::{DESCRIPTOR_SIZE, TxCommand, TxStatus};

/// Which descriptor four words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxKind {
    /// Without DEXT.
    Legacy,
    /// DTYP 0.
    Context,
    /// DTYP 1.
    Data,
    /// A DTYP that is reserved.
    Reserved,
}

impl TxKind {
    /// Says which descriptor these words are.
    #[inline]
    pub const fn of(words: [u32; 4]) -> Self {
        let [_, _, command, _] = words;
        if command >> 24 & TxCommand::DEXT.bits() as u32 == 0 {
            return Self::Legacy;
        }
        match command >> 20 & 0xf {
            0 => Self::Context,
            1 => Self::Data,
            _ => Self::Reserved,
        }
    }
}

bitflags::bitflags! {
    /// TUCMD of a context descriptor.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct TxContextCommand: u8 {
        /// The transport is TCP, otherwise UDP.
        const TCP = 1 << 0;
        /// The network is IPv4, otherwise IPv6.
        const IP = 1 << 1;
        /// TCP segmentation.
        const TSE = 1 << 2;
        /// Reports completion by DD.
        const RS = 1 << 3;
        /// Marks another format than the legacy one.
        const DEXT = 1 << 5;
        /// Delays the interrupt.
        const IDE = 1 << 7;
        const _ = !0;
    }
}

/// A context descriptor: where checksums start, end and go, in bytes from the start of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TxContext {
    /// Where the IPv4 header starts.
    pub ipcss: u8,
    /// Where its checksum goes.
    pub ipcso: u8,
    /// Its last byte; 0 is the end of the frame.
    pub ipcse: u16,
    /// Where the TCP or UDP header starts.
    pub tucss: u8,
    /// Where its checksum goes.
    pub tucso: u8,
    /// The last byte that it covers; 0 is the end of the frame.
    pub tucse: u16,
    /// What kind of frame.
    pub tucmd: TxContextCommand,
}

impl TxContext {
    /// Returns the words as they lie in memory. Without segmentation PAYLEN, HDRLEN and MSS are zero.
    #[inline]
    pub const fn to_words(self) -> [u32; 4] {
        let ip = (self.ipcss as u32) | (self.ipcso as u32) << 8 | (self.ipcse as u32) << 16;
        let transport = (self.tucss as u32) | (self.tucso as u32) << 8 | (self.tucse as u32) << 16;
        [ip, transport, (self.tucmd.bits() as u32) << 24, 0]
    }

    /// Reads the words of a descriptor.
    #[inline]
    pub const fn from_words(words: [u32; 4]) -> Self {
        let [ip, transport, command, _] = words;
        Self {
            ipcss: ip as u8,
            ipcso: (ip >> 8) as u8,
            ipcse: (ip >> 16) as u16,
            tucss: transport as u8,
            tucso: (transport >> 8) as u8,
            tucse: (transport >> 16) as u16,
            tucmd: TxContextCommand::from_bits_retain((command >> 24) as u8),
        }
    }
}

bitflags::bitflags! {
    /// POPTS of a data descriptor; those of a frame's first one hold.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct TxOptions: u8 {
        /// Fills in the IPv4 header's checksum.
        const IXSM = 1 << 0;
        /// Fills in the TCP or UDP checksum.
        const TXSM = 1 << 1;
        const _ = !0;
    }
}

/// A data descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TxData {
    /// Address of the data, any alignment.
    pub address: u64,
    /// Length of the data in bytes, 20 bits.
    pub length: u32,
    /// DCMD: what to do. Bit 2 is TSE here.
    pub cmd: TxCommand,
    /// What was done.
    pub sta: TxStatus,
    /// Which checksums to fill in.
    pub popts: TxOptions,
    /// VLAN tag.
    pub vlan: u16,
}

const DATA: u32 = 1 << 20;
const _: () = assert!(size_of::<[u32; 4]>() == DESCRIPTOR_SIZE as usize);

impl TxData {
    /// Returns the words as they lie in memory.
    #[inline]
    pub const fn to_words(self) -> [u32; 4] {
        let command = (self.length & 0xf_ffff) | DATA | (self.cmd.bits() as u32) << 24;
        let status = (self.sta.bits() as u32) | (self.popts.bits() as u32) << 8 | (self.vlan as u32) << 16;
        [self.address as u32, (self.address >> 32) as u32, command, status]
    }

    /// Reads the words of a descriptor.
    #[inline]
    pub const fn from_words(words: [u32; 4]) -> Self {
        let [low, high, command, status] = words;
        Self {
            address: (low as u64) | (high as u64) << 32,
            length: command & 0xf_ffff,
            cmd: TxCommand::from_bits_retain((command >> 24) as u8),
            sta: TxStatus::from_bits_retain(status as u8),
            popts: TxOptions::from_bits_retain((status >> 8) as u8),
            vlan: (status >> 16) as u16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_lies_in_memory_as_documented() {
        let context = TxContext {
            ipcss: 14,
            ipcso: 24,
            ipcse: 33,
            tucss: 34,
            tucso: 50,
            tucse: 0,
            tucmd: TxContextCommand::TCP | TxContextCommand::IP | TxContextCommand::DEXT,
        };
        assert_eq!(context.to_words(), [0x0021_180e, 0x0000_3222, 0x2300_0000, 0]);
        assert_eq!(TxContext::from_words(context.to_words()), context);
        assert_eq!(TxKind::of(context.to_words()), TxKind::Context);
    }

    #[test]
    fn data_lies_in_memory_as_documented() {
        let data = TxData {
            address: 0x1_2345_6780,
            length: 60,
            cmd: TxCommand::EOP | TxCommand::IFCS | TxCommand::RS | TxCommand::DEXT | TxCommand::VLE,
            sta: TxStatus::empty(),
            popts: TxOptions::IXSM | TxOptions::TXSM,
            vlan: 7,
        };
        assert_eq!(data.to_words(), [0x2345_6780, 1, 0x6b10_003c, 0x0007_0300]);
        assert_eq!(TxData::from_words(data.to_words()), data);
        assert_eq!(TxKind::of(data.to_words()), TxKind::Data);
        assert_eq!(TxKind::of([0, 0, 0x0b00_003c, 0]), TxKind::Legacy);
        assert_eq!(TxKind::of([0, 0, 0x2020_0000, 0]), TxKind::Reserved);
    }
}

//! The 82574's registers and descriptors in words (82574 data sheet, chapters 7 and 10).

use bitflags::Flags;
use i82574::descriptor::{DESCRIPTOR_SIZE, RxStatus, TxCommand, TxStatus};
use i82574::general::{Ctrl, Status};
use i82574::interrupt::Cause;
use i82574::receive::Rctl;
use i82574::transmit::Tctl;

/// What a common buffer is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Buffer {
    /// A ring of legacy transmit descriptors.
    TransmitRing,
    /// A ring of extended receive descriptors.
    ReceiveRing,
    /// Receive buffers of `size` bytes, one after the other.
    ReceiveBuffers { size: u32 },
    /// Frames to send, one every `stride` bytes.
    Frames { stride: u32 },
}

impl Buffer {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TransmitRing => "TX ring",
            Self::ReceiveRing => "RX ring",
            Self::ReceiveBuffers { .. } => "RX buffers",
            Self::Frames { .. } => "frames",
        }
    }

    /// Names the word at `offset`.
    pub(super) fn place(self, offset: u32) -> String {
        let (index, word) = (offset / DESCRIPTOR_SIZE, offset % DESCRIPTOR_SIZE / 4);
        match self {
            Self::TransmitRing => {
                format!("TX[{index}].{}", ["addr", "addr_hi", "cmd", "status"][word as usize])
            }
            Self::ReceiveRing => {
                format!("RX[{index}].{}", ["addr", "addr_hi", "status", "length"][word as usize])
            }
            Self::ReceiveBuffers { size } => within("RX buffer", offset, size),
            Self::Frames { stride } => within("frame", offset, stride),
        }
    }

    pub(super) const fn is_ring(self) -> bool {
        matches!(self, Self::TransmitRing | Self::ReceiveRing)
    }

    /// Names and spells the word at `offset` of a ring, without saying in which descriptor.
    pub(super) fn field(self, offset: u32, value: u32) -> String {
        let (place, word) = (self.place(offset), self.word(offset, value));
        format!("{} {word}", place.split_once('.').map_or("", |(_, field)| field))
    }

    /// Names what the device reads or writes: a whole descriptor, or as [`place`](Self::place).
    pub(super) fn span(self, offset: u32, len: u32) -> String {
        let place = self.place(offset);
        match place.split_once('.') {
            Some((descriptor, _)) if len == DESCRIPTOR_SIZE => descriptor.to_owned(),
            Some(_) => place,
            None => format!("{len} bytes of {place}"),
        }
    }

    /// Spells the word at `offset`.
    pub(super) fn word(self, offset: u32, value: u32) -> String {
        match (self, offset % DESCRIPTOR_SIZE / 4) {
            (Self::TransmitRing, 2) => {
                let command = names(TxCommand::from_bits_retain((value >> 24) as u8));
                format!("{} bytes {command}", value & 0xffff)
            }
            (Self::TransmitRing, 3) => or_hex(names(TxStatus::from_bits_retain(value as u8)), value),
            (Self::ReceiveRing, 2) => or_hex(names(RxStatus::from_bits_retain(value)), value),
            (Self::ReceiveRing, 3) => format!("{} bytes", value & 0xffff),
            _ => hex(value),
        }
    }
}

fn within(name: &str, offset: u32, stride: u32) -> String {
    match offset % stride.max(1) {
        0 => format!("{name}[{}]", offset / stride.max(1)),
        rest => format!("{name}[{}] +{rest}", offset / stride.max(1)),
    }
}

/// Spells a register's value: the flags that are set, an index or a length, or the bits.
pub(super) fn register_value(name: &str, value: u32) -> String {
    match name {
        _ if value == i82574::GONE => "all ones".to_owned(),
        "ICR" | "ICS" | "IMS" | "IMC" | "EIAC" | "IAM" => flags(Cause::from_bits_retain(value), value),
        "CTRL" => flags(Ctrl::from_bits_retain(value), value),
        "STATUS" => flags(Status::from_bits_retain(value), value),
        "RCTL" => flags(Rctl::from_bits_retain(value), value),
        "TCTL" => flags(Tctl::from_bits_retain(value), value),
        "TDH" | "TDT" | "RDH" | "RDT" | "TDLEN" | "RDLEN" => value.to_string(),
        _ => hex(value),
    }
}

/// More flags than these are counted, not listed.
const FLAGS_MAX: usize = 9;

fn flags<F: Flags<Bits = u32>>(flags: F, value: u32) -> String {
    let names = names(flags);
    match names.split('|').count() {
        _ if names.is_empty() => hex(value),
        count @ FLAGS_MAX.. => format!("{} ({count} flags)", hex(value)),
        _ => format!("{} {names}", hex(value)),
    }
}

/// Lists the single flags that are set.
fn names<F: Flags>(flags: F) -> String {
    let single = |(name, flag): (&'static str, F)| {
        let bits: Vec<_> = flag.iter().take(2).collect();
        (bits.len() == 1 && name != "RESERVED").then_some(name)
    };
    flags.iter_names().filter_map(single).collect::<Vec<_>>().join("|")
}

fn or_hex(names: String, value: u32) -> String {
    if names.is_empty() { hex(value) } else { names }
}

pub(super) fn hex(value: u32) -> String {
    if value < 10 { value.to_string() } else { format!("{value:#x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_spelled_by_their_flags() {
        assert_eq!(register_value("ICR", 0x8000_0081), "0x80000081 TXDW|RXT0|INT_ASSERTED");
        assert_eq!(register_value("RCTL", 0x0000_8002), "0x8002 EN|BAM");
        assert_eq!(register_value("TDT", 12), "12");
        assert_eq!(register_value("IMS", u32::MAX), "all ones");
        assert_eq!(register_value("EERD", 0x30), "0x30");
    }

    #[test]
    fn descriptors_are_spelled_by_their_fields() {
        assert_eq!(Buffer::TransmitRing.place(0x3c), "TX[3].status");
        assert_eq!(Buffer::TransmitRing.word(0x3c, 1), "DD");
        assert_eq!(Buffer::TransmitRing.word(0x38, 0x0b00_003c), "60 bytes EOP|IFCS|RS");
        assert_eq!(Buffer::TransmitRing.span(0x30, 16), "TX[3]");
        assert_eq!(Buffer::ReceiveRing.word(0x18, 3), "DD|EOP");
        assert_eq!(Buffer::ReceiveBuffers { size: 512 }.span(1024, 64), "64 bytes of RX buffer[2]");
        assert_eq!(Buffer::Frames { stride: 2048 }.place(2060), "frame[1] +12");
    }
}

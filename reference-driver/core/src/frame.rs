//! A received frame, as the upper layer sees it.

use dirql::DmaMemory;
use i82574::descriptor::RxStatus;

use crate::Checksums;
use crate::ring::Ring;

/// A received frame: some of the driver's receive buffers, lent for the length of one call.
#[derive(Debug)]
pub struct ReceivedFrame<'b, D> {
    buffers: &'b D,
    ring: Ring,
    buffer_len: u32,
    span: Span,
}

/// Which buffers a frame lies in, and how long it is, both checked when it was taken from the ring; and what else the
/// device says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u16,
    pub(crate) len: u32,
    pub(crate) status: RxStatus,
    pub(crate) vlan: u16,
}

impl<'b, D: DmaMemory> ReceivedFrame<'b, D> {
    pub(crate) fn new(buffers: &'b D, ring: Ring, buffer_len: u32, span: Span) -> Self {
        Self { buffers, ring, buffer_len, span }
    }

    /// Returns the length in bytes, without FCS: 1 to [`FRAME_LEN_MAX`](crate::FRAME_LEN_MAX).
    pub fn len(&self) -> u32 {
        self.span.len
    }

    /// Says whether the frame has no bytes, which the driver never hands up.
    pub fn is_empty(&self) -> bool {
        self.span.len == 0
    }

    /// Returns the VLAN tag that the device took out: priority, CFI and VLAN ID.
    pub fn vlan(&self) -> Option<u16> {
        self.span.status.contains(RxStatus::VP).then_some(self.span.vlan)
    }

    /// Returns what the device found of the frame's checksums. It says so only if it was asked to; and a hostile one says
    /// anything.
    pub fn checksums(&self) -> Checksums {
        Checksums::of(self.span.status)
    }

    /// Copies the frame, as far as it fits, and returns how many bytes that were.
    ///
    /// A hostile device can still change the bytes: parse the copy, not the frame.
    pub fn copy_to(&self, to: &mut [u8]) -> usize {
        let len = to.len().min(self.span.len as usize);
        let mut rest = to.get_mut(..len).unwrap_or_default();
        let mut index = self.span.first;
        while !rest.is_empty() {
            let step = rest.len().min(self.buffer_len as usize);
            let Some((piece, after)) = rest.split_at_mut_checked(step) else { break };
            self.buffers.read_bytes(u32::from(index).wrapping_mul(self.buffer_len), piece);
            index = self.ring.after(index);
            rest = after;
        }
        len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Memory;

    #[test]
    fn a_frame_is_gathered_across_the_wrap() {
        let buffers = Memory::new(8 * 256);
        buffers.write_bytes(7 * 256, &[7; 256]);
        buffers.write_bytes(0, &[1; 256]);
        let status = RxStatus::VP | RxStatus::IPCS;
        let span = Span { first: 7, len: 300, status, vlan: 5 };
        let frame = ReceivedFrame::new(&buffers, Ring::new(8), 256, span);
        assert_eq!((frame.vlan(), frame.checksums().ipv4), (Some(5), Some(true)));
        let mut bytes = [9; 310];
        assert_eq!((frame.copy_to(&mut bytes), frame.len()), (300, 300));
        assert!(bytes[..256].iter().all(|&b| b == 7) && bytes[256..300].iter().all(|&b| b == 1));
        assert!(bytes[300..].iter().all(|&b| b == 9), "nothing beyond the frame is touched");
        assert_eq!(frame.copy_to(&mut bytes[..10]), 10);
        assert_eq!(frame.copy_to(&mut []), 0);
    }
}

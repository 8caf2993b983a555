//! The memory between the wire and DMA: received frames wait here for descriptors.

use i82574::descriptor::RxStatus;
use i82574::{FCS_LEN, FRAME_LEN_MIN, VLAN_TAG_LEN};

/// A frame that passed the filter.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    /// What the descriptor will say of it besides DD and EOP.
    pub(crate) status: RxStatus,
    /// The tag that was taken out (VP).
    pub(crate) vlan: u16,
}

/// A queue of frames in buffers that are used again and again.
#[derive(Debug, Default)]
pub(crate) struct PacketBuffer {
    slots: Vec<Held>,
    first: usize,
    len: usize,
}

impl PacketBuffer {
    /// Empties it and gives it room for `frames`.
    pub(crate) fn resize(&mut self, frames: u8) {
        self.slots.resize_with(usize::from(frames.max(1)), Held::default);
        self.clear();
    }

    pub(crate) fn clear(&mut self) {
        self.first = 0;
        self.len = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len == self.slots.len()
    }

    /// Returns the oldest frame.
    pub(crate) fn front(&self) -> Option<&Held> {
        (self.len > 0).then(|| &self.slots[self.first])
    }

    pub(crate) fn pop(&mut self) {
        if self.len > 0 {
            self.first = (self.first + 1) % self.slots.len();
            self.len -= 1;
        }
    }

    /// Stores a frame as it comes from the wire: its sender padded it. The FCS is kept unless `strips_fcs` (SECRC); a tag
    /// of type `tag_type` is taken out. Says whether there was room.
    pub(crate) fn push(
        &mut self,
        frame: &[u8],
        strips_fcs: bool,
        tag_type: Option<u16>,
    ) -> Option<&mut Held> {
        if self.is_full() {
            return None;
        }
        let last = (self.first + self.len) % self.slots.len();
        let held = &mut self.slots[last];
        held.bytes.clear();
        held.bytes.extend_from_slice(frame);
        held.bytes.resize(frame.len().max(FRAME_LEN_MIN as usize), 0);
        (held.status, held.vlan) = (RxStatus::empty(), 0);
        if let Some(tag) = tag_type.and_then(|tag_type| take_tag(&mut held.bytes, tag_type)) {
            (held.status, held.vlan) = (RxStatus::VP, tag);
        }
        if !strips_fcs {
            let fcs: [u8; FCS_LEN as usize] = fcs(&held.bytes).to_le_bytes();
            held.bytes.extend_from_slice(&fcs);
        }
        self.len += 1;
        Some(held)
    }
}

/// Takes the tag out of a frame that has one.
fn take_tag(frame: &mut Vec<u8>, tag_type: u16) -> Option<u16> {
    let [a, b, high, low] = *frame.get(12..)?.first_chunk()?;
    if u16::from_be_bytes([a, b]) != tag_type {
        return None;
    }
    frame.drain(12..12 + VLAN_TAG_LEN as usize);
    Some(u16::from_be_bytes([high, low]))
}

/// Returns a frame's check sequence (IEEE 802.3, 3.2.9).
fn fcs(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ if crc & 1 != 0 { 0xedb8_8320 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::{fcs, take_tag};

    #[test]
    fn a_tag_is_taken_out_if_it_is_one() {
        let mut frame = vec![1; 12];
        frame.extend([0x81, 0, 0x20, 5, 8, 0]);
        assert_eq!(take_tag(&mut frame, 0x88a8), None);
        assert_eq!(take_tag(&mut frame, 0x8100), Some(0x2005));
        assert_eq!(frame[12..], [8, 0]);
        assert_eq!(take_tag(&mut frame, 0x0800), None, "cut short");
    }

    #[test]
    fn the_check_sequence_has_its_published_check_value() {
        assert_eq!(fcs(b"123456789"), 0xcbf4_3926);
    }
}

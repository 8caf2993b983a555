//! The memory between the wire and DMA: received frames wait here for descriptors.

use i82574::{FCS_LEN, FRAME_LEN_MIN};

/// A frame that passed the filter.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    /// It passed by a filter that is not exact (PIF).
    pub(crate) inexact: bool,
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

    /// Stores a frame as it comes from the wire: its sender padded it. The FCS is kept unless `strip` (SECRC).
    /// Says whether there was room.
    pub(crate) fn push(&mut self, frame: &[u8], inexact: bool, strip: bool) -> bool {
        if self.is_full() {
            return false;
        }
        let last = (self.first + self.len) % self.slots.len();
        let Held { bytes, inexact: kept } = &mut self.slots[last];
        bytes.clear();
        bytes.extend_from_slice(frame);
        bytes.resize(bytes.len().max(FRAME_LEN_MIN as usize), 0);
        if !strip {
            let fcs: [u8; FCS_LEN as usize] = fcs(bytes).to_le_bytes();
            bytes.extend_from_slice(&fcs);
        }
        *kept = inexact;
        self.len += 1;
        true
    }
}

/// Returns a frame's check sequence (IEEE 802.3, 3.2.9).
fn fcs(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ if crc & 1 != 0 { 0xedb8_8320 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::fcs;

    #[test]
    fn the_check_sequence_has_its_published_check_value() {
        assert_eq!(fcs(b"123456789"), 0xcbf4_3926);
    }
}

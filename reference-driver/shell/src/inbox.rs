//! Received frames until a read request takes them.

use dirql::DmaMemory;
use nic::{FRAME_LEN_MAX, ReceivedFrame};

use crate::SLOT_LEN;

/// The latest `N` frames at most, oldest first. Belongs under a lock.
///
/// Its memory is one of the device's kind because that is what a framework gives in one piece; the device never sees
/// it.
#[derive(Debug)]
pub struct Inbox<D, const N: usize> {
    memory: D,
    lens: [u32; N],
    oldest: usize,
    count: usize,
    dropped: u64,
}

impl<D: DmaMemory, const N: usize> Inbox<D, N> {
    /// How long the memory must be, in bytes.
    pub const LEN: u32 = N as u32 * SLOT_LEN;

    /// Makes an empty one.
    pub fn new(memory: D) -> Self {
        Self { memory, lens: [0; N], oldest: 0, count: 0, dropped: 0 }
    }

    /// Says whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns how many frames had no place.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Keeps a frame. If there is no place it is dropped and counted, as a device would do.
    pub fn keep<B: DmaMemory>(&mut self, frame: &ReceivedFrame<'_, B>) {
        let mut bytes = [0; FRAME_LEN_MAX as usize];
        let len = frame.copy_to(&mut bytes);
        self.keep_bytes(bytes.get(..len).unwrap_or_default());
    }

    fn keep_bytes(&mut self, bytes: &[u8]) {
        let index = self.oldest.wrapping_add(self.count).checked_rem(N);
        match index.and_then(|index| Some((index, self.lens.get_mut(index)?))) {
            Some((index, len)) if self.count < N => {
                *len = bytes.len() as u32;
                self.memory.write_bytes(offset(index), bytes);
                self.count = self.count.wrapping_add(1);
            }
            _ => self.dropped = self.dropped.wrapping_add(1),
        }
    }

    /// Takes the oldest frame and copies it, as far as it fits. Returns its whole length in bytes.
    pub fn take(&mut self, to: &mut [u8]) -> Option<usize> {
        let len = self.lens.get(self.oldest).filter(|_| self.count != 0).copied()? as usize;
        let fits = len.min(to.len());
        self.memory.read_bytes(offset(self.oldest), to.get_mut(..fits).unwrap_or_default());
        self.oldest = self.oldest.wrapping_add(1).checked_rem(N).unwrap_or(0);
        self.count = self.count.wrapping_sub(1);
        Some(len)
    }

    /// Forgets all frames.
    pub fn clear(&mut self) {
        self.count = 0;
    }
}

fn offset(index: usize) -> u32 {
    (index as u32).wrapping_mul(SLOT_LEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Memory;

    #[test]
    fn frames_are_read_in_order_and_the_one_too_many_is_counted() {
        let mut inbox = Inbox::<_, 2>::new(Memory::new(Inbox::<Memory, 2>::LEN));
        let mut bytes = [0; 100];
        assert_eq!(inbox.take(&mut bytes), None);
        for round in 0..3 {
            inbox.keep_bytes(&[round; 60]);
            inbox.keep_bytes(&[round + 10; 64]);
            inbox.keep_bytes(&[99; 64]);
            assert_eq!(inbox.dropped(), u64::from(round) + 1);
            assert_eq!((inbox.take(&mut bytes), bytes[59]), (Some(60), round));
            assert_eq!(inbox.take(&mut bytes[..10]), Some(64), "cut, and said so");
            assert_eq!((bytes[9], bytes[10]), (round + 10, round));
            assert!(inbox.is_empty());
        }
        inbox.keep_bytes(&[1; 60]);
        inbox.clear();
        assert_eq!(inbox.take(&mut bytes), None);
    }
}

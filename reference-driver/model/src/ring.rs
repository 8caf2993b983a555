//! The registers of a descriptor ring.

use i82574::descriptor::{BASE_ALIGN, DESCRIPTOR_SIZE, RING_LEN_STEP};

/// Base, length, head and tail, as written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ring {
    base: u64,
    bytes: u32,
    pub(crate) head: u32,
    pub(crate) tail: u32,
}

impl Ring {
    pub(crate) fn base_low(&self) -> u32 {
        self.base as u32
    }

    pub(crate) fn base_high(&self) -> u32 {
        (self.base >> 32) as u32
    }

    pub(crate) fn bytes(&self) -> u32 {
        self.bytes
    }

    /// The low bits of the base are always zero.
    pub(crate) fn set_base_low(&mut self, value: u32) {
        self.base = self.base & !0xffff_ffff | u64::from(value & !(BASE_ALIGN - 1));
    }

    pub(crate) fn set_base_high(&mut self, value: u32) {
        self.base = self.base & 0xffff_ffff | u64::from(value) << 32;
    }

    /// Bits 19:7 hold the length; the others are always zero.
    pub(crate) fn set_bytes(&mut self, value: u32) {
        self.bytes = value & 0x000f_ffff & !(RING_LEN_STEP - 1);
    }

    pub(crate) fn count(&self) -> u32 {
        self.bytes / DESCRIPTOR_SIZE
    }

    /// Returns how many descriptors the chip may use. An index outside the ring is undefined on hardware; here
    /// the ring is then empty, as in QEMU (hw/net/e1000e_core.c, e1000e_ring_empty).
    pub(crate) fn pending(&self) -> u32 {
        let count = self.count();
        if self.head >= count || self.tail >= count {
            0
        } else if self.tail >= self.head {
            self.tail - self.head
        } else {
            count - self.head + self.tail
        }
    }

    /// Returns the address of descriptor `index`.
    pub(crate) fn slot(&self, index: u32) -> u64 {
        self.base.wrapping_add(u64::from(index * DESCRIPTOR_SIZE))
    }

    /// Moves the head past a descriptor and says whether it wrapped.
    pub(crate) fn advance(&mut self) -> bool {
        self.head += 1;
        let wraps = self.head >= self.count();
        if wraps {
            self.head = 0;
        }
        wraps
    }

    /// Says whether the driver gave as many descriptors as it may: one stays free.
    pub(crate) fn is_full(&self) -> bool {
        self.count() > 0 && self.pending() == self.count() - 1
    }
}

//! Index arithmetic of a descriptor ring.

use i82574::descriptor::DESCRIPTOR_SIZE;

/// A ring of `len` descriptors; indices run from 0 to `len - 1`, and then from 0 again.
///
/// An index that the device's memory could have influenced never gets here: the driver counts for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    len: u16,
}

impl Ring {
    pub(crate) const fn new(len: u16) -> Self {
        Self { len }
    }

    /// How many descriptors may be in the device's hands: one less than there are, since head == tail means
    /// that it has none (82574 data sheet, 7.1.8).
    pub(crate) const fn capacity(self) -> u16 {
        self.len.wrapping_sub(1)
    }

    /// The index that follows `index`.
    pub(crate) const fn after(self, index: u16) -> u16 {
        if index >= self.capacity() { 0 } else { index.wrapping_add(1) }
    }

    /// How many steps lead from `from` to `to`.
    pub(crate) const fn distance(self, from: u16, to: u16) -> u16 {
        let steps = to.wrapping_sub(from);
        if to < from { steps.wrapping_add(self.len) } else { steps }
    }

    /// Where the descriptor at `index` lies in the ring's memory, in bytes.
    pub(crate) const fn offset(index: u16) -> u32 {
        (index as u32).wrapping_mul(DESCRIPTOR_SIZE)
    }

    /// Length of the ring's memory in bytes.
    pub(crate) const fn bytes(self) -> u32 {
        Self::offset(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn indices_wrap_at_the_end() {
        let ring = Ring::new(8);
        assert_eq!([ring.after(0), ring.after(6), ring.after(7)], [1, 7, 0]);
    }

    #[test]
    fn distance_counts_the_steps() {
        let ring = Ring::new(8);
        for from in 0..8 {
            let mut to = from;
            for steps in 0..8 {
                assert_eq!(ring.distance(from, to), steps);
                to = ring.after(to);
            }
            assert_eq!(to, from);
        }
    }
}

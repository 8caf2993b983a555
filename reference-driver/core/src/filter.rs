//! What to receive: the filters, and the table of groups.

use dirql::{RegisterIo, View};
use i82574::filter::{Mta, multicast_hash};
use i82574::receive::Rctl;

use crate::registers::ConfigGroup;

/// Which frames are received besides those to the station's own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// All frames.
    pub promiscuous: bool,
    /// All multicast frames.
    pub all_multicast: bool,
    /// Broadcast frames.
    pub broadcast: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Filter {
    /// Receives broadcast frames, which no protocol stack can do without.
    pub const DEFAULT: Self = Self { promiscuous: false, all_multicast: false, broadcast: true };

    pub(crate) fn rctl(self) -> Rctl {
        let mut bits = Rctl::empty();
        bits.set(Rctl::UPE, self.promiscuous);
        bits.set(Rctl::MPE, self.promiscuous || self.all_multicast);
        bits.set(Rctl::BAM, self.promiscuous || self.broadcast);
        bits
    }
}

/// The multicast table: a bit for each of the 4096 values that twelve bits of a group's address can have (RCTL.MO 0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Groups([u32; Mta::COUNT as usize]);

impl Groups {
    pub(crate) const NONE: Self = Self([0; Mta::COUNT as usize]);

    pub(crate) fn of(addresses: &[[u8; 6]]) -> Self {
        let mut groups = Self::NONE;
        for &address in addresses {
            let hash = multicast_hash(address, 0);
            if let Some(word) = groups.0.get_mut((hash >> 5) as usize) {
                *word |= 1 << (hash & 31);
            }
        }
        groups
    }

    /// Tells a device what differs from `known`, which is what it knows; all of it without.
    pub(crate) fn write<R: RegisterIo>(&self, known: Option<&Self>, registers: &mut View<R, ConfigGroup>) {
        for (index, word) in (0..).zip(self.0) {
            if known.is_none_or(|known| known.0.get(index as usize) != Some(&word)) {
                registers.write_at(index, Mta::STRIDE, Mta(word));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_sets_the_bit_that_the_device_looks_at() {
        // 0x563 by offset 0: word 0x2b, bit 3 (Linux e1000e, e1000_hash_mc_addr).
        let groups = Groups::of(&[[0x01, 0xaa, 0x00, 0x12, 0x34, 0x56], [0x01, 0, 0x5e, 0, 0, 0xfb]]);
        assert_eq!(groups.0[0x2b], 1 << 3);
        assert_eq!(groups.0.iter().map(|word| word.count_ones()).sum::<u32>(), 2);
    }
}

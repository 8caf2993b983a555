//! Which frames are for this station (82574 data sheet, 7.1.2).

use dirql::Register;
use i82574::HEADER_LEN;
use i82574::filter::{Mta, Rah, Ral, Vfta, multicast_hash, receive_address};
use i82574::receive::Rctl;

use crate::lies::Random;

const ADDRESSES: usize = Ral::COUNT as usize;
const WORDS: usize = Mta::COUNT as usize;
const BROADCAST: [u8; 6] = [0xff; 6];
const VLAN_TYPE: [u8; 2] = [0x81, 0x00];

/// How a frame passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// By its exact address, or as a broadcast.
    Exact,
    /// By the hash table or because a whole class passes.
    Inexact,
}

/// RAL, RAH, MTA and VFTA.
#[derive(Debug)]
pub(crate) struct Filter {
    /// Low and high word of each entry.
    addresses: [[u32; 2]; ADDRESSES],
    multicast: [u32; WORDS],
    vlans: [u32; WORDS],
}

impl Default for Filter {
    fn default() -> Self {
        Self { addresses: [[0; 2]; ADDRESSES], multicast: [0; WORDS], vlans: [0; WORDS] }
    }
}

impl Filter {
    /// Fills the tables, whose contents after power-on are undefined, with noise.
    pub(crate) fn power_on(&mut self, random: &mut Random) {
        self.multicast.fill_with(|| random.word());
        self.vlans.fill_with(|| random.word());
    }

    /// Loads entry 0 from the NVM and clears the others. The tables keep what they hold: the driver has to clear
    /// them.
    pub(crate) fn reset(&mut self, mac: [u8; 6]) {
        let (low, high) = receive_address(mac);
        self.addresses = [[0; 2]; ADDRESSES];
        self.addresses[0] = [low.0, high.0];
    }

    pub(crate) fn read(&self, offset: u32) -> Option<u32> {
        let at = |first: u32| (offset.wrapping_sub(first) / 4) as usize;
        match offset {
            Mta::OFFSET..Ral::OFFSET => self.multicast.get(at(Mta::OFFSET)),
            Ral::OFFSET..Vfta::OFFSET => self.addresses.as_flattened().get(at(Ral::OFFSET)),
            _ => self.vlans.get(at(Vfta::OFFSET)),
        }
        .copied()
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        if let Some(word) = self.word_mut(offset) {
            *word = value;
        }
    }

    fn word_mut(&mut self, offset: u32) -> Option<&mut u32> {
        let at = |first: u32| (offset.wrapping_sub(first) / 4) as usize;
        match offset {
            Mta::OFFSET..Ral::OFFSET => self.multicast.get_mut(at(Mta::OFFSET)),
            Ral::OFFSET..Vfta::OFFSET => self.addresses.as_flattened_mut().get_mut(at(Ral::OFFSET)),
            _ => self.vlans.get_mut(at(Vfta::OFFSET)),
        }
    }

    /// Says whether and how `frame` passes.
    pub(crate) fn pass(&self, frame: &[u8], rctl: Rctl) -> Option<Passed> {
        let to: [u8; 6] = *frame.first_chunk()?;
        if frame.len() < HEADER_LEN as usize || !self.vlan_passes(frame, rctl) {
            None
        } else if self.is_own(to) || (to == BROADCAST && rctl.contains(Rctl::BAM)) {
            Some(Passed::Exact)
        } else {
            self.passes_inexactly(to, rctl).then_some(Passed::Inexact)
        }
    }

    fn is_own(&self, to: [u8; 6]) -> bool {
        let (low, high) = receive_address(to);
        self.addresses.iter().any(|&[l, h]| l == low.0 && h & (0x8000_0000 | 0xffff) == high.0)
    }

    /// A broadcast counts as a multicast here.
    fn passes_inexactly(&self, to: [u8; 6], rctl: Rctl) -> bool {
        if to[0] & 1 == 0 {
            return rctl.contains(Rctl::UPE);
        }
        let hash = multicast_hash(to, rctl.multicast_offset());
        rctl.contains(Rctl::MPE) || self.multicast[hash as usize >> 5] & 1 << (hash & 31) != 0
    }

    fn vlan_passes(&self, frame: &[u8], rctl: Rctl) -> bool {
        match frame[12..] {
            [a, b, high, low, ..] if [a, b] == VLAN_TYPE && rctl.contains(Rctl::VFE) => {
                let id = u32::from(u16::from_be_bytes([high, low]) & 0xfff);
                self.vlans[id as usize >> 5] & 1 << (id & 31) != 0
            }
            _ => true,
        }
    }
}

const _: () = assert!(Rah::OFFSET == Ral::OFFSET + 4 && Ral::STRIDE == 8 && Rah::STRIDE == 8);

//! Registers that only keep what was written: what they tune has no place in a model without time.

use dirql::Register;
use i82574::general::{Gcr, Gcr2, Vet};
use i82574::receive::{Radv, Rdtr, Rxcsum, Rxdctl};
use i82574::transmit::{Tadv, Tidv, Tipg, Txdctl};

const PLACES: [u32; 13] = [
    Tipg::OFFSET,
    Rdtr::OFFSET,
    Rxdctl::OFFSET,
    Rxdctl::OFFSET + Rxdctl::STRIDE,
    Radv::OFFSET,
    Tidv::OFFSET,
    Txdctl::OFFSET,
    Txdctl::OFFSET + Txdctl::STRIDE,
    Tadv::OFFSET,
    Rxcsum::OFFSET,
    Gcr::OFFSET,
    Gcr2::OFFSET,
    Vet::OFFSET,
];

const RESET: [u32; PLACES.len()] =
    [Tipg::RESET.0, 0, 0x0001_0000, 0x0001_0000, 0, 0, 0, 0, 0, 0x300, 0, 0, Vet::RESET.0];

/// The values of those registers.
#[derive(Debug)]
pub(crate) struct Stored([u32; PLACES.len()]);

impl Default for Stored {
    fn default() -> Self {
        Self(RESET)
    }
}

impl Stored {
    pub(crate) fn read(&self, offset: u32) -> Option<u32> {
        place(offset).map(|n| self.0[n])
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        if let Some(n) = place(offset) {
            self.0[n] = value;
        }
    }
}

fn place(offset: u32) -> Option<usize> {
    PLACES.iter().position(|&p| p == offset)
}

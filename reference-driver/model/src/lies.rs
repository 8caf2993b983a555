//! When a hostile chip lies, and with which bits.

use i82574::descriptor::RxStatus;
use i82574::{FCS_LEN, FRAME_LEN_MAX};

/// The most lies in one run: a driver that retries must get through in the end.
pub const LIES_MAX: u32 = 64;

/// Steele, Lea and Flood's SplitMix64.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }
}

/// The chip's honesty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lies {
    odds: u8,
    told: u32,
    random: Random,
}

impl Lies {
    pub(crate) fn new(odds: u8, seed: u64) -> Self {
        Self { odds, told: 0, random: Random::new(seed) }
    }

    /// Decides whether to lie at this opportunity.
    #[inline]
    pub(crate) fn tempted(&mut self) -> bool {
        self.odds != 0 && self.told < LIES_MAX && self.roll()
    }

    #[cold]
    fn roll(&mut self) -> bool {
        let lies = self.random.word() as u8 <= self.odds;
        self.told += u32::from(lies);
        lies
    }

    /// Tells no more.
    pub(crate) fn end(&mut self) {
        self.odds = 0;
    }

    /// Returns how many lies were told.
    pub(crate) fn told(&self) -> u32 {
        self.told
    }

    /// Returns any bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.random.word()
    }

    /// Returns a length that is wrong and could nearly be right: a driver that checks little lets it pass.
    pub(crate) fn length(&mut self, buffer_len: u32) -> u32 {
        let word = self.random.word();
        let about = match word & 0b11 {
            0 => return word >> 16,
            1 => buffer_len,
            2 => 2 * buffer_len,
            _ => FRAME_LEN_MAX - FCS_LEN,
        };
        (about + (word >> 2 & 0b11)).wrapping_sub(1)
    }

    /// Returns a receive status that is wrong; half of the time it only hides where the frame ends, so that frames run together.
    pub(crate) fn receive_status(&mut self, honest: u32) -> u32 {
        if self.random.word() & 1 == 0 { honest & !RxStatus::EOP.bits() } else { self.distort(honest) }
    }

    /// Returns something else than `value`, most of the time: noise, a flipped bit, all ones or nothing.
    pub(crate) fn distort(&mut self, value: u32) -> u32 {
        let word = self.random.word();
        match word & 0b11 {
            0 => self.random.word(),
            1 => value ^ 1 << (word >> 27),
            2 => u32::MAX,
            _ => 0,
        }
    }
}

//! The one source of randomness: SplitMix64, whose whole state is a seed.

/// A pseudo-random sequence that a seed determines.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
    /// The next number, known before it is asked for: a scheduler's decision waits for nothing else.
    ahead: u64,
}

impl Rng {
    /// Starts the sequence of `seed`.
    pub const fn new(seed: u64) -> Self {
        let mut rng = Self { state: seed, ahead: 0 };
        rng.next();
        rng
    }

    /// Derives an independent seed from a seed and an index.
    pub const fn derive(seed: u64, index: u64) -> u64 {
        Self::new(seed ^ index.wrapping_mul(0xd6e8_feb8_6659_fd93)).ahead
    }

    /// Returns the next 64 bits.
    #[inline]
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        core::mem::replace(&mut self.ahead, z ^ (z >> 31))
    }

    /// Returns a number below `n`, which is not 0.
    #[inline]
    pub const fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * n as u64) >> 32) as u32
    }

    /// Returns true once in `n` times on average.
    #[inline]
    pub const fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

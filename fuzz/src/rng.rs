//! A small generator of numbers (SplitMix64, Steele et al. 2014): fast, seekable by seed, the same on every host.

/// A generator; equal seeds give equal sequences.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Rng {
    /// Starts from several words, each of which changes the whole sequence.
    pub(crate) fn from_words(words: &[u64]) -> Self {
        words.iter().fold(Self(0), |rng, &word| Self(Self(rng.0 ^ word).next()))
    }

    /// Returns the next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from `low` to `high`, both included.
    pub(crate) fn range(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high - low) + 1;
        low + ((u128::from(self.next()) * u128::from(span)) >> 64) as u32
    }

    /// Returns true once in `n` times.
    pub(crate) fn one_in(&mut self, n: u32) -> bool {
        self.range(1, n) == 1
    }

    /// Returns one of `choices`.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.range(0, choices.len() as u32 - 1) as usize]
    }

    /// Puts `items` into any order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.range(0, last as u32) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_seed_counts() {
        let first = |words: &[u64]| Rng::from_words(words).next();
        assert_eq!(first(&[1, 2, 3]), first(&[1, 2, 3]));
        assert_ne!(first(&[1, 2, 3]), first(&[2, 1, 3]));
        assert_ne!(first(&[1, 2, 3]), first(&[1, 2, 4]));
    }

    #[test]
    fn a_range_reaches_both_ends_and_nothing_else() {
        let mut rng = Rng::from_words(&[7]);
        let drawn: Vec<u32> = (0..200).map(|_| rng.range(3, 6)).collect();
        assert!((3..=6).all(|n| drawn.contains(&n)));
        assert!(drawn.iter().all(|n| (3..=6).contains(n)));
    }
}

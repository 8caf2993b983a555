//! Access pairs: which access of one context landed between which two of another. They are what interleavings have
//! instead of code coverage.

/// How many bits a bitmap of access pairs has.
pub const PAIRS: usize = 1 << 16;

const WORDS: usize = PAIRS / 64;

/// A set of access pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pairs(Box<[u64]>);

impl Default for Pairs {
    fn default() -> Self {
        Self(vec![0; WORDS].into())
    }
}

impl Pairs {
    /// Adds a bitmap, and returns which bits are new.
    pub(crate) fn merge(&mut self, bitmap: &[u64]) -> Vec<u16> {
        let mut new = Vec::new();
        for (word, (seen, bits)) in self.0.iter_mut().zip(bitmap).enumerate() {
            push_bits(&mut new, word, bits & !*seen);
            *seen |= bits;
        }
        new
    }

    /// Adds single pairs.
    pub(crate) fn insert(&mut self, pairs: &[u16]) {
        for pair in pairs {
            self.0[usize::from(*pair) / 64] |= 1 << (pair % 64);
        }
    }

    /// Adds those of `pairs` that are new, and returns them, in order and each once. Empties `pairs`.
    pub(crate) fn insert_new(&mut self, pairs: &mut Vec<u16>) -> Vec<u16> {
        pairs.sort_unstable();
        pairs.dedup();
        pairs.retain(|pair| !self.contains(*pair));
        self.insert(pairs);
        std::mem::take(pairs)
    }

    fn contains(&self, pair: u16) -> bool {
        self.0[usize::from(pair) / 64] & 1 << (pair % 64) != 0
    }

    /// Adds another set.
    pub(crate) fn union(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// Returns how many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

fn push_bits(new: &mut Vec<u16>, word: usize, mut bits: u64) {
    while bits != 0 {
        new.push((word * 64) as u16 + bits.trailing_zeros() as u16);
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_pairs_are_reported() {
        let mut worker = Pairs::default();
        let mut bitmap = vec![0; WORDS];
        bitmap[1] = 0b101;
        assert_eq!(worker.merge(&bitmap), [64, 66]);
        bitmap[WORDS - 1] = 1 << 63;
        assert_eq!(worker.merge(&bitmap), [65_535]);

        let mut parent = Pairs::default();
        parent.insert(&[64, 66, 65_535]);
        assert_eq!(parent, worker);
        assert_eq!(parent.insert_new(&mut vec![66, 9, 66, 8]), [8, 9]);
        parent.union(&worker);
        assert_eq!(parent.count(), 5);
    }
}

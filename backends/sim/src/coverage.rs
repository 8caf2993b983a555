//! Access pairs: which access of one context lands right after which of another, on the same object.

const WORDS: usize = 1024;
const OBJECTS: usize = 256;

/// A bitmap of the pairs seen, 64 Ki bits.
#[derive(Clone, Debug)]
pub struct Pairs {
    seen: Box<[u64; WORDS]>,
    last: Box<[Access; OBJECTS]>,
}

/// One access: who, what, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(8))]
pub(crate) struct Access {
    /// Where: a register, a word of a buffer, a lock, a queue.
    pub(crate) object: u32,
    /// Who: thread and nesting depth, or a device's engine.
    pub(crate) context: u16,
    /// How: the operation and the level.
    pub(crate) how: u16,
}

impl Default for Pairs {
    fn default() -> Self {
        Self { seen: Box::new([0; WORDS]), last: Box::new([Access::default(); OBJECTS]) }
    }
}

impl Pairs {
    /// Forgets who went last, as a new run must; keeps what was seen.
    pub(crate) fn start_run(&mut self) {
        self.last.fill(Access::default());
    }

    #[inline]
    pub(crate) fn visit(&mut self, access: Access) {
        let slot = &mut self.last[mix(access.object) as usize % OBJECTS];
        let before = *slot;
        *slot = access;
        if before.context != access.context {
            let pair = u32::from(before.how) << 8 | u32::from(access.how);
            let bit = mix(access.object ^ pair.wrapping_mul(0x9e37_79b1)) as usize % (WORDS * 64);
            self.seen[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Returns how many different pairs were seen.
    pub fn count(&self) -> u64 {
        self.seen.iter().map(|w| u64::from(w.count_ones())).sum()
    }

    /// Returns the bitmap and clears it.
    pub fn take(&mut self) -> Vec<u64> {
        let taken = self.seen.to_vec();
        self.seen.fill(0);
        taken
    }
}

#[inline]
const fn mix(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    x ^ (x >> 13)
}

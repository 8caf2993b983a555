//! A few items on the stack: what a ring hands out under its lock is told to the upper layer after it.

/// Most items in a batch. Bounds how long a lock is held, and the stack that a batch takes.
pub(crate) const BATCH_MAX: usize = 16;

/// Up to [`BATCH_MAX`] items in order.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    items: [Option<T>; BATCH_MAX],
    len: usize,
}

impl<T: Copy> Batch<T> {
    pub(crate) const fn new() -> Self {
        Self { items: [None; BATCH_MAX], len: 0 }
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.len >= BATCH_MAX
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Appends an item; a full batch drops it, so the caller asks [`is_full`](Self::is_full) first.
    pub(crate) fn push(&mut self, item: T) {
        if let Some(place) = self.items.get_mut(self.len) {
            *place = Some(item);
            self.len = self.len.wrapping_add(1);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = T> {
        self.items.iter().copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH_MAX, Batch};

    #[test]
    fn a_batch_keeps_order_and_knows_when_it_is_full() {
        let mut batch = Batch::new();
        for item in 0..BATCH_MAX {
            assert!(!batch.is_full());
            batch.push(item);
        }
        assert!(batch.is_full());
        batch.push(99);
        assert!(batch.iter().eq(0..BATCH_MAX));
    }
}

//! A queue through the items' own memory: what NDIS and the I/O manager hand over has room for a link.

/// An item that has room for the link to the one behind it.
pub trait Linked: Copy {
    /// Returns what [`set_next`](Self::set_next) noted last.
    fn next(self) -> Option<Self>;
    /// Notes which item comes behind this one.
    fn set_next(self, next: Option<Self>);
}

/// A first-in, first-out queue. Belongs under a lock; an item is in one queue at most, and once.
#[derive(Debug)]
pub struct Fifo<T> {
    ends: Option<(T, T)>,
}

impl<T: Linked> Fifo<T> {
    /// Makes an empty queue.
    pub const fn new() -> Self {
        Self { ends: None }
    }

    /// Says whether nothing waits.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_none()
    }

    /// Appends an item.
    pub fn push_back(&mut self, item: T) {
        item.set_next(None);
        match &mut self.ends {
            Some((_, last)) => core::mem::replace(last, item).set_next(Some(item)),
            None => self.ends = Some((item, item)),
        }
    }

    /// Puts an item before all others.
    pub fn push_front(&mut self, item: T) {
        let (next, last) = match self.ends {
            Some((first, last)) => (Some(first), last),
            None => (None, item),
        };
        item.set_next(next);
        self.ends = Some((item, last));
    }

    /// Takes the first item.
    pub fn pop(&mut self) -> Option<T> {
        let (first, last) = self.ends?;
        self.ends = first.next().map(|next| (next, last));
        Some(first)
    }

    /// Takes the first item of which `is_wanted` says so; the others keep their order.
    pub fn take(&mut self, is_wanted: impl Fn(T) -> bool) -> Option<T> {
        let mut found = None;
        let mut rest = core::mem::take(self);
        while let Some(item) = rest.pop() {
            if found.is_none() && is_wanted(item) {
                found = Some(item);
            } else {
                self.push_back(item);
            }
        }
        found
    }
}

impl<T: Linked> Default for Fifo<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;
    use std::vec::Vec;

    struct Node {
        number: u32,
        next: Cell<Option<&'static Node>>,
    }

    impl Linked for &'static Node {
        fn next(self) -> Option<Self> {
            self.next.get()
        }

        fn set_next(self, next: Option<Self>) {
            self.next.set(next);
        }
    }

    fn node(number: u32) -> &'static Node {
        std::boxed::Box::leak(std::boxed::Box::new(Node { number, next: Cell::new(None) }))
    }

    fn drain(queue: &mut Fifo<&'static Node>) -> Vec<u32> {
        core::iter::from_fn(|| queue.pop()).map(|node| node.number).collect()
    }

    #[test]
    fn items_come_out_in_order_and_the_front_is_the_front() {
        let mut queue = Fifo::new();
        assert!(queue.is_empty() && queue.pop().is_none());
        queue.push_front(node(2));
        queue.push_back(node(3));
        queue.push_front(node(1));
        queue.push_back(node(4));
        assert_eq!(drain(&mut queue), [1, 2, 3, 4]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_is_taken_from_anywhere_leaves_the_others_in_order() {
        for wanted in 0..5 {
            let mut queue = Fifo::new();
            (0..4).for_each(|n| queue.push_back(node(n)));
            let taken = queue.take(|node| node.number == wanted);
            assert_eq!(taken.map(|node| node.number), (wanted < 4).then_some(wanted));
            queue.push_back(node(9));
            let left: Vec<u32> = (0..4).filter(|&n| n != wanted).chain([9]).collect();
            assert_eq!(drain(&mut queue), left);
        }
    }
}

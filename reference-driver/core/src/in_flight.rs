//! The frames that the device is sending, oldest first.

use crate::Token;

/// Most frames in flight, plus one: a `u8` counts them, so no index can leave the arrays.
const SLOTS: usize = 256;

/// A first-in, first-out queue of frames, each with its token and the index of its last descriptor.
///
/// This is the driver's own record: the device, which can overwrite every descriptor, cannot make it name
/// another frame, or one frame twice.
#[derive(Debug)]
pub(crate) struct InFlight {
    tokens: [Token; SLOTS],
    last: [u8; SLOTS],
    oldest: u8,
    count: u8,
}

impl InFlight {
    pub(crate) const fn new() -> Self {
        Self { tokens: [Token(0); SLOTS], last: [0; SLOTS], oldest: 0, count: 0 }
    }

    /// Appends a frame whose last descriptor is `last`.
    ///
    /// The ring admits at most 255 descriptors, hence frames, so the queue is never full here.
    pub(crate) fn push(&mut self, token: Token, last: u8) {
        let place = usize::from(self.oldest.wrapping_add(self.count));
        if let (Some(t), Some(l)) = (self.tokens.get_mut(place), self.last.get_mut(place)) {
            (*t, *l) = (token, last);
            self.count = self.count.wrapping_add(1);
        }
    }

    /// The last descriptor of the oldest frame.
    pub(crate) fn oldest(&self) -> Option<u16> {
        let last = *self.last.get(usize::from(self.oldest))?;
        (self.count != 0).then_some(u16::from(last))
    }

    /// Removes the oldest frame.
    pub(crate) fn pop(&mut self) -> Option<Token> {
        let token = *self.tokens.get(usize::from(self.oldest))?;
        if self.count == 0 {
            return None;
        }
        self.oldest = self.oldest.wrapping_add(1);
        self.count = self.count.wrapping_sub(1);
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::InFlight;
    use crate::Token;

    #[test]
    fn frames_leave_in_the_order_in_which_they_came() {
        let mut frames = InFlight::new();
        assert_eq!((frames.oldest(), frames.pop()), (None, None));
        for round in 0..5u64 {
            for n in 0..255u8 {
                frames.push(Token(round * 255 + u64::from(n)), n);
            }
            for n in 0..255u8 {
                assert_eq!(frames.oldest(), Some(u16::from(n)));
                assert_eq!(frames.pop(), Some(Token(round * 255 + u64::from(n))));
            }
        }
        assert_eq!(frames.pop(), None);
    }
}

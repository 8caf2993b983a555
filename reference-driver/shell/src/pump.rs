//! Who hands waiting frames to the ring.

/// Lets one at a time hand waiting frames to the ring, so that they stay in order. Belongs under the lock of the
/// queue that they wait in.
///
/// Whoever comes meanwhile goes away again, and the one at work looks once more for him: he may have brought a frame,
/// or seen that there is room, and nobody else would look.
#[derive(Debug, Default)]
pub struct Pump {
    busy: bool,
    again: bool,
}

impl Pump {
    /// Makes a pump at which nobody is.
    pub const fn new() -> Self {
        Self { busy: false, again: false }
    }

    /// Begins, unless somebody is at it.
    #[must_use = "who is told no must not touch the ring"]
    pub fn begin(&mut self) -> bool {
        let begun = !self.busy;
        self.busy = true;
        self.again = !begun;
        begun
    }

    /// Goes on with the next frame that waits; `None` ends it.
    pub fn next<T>(&mut self, waiting: Option<T>) -> Option<T> {
        self.again = false;
        self.busy = waiting.is_some();
        waiting
    }

    /// There was no room for a frame, which is back in the queue by now. Says whether to try again; otherwise this
    /// ends it.
    #[must_use = "who is told to try again must"]
    pub fn no_room(&mut self) -> bool {
        self.busy = self.again;
        core::mem::take(&mut self.again)
    }
}

#[cfg(test)]
mod tests {
    use super::Pump;

    #[test]
    fn one_pumps_and_goes_round_again_for_those_who_came() {
        let mut pump = Pump::new();
        assert!(pump.begin());
        assert!(!pump.begin(), "somebody is at it");
        assert_eq!(pump.next(Some(1)), Some(1));
        assert!(!pump.begin(), "comes while the ring says that it is full");
        assert!(pump.no_room(), "that one may have seen room");
        assert!(!pump.begin());
        assert!(pump.no_room() && !pump.no_room(), "once for each look");
        assert!(pump.begin(), "nobody is at it any more");
        assert_eq!(pump.next(None::<u8>), None);
        assert!(pump.begin());
    }
}

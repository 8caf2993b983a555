//! When miniports were told of the frames that NDIS gathered for them: the order in which they go on the wire.
//!
//! "The underlying miniport driver also assumes that [the] list that is passed in to its MiniportSendNetBufferLists
//! function implies the network data should be transmitted in the same order" (learn.microsoft.com: Transmitting Network
//! Data Through an Intermediate Driver). NDIS may gather one frame later than the next, so what a miniport can keep is
//! the order of the calls of its MiniportProcessSGList.

use super::ndis;

/// One call of MiniportProcessSGList. Moments are numbered from 0 in each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling {
    /// The number of the frame's list.
    pub list: u64,
    /// Which of the list's frames it is.
    pub frame: usize,
    /// When the call began.
    pub began: u32,
    /// When it returned; `u32::MAX` if it has not.
    pub ended: u32,
}

/// The calls of a run.
#[derive(Debug, Default)]
pub(super) struct Tellings {
    calls: Vec<Telling>,
    /// How many were taken out of `calls`, from its front.
    taken: usize,
    now: u32,
}

impl Tellings {
    /// A call begins. Returns what names it to [`end`](Self::end).
    pub(super) fn begin(&mut self, list: u64, frame: usize) -> usize {
        let began = self.tick();
        self.calls.push(Telling { list, frame, began, ended: u32::MAX });
        self.taken + self.calls.len() - 1
    }

    /// A call returns. If it was taken meanwhile, it stays without an end.
    pub(super) fn end(&mut self, call: usize) {
        let now = self.tick();
        let call = call.checked_sub(self.taken).and_then(|at| self.calls.get_mut(at));
        if let Some(call) = call {
            call.ended = now;
        }
    }

    fn tick(&mut self) -> u32 {
        self.now += 1;
        self.now - 1
    }

    fn take(&mut self) -> Vec<Telling> {
        self.taken += self.calls.len();
        core::mem::take(&mut self.calls)
    }
}

/// Takes the calls since the last time, of all adapters, in the order in which they began.
pub fn take_told() -> Vec<Telling> {
    ndis(|ndis| ndis.tellings.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_was_taken_before_it_returned_has_no_end() {
        let mut tellings = Tellings::default();
        let [first, second] = [tellings.begin(7, 0), tellings.begin(7, 1)];
        tellings.end(first);
        let telling = |frame, began, ended| Telling { list: 7, frame, began, ended };
        assert_eq!(tellings.take(), [telling(0, 0, 2), telling(1, 1, u32::MAX)]);
        tellings.end(second);
        let third = tellings.begin(8, 0);
        tellings.end(third);
        assert_eq!(tellings.take(), [Telling { list: 8, ..telling(0, 4, 5) }]);
    }
}

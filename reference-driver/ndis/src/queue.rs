//! The frames that wait for room in the ring, and the account of lists that are not completed.

use dirql_ddi::PVOID;
use dirql_ddi::ndis::*;

use nic_shell::{Fifo, Pump};

use crate::frame::{Frame, List};

/// What is under the lock of [`Sends`](crate::send::Sends).
pub(crate) struct Queue {
    /// Why sends are refused, if they are.
    refusal: Option<NDIS_STATUS>,
    waiting: Fifo<Frame>,
    pump: Pump,
    /// Lists accepted and not completed.
    outstanding: u32,
}

impl Queue {
    pub(crate) const fn refusing(status: NDIS_STATUS) -> Self {
        Self { refusal: Some(status), waiting: Fifo::new(), pump: Pump::new(), outstanding: 0 }
    }

    pub(crate) fn refusal(&self) -> Option<NDIS_STATUS> {
        self.refusal
    }

    pub(crate) fn refuse(&mut self, status: NDIS_STATUS) {
        self.refusal = Some(status);
    }

    /// Lets sends in again, if they are refused for this reason.
    pub(crate) fn accept_after(&mut self, status: NDIS_STATUS) {
        if self.refusal == Some(status) {
            self.refusal = None;
        }
    }

    /// Accepts a list, whose frames and sender hold it; or says why not.
    pub(crate) fn admit(&mut self, list: List, frames: usize) -> Result<(), NDIS_STATUS> {
        if let Some(status) = self.refusal {
            return Err(status);
        }
        list.set_status(NDIS_STATUS_SUCCESS);
        list.set_holders(frames + 1);
        self.outstanding += 1;
        Ok(())
    }

    /// One of a list's holders is done with it. Says whether it was the last.
    pub(crate) fn release(&mut self, list: List, status: NDIS_STATUS) -> bool {
        if status != NDIS_STATUS_SUCCESS {
            list.set_status(status);
        }
        let left = list.holders().saturating_sub(1);
        list.set_holders(left);
        left == 0
    }

    pub(crate) fn completed(&mut self) {
        self.outstanding = self.outstanding.saturating_sub(1);
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.outstanding == 0
    }

    pub(crate) fn push_back(&mut self, frame: Frame) {
        self.waiting.push_back(frame);
    }

    pub(crate) fn pop(&mut self) -> Option<Frame> {
        self.waiting.pop()
    }

    /// Takes out one frame of the lists that were sent with this id.
    pub(crate) fn take_cancelled(&mut self, id: PVOID) -> Option<Frame> {
        self.waiting.take(|frame| frame.list().is_some_and(|list| list.has_cancel_id(id)))
    }

    /// Begins to hand frames to the ring, unless somebody does already.
    pub(crate) fn begin_pumping(&mut self) -> bool {
        self.pump.begin()
    }

    /// Returns the next frame to hand to the ring; `None` ends the pumping.
    pub(crate) fn next_to_pump(&mut self) -> Option<Frame> {
        self.pump.next(self.waiting.pop())
    }

    /// Puts back a frame that the ring had no room for, and says whether to try again. Not if sends are refused by now,
    /// and why: then what waits was given back already, and nobody would come for this one.
    pub(crate) fn no_room_for(&mut self, frame: Frame) -> Result<bool, NDIS_STATUS> {
        if let Some(status) = self.refusal {
            return Err(status);
        }
        self.waiting.push_front(frame);
        Ok(self.pump.no_room())
    }
}

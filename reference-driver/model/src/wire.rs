//! The far end: frames that arrive, the cable, and the slot that the card is torn from.

use std::collections::VecDeque;
use std::sync::Arc;

use dirql::Register;
use dirql_sim::Bus;
use i82574::descriptor::RxStatus;
use i82574::interrupt::Cause;
use i82574::receive::{Rctl, Rxcsum};
use i82574::{FCS_LEN, FRAME_LEN_MAX};

use crate::I82574;
use crate::checksum;
use crate::filter::Passed;
use crate::interrupt;
use crate::statistics::count;

/// Longest frame with RCTL.LPE, FCS included (82574 data sheet, 7.1.1).
const LONG_FRAME_LEN_MAX: u32 = 16 * 1024;

/// Something that happens to the chip from outside.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Frame(Arc<[u8]>),
    Cable(bool),
    Removal,
    /// A cause comes due that somebody had enabled who is gone.
    LeftOver,
}

/// What is still to happen, in order.
pub(crate) type Wire = VecDeque<Happening>;

impl I82574 {
    pub(crate) fn step_wire(&mut self, bus: &mut Bus<'_>) {
        match self.wire.pop_front() {
            Some(Happening::Frame(frame)) => self.take_frame(&frame, bus),
            Some(Happening::Cable(plugged)) => self.set_cable(plugged, bus),
            Some(Happening::Removal) => self.vanish(bus),
            Some(Happening::LeftOver) => self.interrupts.raise(interrupt::LEFT_OVER, bus, &mut self.reach),
            None => {}
        }
    }

    /// Runs a frame through the MAC.
    fn take_frame(&mut self, frame: &[u8], bus: &mut Bus<'_>) {
        let rctl = self.receive.rctl;
        if !self.link_is_up() {
            self.statistics.link_down += 1;
        } else if !rctl.contains(Rctl::EN) {
            self.statistics.disabled += 1;
        } else if is_too_long(frame, rctl) {
            self.statistics.oversize += 1;
        } else if let Some(passed) = self.filter.pass(frame, rctl) {
            self.hold(frame, passed, bus);
        } else {
            self.statistics.filtered += 1;
        }
    }

    /// Stores a frame in the packet buffer, where it waits for descriptors. QEMU has no such buffer: it holds
    /// frames back on the wire and misses none.
    fn hold(&mut self, frame: &[u8], passed: Passed, bus: &mut Bus<'_>) {
        if self.receive.ring.pending() == 0 {
            count(&mut self.counters.rnbc);
            self.statistics.no_buffer += 1;
            self.reach.rx_no_descriptor += 1;
        }
        let strips_fcs = self.receive.rctl.contains(Rctl::SECRC);
        let rxcsum = Rxcsum::from_bits_retain(self.stored.read(Rxcsum::OFFSET).unwrap_or_default());
        let tag_type = self.tag_type();
        if let Some(held) = self.receive.held.push(frame, strips_fcs, tag_type) {
            held.status |= checksum::check(&held.bytes, rxcsum);
            held.status.set(RxStatus::PIF, passed == Passed::Inexact);
            self.reach.tags_taken_out += u64::from(held.status.contains(RxStatus::VP));
            self.reach.checksums_checked += u64::from(!held.status.contains(RxStatus::IXSM));
            count(&mut self.counters.gprc);
        } else {
            count(&mut self.counters.mpc);
            self.statistics.missed += 1;
            self.reach.rx_overrun += 1;
            self.raise(Cause::RXO, bus);
        }
    }

    fn set_cable(&mut self, plugged: bool, bus: &mut Bus<'_>) {
        let was_up = self.link_is_up();
        self.cable = plugged;
        self.note_link(was_up, bus);
    }

    /// Raises LSC if the link is not as it was.
    pub(crate) fn note_link(&mut self, was_up: bool, bus: &mut Bus<'_>) {
        let up = self.link_is_up();
        if up != was_up {
            self.reach.link_changes += 1;
            self.reach.tx_link_down += u64::from(!up && self.transmit.waits_for_link());
            self.raise(Cause::LSC, bus);
        }
    }

    /// Surprise removal: no register, no DMA, no interrupt from here on.
    fn vanish(&mut self, bus: &mut Bus<'_>) {
        self.reach.removed_in_dma += u64::from(self.is_in_dma());
        self.gone = true;
        self.abandon();
        let frames = self.wire.drain(..).filter(|h| matches!(h, Happening::Frame(_))).count();
        self.statistics.abandoned += frames as u64;
        self.interrupts.reset(bus);
    }
}

fn is_too_long(frame: &[u8], rctl: Rctl) -> bool {
    let max = if rctl.contains(Rctl::LPE) { LONG_FRAME_LEN_MAX } else { FRAME_LEN_MAX };
    frame.len() > (max - FCS_LEN) as usize
}

//! What a hostile chip does besides answering wrongly.
//!
//! Its DMA stays inside the rings and buffers that the driver named: an IOMMU stops the rest.

use dirql_sim::Bus;
use i82574::descriptor::{RX_STATUS_WORD, TX_STATUS_WORD};

use crate::I82574;
use crate::receive::LENGTH_WORD;
use crate::ring::Ring;

impl I82574 {
    /// Does something that no honest chip does.
    #[cold]
    pub(crate) fn misbehave(&mut self, bus: &mut Bus<'_>) {
        let word = self.lies.word();
        match word & 0b11 {
            0 => self.scribble_transmit(bus),
            1 => self.scribble_receive(bus),
            _ => self.interrupts.interrupt_for_nothing(word >> 2, bus, &mut self.reach),
        }
    }

    /// Reports any descriptor as done, whoever owns it. Only the status changes: with the rest the chip would
    /// lead itself astray.
    fn scribble_transmit(&mut self, bus: &mut Bus<'_>) {
        if let Some(slot) = self.any_slot(self.transmit.ring) {
            let status = self.lies.word() | 1;
            self.dma_write_word(slot + 4 * TX_STATUS_WORD as u64, status, bus);
        }
    }

    fn scribble_receive(&mut self, bus: &mut Bus<'_>) {
        if let Some(slot) = self.any_slot(self.receive.ring) {
            let length = self.lies.length(self.receive.buffer_len as u32);
            let status = self.lies.word() | 1;
            self.dma_write_word(slot + 4 * LENGTH_WORD as u64, length, bus);
            self.dma_write_word(slot + 4 * RX_STATUS_WORD as u64, status, bus);
        }
    }

    fn any_slot(&mut self, ring: Ring) -> Option<u64> {
        let index = self.lies.word().checked_rem(ring.count())?;
        self.is_master().then(|| ring.slot(index))
    }
}

//! Transmit: from the ring to the wire (82574 data sheet, 7.2).

use dirql_sim::{Bus, InterruptMode};
use i82574::FRAME_LEN_MIN;
use i82574::descriptor::{TX_STATUS_WORD, TxCommand, TxLegacy, TxStatus};
use i82574::interrupt::Cause;
use i82574::transmit::{Tarc0, Tctl};

use crate::I82574;
use crate::ring::Ring;
use crate::statistics::count;

/// The most bytes that one step reads.
const CHUNK: u32 = 512;
/// The transmit buffer: the longest frame that a legacy descriptor can describe, and a bit.
const BUFFER_LEN: usize = 16 * 1024;

/// What the next step does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Fetches a descriptor.
    #[default]
    Fetch,
    /// Reads a piece of the data.
    Data,
    /// Moves the head. It moves before the descriptor is done: TDH is no way to learn of completion (8254x
    /// manual, 13.4.39).
    Advance,
    /// Puts the frame on the wire. The chip waits here while the link is down: a driver that wants the descriptors
    /// back resets it (Linux e1000e, e1000_watchdog_task). QEMU reports the frame as sent and drops it.
    Send,
    /// Reports the descriptor as done.
    WriteBack,
    /// Raises the causes.
    Raise,
}

/// The transmit engine and its registers.
#[derive(Debug)]
pub(crate) struct Transmit {
    phase: Phase,
    pub(crate) ring: Ring,
    pub(crate) tctl: Tctl,
    pub(crate) tarc: Tarc0,
    descriptor: TxLegacy,
    /// Where the descriptor lies.
    slot: u64,
    /// Bytes of this descriptor's data read so far.
    read: u32,
    /// Bytes and descriptors of this frame read so far.
    len: usize,
    descriptors: u32,
    unsendable: bool,
    buffer: Box<[u8]>,
}

impl Default for Transmit {
    fn default() -> Self {
        Self {
            phase: Phase::Fetch,
            ring: Ring::default(),
            tctl: Tctl::empty(),
            tarc: Tarc0::RESET,
            descriptor: TxLegacy::default(),
            slot: 0,
            read: 0,
            len: 0,
            descriptors: 0,
            unsendable: false,
            buffer: vec![0; BUFFER_LEN].into_boxed_slice(),
        }
    }
}

impl Transmit {
    /// Puts everything to its reset value; what is in flight is gone.
    pub(crate) fn reset(&mut self) {
        self.phase = Phase::Fetch;
        self.ring = Ring::default();
        self.tctl = Tctl::empty();
        self.tarc = Tarc0::RESET;
        self.end_frame();
    }

    /// Says whether a step would do something. TCTL.EN and TARC0 stop the engine between frames, the master
    /// between descriptors.
    pub(crate) fn is_ready(&self, master: bool, link: bool) -> bool {
        match self.phase {
            Phase::Fetch => {
                master && self.ring.pending() != 0 && (self.descriptors != 0 || self.is_enabled())
            }
            Phase::Send => master && link,
            _ => true,
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.tctl.contains(Tctl::EN) && self.tarc.enable()
    }

    /// Says whether DMA is in flight.
    pub(crate) fn is_in_dma(&self) -> bool {
        matches!(self.phase, Phase::Data | Phase::Advance | Phase::WriteBack)
    }

    /// Says whether a frame is ready for a wire that does not take it.
    pub(crate) fn waits_for_link(&self) -> bool {
        self.phase == Phase::Send
    }

    fn ends_frame(&self) -> bool {
        self.descriptor.cmd.contains(TxCommand::EOP)
    }

    fn end_frame(&mut self) {
        self.len = 0;
        self.descriptors = 0;
        self.unsendable = false;
    }

    /// Returns how much of the descriptor's data the next step reads.
    fn next_chunk(&self) -> u32 {
        CHUNK.min(u32::from(self.descriptor.length) - self.read)
    }

    /// Takes a descriptor in. Only legacy ones are known; another names no data and spoils the frame.
    fn take(&mut self, words: [u32; 4], slot: u64) {
        self.descriptor = TxLegacy::from_words(words);
        self.slot = slot;
        self.read = 0;
        self.descriptors += 1;
        if self.descriptor.cmd.contains(TxCommand::DEXT) {
            self.unsendable = true;
            self.descriptor.length = 0;
        }
        let fits = self.len + usize::from(self.descriptor.length) <= self.buffer.len();
        self.unsendable |= !fits;
        self.phase = if fits && self.descriptor.length != 0 { Phase::Data } else { Phase::Advance };
    }
}

impl I82574 {
    pub(crate) fn step_transmit(&mut self, bus: &mut Bus<'_>) {
        match self.transmit.phase {
            Phase::Fetch => self.fetch_transmit(bus),
            Phase::Data => self.read_data(bus),
            Phase::Advance => self.advance_transmit(),
            Phase::Send => self.send(),
            Phase::WriteBack => self.write_back_transmit(bus),
            Phase::Raise => self.raise_transmit(bus),
        }
    }

    fn fetch_transmit(&mut self, bus: &mut Bus<'_>) {
        let slot = self.transmit.ring.slot(self.transmit.ring.head);
        let words = self.dma_read_descriptor(slot, bus);
        self.transmit.take(words, slot);
    }

    fn read_data(&mut self, bus: &mut Bus<'_>) {
        let tx = &mut self.transmit;
        let chunk = tx.next_chunk();
        let address = tx.descriptor.address.wrapping_add(u64::from(tx.read));
        let to = &mut tx.buffer[tx.len..tx.len + chunk as usize];
        if self.lies.told() == 0 || bus.reaches(address, chunk) {
            bus.dma_read(address, to);
        }
        tx.read += chunk;
        tx.len += chunk as usize;
        if tx.next_chunk() == 0 {
            tx.phase = Phase::Advance;
        }
    }

    fn advance_transmit(&mut self) {
        let wraps = self.transmit.ring.advance();
        self.reach.tx_wrap += u64::from(wraps);
        if self.transmit.ends_frame() {
            self.reach.tx_link_down += u64::from(!self.link_is_up());
            self.transmit.phase = Phase::Send;
        } else {
            self.transmit.phase = self.report_or_go_on();
        }
    }

    fn send(&mut self) {
        let tx = &mut self.transmit;
        self.reach.tx_multi_descriptor += u64::from(tx.descriptors > 1);
        if tx.unsendable || tx.len == 0 {
            self.statistics.unsendable += 1;
        } else {
            let len_min = if tx.tctl.contains(Tctl::PSP) { FRAME_LEN_MIN as usize } else { 0 };
            self.outbox.push(&tx.buffer[..tx.len], len_min);
            self.statistics.transmitted += 1;
            count(&mut self.counters.gptc);
        }
        self.transmit.end_frame();
        self.transmit.phase = self.report_or_go_on();
    }

    /// Decides what follows a descriptor: RS asks for a report (IVAR bit 31 for all), an empty queue interrupts
    /// without one (TXQE). IDE only delays the interrupt, which the scheduler does anyway.
    fn report_or_go_on(&self) -> Phase {
        if self.reports() {
            Phase::WriteBack
        } else if self.transmit.ring.pending() == 0 {
            Phase::Raise
        } else {
            Phase::Fetch
        }
    }

    fn reports(&self) -> bool {
        self.transmit.descriptor.cmd.contains(TxCommand::RS) || self.interrupts.ivar.every_write_back()
    }

    fn write_back_transmit(&mut self, bus: &mut Bus<'_>) {
        let done = TxLegacy { sta: TxStatus::DD, ..self.transmit.descriptor };
        let slot = self.transmit.slot;
        let honest = done.to_words()[TX_STATUS_WORD];
        let status = if self.lies.tempted() { self.lies.distort(honest) } else { honest };
        self.dma_write_word(slot + 4 * TX_STATUS_WORD as u64, status, bus);
        self.transmit.phase = Phase::Raise;
    }

    fn raise_transmit(&mut self, bus: &mut Bus<'_>) {
        let mut causes = Cause::empty();
        if self.reports() {
            causes |= match bus.pins.mode {
                InterruptMode::MsiX(_) => Cause::TXQ0,
                _ => Cause::TXDW,
            };
        }
        causes.set(Cause::TXQE, self.transmit.ring.pending() == 0);
        self.transmit.phase = Phase::Fetch;
        self.raise(causes, bus);
    }
}

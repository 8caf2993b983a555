//! Receive: from the packet buffer to memory (82574 data sheet, 7.1).

use dirql_sim::{Bus, InterruptMode};
use i82574::descriptor::{RX_LEGACY_STATUS_WORD, RX_STATUS_WORD, RxRead, RxStatus, RxWriteBack};
use i82574::interrupt::Cause;
use i82574::receive::{Rctl, Rfctl};

use crate::I82574;
use crate::packet_buffer::PacketBuffer;
use crate::ring::Ring;

/// Index of the word with the length, in an extended descriptor that is written back.
pub(crate) const LENGTH_WORD: usize = RX_STATUS_WORD + 1;
/// The most bytes that one step writes.
const CHUNK: usize = 512;

/// What the next step does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Fetches a descriptor.
    #[default]
    Fetch,
    /// Writes a piece of the frame.
    Data,
    /// Moves the head. It moves before the descriptor is written back: RDH is no way to learn of completion
    /// (8254x manual, 13.4.28).
    Advance,
    /// Writes the descriptor back, except for the status.
    WriteBack,
    /// Writes the status, and with it DD.
    Status,
    /// Raises the causes.
    Raise,
}

/// The receive engine, its registers and the packet buffer.
#[derive(Debug, Default)]
pub(crate) struct Receive {
    phase: Phase,
    pub(crate) ring: Ring,
    pub(crate) rctl: Rctl,
    pub(crate) rfctl: Rfctl,
    pub(crate) held: PacketBuffer,
    /// Buffer length and descriptor format, taken over when RCTL was last written with EN.
    pub(crate) buffer_len: usize,
    extended: bool,
    /// Where the descriptor and its buffer lie.
    slot: u64,
    address: u64,
    /// Bytes of the frame written so far, in all and to this buffer.
    written: usize,
    in_buffer: usize,
    /// Descriptors of this frame used so far.
    descriptors: u32,
    /// The ring fell to RCTL.RDMTS in this frame.
    few_left: bool,
}

impl Receive {
    /// Puts everything to its reset value and returns how many frames are gone with the packet buffer.
    pub(crate) fn reset(&mut self) -> u64 {
        let mut held = core::mem::take(&mut self.held);
        let lost = held.len() as u64;
        held.clear();
        *self = Self { held, ..Self::default() };
        lost
    }

    pub(crate) fn write_rctl(&mut self, rctl: Rctl) {
        self.rctl = rctl;
        if rctl.contains(Rctl::EN) {
            self.buffer_len = rctl.buffer_len() as usize;
            self.extended = self.rfctl.contains(Rfctl::EXTEN);
        }
    }

    /// Says whether a step would do something. RCTL.EN stops the engine between frames, the master between
    /// descriptors.
    pub(crate) fn is_ready(&self, master: bool) -> bool {
        match self.phase {
            Phase::Fetch => {
                !self.held.is_empty()
                    && master
                    && self.ring.pending() != 0
                    && (self.is_mid_frame() || self.rctl.contains(Rctl::EN))
            }
            _ => true,
        }
    }

    /// Says whether DMA is in flight.
    pub(crate) fn is_in_dma(&self) -> bool {
        !matches!(self.phase, Phase::Fetch | Phase::Raise)
    }

    /// Says whether the next step raises causes.
    pub(crate) fn raises(&self) -> bool {
        self.phase == Phase::Raise
    }

    fn is_mid_frame(&self) -> bool {
        self.descriptors != 0
    }

    fn rest(&self) -> usize {
        self.held.front().map_or(0, |frame| frame.bytes.len() - self.written)
    }

    /// Returns how much the next step writes to this buffer.
    fn next_chunk(&self) -> usize {
        CHUNK.min(self.rest()).min(self.buffer_len.saturating_sub(self.in_buffer))
    }

    /// Takes a descriptor in. A null address takes no data (82574 data sheet, 7.1.7.2).
    fn take(&mut self, words: [u32; 4], slot: u64) {
        self.slot = slot;
        self.address = RxRead::from_words(words).address;
        self.in_buffer = 0;
        self.descriptors += 1;
        self.phase = if self.address == 0 { Phase::Advance } else { Phase::Data };
    }

    fn status(&self) -> RxStatus {
        if self.rest() != 0 {
            return RxStatus::DD;
        }
        let found = self.held.front().map_or(RxStatus::IXSM, |frame| frame.status);
        RxStatus::DD | RxStatus::EOP | found
    }

    /// Returns the words that hold the length and the status, and which of the two comes last.
    fn write_back(&self) -> WriteBack {
        let vlan = self.held.front().map_or(0, |frame| frame.vlan);
        let written =
            RxWriteBack { status: self.status(), length: self.in_buffer as u16, vlan, ..Default::default() };
        if self.extended {
            WriteBack { words: written.to_words(), status: RX_STATUS_WORD, kept: 0 }
        } else {
            // The legacy format keeps the address; length first, then status and errors.
            let status = written.status.to_legacy() | u32::from(written.vlan) << 16;
            let words = [0, 0, u32::from(written.length), status];
            WriteBack { words, status: RX_LEGACY_STATUS_WORD, kept: 2 }
        }
    }
}

/// A descriptor as it is written back.
#[derive(Clone, Copy)]
struct WriteBack {
    words: [u32; 4],
    /// Index of the word with DD.
    status: usize,
    /// How many words at the start stay as they were.
    kept: usize,
}

impl I82574 {
    pub(crate) fn step_receive(&mut self, bus: &mut Bus<'_>) {
        match self.receive.phase {
            Phase::Fetch => self.fetch_receive(bus),
            Phase::Data => self.write_data(bus),
            Phase::Advance => self.advance_receive(),
            Phase::WriteBack => self.write_back_receive(bus),
            Phase::Status => self.write_status(bus),
            Phase::Raise => self.raise_receive(bus),
        }
    }

    fn fetch_receive(&mut self, bus: &mut Bus<'_>) {
        let slot = self.receive.ring.slot(self.receive.ring.head);
        let words = self.dma_read_descriptor(slot, bus);
        self.receive.take(words, slot);
    }

    fn write_data(&mut self, bus: &mut Bus<'_>) {
        let rx = &mut self.receive;
        let chunk = rx.next_chunk();
        let address = rx.address.wrapping_add(rx.in_buffer as u64);
        if let Some(frame) = rx.held.front()
            && (self.lies.told() == 0 || bus.reaches(address, chunk as u32))
        {
            bus.dma_write(address, &frame.bytes[rx.written..rx.written + chunk]);
        }
        rx.written += chunk;
        rx.in_buffer += chunk;
        if rx.next_chunk() == 0 {
            rx.phase = Phase::Advance;
        }
    }

    fn advance_receive(&mut self) {
        let rx = &mut self.receive;
        self.reach.rx_wrap += u64::from(rx.ring.advance());
        rx.few_left |= rx.ring.pending() == rx.ring.count() / rx.rctl.threshold_divisor();
        let starved = rx.rest() != 0 && rx.ring.pending() == 0;
        self.reach.rx_starved_mid_frame += u64::from(starved);
        rx.phase = Phase::WriteBack;
    }

    fn write_back_receive(&mut self, bus: &mut Bus<'_>) {
        let WriteBack { mut words, status, kept } = self.receive.write_back();
        if self.lies.tempted() {
            words = words.map(|word| self.lies.distort(word));
        } else if self.lies.tempted() {
            words[LENGTH_WORD] = self.lies.length(self.receive.buffer_len as u32);
        }
        let slot = self.receive.slot;
        for n in (kept..4).filter(|&n| n != status) {
            self.dma_write_word(slot + 4 * n as u64, words[n], bus);
        }
        self.receive.phase = Phase::Status;
    }

    fn write_status(&mut self, bus: &mut Bus<'_>) {
        let WriteBack { words, status, .. } = self.receive.write_back();
        let honest = words[status];
        let word = if self.lies.tempted() { self.lies.receive_status(honest) } else { honest };
        self.dma_write_word(self.receive.slot + 4 * status as u64, word, bus);
        if self.receive.rest() == 0 {
            self.end_receive();
        } else {
            self.receive.phase = Phase::Fetch;
        }
    }

    fn end_receive(&mut self) {
        let rx = &mut self.receive;
        self.reach.rx_multi_descriptor += u64::from(rx.descriptors > 1);
        self.statistics.delivered += 1;
        rx.held.pop();
        rx.written = 0;
        rx.descriptors = 0;
        rx.phase = Phase::Raise;
    }

    /// Interrupts. The delay timers RDTR and RADV only put this off, which the scheduler does anyway.
    fn raise_receive(&mut self, bus: &mut Bus<'_>) {
        let mut causes = match bus.pins.mode {
            InterruptMode::MsiX(_) => Cause::RXQ0,
            _ => Cause::RXT0,
        };
        causes.set(Cause::RXDMT0, self.receive.few_left && !matches!(bus.pins.mode, InterruptMode::MsiX(_)));
        self.receive.few_left = false;
        self.receive.phase = Phase::Fetch;
        self.raise(causes, bus);
    }
}

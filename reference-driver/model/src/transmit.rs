//! Transmit: from the ring to the wire (82574 data sheet, 7.2).

use dirql_sim::{Bus, InterruptMode};
use i82574::descriptor::{TX_STATUS_WORD, TxCommand, TxLegacy, TxStatus};
use i82574::interrupt::Cause;
use i82574::offload::{TxContext, TxData, TxKind, TxOptions};
use i82574::transmit::{Tarc0, Tctl};
use i82574::{FRAME_LEN_MIN, HEADER_LEN, VLAN_TAG_LEN};

use crate::I82574;
use crate::checksum;
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

/// A descriptor of whatever kind.
#[derive(Clone, Copy, Debug, Default)]
struct Descriptor {
    address: u64,
    length: u32,
    cmd: TxCommand,
    options: TxOptions,
    vlan: u16,
    /// The word that DD is written into.
    status_word: u32,
}

impl Descriptor {
    /// Reads a descriptor. A context names no data, and of its command only RS is in the same place; of a reserved kind
    /// no data are known.
    fn from_words(words: [u32; 4]) -> Self {
        let status_word = words[TX_STATUS_WORD];
        match TxKind::of(words) {
            TxKind::Legacy => {
                let TxLegacy { address, length, cmd, vlan, .. } = TxLegacy::from_words(words);
                Self { address, length: length.into(), cmd, options: TxOptions::empty(), vlan, status_word }
            }
            TxKind::Data => {
                let TxData { address, length, cmd, popts, vlan, .. } = TxData::from_words(words);
                Self { address, length, cmd, options: popts, vlan, status_word }
            }
            TxKind::Context => {
                Self { cmd: TxData::from_words(words).cmd & TxCommand::RS, status_word, ..Self::default() }
            }
            TxKind::Reserved => Self { cmd: TxData::from_words(words).cmd, status_word, ..Self::default() },
        }
    }
}

/// The transmit engine and its registers.
#[derive(Debug)]
pub(crate) struct Transmit {
    phase: Phase,
    pub(crate) ring: Ring,
    pub(crate) tctl: Tctl,
    pub(crate) tarc: Tarc0,
    /// Says where checksums are, until there is another.
    context: TxContext,
    descriptor: Descriptor,
    /// Where the descriptor lies.
    slot: u64,
    /// Which checksums this frame gets.
    options: TxOptions,
    /// Bytes of this descriptor's data read so far.
    read: u32,
    /// Bytes and descriptors of this frame read so far.
    len: usize,
    descriptors: u32,
    unsendable: bool,
    /// No descriptor is fetched any more, until a reset.
    pub(crate) hung: bool,
    buffer: Box<[u8]>,
}

impl Default for Transmit {
    fn default() -> Self {
        Self {
            phase: Phase::Fetch,
            ring: Ring::default(),
            tctl: Tctl::empty(),
            tarc: Tarc0::RESET,
            context: TxContext::default(),
            descriptor: Descriptor::default(),
            slot: 0,
            options: TxOptions::empty(),
            read: 0,
            len: 0,
            descriptors: 0,
            unsendable: false,
            hung: false,
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
        self.context = TxContext::default();
        self.hung = false;
        self.end_frame();
    }

    /// Says whether a step would do something. TCTL.EN and TARC0 stop the engine between frames, the master
    /// between descriptors.
    pub(crate) fn is_ready(&self, master: bool, link: bool) -> bool {
        match self.phase {
            Phase::Fetch => {
                !self.hung
                    && master
                    && self.ring.pending() != 0
                    && (self.descriptors != 0 || self.is_enabled())
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

    /// Says whether the next step raises causes.
    pub(crate) fn raises(&self) -> bool {
        self.phase == Phase::Raise
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
        self.options = TxOptions::empty();
        self.unsendable = false;
    }

    /// Returns how much of the descriptor's data the next step reads.
    fn next_chunk(&self) -> u32 {
        CHUNK.min(self.descriptor.length - self.read)
    }

    /// Takes a descriptor in. A context is no part of a frame; one of a reserved kind spoils it.
    fn take(&mut self, words: [u32; 4], slot: u64) {
        self.descriptor = Descriptor::from_words(words);
        self.slot = slot;
        self.read = 0;
        match TxKind::of(words) {
            TxKind::Context => {
                self.context = TxContext::from_words(words);
                self.phase = Phase::Advance;
                return;
            }
            TxKind::Reserved => self.unsendable = true,
            // Those of a frame's first data descriptor hold.
            TxKind::Data if self.descriptors == 0 => self.options = self.descriptor.options,
            TxKind::Data | TxKind::Legacy => {}
        }
        self.descriptors += 1;
        let fits = self.len + self.descriptor.length as usize <= self.buffer.len();
        self.unsendable |= !fits;
        self.phase = if fits && self.descriptor.length != 0 { Phase::Data } else { Phase::Advance };
    }

    /// Puts a tag behind the addresses of the frame in the buffer, if there is room.
    fn put_tag(&mut self, tag_type: u16) {
        let (len, tag_len) = (self.len, VLAN_TAG_LEN as usize);
        if len < HEADER_LEN as usize || len + tag_len > self.buffer.len() {
            return;
        }
        self.buffer.copy_within(12..len, 12 + tag_len);
        self.buffer[12..14].copy_from_slice(&tag_type.to_be_bytes());
        self.buffer[14..16].copy_from_slice(&self.descriptor.vlan.to_be_bytes());
        self.len += tag_len;
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
        let tag_type = self.tag_type();
        let tx = &mut self.transmit;
        self.reach.tx_multi_descriptor += u64::from(tx.descriptors > 1);
        if tx.unsendable || tx.len == 0 {
            self.statistics.unsendable += 1;
        } else {
            checksum::fill_in(&mut tx.buffer[..tx.len], tx.context, tx.options);
            self.reach.checksums_filled_in += u64::from(!tx.options.is_empty());
            if let Some(tag_type) = tag_type.filter(|_| tx.descriptor.cmd.contains(TxCommand::VLE)) {
                tx.put_tag(tag_type);
                self.reach.tags_put_in += 1;
            }
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
        let slot = self.transmit.slot;
        let honest = self.transmit.descriptor.status_word & !0xff | u32::from(TxStatus::DD.bits());
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

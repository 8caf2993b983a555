//! The receive ring: buffers out, frames in.

use dirql::{DmaMemory, RegisterIo, View};
use i82574::descriptor::{RX_LEGACY_STATUS_WORD, RX_STATUS_WORD, RxRead, RxStatus};
use i82574::receive::{Radv, Rdbah, Rdbal, Rdh, Rdlen, Rdt, Rdtr, Rfctl, Rxcsum, Rxdctl};

use crate::batch::Batch;
use crate::frame::Span;
use crate::registers::RxGroup;
use crate::ring::Ring;
use crate::settings::{BufferSize, ReceiveFormat, Settings};
use crate::{FRAME_LEN_MAX, Statistics};

impl ReceiveFormat {
    /// Returns where in a descriptor the words with the status and with the length are, in bytes.
    const fn offsets(self) -> (u32, u32) {
        match self {
            ReceiveFormat::Extended => (4 * RX_STATUS_WORD as u32, 4 * RX_STATUS_WORD as u32 + 4),
            ReceiveFormat::Legacy => (4 * RX_LEGACY_STATUS_WORD as u32, 4 * RX_LEGACY_STATUS_WORD as u32 - 4),
        }
    }

    const fn status(self, word: u32) -> RxStatus {
        match self {
            ReceiveFormat::Extended => RxStatus::from_bits_retain(word),
            ReceiveFormat::Legacy => RxStatus::from_legacy(word),
        }
    }

    /// Returns the tag, which is in the upper half of the last word.
    const fn vlan(self, status_word: u32, length_word: u32) -> u16 {
        match self {
            ReceiveFormat::Extended => (length_word >> 16) as u16,
            ReceiveFormat::Legacy => (status_word >> 16) as u16,
        }
    }

    const fn rfctl(self) -> Rfctl {
        match self {
            ReceiveFormat::Extended => Rfctl::EXTEN,
            ReceiveFormat::Legacy => Rfctl::empty(),
        }
    }
}

/// The receive ring (82574 data sheet, 7.1). Lives under a lock; knows nothing of it.
///
/// Descriptor `n` always has buffer `n`. Going round the ring from `tail`:
/// - `tail` itself is nobody's: head == tail would mean that the device has none;
/// - after it, up to `first`: taken; their frames are being shown to the upper layer;
/// - `first` to `next`: the beginning of a frame whose end has not come;
/// - `next` to `tail`: the device's.
///
/// A descriptor is written just before it is given, and DD is looked at between `next` and `tail` only: a device
/// cannot return what it does not have.
#[derive(Debug)]
pub(crate) struct Receive<R, D> {
    registers: View<R, RxGroup>,
    memory: D,
    ring: Ring,
    buffers_address: u64,
    buffer_size: BufferSize,
    format: ReceiveFormat,
    checksums: bool,
    /// One past the last descriptor that the device may use; what RDT holds.
    tail: u16,
    first: u16,
    next: u16,
    /// Whether the rest of a frame that was given up is still to come.
    skipping: bool,
    received: u64,
    errors: u64,
    malformed: u64,
}

/// What one look at the ring found.
#[derive(Debug)]
pub(crate) struct Harvest {
    pub(crate) frames: Batch<Span>,
    /// How many descriptors were looked at and found done, frames or not.
    pub(crate) descriptors: u32,
}

/// What the device wrote into a descriptor.
struct Written {
    status: RxStatus,
    length: u32,
    vlan: u16,
}

/// What a descriptor says about the frame being assembled.
enum Verdict {
    /// It goes on.
    More,
    /// It ends here, and is this long.
    Complete(u32),
    /// The device reports an error.
    Error,
    /// The device describes what cannot be.
    Malformed,
}

impl<R: RegisterIo, D: DmaMemory> Receive<R, D> {
    /// Makes a ring of which the device has nothing yet. The caller has checked that `memory` is what the settings ask
    /// for.
    pub(crate) fn new(registers: R, memory: D, buffers_address: u64, settings: &Settings) -> Self {
        Self {
            registers: View::new(registers),
            memory,
            ring: Ring::new(settings.receive_descriptors),
            buffers_address,
            buffer_size: settings.receive_buffer_size,
            format: settings.receive_format,
            checksums: settings.receive_checksums,
            tail: 0,
            first: 0,
            next: 0,
            skipping: false,
            received: 0,
            errors: 0,
            malformed: 0,
        }
    }

    /// Gives back the buffers that were lent by the look before, and takes frames from at most `max`
    /// descriptors. The caller has shown the frames of the look before.
    pub(crate) fn harvest(&mut self, max: u32) -> Harvest {
        self.replenish();
        let mut harvest = Harvest { frames: Batch::new(), descriptors: 0 };
        while harvest.descriptors < max && !harvest.frames.is_full() {
            let Some(written) = self.take_next() else { break };
            harvest.descriptors = harvest.descriptors.wrapping_add(1);
            if let Some(span) = self.assemble(written) {
                harvest.frames.push(span);
            }
        }
        harvest
    }

    /// Reads the next descriptor, if the device is done with it: the status first, which the read makes an
    /// acquire, and each word once, since a hostile device changes them in between.
    fn take_next(&mut self) -> Option<Written> {
        if self.next == self.tail {
            return None;
        }
        let at = Ring::offset(self.next);
        let (status_at, length_at) = self.format.offsets();
        let status_word = self.memory.read_u32(at.wrapping_add(status_at));
        let status = self.format.status(status_word);
        if !status.contains(RxStatus::DD) {
            return None;
        }
        let length_word = self.memory.read_u32(at.wrapping_add(length_at));
        self.next = self.ring.after(self.next);
        let vlan = self.format.vlan(status_word, length_word);
        Some(Written { status, length: length_word & 0xffff, vlan })
    }

    /// Adds the descriptor just taken to the frame being assembled, and returns the frame if that ends it.
    fn assemble(&mut self, Written { status, length, vlan }: Written) -> Option<Span> {
        let is_end = status.contains(RxStatus::EOP);
        if self.skipping {
            self.skipping = !is_end;
            self.first = self.next;
            return None;
        }
        let first = self.first;
        let counter = match self.judge(status, length) {
            Verdict::More => return None,
            Verdict::Complete(len) => {
                self.received = self.received.wrapping_add(1);
                self.first = self.next;
                return Some(Span { first, len, status, vlan });
            }
            Verdict::Error => &mut self.errors,
            Verdict::Malformed => &mut self.malformed,
        };
        *counter = counter.wrapping_add(1);
        self.first = self.next;
        self.skipping = !is_end;
        None
    }

    /// Judges the frame from `first` to `next`, of which every part before the last was full.
    fn judge(&self, status: RxStatus, length: u32) -> Verdict {
        let size = self.buffer_size.bytes();
        let parts = self.ring.distance(self.first, self.next);
        if !status.contains(RxStatus::EOP) {
            let goes_on = length == size && parts < self.buffer_size.per_frame_max();
            return if goes_on { Verdict::More } else { Verdict::Malformed };
        }
        if status.intersects(RxStatus::FRAME_ERRORS) {
            return Verdict::Error;
        }
        let len = u32::from(parts.wrapping_sub(1)).wrapping_mul(size).wrapping_add(length);
        let fits = (1..=size).contains(&length) && len <= FRAME_LEN_MAX;
        if fits { Verdict::Complete(len) } else { Verdict::Malformed }
    }

    /// Gives the device every descriptor that is not in use here, but the one that stays out.
    pub(crate) fn replenish(&mut self) {
        let before = self.tail;
        // Once round at most.
        for _ in 0..self.ring.capacity() {
            let after = self.ring.after(self.tail);
            if after == self.first {
                break;
            }
            self.write(self.tail);
            self.tail = after;
        }
        if self.tail != before {
            self.ring_doorbell();
        }
    }

    /// Writes the descriptor at `index`: the device overwrote the buffer's address, and DD must go.
    fn write(&mut self, index: u16) {
        let buffer = u64::from(index).wrapping_mul(self.buffer_size.bytes().into());
        let mut offset = Ring::offset(index);
        for word in RxRead::new(self.buffers_address.wrapping_add(buffer)).to_words() {
            self.memory.write_u32(offset, word);
            offset = offset.wrapping_add(4);
        }
    }

    /// Hands everything up to the tail to the device. The only place that does: descriptors first, then the tail.
    fn ring_doorbell(&mut self) {
        self.memory.publish();
        self.registers.write(Rdt(self.tail.into()));
    }

    /// Programs the empty ring into a device that was just reset. It gets the buffers with the next
    /// [`replenish`](Self::replenish): RCTL.EN comes in between, and takes over the format set here.
    pub(crate) fn program(&mut self, ack_interrupts: bool) {
        (self.tail, self.first, self.next, self.skipping) = (0, 0, 0, false);
        self.program_format(ack_interrupts);
        let address = self.memory.device_address();
        self.registers.write(Rdbal(address as u32));
        self.registers.write(Rdbah((address >> 32) as u32));
        self.registers.write(Rdlen(self.ring.bytes()));
        self.registers.write(Rdh(0));
        self.registers.write(Rdt(0));
    }

    /// Descriptors are written back one by one; no packet checksum and no delay. ACK interrupts are spurious ones
    /// in MSI-X mode on this chip (Linux e1000e).
    fn program_format(&mut self, ack_interrupts: bool) {
        let ack = if ack_interrupts { Rfctl::empty() } else { Rfctl::ACK_DIS };
        self.registers.write(self.format.rfctl() | ack);
        let checks = Rxcsum::IPOFLD | Rxcsum::TUOFLD;
        self.registers.write(if self.checksums { checks } else { Rxcsum::empty() });
        for queue in 0..Rxdctl::COUNT {
            self.registers.write_at(queue, Rxdctl::STRIDE, Rxdctl(0).with_wthresh(1));
        }
        self.registers.write(Rdtr(0));
        self.registers.write(Radv(0));
    }

    /// The ring, for [`ReceivedFrame`](crate::ReceivedFrame).
    pub(crate) fn ring(&self) -> Ring {
        self.ring
    }

    /// Adds this ring's counters.
    pub(crate) fn count(&self, statistics: &mut Statistics) {
        statistics.received = self.received;
        statistics.receive_errors = self.errors;
        statistics.receive_malformed = self.malformed;
    }
}

#[cfg(test)]
mod tests;

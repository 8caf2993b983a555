//! The transmit ring: frames in, completions out.

use dirql::{DmaMemory, RegisterIo, View};
use i82574::descriptor::{TX_STATUS_WORD, TxCommand, TxLegacy, TxStatus};
use i82574::offload::TxData;
use i82574::transmit::{Tadv, Tarc0, Tctl, Tdbah, Tdbal, Tdh, Tdlen, Tdt, Tidv, Tipg, Txdctl};

use crate::batch::Batch;
use crate::in_flight::InFlight;
use crate::registers::TxGroup;
use crate::ring::Ring;
use crate::{FRAME_LEN_MAX, Fragment, Offload, SendError, SendStatus, Settings, Statistics, Token};

/// Frames that leave the ring together.
pub(crate) type Completions = Batch<(Token, SendStatus)>;

/// The transmit ring (82574 data sheet, 7.2). Lives under a lock; knows nothing of it.
///
/// Descriptors from `clean` up to `tail` are the device's; all others are free. `frames` says which frame ends
/// where. The device reports a frame done by DD in its last descriptor, and by nothing else: TDH moves before the
/// data has been read (8254x manual, 13.4.39).
#[derive(Debug)]
pub(crate) struct Transmit<R, D> {
    registers: View<R, TxGroup>,
    memory: D,
    ring: Ring,
    /// The oldest descriptor in the device's hands.
    clean: u16,
    /// One past the newest; what TDT holds.
    tail: u16,
    frames: InFlight,
    /// Whether the device puts VLAN tags in.
    vlan: bool,
    /// Whether sends are accepted.
    open: bool,
    /// How many descriptors the largest refused frame needs; 0 if nobody waits for room.
    wanted: u16,
    /// How far the ring had got when somebody asked whether it is stuck, if a frame waited: frames sent, and TDH.
    progress: Option<(u64, u32)>,
    sent: u64,
    aborted: u64,
}

impl<R: RegisterIo, D: DmaMemory> Transmit<R, D> {
    /// Makes a closed ring. The caller has checked that `memory` is what the settings ask for.
    pub(crate) fn new(registers: R, memory: D, settings: &Settings) -> Self {
        Self {
            registers: View::new(registers),
            memory,
            ring: Ring::new(settings.transmit_descriptors),
            clean: 0,
            tail: 0,
            frames: InFlight::new(),
            vlan: settings.vlan,
            open: false,
            wanted: 0,
            progress: None,
            sent: 0,
            aborted: 0,
        }
    }

    /// Queues a frame and rings the doorbell.
    pub(crate) fn send(
        &mut self,
        token: Token,
        fragments: &[Fragment],
        offload: Offload,
    ) -> Result<(), SendError> {
        let needed = self.descriptors_for(fragments, &offload)?;
        if !self.open {
            return Err(SendError::Stopped);
        }
        if needed > self.free() {
            self.wanted = self.wanted.max(needed);
            return Err(SendError::Full);
        }
        let last = self.fill(fragments, &offload);
        self.frames.push(token, last as u8);
        self.ring_doorbell();
        Ok(())
    }

    /// Says how many descriptors a frame takes, if it is one.
    fn descriptors_for(&self, fragments: &[Fragment], offload: &Offload) -> Result<u16, SendError> {
        let mut total: u32 = 0;
        for fragment in fragments {
            let end = fragment.device_address.checked_add(fragment.len.into());
            if fragment.len == 0 || fragment.len > FRAME_LEN_MAX || end.is_none() {
                return Err(SendError::Invalid);
            }
            total = total.saturating_add(fragment.len);
        }
        let context = usize::from(!offload.options().is_empty());
        let needed = u16::try_from(fragments.len().saturating_add(context)).unwrap_or(u16::MAX);
        let tags = self.vlan || offload.vlan.is_none();
        let fits = tags && needed <= self.ring.capacity() && offload.fits(total);
        fits.then_some(needed).ok_or(SendError::Invalid)
    }

    /// Writes a descriptor for each fragment, after a context if one is needed, and returns the index of the last.
    fn fill(&mut self, fragments: &[Fragment], offload: &Offload) -> u16 {
        if !offload.options().is_empty() {
            self.write(self.tail, offload.context().to_words());
            self.tail = self.ring.after(self.tail);
        }
        let mut last = self.tail;
        let mut left = fragments.len();
        for fragment in fragments {
            left = left.wrapping_sub(1);
            last = self.tail;
            self.write(last, descriptor(fragment, left == 0, offload));
            self.tail = self.ring.after(last);
        }
        last
    }

    /// Writes all four words, and with them a DD of the descriptor's last use.
    fn write(&mut self, index: u16, words: [u32; 4]) {
        let mut offset = Ring::offset(index);
        for word in words {
            self.memory.write_u32(offset, word);
            offset = offset.wrapping_add(4);
        }
    }

    /// Hands everything up to `tail` to the device. The only place that does: descriptors first, then the tail.
    fn ring_doorbell(&mut self) {
        self.memory.publish();
        self.registers.write(Tdt(self.tail.into()));
    }

    fn free(&self) -> u16 {
        self.ring.capacity().wrapping_sub(self.ring.distance(self.clean, self.tail))
    }

    /// Takes up to `max` completed frames.
    pub(crate) fn reap(&mut self, max: u32) -> Completions {
        let mut done = Completions::new();
        while (done.len() as u32) < max && !done.is_full() {
            let Some(last) = self.frames.oldest().filter(|&last| self.is_done(last)) else { break };
            self.retire(last, SendStatus::Sent, &mut done);
        }
        done
    }

    /// Takes frames whether completed or not. The ring is closed, and the device quiet or gone.
    pub(crate) fn abandon(&mut self) -> Completions {
        let mut done = Completions::new();
        while !done.is_full() {
            let Some(last) = self.frames.oldest() else { break };
            let status = if self.is_done(last) { SendStatus::Sent } else { SendStatus::Aborted };
            self.retire(last, status, &mut done);
        }
        done
    }

    fn is_done(&self, last: u16) -> bool {
        let status = self.memory.read_u32(Ring::offset(last).wrapping_add(4 * TX_STATUS_WORD as u32));
        TxStatus::from_bits_retain(status as u8).contains(TxStatus::DD)
    }

    /// Gives the oldest frame's descriptors back to the ring and its token to `done`.
    fn retire(&mut self, last: u16, status: SendStatus, done: &mut Completions) {
        let Some(token) = self.frames.pop() else { return };
        self.clean = self.ring.after(last);
        let count = match status {
            SendStatus::Sent => &mut self.sent,
            SendStatus::Aborted => &mut self.aborted,
        };
        *count = count.wrapping_add(1);
        done.push((token, status));
    }

    /// Says whether a sender that was refused has room now; true once for each wait.
    pub(crate) fn take_room(&mut self) -> bool {
        let room = self.open && self.wanted != 0 && self.wanted <= self.free();
        if room {
            self.wanted = 0;
        }
        room
    }

    /// Programs the empty ring into a device that was just reset, and lets it transmit.
    pub(crate) fn program(&mut self) {
        (self.clean, self.tail) = (0, 0);
        self.progress = None;
        self.program_thresholds();
        let address = self.memory.device_address();
        self.registers.write(Tdbal(address as u32));
        self.registers.write(Tdbah((address >> 32) as u32));
        self.registers.write(Tdlen(self.ring.bytes()));
        self.registers.write(Tdh(0));
        self.registers.write(Tdt(0));
        self.registers.write(Tctl::EN | Tctl::PSP | Tctl::RTLC | Tctl::CT_DEFAULT | Tctl::COLD_FULL_DUPLEX);
    }

    /// Completions are reported one by one and at once: WTHRESH 1, and no delay. Both queues get the same TXDCTL,
    /// and bits 22 there and 26 in TARC0 are set, as Linux e1000e does on this chip (errata).
    fn program_thresholds(&mut self) {
        let thresholds = Txdctl(0).with_wthresh(1).with_granularity(true).with_count_desc(true);
        for queue in 0..Txdctl::COUNT {
            self.registers.write_at(queue, Txdctl::STRIDE, thresholds);
        }
        self.registers.write(Tarc0::RESET.with_enable(true).with_bit_26(true));
        self.registers.write(Tipg::RESET);
        self.registers.write(Tidv(0));
        self.registers.write(Tadv(0));
    }

    /// Says whether the device has not got on since this was asked before, though a frame waits that it `may_send`. DD
    /// counts as done: then the device is not to blame.
    pub(crate) fn is_stuck(&mut self, may_send: bool) -> bool {
        let waits = may_send && self.open && self.frames.oldest().is_some_and(|last| !self.is_done(last));
        let now = waits.then(|| (self.sent, self.registers.read::<Tdh>().0));
        let before = core::mem::replace(&mut self.progress, now);
        now.is_some() && now == before
    }

    /// Accepts sends from now on.
    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    /// Accepts no more sends. What is in the ring stays there. A refused sender's wait survives a stop, and the
    /// next start ends it.
    pub(crate) fn close(&mut self) {
        self.open = false;
    }

    /// Keeps the device from transmitting. PSP stays: a short frame that is on its way must still be padded.
    pub(crate) fn turn_off(&mut self) {
        self.registers.write(Tctl::PSP);
    }

    /// Adds this ring's counters.
    pub(crate) fn count(&self, statistics: &mut Statistics) {
        statistics.sent = self.sent;
        statistics.aborted = self.aborted;
    }
}

/// One descriptor; the last of a frame ends it, has the tag, and asks for DD.
fn descriptor(fragment: &Fragment, is_last: bool, offload: &Offload) -> [u32; 4] {
    let (mut cmd, mut vlan) = (TxCommand::IFCS, 0);
    if is_last {
        let (insert, tag) = offload.tag();
        cmd |= TxCommand::EOP | TxCommand::RS | insert;
        vlan = tag;
    }
    let (address, popts) = (fragment.device_address, offload.options());
    if popts.is_empty() {
        return TxLegacy { address, length: fragment.len as u16, cmd, vlan, ..TxLegacy::default() }
            .to_words();
    }
    let cmd = cmd | TxCommand::DEXT;
    TxData { address, length: fragment.len, cmd, popts, vlan, ..TxData::default() }.to_words()
}

#[cfg(test)]
mod tests;

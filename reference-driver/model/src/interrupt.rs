//! Causes, masks and vectors (82574 data sheet, 7.4 and 10.2.4).
//!
//! An interrupt is due when a cause that IMS enables is set and was not signalled yet. On the line that is the
//! level. A message is an edge: each cause is signalled once, until it is cleared or disabled. A cause that is
//! enabled while it is pending interrupts at once.

use dirql_sim::{Bus, InterruptMode};
use i82574::general::CtrlExt;
use i82574::interrupt::{Cause, Eiac, Eitr, Iam, Itr, Ivar};

use crate::reach::Reach;

const VECTORED: [Cause; 5] = [Cause::RXQ0, Cause::RXQ1, Cause::TXQ0, Cause::TXQ1, Cause::OTHER];
const LINE: u32 = 0;
/// What a user before this driver may leave enabled.
pub(crate) const LEFT_OVER: Cause = Cause::LSC.union(Cause::RXT0);

/// The interrupt registers, and what was signalled.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    icr: Cause,
    ims: Cause,
    pub(crate) eiac: Eiac,
    pub(crate) iam: Iam,
    pub(crate) ivar: Ivar,
    pub(crate) itr: Itr,
    pub(crate) eitr: [Eitr; Eitr::COUNT as usize],
    pub(crate) ctrl_ext: CtrlExt,
    /// Causes whose message was sent and that are still due.
    signalled: Cause,
    /// Whether the line is asserted for a cause, not for a lie.
    asserted: bool,
    /// Whether a cause was due when anybody looked last, and how often one became so.
    was_due: bool,
    dues: u64,
    /// A bit for each vector (0 for the line and for MSI) whose throttle interval runs.
    running: u32,
    /// A lie: the line is asserted though nothing is due.
    spurious: bool,
}

impl Interrupts {
    /// Sets causes, as events and writes of ICS do.
    pub(crate) fn raise(&mut self, causes: Cause, bus: &mut Bus<'_>, reach: &mut Reach) {
        let mut causes = causes & Cause::MASKABLE;
        if is_msix(bus) && causes.intersects(Cause::OTHER_CAUSES) {
            causes |= Cause::OTHER;
        }
        reach.cause_while_masked += u64::from(!causes.is_empty() && !self.ims.intersects(causes));
        self.icr |= causes;
        self.update(bus, reach);
    }

    /// Enables what somebody else wanted, who has gone.
    pub(crate) fn leave_enabled(&mut self) {
        self.ims = LEFT_OVER;
    }

    /// Returns ICR without side effects.
    ///
    /// INT_ASSERTED says that an enabled cause is set. QEMU sets it for masked causes too
    /// (hw/net/e1000e_core.c, e1000e_fix_icr_asserted).
    pub(crate) fn icr(&self) -> Cause {
        let mut icr = self.icr;
        icr.set(Cause::INT_ASSERTED, self.is_due());
        icr
    }

    /// Reads ICR (82574 data sheet, 7.4.3): an enabled cause, or a mask that enables nothing, clears it; masked
    /// causes alone stay. A `stuck` register clears nothing. QEMU clears always on the line and with MSI.
    pub(crate) fn read_icr(&mut self, stuck: bool, bus: &mut Bus<'_>, reach: &mut Reach) -> Cause {
        let read = self.icr();
        let due = self.is_due();
        if stuck || !(due || self.ims.is_empty()) {
            reach.icr_read_kept += u64::from(!read.is_empty());
        } else {
            reach.icr_read_unasserted += u64::from(!due && !read.is_empty());
            self.icr = Cause::empty();
        }
        if due {
            self.auto_mask(CtrlExt::IAME);
        }
        self.update(bus, reach);
        read
    }

    /// Writes ICR: ones clear. QEMU also clears all that OTHER stands for when OTHER is written.
    pub(crate) fn write_icr(&mut self, causes: Cause, bus: &mut Bus<'_>, reach: &mut Reach) {
        self.icr.remove(causes);
        self.auto_mask(CtrlExt::IAME);
        self.update(bus, reach);
    }

    pub(crate) fn ims(&self) -> Cause {
        self.ims
    }

    /// Enables causes. One that is pending interrupts within this write.
    pub(crate) fn write_ims(&mut self, causes: Cause, bus: &mut Bus<'_>, reach: &mut Reach) {
        let was_due = self.due(bus);
        self.ims |= causes & Cause::MASKABLE;
        reach.cause_by_ims_write += u64::from(!self.due(bus).difference(was_due).is_empty());
        self.update(bus, reach);
    }

    /// Disables causes; the line falls if none is left.
    pub(crate) fn write_imc(&mut self, causes: Cause, bus: &mut Bus<'_>, reach: &mut Reach) {
        self.ims.remove(causes);
        self.update(bus, reach);
    }

    /// Says whether a throttle interval runs, so that [`end_interval`](Self::end_interval) has something to do.
    pub(crate) fn is_throttled(&self) -> bool {
        self.running != 0
    }

    /// Ends the interval of the lowest vector that is throttled: what was held back goes out.
    pub(crate) fn end_interval(&mut self, bus: &mut Bus<'_>, reach: &mut Reach) {
        self.running &= self.running.wrapping_sub(1);
        self.update(bus, reach);
    }

    /// Interrupts without a cause: asserts the line until the driver looks, or sends message `n`. A line whose
    /// causes are all disabled stays quiet even then: nobody would be there to look.
    pub(crate) fn interrupt_for_nothing(&mut self, n: u32, bus: &mut Bus<'_>, reach: &mut Reach) {
        reach.spurious_interrupts += 1;
        match bus.pins.mode {
            InterruptMode::Line => self.spurious = true,
            InterruptMode::Msi => bus.pins.send_message(0),
            InterruptMode::MsiX(vectors) => bus.pins.send_message((n % u32::from(vectors.max(1))) as u16),
        }
        self.update(bus, reach);
    }

    /// Ends a spurious assertion of the line.
    pub(crate) fn end_spurious(&mut self, bus: &mut Bus<'_>, reach: &mut Reach) {
        if self.spurious {
            self.spurious = false;
            self.update(bus, reach);
        }
    }

    /// Says whether a cause is due on the line, though throttling may hold it back, and how often one became so.
    pub(crate) fn line(&self) -> (bool, u64) {
        (self.was_due, self.dues)
    }

    /// Lets the line go: reset or removal.
    pub(crate) fn reset(&mut self, bus: &mut Bus<'_>) {
        *self = Self { dues: self.dues, ..Self::default() };
        bus.pins.set_line(false);
    }

    fn is_due(&self) -> bool {
        self.icr.intersects(self.ims)
    }

    /// Returns the enabled causes that are set. In MSI-X mode only those with a vector count, and OTHER only
    /// while one of the causes it stands for is enabled and set; to QEMU OTHER in IMS is enough.
    fn due(&self, bus: &Bus<'_>) -> Cause {
        let due = self.icr & self.ims;
        if !is_msix(bus) {
            due
        } else if due.intersects(Cause::OTHER_CAUSES) {
            due & Cause::VECTORED
        } else {
            due & Cause::VECTORED.difference(Cause::OTHER)
        }
    }

    /// Brings the pins in line with the registers.
    fn update(&mut self, bus: &mut Bus<'_>, reach: &mut Reach) {
        let due = self.due(bus);
        self.signalled &= due;
        match bus.pins.mode {
            InterruptMode::Line => self.drive_line(bus, reach),
            InterruptMode::Msi => self.send_msi(due, bus, reach),
            InterruptMode::MsiX(vectors) => self.send_msix(due, vectors, bus, reach),
        }
    }

    fn drive_line(&mut self, bus: &mut Bus<'_>, reach: &mut Reach) {
        let due = self.is_due();
        let was_due = core::mem::replace(&mut self.was_due, due);
        self.dues += u64::from(due && !was_due);
        if due && !self.asserted {
            self.asserted = self.starts_interval(LINE, self.itr.interval_256ns(), reach);
        } else if !due {
            self.asserted = false;
        }
        bus.pins.set_line(self.asserted || (self.spurious && !self.ims.is_empty()));
    }

    /// Sends MSI's only message for a cause that is newly due. Whether one that joins another, still due, gets a
    /// message of its own is open: the scheduler chooses.
    fn send_msi(&mut self, due: Cause, bus: &mut Bus<'_>, reach: &mut Reach) {
        bus.pins.set_line(false);
        if due.difference(self.signalled).is_empty() {
            return;
        }
        let joins = !self.signalled.is_empty() && bus.choose(2) == 1;
        if joins {
            self.signalled = due;
        } else if self.starts_interval(LINE, self.itr.interval_256ns(), reach) {
            self.signalled = due;
            bus.pins.send_message(0);
            self.auto_mask(CtrlExt::EIAME);
        }
    }

    fn send_msix(&mut self, due: Cause, vectors: u16, bus: &mut Bus<'_>, reach: &mut Reach) {
        bus.pins.set_line(false);
        let mut fresh = due.difference(self.signalled);
        for cause in VECTORED {
            if fresh.intersects(cause) && self.send_for(cause, vectors, bus, reach) {
                fresh &= self.icr & self.ims;
            }
        }
    }

    /// Sends the message of one cause and clears it automatically. Without a valid vector nothing happens, to
    /// the cause neither; QEMU clears it nevertheless.
    fn send_for(&mut self, cause: Cause, vectors: u16, bus: &mut Bus<'_>, reach: &mut Reach) -> bool {
        let Some(vector) = self.ivar.vector(cause).filter(|&v| v < vectors) else { return false };
        let interval = self.eitr.get(usize::from(vector)).map_or(0, |e| e.interval_256ns());
        if !self.starts_interval(u32::from(vector), interval, reach) {
            return false;
        }
        bus.pins.send_message(vector);
        self.signalled |= cause;
        if self.eiac.0.intersects(cause) {
            reach.auto_cleared += 1;
            self.icr.remove(cause);
            self.ims.remove(cause);
            self.signalled.remove(cause);
        }
        self.auto_mask(CtrlExt::EIAME);
        true
    }

    /// Says whether `vector` may interrupt now, and if so starts its interval. There is no time here: an interval
    /// ends when the scheduler says so. 0 is off; QEMU makes at least 128 us of any value.
    fn starts_interval(&mut self, vector: u32, interval: u32, reach: &mut Reach) -> bool {
        let free = self.running & 1 << vector == 0;
        reach.throttled += u64::from(!free);
        if free && interval != 0 {
            self.running |= 1 << vector;
        }
        free
    }

    /// Applies IAM if the mode is on. QEMU clears IAM instead of IMS when a message is sent (EIAME).
    fn auto_mask(&mut self, mode: CtrlExt) {
        if self.ctrl_ext.contains(mode) {
            self.ims.remove(self.iam.0);
        }
    }
}

fn is_msix(bus: &Bus<'_>) -> bool {
    matches!(bus.pins.mode, InterruptMode::MsiX(_))
}

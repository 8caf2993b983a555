//! What the driver writes.

use dirql::Register;
use dirql_sim::Bus;
use i82574::general::{Ctrl, CtrlExt, Eerd, ExtcnfCtrl, Mdic, Swsm};
use i82574::interrupt::{Cause, Eiac, Eitr, Iam, Icr, Ics, Imc, Ims, Itr, Ivar};
use i82574::receive::{Rctl, Rdbah, Rdbal, Rdh, Rdlen, Rdt, Rfctl};
use i82574::transmit::{Tarc0, Tctl, Tdbal, Tdt};

use crate::I82574;
use crate::chip::CTRL_COPY;
use crate::ring::Ring;
use crate::slow::{Countdown, Phy};

/// From a register of the receive ring to the same one of the transmit ring.
const TO_TRANSMIT: u32 = Tdbal::OFFSET - Rdbal::OFFSET;
/// IVAR's defined bits.
const IVAR_BITS: u32 = 0x800f_ffff;
/// The bits of the interval registers.
const INTERVAL_BITS: u32 = 0xffff;

impl I82574 {
    /// Writes a register with its side effects. What is not there stays so.
    pub(crate) fn write_register(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        match offset {
            Icr::OFFSET..Rctl::OFFSET => self.write_interrupt(offset, value, bus),
            Rdbal::OFFSET..=Rdt::OFFSET | Tdbal::OFFSET..=Tdt::OFFSET => self.write_ring(offset, value),
            Ctrl::OFFSET | CTRL_COPY => self.write_ctrl(Ctrl::from_bits_retain(value), bus),
            Eerd::OFFSET => self.write_eerd(Eerd(value), bus),
            CtrlExt::OFFSET => self.interrupts.ctrl_ext = CtrlExt::from_bits_retain(value),
            Mdic::OFFSET => self.write_mdic(Mdic(value), bus),
            Rctl::OFFSET => self.receive.write_rctl(Rctl::from_bits_retain(value)),
            Rfctl::OFFSET => self.receive.rfctl = Rfctl::from_bits_retain(value),
            Tctl::OFFSET => self.transmit.tctl = Tctl::from_bits_retain(value),
            Tarc0::OFFSET => self.transmit.tarc = Tarc0(value),
            ExtcnfCtrl::OFFSET => self.extcnf = ExtcnfCtrl::from_bits_retain(value),
            Swsm::OFFSET => self.swsm = Swsm::from_bits_retain(value),
            _ => {
                self.stored.write(offset, value);
                self.filter.write(offset, value);
            }
        }
    }

    fn write_interrupt(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        let (unit, reach) = (&mut self.interrupts, &mut self.reach);
        let causes = Cause::from_bits_retain(value);
        match offset {
            Icr::OFFSET => {
                let causes = if self.lies.tempted() { Cause::empty() } else { causes };
                unit.write_icr(causes, bus, reach);
            }
            Ics::OFFSET => unit.raise(causes, bus, reach),
            Ims::OFFSET => unit.write_ims(causes, bus, reach),
            Imc::OFFSET => unit.write_imc(causes, bus, reach),
            Itr::OFFSET => unit.itr = Itr(value & INTERVAL_BITS),
            Eiac::OFFSET => unit.eiac = Eiac(causes & Cause::VECTORED),
            Iam::OFFSET => unit.iam = Iam(causes & Cause::MASKABLE),
            Ivar::OFFSET => unit.ivar = Ivar(value & IVAR_BITS),
            Eitr::OFFSET.. => {
                if let Some(eitr) = unit.eitr.get_mut(((offset - Eitr::OFFSET) / Eitr::STRIDE) as usize) {
                    *eitr = Eitr(value & INTERVAL_BITS);
                }
            }
            _ => {}
        }
    }

    /// Writes CTRL. RST acts at once and reads as set for a few polls; SLU lets the link come up.
    fn write_ctrl(&mut self, ctrl: Ctrl, bus: &mut Bus<'_>) {
        if ctrl.contains(Ctrl::RST) {
            return self.software_reset(bus);
        }
        let was_up = self.link_is_up();
        let stops = ctrl.contains(Ctrl::GIO_MASTER_DISABLE) && self.is_master();
        self.reach.master_disabled_in_dma += u64::from(stops && self.is_in_dma());
        if ctrl.contains(Ctrl::PHY_RST) {
            self.phy = Phy::default();
        }
        self.ctrl = ctrl.difference(Ctrl::PHY_RST);
        self.note_link(was_up, bus);
    }

    fn write_eerd(&mut self, eerd: Eerd, bus: &mut Bus<'_>) {
        if eerd.start() {
            self.eerd = Eerd(0).with_start(true).with_address(eerd.address());
            self.eerd_polls = self.polls(bus);
        }
    }

    /// Starts an access to the PHY. Polls finish it, or the engine for slow things does.
    fn write_mdic(&mut self, mdic: Mdic, bus: &mut Bus<'_>) {
        self.mdic = mdic.with_ready(false).with_error(false);
        self.mdic_polls = self.polls(bus);
    }

    /// Lets the scheduler pick how long something slow takes.
    pub(crate) fn polls(&self, bus: &mut Bus<'_>) -> Countdown {
        Countdown::start(bus.choose(u32::from(self.config.polls_max) + 1))
    }

    /// Returns the ring that `offset` belongs to, and the same register of the receive ring.
    pub(crate) fn ring_at(&self, offset: u32) -> (&Ring, u32) {
        if offset >= Tdbal::OFFSET {
            (&self.transmit.ring, offset - TO_TRANSMIT)
        } else {
            (&self.receive.ring, offset)
        }
    }

    fn write_ring(&mut self, offset: u32, value: u32) {
        let (ring, place, stopped) = if offset >= Tdbal::OFFSET {
            let stopped = !self.transmit.is_enabled();
            (&mut self.transmit.ring, offset - TO_TRANSMIT, stopped)
        } else {
            (&mut self.receive.ring, offset, !self.receive.rctl.contains(Rctl::EN))
        };
        match place {
            Rdbal::OFFSET => ring.set_base_low(value),
            Rdbah::OFFSET => ring.set_base_high(value),
            Rdlen::OFFSET => ring.set_bytes(value),
            // Only before the unit is enabled (8254x manual, 13.4.28 and 13.4.39).
            Rdh::OFFSET if stopped => ring.head = value & 0xffff,
            Rdt::OFFSET => ring.tail = value & 0xffff,
            _ => {}
        }
        match offset {
            Rdt::OFFSET => self.reach.rx_tail_in_dma += u64::from(self.receive.is_in_dma()),
            Tdt::OFFSET => {
                self.reach.tx_ring_full += u64::from(self.transmit.ring.is_full());
                self.reach.tx_tail_in_dma += u64::from(self.transmit.is_in_dma());
            }
            _ => {}
        }
    }
}

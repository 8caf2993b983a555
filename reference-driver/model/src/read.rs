//! What the driver reads.

use dirql::Register;
use dirql_sim::Bus;
use i82574::general::{Ctrl, CtrlExt, Eecd, Eerd, ExtcnfCtrl, Mdic, Status, Swsm};
use i82574::interrupt::{Eiac, Eitr, Iam, Icr, Ics, Ims, Itr, Ivar};
use i82574::receive::{Rctl, Rdbah, Rdbal, Rdh, Rdlen, Rdt, Rfctl};
use i82574::statistics::{Gprc, Gptc, Mpc, Rnbc};
use i82574::transmit::{Tarc0, Tctl, Tdbah, Tdbal, Tdh, Tdlen, Tdt};

use crate::I82574;
use crate::chip::CTRL_COPY;
use crate::slow::nvm_word;

/// Full duplex at 1000 Mbit/s.
const STATUS_FIXED: u32 = Status::FD.bits() | 0b10 << 6;

impl I82574 {
    /// Reads a register with its side effects. What is not there reads zero.
    pub(crate) fn read_register(&mut self, offset: u32, bus: &mut Bus<'_>) -> u32 {
        match offset {
            Icr::OFFSET => {
                let stuck = self.lies.tempted();
                self.interrupts.read_icr(stuck, bus, &mut self.reach).bits()
            }
            Mdic::OFFSET => self.poll_mdic(bus),
            Rdbal::OFFSET..=Rdt::OFFSET | Tdbal::OFFSET..=Tdt::OFFSET => self.read_ring(offset),
            Ctrl::OFFSET..=0x003f => self.read_general(offset),
            Itr::OFFSET..Rctl::OFFSET => self.read_interrupt(offset),
            Mpc::OFFSET..=Rnbc::OFFSET => self.read_counter(offset),
            _ => self.read_other(offset),
        }
    }

    fn read_general(&mut self, offset: u32) -> u32 {
        match offset {
            Ctrl::OFFSET | CTRL_COPY => (self.ctrl | self.pending_reset()).bits(),
            Status::OFFSET => self.status().bits(),
            Eecd::OFFSET => self.poll_eecd().bits(),
            Eerd::OFFSET => self.poll_eerd().into_bits(),
            CtrlExt::OFFSET => self.interrupts.ctrl_ext.bits(),
            _ => self.stored.read(offset).unwrap_or_default(),
        }
    }

    fn status(&self) -> Status {
        let mut status = Status::from_bits_retain(STATUS_FIXED);
        status.set(Status::LU, self.link_is_up());
        // It stays set until what is in flight has finished (82574 data sheet, 10.2.2.2).
        status.set(Status::GIO_MASTER_EN, self.is_master() || self.is_in_dma());
        status
    }

    fn pending_reset(&mut self) -> Ctrl {
        if self.reset_polls.poll() { Ctrl::empty() } else { Ctrl::RST }
    }

    fn poll_eecd(&mut self) -> Eecd {
        let mut eecd = Eecd::EE_PRES;
        eecd.set(Eecd::AUTO_RD, self.nvm_load_polls.poll());
        eecd
    }

    fn poll_eerd(&mut self) -> Eerd {
        if self.eerd.start() && self.eerd_polls.poll() {
            let data = u32::from(nvm_word(self.config.mac, self.eerd.address()));
            self.eerd = self.eerd.with_start(false).with_done(true).with_data(data);
        }
        self.eerd
    }

    fn poll_mdic(&mut self, bus: &mut Bus<'_>) -> u32 {
        if self.mdic_polls.poll() {
            self.finish_mdic(bus);
        }
        self.mdic.into_bits()
    }

    fn read_interrupt(&self, offset: u32) -> u32 {
        let unit = &self.interrupts;
        match offset {
            Ics::OFFSET => unit.icr().bits(),
            Ims::OFFSET => unit.ims().bits(),
            Itr::OFFSET => unit.itr.into_bits(),
            Eiac::OFFSET => unit.eiac.into_bits(),
            Iam::OFFSET => unit.iam.into_bits(),
            Ivar::OFFSET => unit.ivar.into_bits(),
            Eitr::OFFSET.. => {
                unit.eitr.get(((offset - Eitr::OFFSET) / Eitr::STRIDE) as usize).map_or(0, |e| e.into_bits())
            }
            _ => 0,
        }
    }

    fn read_ring(&self, offset: u32) -> u32 {
        let (ring, place) = self.ring_at(offset);
        match place {
            Rdbal::OFFSET => ring.base_low(),
            Rdbah::OFFSET => ring.base_high(),
            Rdlen::OFFSET => ring.bytes(),
            Rdh::OFFSET => ring.head,
            Rdt::OFFSET => ring.tail,
            _ => 0,
        }
    }

    fn read_counter(&mut self, offset: u32) -> u32 {
        let counter = match offset {
            Mpc::OFFSET => &mut self.counters.mpc,
            Gprc::OFFSET => &mut self.counters.gprc,
            Gptc::OFFSET => &mut self.counters.gptc,
            Rnbc::OFFSET => &mut self.counters.rnbc,
            _ => return 0,
        };
        core::mem::take(counter)
    }

    fn read_other(&mut self, offset: u32) -> u32 {
        match offset {
            Rctl::OFFSET => self.receive.rctl.bits(),
            Tctl::OFFSET => self.transmit.tctl.bits(),
            Tarc0::OFFSET => self.transmit.tarc.into_bits(),
            Rfctl::OFFSET => self.receive.rfctl.bits(),
            ExtcnfCtrl::OFFSET => self.extcnf.bits(),
            Swsm::OFFSET => self.take_semaphore().bits(),
            _ => self.stored.read(offset).or_else(|| self.filter.read(offset)).unwrap_or(0),
        }
    }

    /// Reads SWSM, which takes the semaphore: only the first reader sees it free.
    fn take_semaphore(&mut self) -> Swsm {
        let found = self.swsm;
        self.swsm |= Swsm::SMBI;
        found
    }
}

const _: () = {
    assert!(Tdbal::OFFSET - Rdbal::OFFSET == Tdt::OFFSET - Rdt::OFFSET);
    assert!(Tdbah::OFFSET - Rdbah::OFFSET == Tdh::OFFSET - Rdh::OFFSET);
    assert!(Tdlen::OFFSET - Rdlen::OFFSET == Tdt::OFFSET - Rdt::OFFSET);
};

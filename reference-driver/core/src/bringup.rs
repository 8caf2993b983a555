//! Reset and bring-up of the hardware, in the data sheet's order.

use dirql::{Cx, ErrorKind, In, Passive, Platform, ReadPure, View};
use i82574::GONE;
use i82574::general::{Ctrl, CtrlExt, Eecd, Eerd, ExtcnfCtrl, Gcr, Gcr2, Status, Vet};
use i82574::interrupt::{Cause, Eiac, Iam};

use crate::InterruptMode;
use crate::registers::SetupGroup;

/// The registers of reset and bring-up, in the hands of whoever changes the driver's phase.
///
/// No wait is longer than its bound, and none goes on when the device reads as gone.
pub(crate) struct Setup<P: Platform> {
    pub(crate) registers: View<P::Registers, SetupGroup>,
}

impl<P: Platform> Setup<P> {
    pub(crate) fn new(registers: P::Registers) -> Self {
        Self { registers: View::new(registers) }
    }

    /// Resets the MAC. Interrupts, RCTL and TCTL are off already, and give frames on their way 10 ms to finish
    /// (Linux e1000e, e1000_reset_hw_82571).
    ///
    /// # Errors
    /// `Device` if the reset does not end, `Gone`. Whatever is wrong before the reset does not prevent it: it
    /// alone makes sure that the device's DMA has ended.
    pub(crate) fn reset(&mut self, cx: &mut Cx<'_, Passive>) -> Result<(), ErrorKind> {
        P::delay(cx, 10_000);
        self.disable_master(cx);
        self.own_mdio(cx);
        let ctrl: Ctrl = self.registers.read();
        self.registers.write(ctrl | Ctrl::RST);
        P::delay(cx, 1_000);
        let done = self.await_reset(cx);
        self.disown_mdio();
        done
    }

    /// Asks for the end of DMA and waits up to 80 ms for it (STATUS.GIO_MASTER_EN).
    fn disable_master(&mut self, cx: &mut Cx<'_, Passive>) {
        let ctrl: Ctrl = self.registers.read();
        self.registers.write(ctrl | Ctrl::GIO_MASTER_DISABLE);
        let _ = self.wait(cx, 80, 1_000, |status: Status| !status.contains(Status::GIO_MASTER_EN));
    }

    /// Waits until the reset is over, the EEPROM has been read and the PHY has its settings from it, which takes
    /// 25 ms more (Linux e1000e, e1000_reset_hw_82571).
    fn await_reset(&mut self, cx: &mut Cx<'_, Passive>) -> Result<(), ErrorKind> {
        self.wait(cx, 10, 1_000, |ctrl: Ctrl| !ctrl.contains(Ctrl::RST))?;
        self.wait(cx, 10, 1_000, |eecd: Eecd| eecd.contains(Eecd::AUTO_RD))?;
        P::delay(cx, 25_000);
        self.wait(cx, 1, 0, |_: Status| true).map(|_| ())
    }

    /// Takes the MDIO interface from firmware, up to 10 tries: a reset must not fall into an access of its own, nor
    /// two accesses into each other.
    /// As in Linux e1000e the reset goes on without.
    pub(crate) fn own_mdio(&mut self, cx: &mut Cx<'_, Passive>) {
        for _ in 0..10 {
            let found: ExtcnfCtrl = self.registers.read();
            self.registers.write(found | ExtcnfCtrl::MDIO_SW_OWNERSHIP);
            let owner: ExtcnfCtrl = self.registers.read();
            if owner.contains(ExtcnfCtrl::MDIO_SW_OWNERSHIP) {
                return;
            }
            P::delay(cx, 2_000);
        }
    }

    pub(crate) fn disown_mdio(&mut self) {
        let found: ExtcnfCtrl = self.registers.read();
        self.registers.write(found.difference(ExtcnfCtrl::MDIO_SW_OWNERSHIP));
    }

    /// Reads the MAC address from words 0 to 2 of the EEPROM.
    pub(crate) fn read_mac(&mut self, cx: &mut Cx<'_, Passive>) -> Result<[u8; 6], ErrorKind> {
        let [a, b] = self.read_eeprom(cx, 0)?.to_le_bytes();
        let [c, d] = self.read_eeprom(cx, 1)?.to_le_bytes();
        let [e, f] = self.read_eeprom(cx, 2)?.to_le_bytes();
        Ok([a, b, c, d, e, f])
    }

    fn read_eeprom(&mut self, cx: &mut Cx<'_, Passive>, word: u32) -> Result<u16, ErrorKind> {
        self.registers.write(Eerd(0).with_address(word).with_start(true));
        let eerd = self.wait(cx, 100, 50, |eerd: Eerd| eerd.done())?;
        Ok(eerd.data() as u16)
    }

    /// Sets what Linux e1000e sets on this chip: PCIe completions (GCR, GCR2), CTRL_EXT 22 and not 23.
    pub(crate) fn work_around_errata(&mut self) {
        let gcr: Gcr = self.registers.read();
        self.registers.write(gcr | Gcr::BIT_22 | Gcr::L1_ACT_WITHOUT_L0S_RX);
        let gcr2: Gcr2 = self.registers.read();
        self.registers.write(gcr2 | Gcr2::BIT_0);
        let ctrl_ext: CtrlExt = self.registers.read();
        self.registers.write(ctrl_ext.difference(CtrlExt::BIT_23) | CtrlExt::BIT_22);
    }

    /// Says which cause raises which vector, and what the device masks by itself. ICR and IMS are the driver's
    /// alone otherwise: no auto-mask (IAME, EIAME).
    pub(crate) fn route(&mut self, mode: InterruptMode) {
        let found: CtrlExt = self.registers.read();
        let mut ctrl_ext = found.difference(CtrlExt::IAME | CtrlExt::EIAME) | CtrlExt::DRV_LOAD;
        ctrl_ext.set(CtrlExt::PBA_CLR, mode.is_msix());
        self.registers.write(ctrl_ext);
        self.registers.write(Iam(Cause::empty()));
        self.registers.write(Eiac(mode.auto_cleared()));
        self.registers.write(mode.vectors());
    }

    /// Lets the PHY bring the link up, at the speed and in the mode that it negotiates. Bit 29 is cleared as in
    /// Linux e1000e. With `vlan` the device handles tags from here on.
    pub(crate) fn set_link_up(&mut self, vlan: bool) {
        self.registers.write(Vet::RESET);
        let forced = Ctrl::FRCSPD | Ctrl::FRCDPX;
        let ended = Ctrl::RST | Ctrl::PHY_RST | Ctrl::GIO_MASTER_DISABLE | Ctrl::RESERVED_29;
        let ctrl: Ctrl = self.registers.read();
        let mut up = ctrl.difference(forced | ended) | Ctrl::SLU;
        up.set(Ctrl::VME, vlan);
        self.registers.write(up);
    }

    /// Gives the device to firmware.
    pub(crate) fn release(&mut self) {
        let ctrl_ext: CtrlExt = self.registers.read();
        self.registers.write(ctrl_ext.difference(CtrlExt::DRV_LOAD));
    }

    /// Reads a register up to `polls` times, `interval_us` apart, until `done` says so, and returns what it read
    /// last.
    pub(crate) fn wait<T: ReadPure + In<SetupGroup>>(
        &self,
        cx: &mut Cx<'_, Passive>,
        polls: u32,
        interval_us: u32,
        done: impl Fn(T) -> bool,
    ) -> Result<T, ErrorKind> {
        for _ in 0..polls {
            let value: T = self.registers.read();
            if value.into_bits() == GONE {
                return Err(ErrorKind::Gone);
            }
            if done(value) {
                return Ok(value);
            }
            P::delay(cx, interval_us);
        }
        Err(ErrorKind::Device)
    }
}

//! Access to the PHY's registers by MDIC (82574 data sheet, 10.2.2.7; Linux e1000e, e1000e_read_phy_reg_mdic).

use dirql::{Cx, ErrorKind, Passive, Platform};
use i82574::general::Mdic;

use crate::bringup::Setup;

/// How many registers a PHY has.
pub(crate) const REGISTERS: u8 = 32;
/// An access takes some 64 us; Linux e1000e gives it about 100 ms.
const POLLS: u32 = 100;
const POLL_US: u32 = 1_000;

impl<P: Platform> Setup<P> {
    /// Reads a register of the PHY.
    ///
    /// # Errors
    /// `Unsupported` if there is no such register, `Device` if the access fails or does not end, `Gone`.
    pub(crate) fn read_phy(&mut self, cx: &mut Cx<'_, Passive>, register: u8) -> Result<u16, ErrorKind> {
        self.access_phy(cx, register, Mdic::READ, 0)
    }

    /// Writes a register of the PHY.
    ///
    /// # Errors
    /// As for [`Self::read_phy`].
    pub(crate) fn write_phy(
        &mut self,
        cx: &mut Cx<'_, Passive>,
        register: u8,
        value: u16,
    ) -> Result<(), ErrorKind> {
        self.access_phy(cx, register, Mdic::WRITE, value).map(|_| ())
    }

    /// Owns the MDIO interface for one access.
    fn access_phy(
        &mut self,
        cx: &mut Cx<'_, Passive>,
        register: u8,
        op: u32,
        value: u16,
    ) -> Result<u16, ErrorKind> {
        if register >= REGISTERS {
            return Err(ErrorKind::Unsupported);
        }
        self.own_mdio(cx);
        let asked = Mdic(0).with_phy(Mdic::PHY).with_register(register.into()).with_op(op);
        self.registers.write(asked.with_data(value.into()));
        let answer = self.wait(cx, POLLS, POLL_US, |mdic: Mdic| mdic.ready());
        self.disown_mdio();
        let answer = answer?;
        let ours = !answer.error() && answer.register() == asked.register();
        if ours { Ok(answer.data() as u16) } else { Err(ErrorKind::Device) }
    }
}

//! Operations that a driver polls for: reset, NVM and PHY.

use dirql_sim::Bus;
use i82574::general::Mdic;
use i82574::interrupt::Cause;

use crate::I82574;

const PHY_CONTROL: usize = 0;
const PHY_STATUS: usize = 1;
/// Link established, auto-negotiation complete, and the abilities of a gigabit PHY.
const PHY_STATUS_UP: u16 = 0x796d;
const PHY_STATUS_LINK: u16 = 1 << 2 | 1 << 5;
/// The 82574's PHY, a BME1000.
const PHY_ID: [u16; 2] = [0x0141, 0x0cb1];
const NVM_CHECKSUM: u32 = 0x3f;
/// What words 0 to 3Fh sum up to.
const NVM_SUM: u16 = 0xbaba;

/// Counts down the polls until something is done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Countdown(u32);

impl Countdown {
    pub(crate) fn start(polls: u32) -> Self {
        Self(polls)
    }

    pub(crate) fn is_done(self) -> bool {
        self.0 == 0
    }

    /// Polls, and says whether it was done.
    pub(crate) fn poll(&mut self) -> bool {
        let done = self.is_done();
        self.0 = self.0.saturating_sub(1);
        done
    }
}

/// Returns the NVM's word at `address`: the MAC address, and the checksum over nothing else.
pub(crate) fn nvm_word(mac: [u8; 6], address: u32) -> u16 {
    let word = |n: usize| u16::from_le_bytes([mac[2 * n], mac[2 * n + 1]]);
    match address {
        0..=2 => word(address as usize),
        NVM_CHECKSUM => (0..3).fold(NVM_SUM, |rest, n| rest.wrapping_sub(word(n))),
        _ => 0,
    }
}

/// The PHY's registers.
#[derive(Debug)]
pub(crate) struct Phy([u16; 32]);

impl Default for Phy {
    fn default() -> Self {
        let mut registers = [0; 32];
        registers[PHY_CONTROL] = 0x1140;
        registers[2..4].copy_from_slice(&PHY_ID);
        Self(registers)
    }
}

impl Phy {
    /// Does what `mdic` asks and returns the answer: only PHY 1 is there.
    pub(crate) fn access(&mut self, mdic: Mdic, cable: bool) -> Mdic {
        let register = mdic.register() as usize;
        let done = mdic.with_ready(true);
        match mdic.op() {
            _ if mdic.phy() != Mdic::PHY => done.with_error(true),
            Mdic::READ => done.with_data(u32::from(self.read(register, cable))),
            Mdic::WRITE => {
                self.write(register, mdic.data() as u16);
                done
            }
            _ => done.with_error(true),
        }
    }

    fn read(&self, register: usize, cable: bool) -> u16 {
        match register {
            PHY_STATUS if cable => PHY_STATUS_UP,
            PHY_STATUS => PHY_STATUS_UP & !PHY_STATUS_LINK,
            _ => self.0[register & 31],
        }
    }

    /// Bit 15 of the control register, the reset, clears itself; identity and status are fixed.
    fn write(&mut self, register: usize, value: u16) {
        match register {
            PHY_CONTROL if value & 0x8000 != 0 => *self = Self::default(),
            PHY_STATUS..=3 => {}
            _ => self.0[register & 31] = value,
        }
    }
}

impl I82574 {
    /// Ends an access to the PHY, or a throttle interval.
    pub(crate) fn step_slow(&mut self, bus: &mut Bus<'_>) {
        if self.mdic.ready() {
            self.interrupts.end_interval(bus, &mut self.reach);
        } else {
            self.finish_mdic(bus);
        }
    }

    /// Ends an access to the PHY, and raises MDAC if the driver asked for it.
    pub(crate) fn finish_mdic(&mut self, bus: &mut Bus<'_>) {
        if !self.mdic.ready() {
            self.mdic = self.phy.access(self.mdic, self.cable);
            if self.mdic.interrupt() {
                self.raise(Cause::MDAC, bus);
            }
        }
    }
}

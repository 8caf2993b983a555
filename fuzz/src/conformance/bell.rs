//! The device of the conformance suite: it interrupts when it is told to, and that is all it does.

use std::collections::VecDeque;

use dirql_sim::{Bus, Device, DeviceId, InterruptMode};

/// The bell under test.
pub(super) const BELL: DeviceId = DeviceId::new(0);
/// The bell that shares its line.
pub(super) const NEIGHBOUR: DeviceId = DeviceId::new(1);

/// Reads 1 while the line is asserted.
pub(super) const STATUS: u32 = 0;
/// A write releases the line.
pub(super) const ACKNOWLEDGE: u32 = 4;
/// A write of `n` lets source `n` interrupt.
pub(super) const ARM: u32 = 8;
/// A write of `n` keeps source `n` from interrupting.
pub(super) const DISARM: u32 = 12;

/// A device with a line and messages. A source that is not armed keeps its rings until it is.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rings: VecDeque<u16>,
    armed: u32,
    /// Cannot be kept from interrupting.
    unruly: bool,
    asserted: bool,
    gone: bool,
}

impl Bell {
    pub(super) fn unruly() -> Self {
        Self { unruly: true, ..Self::default() }
    }

    /// Wants to interrupt through source `n`; a line is source 0.
    pub(super) fn ring(&mut self, n: u16) {
        self.rings.push_back(n);
    }

    /// A line that was not acknowledged is released, and asserted again when it is armed.
    fn disarm(&mut self, n: u32, bus: &mut Bus<'_>) {
        self.armed &= !(1 << n);
        if std::mem::take(&mut self.asserted) {
            self.rings.push_front(0);
            bus.pins.set_line(false);
        }
    }

    /// Leaves its slot: registers read all ones, and the line is released.
    pub(super) fn vanish(&mut self, bus: &mut Bus<'_>) {
        self.gone = true;
        bus.pins.set_line(false);
    }
}

impl Device for Bell {
    fn name(&self) -> &'static str {
        "bell"
    }

    fn read(&mut self, offset: u32, _: &mut Bus<'_>) -> u32 {
        match offset {
            _ if self.gone => u32::MAX,
            STATUS => self.asserted.into(),
            _ => 0,
        }
    }

    fn write(&mut self, offset: u32, value: u32, bus: &mut Bus<'_>) {
        match offset {
            _ if self.gone => {}
            ACKNOWLEDGE => {
                self.asserted = false;
                bus.pins.set_line(false);
            }
            ARM => self.armed |= 1 << value,
            DISARM => self.disarm(value, bus),
            _ => {}
        }
    }

    fn ready(&self) -> u32 {
        let wants = self.rings.front().is_some_and(|&n| self.unruly || self.armed >> n & 1 != 0);
        (wants && !self.asserted && !self.gone).into()
    }

    fn step(&mut self, _: u32, bus: &mut Bus<'_>) {
        let Some(n) = self.rings.pop_front() else { return };
        if bus.pins.mode == InterruptMode::Line {
            self.asserted = true;
            bus.pins.set_line(true);
        } else {
            bus.pins.send_message(n);
        }
    }

    fn register_name(&self, offset: u32) -> &'static str {
        match offset {
            STATUS => "STATUS",
            ACKNOWLEDGE => "ACKNOWLEDGE",
            ARM => "ARM",
            DISARM => "DISARM",
            _ => "register",
        }
    }
}

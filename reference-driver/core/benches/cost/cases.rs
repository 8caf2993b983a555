//! What is counted.

use nic::{Fragment, InterruptMode};

use crate::count::{ROUNDS, counted};
use crate::machine::Machine;

/// What the driver does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing, to know what counting costs.
    Nothing,
    /// Sends frames of so many fragments.
    Send(u32),
    /// Takes the interrupt.
    Isr,
    /// Gives sent frames back, from the start of the deferred routine to its end.
    Transmitted,
    /// Hands received frames up, likewise.
    Received,
}

/// A case: work, `frames` at a time, in a mode, with rings of `ring` descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub work: Work,
    pub frames: u32,
    pub mode: InterruptMode,
    pub ring: u16,
}

pub const MODES: [(&str, InterruptMode); 4] = [
    ("line", InterruptMode::Line),
    ("MSI", InterruptMode::Msi),
    ("MSI-X, 1 message", InterruptMode::MsiX { vectors: 1 }),
    ("MSI-X, 3 messages", InterruptMode::MsiX { vectors: 3 }),
];

impl Case {
    /// What counting costs.
    pub const NOTHING: Self = Self { work: Work::Nothing, frames: 1, mode: InterruptMode::Line, ring: 8 };

    /// Returns the case as arguments of this program.
    pub fn arguments(&self) -> [String; 4] {
        let (work, fragments) = match self.work {
            Work::Nothing => (0, 0),
            Work::Send(fragments) => (1, fragments),
            Work::Isr => (2, 0),
            Work::Transmitted => (3, 0),
            Work::Received => (4, 0),
        };
        let mode = MODES.iter().position(|(_, mode)| *mode == self.mode).unwrap_or_default();
        [10 * fragments + work, self.frames, mode as u32, self.ring.into()].map(|number| number.to_string())
    }

    /// Reads [`arguments`](Self::arguments) back.
    pub fn from_arguments(arguments: &[String]) -> Option<Self> {
        let numbers: Vec<u32> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
        let [work, frames, mode, ring] = numbers[..] else { return None };
        let work = match work % 10 {
            0 => Work::Nothing,
            1 => Work::Send(work / 10),
            2 => Work::Isr,
            3 => Work::Transmitted,
            4 => Work::Received,
            _ => return None,
        };
        Some(Self { work, frames, mode: MODES.get(mode as usize)?.1, ring: u16::try_from(ring).ok()? })
    }

    /// Runs the case, over and over.
    pub fn run(&self) {
        let mut machine = Machine::new(self.mode, self.ring.min(256), self.ring);
        for _ in 0..ROUNDS {
            self.round(&mut machine);
        }
    }

    fn round(&self, machine: &mut Machine) {
        let fragments = if let Work::Send(count) = self.work { count } else { 1 };
        let fragments = vec![Fragment { device_address: 0x1000, len: 60 }; fragments as usize];
        match self.work {
            Work::Nothing => counted(&mut || {}),
            Work::Send(_) => counted(&mut || self.send(machine, &fragments)),
            Work::Transmitted => self.send(machine, &fragments),
            Work::Isr | Work::Received => machine.receive(self.frames),
        }
        machine.transmit();
        let is_sending = matches!(self.work, Work::Send(_) | Work::Transmitted);
        let source = if is_sending { machine.transmitting() } else { machine.receiving() };
        only(self.work == Work::Isr, &mut || machine.isr(source));
        only(matches!(self.work, Work::Transmitted | Work::Received), &mut || machine.deferred(source));
    }

    fn send(&self, machine: &mut Machine, fragments: &[Fragment]) {
        for _ in 0..self.frames {
            machine.send(fragments);
        }
    }
}

/// Acts, counted or not.
fn only(is_counted: bool, act: &mut dyn FnMut()) {
    if is_counted { counted(act) } else { act() }
}

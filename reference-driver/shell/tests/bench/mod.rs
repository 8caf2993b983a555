//! A machine with an 82574L on it, for the tests of every shell, and the far end of the cable.
#![allow(dead_code, unreachable_pub, reason = "each shell uses its own part")]

use std::sync::Arc;

use dirql_sim::{DeviceId, Machine, Ordering, Report, Seeded, Setup, Strategy, Wiring, kernel};
use i82574_model::{Config, I82574};

pub const NIC: DeviceId = DeviceId::new(0);
/// BAR0 (82574 data sheet, 9.1.7).
pub const REGISTERS_LEN: u32 = 128 * 1024;
pub const MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];

/// How the device is wired up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wires {
    Line,
    Msi,
    MsiX1,
    MsiX3,
}

pub const WIRES: [Wires; 4] = [Wires::Line, Wires::Msi, Wires::MsiX1, Wires::MsiX3];

/// The schedulers, so that no blind spot of one hides anything.
const STRATEGIES: [Strategy; 4] =
    [Strategy::Random, Strategy::Pct { depth: 3 }, Strategy::Sticky, Strategy::RunToCompletion];

pub struct Bench {
    pub wires: Wires,
    pub seed: u64,
    pub fail_allocation: Option<u32>,
    pub hostile: u8,
}

impl Bench {
    pub fn new(wires: Wires, seed: u64) -> Self {
        Self { wires, seed, fail_allocation: None, hostile: 0 }
    }

    /// Runs `main` on a fresh machine.
    pub fn run(&self, machine: &mut Machine, main: impl FnOnce()) -> Report {
        let strategy = STRATEGIES[self.seed as usize % STRATEGIES.len()];
        machine.prepare(Setup {
            cpus: 2,
            ordering: if self.seed & 4 == 0 { Ordering::X64 } else { Ordering::Arm64 },
            scheduler: Box::new(Seeded::new(strategy, self.seed)),
            step_limit: 400_000,
            fail_allocation: self.fail_allocation,
            record_schedule: false,
            record_trace: false,
        });
        let line = Some(machine.add_line(5));
        let messages = match self.wires {
            Wires::Line => vec![],
            Wires::Msi | Wires::MsiX1 => vec![6],
            Wires::MsiX3 => vec![6, 7, 8],
        };
        let wiring = Wiring { line, message_irqls: messages, msix: self.wires != Wires::Msi };
        let mut chip = Box::<I82574>::default();
        chip.reset(Config { mac: MAC, hostile: self.hostile, seed: self.seed, ..Config::default() });
        machine.attach(NIC.index(), chip, &wiring);
        machine.run(main)
    }
}

/// Runs `main` in every wiring under so many schedules each; nothing may be broken.
#[track_caller]
pub fn everywhere(seeds: u64, main: impl Fn()) {
    let mut machine = Machine::new();
    for wires in WIRES {
        for seed in 0..seeds {
            let report = Bench::new(wires, seed).run(&mut machine, &main);
            assert_eq!(report.violation, None, "{wires:?} under seed {seed}");
        }
    }
}

/// A frame to the station, of `len` bytes that depend on `seed`.
pub fn frame(seed: u64, len: usize) -> Vec<u8> {
    let payload = (0..len - 14).map(|n| (seed as usize * 31 + n * 7) as u8);
    MAC.into_iter().chain([2, 0, 0, 0, 0, 9, 0x88, 0xb5]).chain(payload).collect()
}

/// Lets a frame arrive at the device.
pub fn arrive(bytes: &[u8]) {
    let frame: Arc<[u8]> = bytes.into();
    kernel::environment(NIC, |nic: &mut I82574, _| nic.arrive(frame));
    kernel::pause();
}

/// Takes what the device sent.
pub fn transmitted() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    kernel::environment(NIC, |nic: &mut I82574, _| {
        nic.drain_transmitted(|bytes| frames.push(bytes.to_vec()))
    });
    frames
}

/// Plugs the cable in, or pulls it.
pub fn set_link(up: bool) {
    kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(up));
}

/// Pulls the card out. PnP notices only when it is gone.
pub fn pull_out() {
    kernel::environment(NIC, |nic: &mut I82574, _| nic.remove());
    while kernel::environment(NIC, |nic: &mut I82574, _| nic.is_gone()) == Some(false) {
        kernel::sleep();
    }
}

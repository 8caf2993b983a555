//! A machine with an 82574L and the I/O manager on it, and the driver from its entry point.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::sync::Arc;

use dirql_ddi::*;
use dirql_sim::ntoskrnl::{self, Completed, File, Interrupts};
use dirql_sim::{DeviceId, Machine, Ordering, Report, Seeded, Setup, Strategy, Wiring, kernel};
use i82574_model::{Config, I82574};

pub const NIC: DeviceId = DeviceId::new(0);
/// BAR0 (82574 data sheet, 9.1.7).
pub const REGISTERS_LEN: u32 = 128 * 1024;
pub const MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
pub const READ_LEN: usize = 1518;

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
}

impl Bench {
    pub fn new(wires: Wires, seed: u64) -> Self {
        Self { wires, seed, fail_allocation: None }
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
        chip.reset(Config { mac: MAC, hostile: 0, seed: self.seed, ..Config::default() });
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

pub fn load() {
    assert_eq!(ntoskrnl::load(nic_wdm::driver_entry), STATUS_SUCCESS);
    assert_eq!(ntoskrnl::add_device(NIC), STATUS_SUCCESS);
}

/// From nothing to an open handle.
pub fn bring_up() -> File {
    load();
    assert_eq!(ntoskrnl::start_device(NIC, REGISTERS_LEN, Interrupts::Messages), STATUS_SUCCESS);
    ntoskrnl::open(NIC).expect("the interface is enabled")
}

/// From an open handle to nothing.
pub fn tear_down(file: File) {
    ntoskrnl::close(file);
    assert!(ntoskrnl::query_remove(NIC));
    ntoskrnl::remove(NIC);
    ntoskrnl::unload();
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

/// Takes what came back, in the order of the requests' numbers.
pub fn completed(file: File) -> Vec<Completed> {
    let mut all = ntoskrnl::take_completed(file);
    all.sort_by_key(|completed| completed.number);
    all
}

/// The statuses of what came back.
pub fn statuses(file: File) -> Vec<NTSTATUS> {
    completed(file).iter().map(|completed| completed.status).collect()
}

/// Pulls the card out. PnP notices only when it is gone.
pub fn pull_out() {
    kernel::environment(NIC, |nic: &mut I82574, _| nic.remove());
    while kernel::environment(NIC, |nic: &mut I82574, _| nic.is_gone()) == Some(false) {
        kernel::sleep();
    }
}

//! A run of a whole WDF function driver: the life that the PnP manager and power management give it, from DriverEntry to
//! unload. What happens meanwhile is in `function_driver/traffic.rs` and, of the register half, `asking.rs`; what must
//! be true is in `judge.rs`, and what became of every request in `ledger.rs`.

mod asking;
mod judge;
mod ledger;
mod manager;
mod traffic;

use core::cell::{Cell, RefCell};

use dirql_ddi::{NT_SUCCESS, NTSTATUS};
use dirql_sim::kernel;
use dirql_sim::wdf::Framework;

use super::Scene;
use super::actors::{act, pull_the_card};
use super::play::{asleep, beside_neighbour};
use crate::backend::Backend;
use crate::reach::Counter;
use crate::stage::{Stage, at_passive};
use ledger::Ledger;
use manager::{Kernel, Manager};

/// BAR0 (82574 data sheet, 9.1.7).
const REGISTERS_LEN: u32 = 128 * 1024;

/// Runs the case's script as the machine's main thread, with a neighbour on stage `S`.
pub(super) fn play<S: Stage>(scene: &Scene<'_>, backend: Backend) {
    at_passive(|cx| beside_neighbour::<S>(cx, scene, |started| driver(scene, manager(backend), started)));
}

/// Who has to do with the driver of a backend.
fn manager(backend: Backend) -> Manager {
    match backend {
        Backend::Wdm => Manager::Wdm(Kernel::default()),
        Backend::Umdf => Manager::Wdf(Framework::User),
        _ => Manager::Wdf(Framework::Kernel),
    }
}

/// The driver's life: DriverEntry, a device, unload. Says when the device has started.
fn driver(scene: &Scene<'_>, manager: Manager, started: &dyn Fn()) {
    let device = Function::new(scene, manager);
    kernel::note("loads the driver", 0);
    if !device.require("DriverEntry", device.manager.load()) {
        return;
    }
    if device.require("EvtDriverDeviceAdd", device.manager.add()) {
        if device.bits(40, 3) == 0 {
            device.manager.use_for_paging();
        }
        if device.start() {
            started();
            device.run();
        }
        if !scene.case.ends_abruptly() {
            judge::settle(&device);
        }
        device.take_down();
    }
    kernel::note("unloads the driver", 0);
    device.manager.unload();
}

/// Where the device is in its life, as far as its manager knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// It has no resources, or it could not be started.
    Stopped,
    D0,
    /// It was pulled out, and the driver has heard of it.
    Removed,
}

/// The device, as the PnP manager and those who open it see it.
struct Function<'s> {
    scene: &'s Scene<'s>,
    manager: Manager,
    ledger: RefCell<Ledger>,
    stand: Cell<Stand>,
    /// Whether the device still lies.
    lies: Cell<bool>,
    /// Whether the device was stopped on the way, so that frames may have been lost.
    disturbed: Cell<bool>,
    /// Whether the PnP manager is in the middle of something: it does one thing at a time.
    busy: Cell<bool>,
}

impl<'s> Function<'s> {
    fn new(scene: &'s Scene<'s>, manager: Manager) -> Self {
        let lies = Cell::new(scene.case.settings.hostile > 0);
        let [disturbed, busy] = [const { Cell::new(false) }; 2];
        let stand = Cell::new(Stand::Stopped);
        Self { scene, manager, ledger: RefCell::default(), stand, lies, disturbed, busy }
    }

    fn hit(&self, counter: Counter) {
        self.scene.book.hit(counter);
    }

    /// Returns some bits of the case's seed, which decide what the case leaves open.
    fn bits(&self, shift: u32, mask: u64) -> u64 {
        self.scene.case.settings.device_seed >> shift & mask
    }

    fn is_in_d0(&self) -> bool {
        self.stand.get() == Stand::D0
    }

    fn is_out_of_memory(&self) -> bool {
        self.scene.case.fail_allocation().is_some()
    }

    /// Says whether a call succeeded, which it must unless the device lies or is gone, or the system is out of memory.
    fn require(&self, what: &str, status: NTSTATUS) -> bool {
        let is_excused = self.lies.get() || self.is_out_of_memory() || act(|nic| nic.is_gone());
        if !NT_SUCCESS(status) && !is_excused {
            kernel::fail("BringUp", format!("{what} returns {status:#010x}"));
        }
        if !NT_SUCCESS(status) && self.is_out_of_memory() {
            self.hit(Counter::AllocationsFailed);
        }
        NT_SUCCESS(status)
    }

    /// Lets everyone loose, to their ends.
    fn run(&self) {
        match self.manager.moves_frames() {
            true => traffic::run(self),
            false => asking::run(self),
        }
    }

    // --- up and down ---

    /// Starts the device with what it is wired to.
    fn start(&self) -> bool {
        kernel::note("starts the device", 0);
        let started = self.require("starting the device", self.manager.start(REGISTERS_LEN));
        self.stand.set(if started { Stand::D0 } else { Stand::Stopped });
        if started {
            self.begin();
        }
        started
    }

    /// Mostly promiscuous, since the capture's frames are for many stations. A new driver begins without.
    fn begin(&self) {
        if self.manager.moves_frames() {
            traffic::set_filter(self, traffic::filter(self));
        }
    }

    fn stop(&self) {
        if self.is_in_d0() {
            kernel::note("stops the device", 0);
            self.disturbed.set(true);
            self.manager.stop();
            self.stand.set(Stand::Stopped);
            judge::quiet(self);
        }
    }

    /// Removes the device, wherever it is in its life. By then every request is somewhere else.
    fn take_down(&self) {
        kernel::note("removes the device", 0);
        self.disturbed.set(true);
        self.manager.remove(self.lies.get() || act(|nic| nic.is_gone()));
        judge::at_the_end(self);
    }

    // --- what the PnP manager does, one thing at a time ---

    fn alone(&self, act: impl FnOnce()) {
        while self.busy.replace(true) {
            kernel::sleep();
        }
        act();
        self.busy.set(false);
    }

    /// Takes the device out of D0 in one of the ways there are, and brings it back. A device that lies is left alone:
    /// it may interrupt in D3 whatever the driver did, and R90 would blame the driver.
    fn leave_d0_and_come_back(&self, way: u64) {
        if !self.is_in_d0() || self.lies.get() {
            return;
        }
        if way & 1 == 0 {
            return self.sleep();
        }
        self.stop();
        // Messages or, though the device could have them, the line.
        self.manager.grant_messages(way & 2 == 0);
        kernel::sleep();
        if self.start() {
            self.hit(Counter::Reinitializations);
        }
    }

    /// D3 and back.
    fn sleep(&self) {
        self.disturbed.set(true);
        kernel::note("puts the device to sleep", 0);
        self.manager.sleep();
        judge::quiet(self);
        asleep(self.scene);
        kernel::note("wakes the device", 0);
        if self.require("waking the device", self.manager.wake()) {
            self.hit(Counter::Sleeps);
        } else {
            self.stand.set(Stand::Stopped);
        }
    }

    /// Pulls the card, and reports it as the PnP manager would: some time later.
    fn remove(&self) {
        self.disturbed.set(true);
        pull_the_card(self.scene);
        self.alone(|| {
            kernel::note("tells the driver that the card is gone", 0);
            self.manager.remove_by_surprise();
            self.stand.set(Stand::Removed);
        });
    }
}

//! A run of the whole NDIS miniport driver: the life that NDIS and the PnP manager give it, from DriverEntry to unload.
//! What happens meanwhile is in `miniport/traffic.rs`, what must be true in `miniport/judge.rs`, and what became of
//! every list in `miniport/ledger.rs`.

mod judge;
mod ledger;
mod offload;
mod traffic;

use core::cell::{Cell, RefCell};

use dirql_backends::ndis::Ndis;
use dirql_ddi::NT_SUCCESS;
use dirql_ddi::ndis::*;
use dirql_sim::ndis::State;
use dirql_sim::{kernel, ndis};
use nic::Filter;

use super::actors::{act, pull_the_card};
use super::dress::Dress;
use super::play::{asleep, beside_neighbour};
use super::{NIC, Scene};
use crate::reach::Counter;
use crate::stage::at_passive;
use ledger::Ledger;

/// BAR0 (82574 data sheet, 9.1.7).
const REGISTERS_LEN: u32 = 128 * 1024;
const D0: [u8; 4] = [NdisDeviceStateD0 as u8, 0, 0, 0];
const D3: [u8; 4] = [NdisDeviceStateD3 as u8, 0, 0, 0];

/// Runs the case's script as the machine's main thread.
pub(super) fn play(scene: &Scene<'_>) {
    at_passive(|cx| beside_neighbour::<Ndis>(cx, scene, |started| driver(scene, started)));
}

/// The driver's life: DriverEntry, an adapter, unload. Says when the adapter has started.
fn driver(scene: &Scene<'_>, started: &dyn Fn()) {
    let settings = &scene.case.settings;
    ndis::configure(NIC, "*TransmitBuffers", settings.tx_descriptors.into());
    ndis::configure(NIC, "*ReceiveBuffers", settings.rx_descriptors.into());
    scene.book.wear(Dress::drawn(scene.case));
    offload::configure(scene.book.dress());
    kernel::note("loads the driver", 0);
    if NT_SUCCESS(ndis::load(nic_ndis::driver_entry)) {
        let miniport = Miniport::new(scene);
        if miniport.bring_up() {
            started();
            traffic::run(&miniport);
        }
        if !scene.case.ends_abruptly() {
            judge::settle(&miniport);
        }
        miniport.take_down();
        kernel::note("unloads the driver", 0);
        ndis::unload();
    } else if scene.case.fail_allocation().is_none() {
        kernel::fail("BringUp", "DriverEntry fails".into());
    }
}

/// The adapter, as NDIS's other sides see it.
struct Miniport<'s> {
    scene: &'s Scene<'s>,
    ledger: RefCell<Ledger>,
    /// Whether the device still lies.
    lies: Cell<bool>,
    /// Whether traffic was stopped on the way, so that frames may have been lost.
    disturbed: Cell<bool>,
    /// Whether the driver knows that the device is gone.
    removed: Cell<bool>,
    /// Whether checksums were switched on or off on the way, so that of a frame nothing need be said.
    switched: Cell<bool>,
    /// Whether the PnP manager is in the middle of something: it does one thing at a time.
    busy: Cell<bool>,
}

impl<'s> Miniport<'s> {
    fn new(scene: &'s Scene<'s>) -> Self {
        let lies = Cell::new(scene.case.settings.hostile > 0);
        let [disturbed, removed, switched, busy] = [const { Cell::new(false) }; 4];
        Self { scene, ledger: RefCell::default(), lies, disturbed, removed, switched, busy }
    }

    fn hit(&self, counter: Counter) {
        self.scene.book.hit(counter);
    }

    /// Returns some bits of the case's seed, which decide what the case leaves open.
    fn bits(&self, shift: u32, mask: u64) -> u64 {
        self.scene.case.settings.device_seed >> shift & mask
    }

    /// Says whether something may fail: the device lies or is gone, or the system is out of memory.
    fn is_excused(&self) -> bool {
        self.lies.get() || self.scene.case.fail_allocation().is_some() || act(|nic| nic.is_gone())
    }

    /// Says whether a call succeeded, which it must without an excuse.
    fn require(&self, what: &str, status: NDIS_STATUS) -> bool {
        if status != NDIS_STATUS_SUCCESS && !self.is_excused() {
            kernel::fail("BringUp", format!("{what} returns {status:#010x}"));
        }
        status == NDIS_STATUS_SUCCESS
    }

    // --- up and down ---

    /// Initializes the adapter and lets traffic flow.
    fn bring_up(&self) -> bool {
        kernel::note("initializes the adapter", 0);
        let started = self.require("MiniportInitializeEx", ndis::start(NIC, REGISTERS_LEN));
        if !started {
            if self.scene.case.fail_allocation().is_some() {
                self.hit(Counter::AllocationsFailed);
            }
            return false;
        }
        // Mostly promiscuous, since the capture's frames are for many stations.
        let promiscuous = self.bits(8, 3) != 0;
        self.set_filter(Filter { promiscuous, all_multicast: promiscuous, broadcast: true });
        offload::bind();
        self.restart()
    }

    fn restart(&self) -> bool {
        kernel::note("restarts the adapter", 0);
        self.require("MiniportRestart", ndis::restart(NIC))
    }

    fn set_filter(&self, filter: Filter) {
        let bits = [
            (true, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST),
            (filter.promiscuous, NDIS_PACKET_TYPE_PROMISCUOUS),
            (filter.all_multicast, NDIS_PACKET_TYPE_ALL_MULTICAST),
            (filter.broadcast, NDIS_PACKET_TYPE_BROADCAST),
        ];
        let bits = bits.iter().filter(|(wanted, _)| *wanted).fold(0_u32, |all, (_, bit)| all | bit);
        kernel::note("sets the packet filter", 0);
        ndis::set(NIC, OID_GEN_CURRENT_PACKET_FILTER, &bits.to_ne_bytes());
    }

    /// Chooses the groups of which frames are received.
    fn set_groups(&self, groups: &[[u8; 6]]) {
        kernel::note("sets the multicast list to {} groups", groups.len() as u64);
        ndis::set(NIC, OID_802_3_MULTICAST_LIST, groups.as_flattened());
    }

    /// Pauses the adapter, if it runs. Then no list is anywhere but with its owner.
    fn pause(&self) {
        if ndis::state(NIC) == State::Running {
            kernel::note("pauses the adapter", 0);
            self.disturbed.set(true);
            ndis::pause(NIC);
            self.collect();
        }
    }

    /// Books what happened so far.
    fn collect(&self) {
        self.ledger.borrow_mut().collect(self.scene, self.switched.get());
    }

    fn halt(&self) {
        if ndis::state(NIC) == State::Paused {
            kernel::note("halts the adapter", 0);
            let removed = self.removed.get();
            ndis::halt(NIC, if removed { NdisHaltDeviceSurpriseRemoved } else { NdisHaltDeviceDisabled });
            judge::quiet(self);
        }
    }

    /// Ends the adapter's life, wherever it is in it.
    fn take_down(&self) {
        if ndis::state(NIC) == State::Running && self.bits(26, 3) == 0 {
            kernel::note("shuts the system down", 0);
            self.disturbed.set(true);
            ndis::shut_down(NIC, NdisShutdownPowerOff);
            judge::quiet(self);
        }
        self.pause();
        self.halt();
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

    /// Stops the adapter in one of the ways there are, and brings it back. A device that is gone stays so.
    fn stop_and_come_back(&self, way: u64) {
        if self.removed.get() {
            return;
        }
        self.disturbed.set(true);
        match way {
            0 => self.pause(),
            1 => {
                self.pause();
                self.sleep();
            }
            2 => self.sleep(),
            _ => self.reinitialize(),
        }
        if ndis::state(NIC) == State::Paused {
            self.hit(Counter::Restarts);
            self.restart();
        }
    }

    /// D3 and back, paused or, as NDIS 6.30 does it with miniports that ask for that, running. A device that lies is
    /// left awake: it may interrupt in D3 whatever the driver did, and R90 would blame the driver.
    fn sleep(&self) {
        if self.lies.get() || ndis::state(NIC) == State::Halted {
            return;
        }
        kernel::note("sets the power to D3", 0);
        self.require("OID_PNP_SET_POWER to D3", ndis::set(NIC, OID_PNP_SET_POWER, &D3));
        asleep(self.scene);
        kernel::note("sets the power to D0", 0);
        if self.require("OID_PNP_SET_POWER to D0", ndis::set(NIC, OID_PNP_SET_POWER, &D0)) {
            self.hit(Counter::Sleeps);
        }
    }

    /// Halts and initializes, as for a change of resources.
    fn reinitialize(&self) {
        self.pause();
        self.halt();
        kernel::sleep();
        if self.bring_up() {
            self.hit(Counter::Reinitializations);
        }
    }

    /// Pulls the card, and reports it as the PnP manager would: some time later.
    fn remove(&self) {
        self.disturbed.set(true);
        pull_the_card(self.scene);
        self.alone(|| {
            self.removed.set(true);
            if ndis::state(NIC) != State::Halted {
                kernel::note("tells the driver that the card is gone", 0);
                ndis::device_event(NIC, NdisDevicePnPEventSurpriseRemoved);
            }
        });
    }
}

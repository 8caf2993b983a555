//! The threads of a run of the register half: two that ask for PHY registers and counters, one that waits for the link
//! to change, PnP, and the wire.

use dirql_ddi::STATUS_SUCCESS;
use dirql_sim::kernel;
use dirql_sim::wdf::Io;
use nic_shell::control::*;

use super::Function;
use super::manager::Completed;
use crate::case::Send;
use crate::reach::Counter;
use crate::world::monitor::{IDENTITY, SCRATCH, mismatch};

const WAITS: u32 = 3;

/// Runs all threads to their ends.
pub(super) fn run(device: &Function<'_>) {
    kernel::scope(|scope| {
        scope.spawn(0, "requester 0", || device.use_phy(0));
        scope.spawn(1, "requester 1", || device.use_phy(1));
        scope.spawn(0, "watcher", || device.watch_link());
        if !device.scene.case.controls.is_empty() {
            scope.spawn(1, "pnp", || device.control_all());
        }
        scope.spawn(2, "wire", || device.wire());
    });
}

impl Function<'_> {
    fn use_phy(&self, requester: u8) {
        let mut written = None;
        for send in self.scene.case.sends.iter().filter(|send| send.sender == requester) {
            match send.fragments {
                1 => drop(self.ask(IOCTL_NIC_GET_STATISTICS, &[], size_of::<Counters>())),
                2 => self.check_phy(2, IDENTITY[0]),
                _ => self.use_scratch(send, &mut written),
            }
        }
    }

    /// Writes the requester's own register, or reads back what it wrote last.
    fn use_scratch(&self, send: &Send, written: &mut Option<u16>) {
        let register = SCRATCH[usize::from(send.sender & 1)].into();
        if let Some(value) = written.take() {
            return self.check_phy(register, value);
        }
        let phy = PhyRegister { register, value: send.frame };
        self.hit(Counter::PhyRequests);
        if self.is_served(self.ask(IOCTL_NIC_WRITE_PHY, &phy.to_bytes(), 0)).is_some() {
            *written = Some(send.frame);
        }
    }

    /// A register of the PHY reads so, if the request is served.
    pub(super) fn check_phy(&self, register: u16, wanted: u16) {
        self.hit(Counter::PhyRequests);
        let phy = PhyRegister { register, value: 0 }.to_bytes();
        let Some(answer) = self.is_served(self.ask(IOCTL_NIC_READ_PHY, &phy, phy.len())) else { return };
        let read = PhyRegister::from_bytes(&answer.data).map_or(0, |phy| phy.value);
        if read != wanted && self.scene.case.settings.hostile == 0 {
            mismatch(register as u8, wanted, read);
        }
    }

    /// Returns the answer, if the request has succeeded: it must, while nobody disturbs the driver.
    fn is_served(&self, answer: Option<Completed>) -> Option<Completed> {
        let served = answer.filter(|completed| completed.status == STATUS_SUCCESS);
        let is_excused = self.disturbed.get()
            || self.scene.case.settings.hostile > 0
            || self.is_out_of_memory()
            || !self.is_in_d0();
        if served.is_none() && !is_excused {
            kernel::fail("PhyMismatch", "the driver refuses a request, undisturbed".into());
        }
        served
    }

    /// Waits for changes of the link, and gives up waiting.
    fn watch_link(&self) {
        for _ in 0..WAITS {
            let wait = Io::Control(IOCTL_NIC_AWAIT_LINK_CHANGE, &[], size_of::<LinkState>());
            let ticket = self.manager.submit(&wait);
            kernel::sleep();
            self.manager.cancel(ticket);
        }
    }
}

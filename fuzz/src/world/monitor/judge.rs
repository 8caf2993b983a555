//! What must be true of the register half: the link, the PHY, the counters.

use dirql::{Cx, Passive, Platform};
use dirql_sim::kernel;
use i82574_model::I82574;
use nic::Statistics;

use super::Driver;
use super::traffic::IDENTITY;
use crate::world::actors::act;
use crate::world::judge::{agree, link};
use crate::world::play::expect;
use crate::world::{NIC, Scene};

/// A last look at a driver that should be well: it sees the cable pulled and plugged, and knows its PHY.
pub(super) fn probe<P: Platform>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>, monitor: &Driver<P>) {
    kernel::note("probes the adapter", 0);
    for up in [false, true] {
        act(|nic| nic.set_link(up));
        kernel::quiesce();
        link(scene, monitor.link());
    }
    check_identity(cx, monitor);
}

pub(super) fn check_identity<P: Platform>(cx: &mut Cx<'_, Passive>, monitor: &Driver<P>) {
    for (register, value) in [2, 3].into_iter().zip(IDENTITY) {
        let read = expect("PhyMismatch", monitor.read_phy(cx, register));
        if read != value {
            mismatch(register, value, read);
        }
    }
}

pub(in crate::world) fn mismatch(register: u8, wanted: u16, read: u16) {
    kernel::fail(
        "PhyMismatch",
        format!("PHY register {register} reads {read:#06x} instead of {wanted:#06x}"),
    );
}

/// The driver's totals are the device's, whoever read the counters, which clear when read. Nothing takes the frames
/// that the device has received.
pub(super) fn statistics(counted: Statistics) {
    let seen = kernel::environment(NIC, |nic: &mut I82574, _| (nic.statistics(), nic.held()));
    if let Some((device, held)) = seen {
        agree("frames that the device received", held as u64, counted.device_received);
        agree("frames that the device missed", device.missed, counted.missed);
        agree("frames without a descriptor", device.no_buffer, counted.no_buffer);
    }
}

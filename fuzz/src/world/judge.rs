//! What must be true when nothing moves any more, and when the driver has stopped.

use dirql::Error;
use dirql_sim::kernel;
use i82574_model::I82574;
use nic::{Link, Statistics};

use super::above::require;
use super::neighbour::Neighbour;
use super::supervised::Ownership;
use super::{NEIGHBOUR, NIC, Scene};
use crate::reach::Counter;

/// Only a device that lies may keep the driver from starting.
pub(super) fn start_failed(scene: &Scene<'_>, error: Error) {
    if scene.case.settings.hostile == 0 {
        kernel::fail("BringUp", format!("the driver does not start: {error}"));
    }
}

/// Nothing can move. Then nothing is owed: every frame that the driver took is sent and given back, every frame
/// in memory was handed up, and none waits for a descriptor. Lost wakeups end here.
pub(super) fn at_rest(scene: &Scene<'_>, link: Link, disturbed: bool) {
    check_wire(scene);
    if scene.case.settings.hostile > 0 {
        return;
    }
    self::link(scene, link);
    nothing_owed(scene, disturbed);
}

/// Of the frames so far none is under way. Only a driver that was never stopped owes every one of them.
pub(super) fn nothing_owed(scene: &Scene<'_>, disturbed: bool) {
    require(scene.book.check_returned());
    let Some((statistics, held)) =
        kernel::environment(NIC, |nic: &mut I82574, _| (nic.statistics(), nic.held()))
    else {
        return;
    };
    if disturbed {
        return;
    }
    let accepted = require(scene.book.check_all_sent());
    owed("frames accepted and not on the wire", accepted, statistics.transmitted);
    owed("frames in memory and not handed up", statistics.delivered, scene.book.frames_received());
    owed("frames waiting for descriptors", held as u64, 0);
}

/// A driver that runs leaves the device receive buffers, whatever a device that lies wrote into descriptors: else no
/// frame ever comes again.
pub(super) fn receive_ring(buffers: &Ownership) {
    if !buffers.device_has_any() {
        kernel::fail("ReceiveStarved", "nothing can move, and the driver keeps all receive buffers".into());
    }
}

/// The driver knows, and has told, whether there is a link.
pub(super) fn link(scene: &Scene<'_>, link: Link) {
    let seen = kernel::environment(NIC, |nic: &mut I82574, _| (nic.is_gone(), nic.link_is_up()));
    let Some((gone, up)) = seen else { return };
    let believed = link != Link::Down;
    if believed != (up && !gone) || link != scene.book.link() {
        let told = scene.book.link();
        kernel::fail(
            "LinkStale",
            format!("nothing can move, the link is up: {up}; the driver believes {link:?} and told {told:?}"),
        );
    }
}

fn owed(what: &str, given: u64, taken: u64) {
    if given != taken {
        kernel::fail(
            "quiescence",
            format!("nothing can move, and there are {what}: {given} against {taken}"),
        );
    }
}

/// The frames at the far end are those that were sent.
fn check_wire(scene: &Scene<'_>) {
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    kernel::environment(NIC, |nic: &mut I82574, _| {
        nic.drain_transmitted(|frame| {
            bytes.extend_from_slice(frame);
            ends.push(bytes.len());
            scene.book.hit(Counter::FramesOut);
        });
    });
    if scene.case.settings.hostile == 0 {
        require(scene.book.check_transmitted(&bytes, &ends));
    }
}

/// The driver's counters agree with what was seen from outside, and with the device's. Whoever was disturbed may have
/// missed some of what an honest device counted, and counts nothing that was not.
pub(super) fn statistics(scene: &Scene<'_>, counted: Statistics, disturbed: bool) {
    if scene.case.settings.hostile == 0 {
        nothing_made_up(&counted);
    }
    if disturbed {
        return;
    }
    agree("frames given back as sent", require(scene.book.check_all_sent()), counted.sent);
    agree("frames handed up", scene.book.frames_received(), counted.received);
    agree("frames dropped as bad", 0, counted.receive_errors + counted.receive_malformed);
    if let Some(device) = kernel::environment(NIC, |nic: &mut I82574, _| nic.statistics()) {
        agree("frames that the device sent", device.transmitted, counted.device_sent);
        agree("frames that the device received", device.delivered, counted.device_received);
        agree("frames that the device missed", device.missed, counted.missed);
        agree("frames without a descriptor", device.no_buffer, counted.no_buffer);
    }
}

/// The driver counts no frame that the device did not: registers of a device that is gone read as all ones (R81), and
/// a reset may take frames that were counted.
pub(super) fn nothing_made_up(counted: &Statistics) {
    let seen = kernel::environment(NIC, |nic: &mut I82574, _| (nic.statistics(), nic.held()));
    let Some((device, held)) = seen else { return };
    let received = device.delivered + device.abandoned + held as u64;
    at_most("frames that the device sent", device.transmitted, counted.device_sent);
    at_most("frames that the device received", received, counted.device_received);
    at_most("frames that the device missed", device.missed, counted.missed);
    at_most("frames without a descriptor", device.no_buffer, counted.no_buffer);
    at_most("frames with a wrong FCS", 0, counted.crc_errors);
}

fn at_most(what: &str, happened: u64, counted: u64) {
    if counted > happened {
        agree(what, happened, counted);
    }
}

/// What happened is what the driver counts.
pub(super) fn agree(what: &str, happened: u64, counted: u64) {
    if happened != counted {
        kernel::fail("Statistics", format!("{what}: {happened}; the driver counts {counted}"));
    }
}

/// The driver has stopped: every frame it took was given back, exactly once, and an honest device is quiet.
pub(super) fn stopped(scene: &Scene<'_>) {
    require(scene.book.check_returned());
    if scene.case.settings.hostile > 0 {
        return;
    }
    check_wire(scene);
    let quiet = kernel::environment(NIC, |nic: &mut I82574, _| nic.is_gone() || nic.is_quiet());
    if quiet == Some(false) {
        kernel::fail(
            "DeviceNotQuiet",
            "stop returned, and the device may still interrupt or use memory".to_owned(),
        );
    }
}

/// The neighbour's interrupts were all served, whatever the adapter's driver did on the line.
pub(super) fn neighbour(scene: &Scene<'_>, served: u32) {
    let quiet = kernel::environment(NEIGHBOUR, |n: &mut Neighbour, _| n.is_quiet()).unwrap_or(true);
    let pressed = scene.book.reach()[Counter::NeighbourInterrupts];
    if !quiet || u64::from(served) != pressed {
        kernel::fail(
            "quiescence",
            format!("the neighbour interrupted {pressed} times and was served {served}"),
        );
    }
}

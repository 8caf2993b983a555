//! What must be true when nothing moves any more, and when the driver has stopped.

use dirql::Error;
use dirql_sim::kernel;
use i82574_model::I82574;
use nic::Statistics;

use super::above::require;
use super::neighbour::Neighbour;
use super::{NEIGHBOUR, NIC, Scene};
use crate::reach::Counter;

/// Only a device that lies may keep the driver from starting.
pub(super) fn start_failed(scene: &Scene<'_>, error: Error) {
    if scene.case.settings.hostile == 0 {
        kernel::fail("BringUp", format!("the driver does not start: {error}"));
    }
    scene.book.close();
}

/// Nothing can move. Then nothing is owed: every frame that the driver took is sent and given back, every frame
/// in memory was handed up, and none waits for a descriptor. Lost wakeups end here.
pub(super) fn at_rest(scene: &Scene<'_>, disturbed: bool) {
    check_wire(scene);
    if scene.case.settings.hostile > 0 {
        return;
    }
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

/// The driver's own counters agree with what was seen from outside.
pub(super) fn statistics(scene: &Scene<'_>, counted: Statistics, disturbed: bool) {
    if !disturbed {
        owed("frames given back as sent and counted", require(scene.book.check_all_sent()), counted.sent);
        owed("frames handed up and counted", scene.book.frames_received(), counted.received);
    }
}

/// The driver has stopped: every frame it took was given back, exactly once.
pub(super) fn stopped(scene: &Scene<'_>) {
    require(scene.book.check_returned());
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

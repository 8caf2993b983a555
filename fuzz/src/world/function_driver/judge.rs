//! What must be true of a function driver: at rest, when it has stopped, and in the end.

use dirql_ddi::STATUS_SUCCESS;
use dirql_sim::kernel;
use dirql_sim::wdf::Io;
use i82574_model::{Config, I82574};
use nic_shell::control::*;

use super::traffic::{READ_LEN, set_filter};
use super::{Function, Stand};
use crate::world::actors::act;
use crate::world::book::on_the_wire;
use crate::world::judge::agree;
use crate::world::monitor::IDENTITY;
use crate::world::probe::{self, Wish};

const NO_GROUP: [u8; 6] = [0; 6];

/// Waits until nothing moves, and judges. A device that lied is judged after it has ended to.
pub(super) fn settle(device: &Function<'_>) {
    kernel::quiesce();
    kernel::note("all is quiet: is anything owed?", 0);
    device.ledger.borrow_mut().collect(device.scene, &device.manager);
    if !device.lies.get() && device.stand.get() != Stand::Stopped {
        at_rest(device);
    }
    if device.stand.get() == Stand::Removed {
        return device.ledger.borrow().check_all();
    }
    if device.is_out_of_memory() {
        return;
    }
    if device.lies.get() {
        recover(device);
    }
    if device.is_in_d0() && device.bits(22, 3) != 0 {
        probe(device);
    }
}

/// Nothing can move. Then every write came back, the frames are right, and of what nobody disturbed nothing is missing.
fn at_rest(device: &Function<'_>) {
    device.ledger.borrow().check_written();
    device.ledger.borrow().check_wire(device.scene);
    device.ledger.borrow().check_read(device.scene, !device.disturbed.get());
    if !device.is_in_d0() || device.is_out_of_memory() {
        return;
    }
    link(device);
    if !device.disturbed.get() {
        device.ledger.borrow().check_sent();
        nothing_owed(device);
    }
}

/// Every frame that the device has put into memory was read, since there are more reads than frames; and the counters
/// say the same.
fn nothing_owed(device: &Function<'_>) {
    let (statistics, held) = act(|nic| (nic.statistics(), nic.held()));
    let counters = counters(device);
    if !device.manager.moves_frames() {
        agree("frames that the device received", held as u64, counters[0]);
        return agree("frames that the device missed", statistics.missed + statistics.no_buffer, counters[2]);
    }
    let ledger = device.ledger.borrow();
    let (seen, read) = (ledger.frames_seen(), ledger.read_count());
    if !ledger.reads_pending().is_empty() && (statistics.delivered != read || held != 0) {
        let delivered = statistics.delivered;
        kernel::fail(
            "quiescence",
            format!("nothing can move; of {delivered} frames {read} were read, {held} wait"),
        );
    }
    agree("frames on the wire", seen, counters[5]);
    agree("frames received", statistics.delivered, counters[4]);
}

/// Returns the driver's counters, in the order of [`Counters`].
fn counters(device: &Function<'_>) -> [u64; 8] {
    let answer = device.ask(IOCTL_NIC_GET_STATISTICS, &[], size_of::<Counters>());
    let data = answer.map(|answer| answer.data).unwrap_or_default();
    let (words, _) = data.as_chunks::<8>();
    core::array::from_fn(|n| words.get(n).map_or(0, |word| u64::from_le_bytes(*word)))
}

/// The driver knows of the link as it is.
fn link(device: &Function<'_>) {
    let (gone, up) = act(|nic| (nic.is_gone(), nic.link_is_up()));
    let told = device.ask(IOCTL_NIC_GET_LINK_STATE, &[], size_of::<LinkState>());
    let told = told.is_some_and(|answer| answer.data.first() == Some(&1));
    if !gone && told != up {
        kernel::fail("LinkStale", format!("nothing can move, the link is up: {up}, and as told: {told}"));
    }
}

/// Ends the lies and starts the device anew: whatever it said before, it must get well.
fn recover(device: &Function<'_>) {
    kernel::note("makes the device honest", 0);
    act(I82574::be_honest);
    device.lies.set(false);
    device.stop();
    device.start();
}

/// A last look at a device that should be well.
fn probe(device: &Function<'_>) {
    kernel::note("probes the device", 0);
    act(|nic| nic.set_link(true));
    kernel::quiesce();
    match device.manager.moves_frames() {
        true => probe_frames(device),
        false => probe_registers(device),
    }
}

/// A frame goes out, and of four those come in that the filter lets through.
fn probe_frames(device: &Function<'_>) {
    let pending = device.ledger.borrow().reads_pending();
    pending.into_iter().for_each(|read| device.manager.cancel(read));
    // The driver has no list of groups.
    let wish = Wish { group: NO_GROUP, ..Wish::of(device.scene) };
    set_filter(device, wish.filter);
    kernel::quiesce();
    device.ledger.borrow_mut().collect(device.scene, &device.manager);
    let wanted = probe::arrive(wish, Config::default().mac);
    let reads: Vec<_> = wanted.iter().map(|_| device.manager.submit(&Io::Read(READ_LEN))).collect();
    let frame = device.scene.frames.get(device.bits(0, 0xffff) as u16);
    let write = device.manager.submit(&Io::Write(frame));
    kernel::quiesce();
    let read = reads.iter().filter_map(|&read| device.manager.take(read)).map(|completed| completed.data);
    if !read.eq(wanted.iter().map(|frame| frame.to_vec())) {
        probe::missed("of four frames those are not read that the filter lets through");
    }
    let mut seen = Vec::new();
    act(|nic: &mut I82574| nic.drain_transmitted(|bytes| seen.push(bytes.to_vec())));
    let status = device.manager.take(write).map(|completed| completed.status);
    if status != Some(STATUS_SUCCESS) || seen != [on_the_wire(frame)] {
        probe::missed(&format!("a frame is written; that ends with {status:x?}, {} are seen", seen.len()));
    }
}

/// The driver sees the cable pulled and plugged, tells who waits for that, and knows its PHY.
fn probe_registers(device: &Function<'_>) {
    for up in [false, true] {
        let wait = Io::Control(IOCTL_NIC_AWAIT_LINK_CHANGE, &[], size_of::<LinkState>());
        let ticket = device.manager.submit(&wait);
        kernel::quiesce();
        act(|nic| nic.set_link(up));
        kernel::quiesce();
        let told = device.manager.take(ticket).and_then(|completed| completed.data.first().copied());
        if told != Some(up.into()) {
            probe::missed(&format!("the link is up: {up}, and who waits for it is told {told:?}"));
        }
        link(device);
    }
    for (register, value) in [2, 3].into_iter().zip(IDENTITY) {
        device.check_phy(register, value);
    }
}

/// The device has left D0: an honest one is quiet.
pub(super) fn quiet(device: &Function<'_>) {
    let is_honest = device.scene.case.settings.hostile == 0;
    if is_honest && !act(|nic| nic.is_gone() || nic.is_quiet()) {
        kernel::fail("DeviceNotQuiet", "the device has left D0, and may still interrupt".into());
    }
}

/// The device is removed: nothing is out any more.
pub(super) fn at_the_end(device: &Function<'_>) {
    let mut ledger = device.ledger.borrow_mut();
    ledger.collect(device.scene, &device.manager);
    ledger.check_all();
    if device.manager.outstanding() != 0 {
        kernel::fail("NblLost", "the device is removed, and a request is left".into());
    }
    if device.scene.case.settings.hostile == 0 {
        ledger.check_wire(device.scene);
        if device.scene.case.ends_abruptly() {
            ledger.check_read(device.scene, false);
        }
    }
}

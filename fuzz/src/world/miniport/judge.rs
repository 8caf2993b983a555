//! What must be true of the miniport: at rest, when it has stopped, and in the end.

use std::sync::Arc;

use dirql_ddi::ndis::*;
use dirql_sim::ndis::State;
use dirql_sim::{kernel, ndis};
use i82574_model::{Config, I82574};

use super::Miniport;
use super::traffic::pieces;
use crate::reach::Counter;
use crate::world::NIC;
use crate::world::actors::act;
use crate::world::book::on_the_wire;
use crate::world::judge::agree;
use crate::world::probe::{self, Wish};

/// What the probe's list is called.
const PROBE: u64 = 1 << 32;

/// Waits until nothing moves, and judges. A device that lied is judged after it has ended to.
pub(super) fn settle(miniport: &Miniport<'_>) {
    kernel::quiesce();
    kernel::note("all is quiet: is anything owed?", 0);
    miniport.collect();
    if !miniport.lies.get() {
        watch(miniport);
        at_rest(miniport);
    }
    if miniport.removed.get() || miniport.scene.case.fail_allocation().is_some() {
        return;
    }
    if miniport.lies.get() {
        recover(miniport);
    }
    if ndis::state(NIC) == State::Running && miniport.bits(22, 3) != 0 {
        probe(miniport);
    }
}

/// NDIS asks twice, seconds apart in which nothing moved. A device that hangs is reset; none that works is said to.
fn watch(miniport: &Miniport<'_>) {
    if ndis::state(NIC) != State::Running || act(|nic| nic.is_gone()) {
        return;
    }
    let is_hung = act(|nic| nic.is_transmitter_hung());
    let hangs = is_hung && miniport.ledger.borrow().waits();
    let [_, said] = [(); 2].map(|()| ndis::check_for_hang(NIC));
    if said != hangs {
        kernel::fail("Hang", format!("the transmitter hangs: {hangs}, and as the driver says: {said}"));
    }
    if hangs {
        miniport.hit(Counter::Hangs);
    }
    if is_hung {
        // Also if nobody could notice it yet: the next frame would.
        miniport.reset();
        kernel::quiesce();
        miniport.collect();
    }
}

/// Nothing can move. Then every list came back, the frames are right, and of what nobody disturbed nothing is missing.
fn at_rest(miniport: &Miniport<'_>) {
    let ledger = miniport.ledger.borrow();
    ledger.check_completed();
    ledger.check_wire(miniport.scene);
    if ndis::state(NIC) != State::Running || miniport.scene.case.fail_allocation().is_some() {
        return;
    }
    link();
    if !miniport.disturbed.get() {
        ledger.check_sent(|list| miniport.is_cancelled(list));
        nothing_owed(miniport, ledger.frames_seen());
    }
}

fn nothing_owed(miniport: &Miniport<'_>, seen: u64) {
    let received = miniport.scene.book.frames_received();
    let (statistics, held) = act(|nic| (nic.statistics(), nic.held()));
    if statistics.delivered != received || held != 0 {
        let delivered = statistics.delivered;
        kernel::fail(
            "quiescence",
            format!("nothing can move; of {delivered} frames {received} were indicated, {held} wait"),
        );
    }
    agree("frames on the wire", seen, count(OID_GEN_XMIT_OK));
    agree("frames indicated", received, count(OID_GEN_RCV_OK));
}

fn count(oid: NDIS_OID) -> u64 {
    let mut count = [0; 8];
    ndis::query(NIC, oid, &mut count);
    u64::from_ne_bytes(count)
}

/// NDIS was told of the link as it is.
fn link() {
    let (gone, up) = act(|nic| (nic.is_gone(), nic.link_is_up()));
    let told = ndis::link_state(NIC).is_some_and(|l| l.MediaConnectState == MediaConnectStateConnected);
    if !gone && told != up {
        kernel::fail("LinkStale", format!("nothing can move, the link is up: {up}, and as told: {told}"));
    }
}

/// Whoever asks an adapter for its address is told the NVM's, if he is told anything.
pub(super) fn address(miniport: &Miniport<'_>) -> [u8; 6] {
    let mut address = [0; 6];
    let (status, _) = ndis::query(NIC, OID_802_3_CURRENT_ADDRESS, &mut address);
    if status == NDIS_STATUS_SUCCESS && address != Config::default().mac && !has_lied(miniport) {
        kernel::fail("Probe", format!("the adapter's address is {address:02x?}, and not the NVM's"));
    }
    address
}

fn has_lied(miniport: &Miniport<'_>) -> bool {
    miniport.scene.case.settings.hostile > 0
}

/// Ends the lies and starts the adapter anew: whatever the device said before, it must get well.
fn recover(miniport: &Miniport<'_>) {
    kernel::note("makes the device honest", 0);
    act(I82574::be_honest);
    miniport.lies.set(false);
    miniport.pause();
    match ndis::state(NIC) {
        State::Halted => miniport.bring_up(),
        _ => miniport.restart(),
    };
}

/// A last look at an adapter that should be well: a frame goes out, and of four those come in that it wants.
fn probe(miniport: &Miniport<'_>) {
    kernel::note("probes the adapter", 0);
    act(|nic| nic.set_link(true));
    let wish = Wish::of(miniport.scene);
    miniport.set_filter(wish.filter);
    miniport.set_groups(&[wish.group]);
    kernel::quiesce();
    miniport.collect();
    let wanted = probe::arrive(wish, address(miniport));
    let frame = miniport.scene.book.frame(miniport.bits(0, 0xffff) as u16);
    let sent = ndis::send(NIC, PROBE, 0, &[&[&pieces(&frame, 2)]]);
    kernel::quiesce();
    judge_received(&wanted);
    judge_sent(sent, &frame);
}

fn judge_received(wanted: &[Arc<[u8]>]) {
    let received = ndis::take_received(NIC);
    if !received.iter().map(Vec::as_slice).eq(wanted.iter().map(|frame| &**frame)) {
        probe::missed(&format!("of four frames it indicates {}, and wants {}", received.len(), wanted.len()));
    }
}

fn judge_sent(sent: bool, frame: &[u8]) {
    let mut seen = Vec::new();
    act(|nic: &mut I82574| nic.drain_transmitted(|bytes| seen.push(bytes.to_vec())));
    let completed = ndis::take_completed(NIC);
    if !sent || completed != [(PROBE, NDIS_STATUS_SUCCESS)] || seen != [on_the_wire(frame)] {
        probe::missed(&format!(
            "it is sent one list; back came {completed:x?}, on the wire are {}",
            seen.len()
        ));
    }
}

/// The adapter has stopped: an honest device is quiet.
pub(super) fn quiet(miniport: &Miniport<'_>) {
    if !has_lied(miniport) && !act(|nic| nic.is_gone() || nic.is_quiet()) {
        kernel::fail("DeviceNotQuiet", "the adapter has stopped, and the device may still interrupt".into());
    }
}

/// The adapter is halted: nothing is out any more.
pub(super) fn at_the_end(miniport: &Miniport<'_>) {
    miniport.collect();
    let ledger = miniport.ledger.borrow();
    ledger.check_completed();
    if !has_lied(miniport) {
        ledger.check_wire(miniport.scene);
    }
}

//! A last look at a driver that should be well: frames cross each way, and none that it does not want.

use std::sync::Arc;

use dirql::{Cx, DmaMemory, Passive, Platform};
use dirql_sim::kernel;
use i82574_model::{Config, I82574};
use nic::{Filter, Fragment};

use super::above::{Driver, PACKET_STRIDE};
use super::actors::{act, cut};
use super::{NIC, Scene};

/// A station that is somebody else.
const OTHER: [u8; 6] = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];
const MULTICAST: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb];
/// A group with another place in the device's table.
const OTHER_GROUP: [u8; 6] = [0x01, 0x00, 0x5e, 0x7f, 0x00, 0x01];
const BROADCAST: [u8; 6] = [0xff; 6];
/// For local experiments (IEEE 802, 9.2.3).
const ETHERTYPE: [u8; 2] = [0x88, 0xb5];
const LEN: usize = 60;

/// The filters that a probe sets. Broadcasts count as multicasts to the device, so all of one and none of the
/// other is not among them.
const FILTERS: [Filter; 4] = [
    Filter { promiscuous: false, all_multicast: false, broadcast: false },
    Filter { promiscuous: false, all_multicast: false, broadcast: true },
    Filter { promiscuous: false, all_multicast: true, broadcast: true },
    Filter { promiscuous: true, all_multicast: true, broadcast: true },
];

/// What a probe asks a driver to receive.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    pub(super) filter: Filter,
    pub(super) group: [u8; 6],
}

impl Wish {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let seed = scene.case.settings.device_seed;
        let filter = FILTERS[(seed >> 32 & 3) as usize];
        Self { filter, group: [MULTICAST, OTHER_GROUP][(seed >> 34 & 1) as usize] }
    }
}

/// Asks for what [`probe`] expects: at any time before, since the driver keeps it.
pub(super) fn prepare<P: Platform>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>, nic: &Driver<P>) {
    let Wish { filter, group } = Wish::of(scene);
    nic.set_filter(cx, filter);
    nic.set_multicast(cx, &[group]);
}

/// Sends one frame and lets four arrive, to a driver that runs, at rest, on an honest device.
pub(super) fn probe<P: Platform>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    nic: &Driver<P>,
    packets: &P::Dma,
) {
    kernel::note("probes the adapter", 0);
    act(|nic| nic.set_link(true));
    kernel::quiesce();
    act(|nic| nic.drain_transmitted(|_| {}));
    let own = address(cx, scene, nic);
    scene.book.start_probe();
    let wanted = arrive(Wish::of(scene), own);
    send(cx, scene, nic, packets);
    kernel::quiesce();
    judge_received(&wanted, &scene.book.end_probe());
    judge_sent(scene);
}

/// Returns the station's address: the NVM's, unless a device that lied gave the driver another.
fn address<P: Platform>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>, nic: &Driver<P>) -> [u8; 6] {
    let stored = Config::default().mac;
    let own = nic.mac_address(cx).unwrap_or_default();
    if scene.case.settings.hostile == 0 && own != stored {
        missed(&format!("its address is {own:02x?}, and the NVM's {stored:02x?}"));
    }
    own
}

/// Lets a frame of each kind arrive, and returns those that the driver wants.
pub(super) fn arrive(Wish { filter, group }: Wish, own: [u8; 6]) -> Vec<Arc<[u8]>> {
    let kinds = [
        (own, true),
        (OTHER, filter.promiscuous),
        (MULTICAST, filter.promiscuous || filter.all_multicast || group == MULTICAST),
        (BROADCAST, filter.promiscuous || filter.broadcast),
    ];
    let mut wanted = Vec::new();
    for (number, (to, is_wanted)) in kinds.into_iter().enumerate() {
        let frame = frame(to, number as u8);
        act(|nic| nic.arrive(Arc::clone(&frame)));
        if is_wanted {
            wanted.push(frame);
        }
    }
    wanted
}

fn frame(to: [u8; 6], number: u8) -> Arc<[u8]> {
    let mut bytes = [number; LEN];
    bytes[..6].copy_from_slice(&to);
    bytes[6..12].copy_from_slice(&OTHER);
    bytes[12..14].copy_from_slice(&ETHERTYPE);
    Arc::from(bytes)
}

fn send<P: Platform>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>, nic: &Driver<P>, packets: &P::Dma) {
    let (token, frame) = scene.book.probe_frame();
    let (frame, offload) = scene.book.to_send(frame);
    let place = token.0 as u32 * PACKET_STRIDE;
    packets.write_bytes(place, &frame);
    let mut pieces = [Fragment { device_address: 0, len: 0 }; 4];
    let start = packets.device_address() + u64::from(place);
    let count = cut(start, frame.len() as u32, 2, &mut pieces);
    match nic.send_with(cx, token, &pieces[..count], offload) {
        Ok(()) => scene.book.accepted(token),
        Err(error) => missed(&format!("the driver, idle, refuses a frame: {error}")),
    }
}

fn judge_received(wanted: &[Arc<[u8]>], received: &[Vec<u8>]) {
    if !received.iter().map(Vec::as_slice).eq(wanted.iter().map(|frame| &**frame)) {
        missed(&format!("of four frames it hands up {}, and wants {}", received.len(), wanted.len()));
    }
}

fn judge_sent(scene: &Scene<'_>) {
    let mut right = 0;
    let mut seen = 0;
    kernel::environment(NIC, |nic: &mut I82574, _| {
        nic.drain_transmitted(|bytes| {
            seen += 1;
            right += u32::from(scene.book.is_probe(bytes));
        });
    });
    if (seen, right) != (1, 1) || !scene.book.is_probe_sent() {
        missed(&format!("it sends one frame, and {seen} are on the wire, {right} of them right"));
    }
}

pub(super) fn missed(what: &str) -> ! {
    kernel::fail("Probe", format!("a driver that should be well is not: {what}"));
}

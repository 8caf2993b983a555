//! The words beside a list: what protocols ask for in them, and what they are told.

use dirql_ddi::ndis::*;
use dirql_sim::ndis::OutOfBand;
use dirql_sim::{kernel, ndis};
use nic::{Checksums, Offload, Transport};

use super::Miniport;
use crate::world::NIC;
use crate::world::dress::{Dress, take_tag};

const IPV4: [u8; 2] = [0x08, 0x00];
const ETHERNET_LEN: u32 = 14;

/// What the keywords of the INF file say: nothing, sent, received, both.
const fn keyword(sent: bool, received: bool) -> u32 {
    sent as u32 | (received as u32) << 1
}

/// Writes into the registry what the run's frames are dressed for.
pub(super) fn configure(dress: Dress) {
    ndis::configure(NIC, "*PriorityVLANTag", if dress.tags { 3 } else { 0 });
    for name in ["*IPChecksumOffloadIPv4", "*TCPChecksumOffloadIPv4", "*UDPChecksumOffloadIPv4"] {
        ndis::configure(NIC, name, keyword(dress.fills_in, dress.checks));
    }
}

/// A protocol binds: it says how its frames are encapsulated.
pub(super) fn bind() {
    let wanted = [
        [NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, NDIS_OFFLOAD_ENCAPSULATION_REVISION_1, 0x1c, 0],
        NDIS_OFFLOAD_SET_ON.to_le_bytes(),
        NDIS_ENCAPSULATION_IEEE_802_3.to_le_bytes(),
        ETHERNET_LEN.to_le_bytes(),
    ];
    let wanted = [wanted.as_flattened(), &[0; 12]].concat();
    ndis::set(NIC, OID_OFFLOAD_ENCAPSULATION, &wanted);
}

/// Turns what is left to the device into a list's words.
fn ask(offload: Offload) -> OutOfBand {
    let ip = offload.ipv4_header_len.map_or(0, |_| NDIS_CHECKSUM_TRANSMIT_IP_HEADER_CHECKSUM);
    let transport = match offload.transport {
        Some(Transport::Tcp(at)) => {
            NDIS_CHECKSUM_TRANSMIT_TCP_CHECKSUM | usize::from(at) << NDIS_CHECKSUM_TRANSMIT_TCP_HEADER_OFFSET
        }
        Some(Transport::Udp(_)) => NDIS_CHECKSUM_TRANSMIT_UDP_CHECKSUM,
        None => 0,
    };
    let is_ipv4 = if ip | transport == 0 { 0 } else { NDIS_CHECKSUM_TRANSMIT_IS_IPV4 };
    OutOfBand { checksum: is_ipv4 | ip | transport, tag: offload.vlan.map_or(0, header_of) }
}

/// Turns a tag into an NDIS_NET_BUFFER_LIST_8021Q_INFO: priority, format and VLAN ID, the first lowest.
fn header_of(tag: u16) -> usize {
    usize::from(tag >> 13 | (tag >> 9 & 8) | tag << 4)
}

/// Turns an NDIS_NET_BUFFER_LIST_8021Q_INFO into the tag; `None` is no tag.
pub(super) fn tag_of(OutOfBand { tag, .. }: OutOfBand) -> Option<u16> {
    (tag != 0).then_some((tag << 13 | (tag & 8) << 9 | tag >> 4 & 0xfff) as u16)
}

/// Returns what a received list says of its checksums.
pub(super) fn said(OutOfBand { checksum, .. }: OutOfBand) -> Checksums {
    let verdict = |good: usize, bad: usize| match (checksum & good != 0, checksum & bad != 0) {
        (true, true) => kernel::fail("NblOwner", format!("a checksum is right and wrong: {checksum:#x}")),
        (false, false) => None,
        (is_right, _) => Some(is_right),
    };
    let [ip, tcp, udp] = [
        (NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_SUCCEEDED, NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_FAILED),
        (NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_SUCCEEDED, NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_FAILED),
        (NDIS_CHECKSUM_RECEIVE_UDP_CHECKSUM_SUCCEEDED, NDIS_CHECKSUM_RECEIVE_UDP_CHECKSUM_FAILED),
    ]
    .map(|(good, bad)| verdict(good, bad));
    if tcp.is_some() && udp.is_some() {
        kernel::fail("NblOwner", format!("a frame is TCP's and UDP's: {checksum:#x}"));
    }
    Checksums { ipv4: ip, transport: tcp.or(udp), is_udp: udp.is_some() }
}

impl Miniport<'_> {
    /// Returns a frame as it is handed down alone in its list, so that it looks on the wire as it should.
    pub(super) fn to_send(&self, frame: u16) -> (Vec<u8>, OutOfBand) {
        let (bytes, offload) = self.scene.book.to_send(frame);
        let is_asked = offload != Offload { vlan: offload.vlan, ..Offload::default() };
        if !is_asked || (bytes.get(12..14) == Some(&IPV4) && fills_in()) {
            return (bytes, ask(offload));
        }
        let mut whole = self.scene.book.frame(frame).into_owned();
        let vlan = if offload.vlan.is_some() { take_tag(&mut whole) } else { None };
        (whole, ask(Offload { vlan, ..Offload::default() }))
    }

    /// Switches the checksums off, or on again.
    pub(super) fn switch_checksums(&self, on: bool) {
        kernel::note(if on { "switches checksums on" } else { "switches checksums off" }, 0);
        self.switched.set(true);
        let dress = self.scene.book.dress();
        let value = match (on && dress.fills_in, on && dress.checks) {
            (false, false) => NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED,
            (true, false) => NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED,
            (false, true) => NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED,
            (true, true) => NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED,
        };
        let header = [NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_1, 0x14, 0];
        let wanted = [&header[..], &[value; 3], &[0; 13]].concat();
        if ndis::set(NIC, OID_TCP_OFFLOAD_PARAMETERS, &wanted) == NDIS_STATUS_SUCCESS {
            let told = (fills_in(), checks());
            if told != (on && dress.fills_in, on && dress.checks) {
                kernel::fail("Probe", format!("checksums are switched on: {on}, and as told: {told:?}"));
            }
        }
    }
}

fn fills_in() -> bool {
    ndis::offloads(NIC).is_some_and(|o| o.Checksum.IPv4Transmit != NDIS_CHECKSUM_OFFLOAD::default())
}

fn checks() -> bool {
    ndis::offloads(NIC).is_some_and(|o| o.Checksum.IPv4Receive != NDIS_CHECKSUM_OFFLOAD::default())
}

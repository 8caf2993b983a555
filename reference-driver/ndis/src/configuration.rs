//! What the registry says of the adapter: standardized keywords of its INF file (WDK guide, "Standardized INF Keywords
//! for Network Devices"). What is missing or makes no sense is left as the driver would have it.

use dirql::{Cx, Passive};
use dirql_backends::ndis::Configuration;
use dirql_ddi::ndis::NDIS_HANDLE;
use nic::Settings;

use crate::moderation;
use crate::offload::Checksums;

/// In descriptors.
const TRANSMIT_BUFFERS: [u16; 16] = utf16(b"*TransmitBuffers");
const RECEIVE_BUFFERS: [u16; 15] = utf16(b"*ReceiveBuffers");
/// 0 or 1.
const INTERRUPT_MODERATION: [u16; 20] = utf16(b"*InterruptModeration");

/// 0 is no tags; 1, 2 and 3 are priorities, VLANs and both, which are one to the device.
const PRIORITY_VLAN_TAG: [u16; 16] = utf16(b"*PriorityVLANTag");
/// 0 to 3: neither, sent, received, both.
const IP_CHECKSUM: [u16; 22] = utf16(b"*IPChecksumOffloadIPv4");
const TCP_CHECKSUM: [u16; 23] = utf16(b"*TCPChecksumOffloadIPv4");
const UDP_CHECKSUM: [u16; 23] = utf16(b"*UDPChecksumOffloadIPv4");

const fn utf16<const N: usize>(ascii: &[u8; N]) -> [u16; N] {
    let mut units = [0; N];
    let mut at = 0;
    while at < N {
        units[at] = ascii[at] as u16;
        at += 1;
    }
    units
}

/// Returns the settings that the adapter's keywords ask for, and which checksums they leave to the device.
///
/// # Safety
/// `adapter` is that of MiniportInitializeEx.
pub(crate) unsafe fn read(cx: &Cx<'_, Passive>, adapter: NDIS_HANDLE) -> (Settings, Checksums) {
    // SAFETY: the adapter is in MiniportInitializeEx.
    let configuration = unsafe { Configuration::open(cx, adapter) };
    let integer = |keyword, missing| {
        configuration.as_ref().and_then(|configuration| configuration.integer(keyword)).unwrap_or(missing)
    };
    let interrupt_interval_256ns =
        if integer(&INTERRUPT_MODERATION, 1) == 0 { 0 } else { moderation::INTERVAL_256NS };
    let vlan = integer(&PRIORITY_VLAN_TAG, 3) != 0;
    let checksums = Checksums {
        ip: integer(&IP_CHECKSUM, 3),
        tcp: integer(&TCP_CHECKSUM, 3),
        udp: integer(&UDP_CHECKSUM, 3),
    };
    // They can be switched on later.
    let receive_checksums = true;
    let settings = Settings { interrupt_interval_256ns, vlan, receive_checksums, ..Settings::DEFAULT };
    (settings.with_rings(integer(&TRANSMIT_BUFFERS, 64), integer(&RECEIVE_BUFFERS, 64)), checksums)
}

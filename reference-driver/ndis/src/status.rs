//! Status indications.

use core::ptr::null_mut;

use dirql_ddi::ndis::*;
use nic::Link;

fn link_state(link: Link) -> NDIS_LINK_STATE {
    let (connect, duplex, speed) = match link {
        Link::Down => (MediaConnectStateDisconnected, MediaDuplexStateUnknown, NDIS_LINK_SPEED_UNKNOWN),
        Link::Up { mbps, full_duplex } => {
            let duplex = if full_duplex { MediaDuplexStateFull } else { MediaDuplexStateHalf };
            (MediaConnectStateConnected, duplex, u64::from(mbps) * 1_000_000)
        }
    };
    NDIS_LINK_STATE {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_DEFAULT,
            Revision: NDIS_LINK_STATE_REVISION_1,
            Size: NDIS_SIZEOF_LINK_STATE_REVISION_1,
        },
        MediaConnectState: connect,
        MediaDuplexState: duplex,
        XmitLinkSpeed: speed,
        RcvLinkSpeed: speed,
        PauseFunctions: NdisPauseFunctionsUnsupported,
        AutoNegotiationFlags: 0,
    }
}

/// Tells NDIS how the link is. At or below DISPATCH_LEVEL.
pub(crate) fn indicate_link(adapter: NDIS_HANDLE, link: Link) {
    indicate(adapter, NDIS_STATUS_LINK_STATE, link_state(link));
}

/// Tells NDIS what is left to the device from now on. At or below DISPATCH_LEVEL.
pub(crate) fn indicate_offload(adapter: NDIS_HANDLE, offload: NDIS_OFFLOAD) {
    indicate(adapter, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, offload);
}

fn indicate<T>(adapter: NDIS_HANDLE, code: NDIS_STATUS, mut status: T) {
    let mut indication = NDIS_STATUS_INDICATION {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_STATUS_INDICATION,
            Revision: NDIS_STATUS_INDICATION_REVISION_1,
            Size: NDIS_SIZEOF_STATUS_INDICATION_REVISION_1,
        },
        SourceHandle: adapter,
        PortNumber: NDIS_DEFAULT_PORT_NUMBER,
        StatusCode: code,
        Flags: 0,
        DestinationHandle: null_mut(),
        RequestId: null_mut(),
        StatusBuffer: (&raw mut status).cast(),
        StatusBufferSize: size_of::<T>() as u32,
        Guid: [0; 4],
        NdisReserved: [null_mut(); 4],
    };
    // SAFETY: the adapter's handle is valid; the indication is ours for the length of the call.
    unsafe { NdisMIndicateStatusEx(adapter, &raw mut indication) };
}

//! Status indications: what a miniport tells unasked.

use super::*;
use crate::*;

/// As many bytes as a GUID has, of which miniports leave all zero.
pub type GUID_BYTES = [ULONG; 4];

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_STATUS_INDICATION {
    pub Header: NDIS_OBJECT_HEADER,
    pub SourceHandle: NDIS_HANDLE,
    pub PortNumber: NDIS_PORT_NUMBER,
    pub StatusCode: NDIS_STATUS,
    pub Flags: ULONG,
    pub DestinationHandle: NDIS_HANDLE,
    pub RequestId: PVOID,
    pub StatusBuffer: PVOID,
    pub StatusBufferSize: ULONG,
    pub Guid: GUID_BYTES,
    pub NdisReserved: [PVOID; 4],
}

pub type PNDIS_STATUS_INDICATION = *mut NDIS_STATUS_INDICATION;

pub const NDIS_OBJECT_TYPE_STATUS_INDICATION: UCHAR = 0x98;
pub const NDIS_STATUS_INDICATION_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_STATUS_INDICATION_REVISION_1: USHORT = 0x70;

pub const NDIS_STATUS_LINK_STATE: NDIS_STATUS = 0x4001_0017;

pub type NDIS_MEDIA_CONNECT_STATE = i32;
pub const MediaConnectStateConnected: NDIS_MEDIA_CONNECT_STATE = 1;
pub const MediaConnectStateDisconnected: NDIS_MEDIA_CONNECT_STATE = 2;

pub type NDIS_MEDIA_DUPLEX_STATE = i32;
pub const MediaDuplexStateUnknown: NDIS_MEDIA_DUPLEX_STATE = 0;
pub const MediaDuplexStateHalf: NDIS_MEDIA_DUPLEX_STATE = 1;
pub const MediaDuplexStateFull: NDIS_MEDIA_DUPLEX_STATE = 2;

pub type NDIS_SUPPORTED_PAUSE_FUNCTIONS = i32;
pub const NdisPauseFunctionsUnsupported: NDIS_SUPPORTED_PAUSE_FUNCTIONS = 0;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_LINK_STATE {
    pub Header: NDIS_OBJECT_HEADER,
    pub MediaConnectState: NDIS_MEDIA_CONNECT_STATE,
    pub MediaDuplexState: NDIS_MEDIA_DUPLEX_STATE,
    pub XmitLinkSpeed: ULONG64,
    pub RcvLinkSpeed: ULONG64,
    pub PauseFunctions: NDIS_SUPPORTED_PAUSE_FUNCTIONS,
    pub AutoNegotiationFlags: ULONG,
}

pub const NDIS_LINK_STATE_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_LINK_STATE_REVISION_1: USHORT = 0x28;
pub const NDIS_LINK_SPEED_UNKNOWN: ULONG64 = ULONG64::MAX;

ndis! {
    /// At or below DISPATCH_LEVEL.
    pub fn NdisMIndicateStatusEx(
        MiniportAdapterHandle: NDIS_HANDLE,
        StatusIndication: PNDIS_STATUS_INDICATION,
    );
}

// ndis.h and ntddndis.h for NDIS 6.20 and later, on x64.
layout! {
    NDIS_STATUS_INDICATION: 0x70, align 8 {
        Header: 0x00,
        SourceHandle: 0x08,
        PortNumber: 0x10,
        StatusCode: 0x14,
        Flags: 0x18,
        DestinationHandle: 0x20,
        RequestId: 0x28,
        StatusBuffer: 0x30,
        StatusBufferSize: 0x38,
        Guid: 0x3c,
        NdisReserved: 0x50,
    }
    NDIS_LINK_STATE: 0x28, align 8 {
        Header: 0x00,
        MediaConnectState: 0x04,
        MediaDuplexState: 0x08,
        XmitLinkSpeed: 0x10,
        RcvLinkSpeed: 0x18,
        PauseFunctions: 0x20,
        AutoNegotiationFlags: 0x24,
    }
}

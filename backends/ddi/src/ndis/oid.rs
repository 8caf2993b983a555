//! OID requests.

use super::*;
use crate::*;

pub type NDIS_OID = ULONG;

pub const OID_GEN_TRANSMIT_BUFFER_SPACE: NDIS_OID = 0x0001_0108;
pub const OID_GEN_RECEIVE_BUFFER_SPACE: NDIS_OID = 0x0001_0109;
pub const OID_GEN_TRANSMIT_BLOCK_SIZE: NDIS_OID = 0x0001_010a;
pub const OID_GEN_RECEIVE_BLOCK_SIZE: NDIS_OID = 0x0001_010b;
pub const OID_GEN_VENDOR_ID: NDIS_OID = 0x0001_010c;
pub const OID_GEN_VENDOR_DESCRIPTION: NDIS_OID = 0x0001_010d;
pub const OID_GEN_CURRENT_PACKET_FILTER: NDIS_OID = 0x0001_010e;
pub const OID_GEN_CURRENT_LOOKAHEAD: NDIS_OID = 0x0001_010f;
pub const OID_GEN_MAXIMUM_TOTAL_SIZE: NDIS_OID = 0x0001_0111;
pub const OID_GEN_VENDOR_DRIVER_VERSION: NDIS_OID = 0x0001_0116;
pub const OID_GEN_XMIT_OK: NDIS_OID = 0x0002_0101;
pub const OID_GEN_RCV_OK: NDIS_OID = 0x0002_0102;
pub const OID_GEN_STATISTICS: NDIS_OID = 0x0002_0106;
pub const OID_GEN_INTERRUPT_MODERATION: NDIS_OID = 0x0001_0209;
pub const OID_802_3_PERMANENT_ADDRESS: NDIS_OID = 0x0101_0101;
pub const OID_802_3_CURRENT_ADDRESS: NDIS_OID = 0x0101_0102;
pub const OID_802_3_MULTICAST_LIST: NDIS_OID = 0x0101_0103;
pub const OID_802_3_MAXIMUM_LIST_SIZE: NDIS_OID = 0x0101_0104;
pub const OID_PNP_SET_POWER: NDIS_OID = 0xfd01_0101;
pub const OID_PNP_QUERY_POWER: NDIS_OID = 0xfd01_0102;

pub const NDIS_PACKET_TYPE_DIRECTED: ULONG = 0x01;
pub const NDIS_PACKET_TYPE_MULTICAST: ULONG = 0x02;
pub const NDIS_PACKET_TYPE_ALL_MULTICAST: ULONG = 0x04;
pub const NDIS_PACKET_TYPE_BROADCAST: ULONG = 0x08;
pub const NDIS_PACKET_TYPE_PROMISCUOUS: ULONG = 0x20;

pub type NDIS_DEVICE_POWER_STATE = i32;
pub const NdisDeviceStateD0: NDIS_DEVICE_POWER_STATE = 1;
pub const NdisDeviceStateD3: NDIS_DEVICE_POWER_STATE = 4;

pub type NDIS_REQUEST_TYPE = i32;
pub const NdisRequestQueryInformation: NDIS_REQUEST_TYPE = 0;
pub const NdisRequestSetInformation: NDIS_REQUEST_TYPE = 1;
pub const NdisRequestQueryStatistics: NDIS_REQUEST_TYPE = 2;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_OID_REQUEST_QUERY {
    pub Oid: NDIS_OID,
    pub InformationBuffer: PVOID,
    pub InformationBufferLength: UINT,
    pub BytesWritten: UINT,
    pub BytesNeeded: UINT,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_OID_REQUEST_SET {
    pub Oid: NDIS_OID,
    pub InformationBuffer: PVOID,
    pub InformationBufferLength: UINT,
    pub BytesRead: UINT,
    pub BytesNeeded: UINT,
}

/// `RequestType` says which; a method's member is 8 bytes longer.
#[repr(C)]
#[derive(Clone, Copy)]
pub union NDIS_OID_REQUEST_DATA {
    pub QUERY_INFORMATION: NDIS_OID_REQUEST_QUERY,
    pub SET_INFORMATION: NDIS_OID_REQUEST_SET,
    pub AsMethod: [ULONG64; 5],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct NDIS_OID_REQUEST {
    pub Header: NDIS_OBJECT_HEADER,
    pub RequestType: NDIS_REQUEST_TYPE,
    pub PortNumber: NDIS_PORT_NUMBER,
    pub Timeout: UINT,
    pub RequestId: PVOID,
    pub RequestHandle: NDIS_HANDLE,
    pub DATA: NDIS_OID_REQUEST_DATA,
    pub NdisReserved: [UCHAR; 128],
    pub MiniportReserved: [UCHAR; 16],
    pub SourceReserved: [UCHAR; 16],
    pub SupportedRevision: UCHAR,
    pub Reserved1: UCHAR,
    pub Reserved2: USHORT,
}

pub type PNDIS_OID_REQUEST = *mut NDIS_OID_REQUEST;

pub const NDIS_OBJECT_TYPE_OID_REQUEST: UCHAR = 0x96;
pub const NDIS_OID_REQUEST_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_OID_REQUEST_REVISION_1: USHORT = 0xec;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct NDIS_STATISTICS_INFO {
    pub Header: NDIS_OBJECT_HEADER,
    pub SupportedStatistics: ULONG,
    pub ifInDiscards: ULONG64,
    pub ifInErrors: ULONG64,
    pub ifHCInOctets: ULONG64,
    pub ifHCInUcastPkts: ULONG64,
    pub ifHCInMulticastPkts: ULONG64,
    pub ifHCInBroadcastPkts: ULONG64,
    pub ifHCOutOctets: ULONG64,
    pub ifHCOutUcastPkts: ULONG64,
    pub ifHCOutMulticastPkts: ULONG64,
    pub ifHCOutBroadcastPkts: ULONG64,
    pub ifOutErrors: ULONG64,
    pub ifOutDiscards: ULONG64,
    pub ifHCInUcastOctets: ULONG64,
    pub ifHCInMulticastOctets: ULONG64,
    pub ifHCInBroadcastOctets: ULONG64,
    pub ifHCOutUcastOctets: ULONG64,
    pub ifHCOutMulticastOctets: ULONG64,
    pub ifHCOutBroadcastOctets: ULONG64,
}

pub const NDIS_STATISTICS_INFO_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_STATISTICS_INFO_REVISION_1: USHORT = 0x98;
pub const NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS: ULONG = 0x10;
pub const NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR: ULONG = 0x20;
pub const NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS: ULONG = 0x8000;
pub const NDIS_STATISTICS_XMIT_OK_SUPPORTED: ULONG = 0x1;
pub const NDIS_STATISTICS_RCV_OK_SUPPORTED: ULONG = 0x2;
pub const NDIS_STATISTICS_GEN_STATISTICS_SUPPORTED: ULONG = 0x40_0000;

pub type NDIS_INTERRUPT_MODERATION = i32;
pub const NdisInterruptModerationEnabled: NDIS_INTERRUPT_MODERATION = 2;
pub const NdisInterruptModerationDisabled: NDIS_INTERRUPT_MODERATION = 3;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_INTERRUPT_MODERATION_PARAMETERS {
    pub Header: NDIS_OBJECT_HEADER,
    pub Flags: ULONG,
    pub InterruptModeration: NDIS_INTERRUPT_MODERATION,
}

pub const NDIS_INTERRUPT_MODERATION_PARAMETERS_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1: USHORT = 0x0c;

// ndis.h and ntddndis.h for NDIS 6.20 and later, on x64; the members of DATA from 0x20 on.
layout! {
    NDIS_OID_REQUEST_QUERY: 0x20, align 8 {
        Oid: 0x00,
        InformationBuffer: 0x08,
        InformationBufferLength: 0x10,
        BytesWritten: 0x14,
        BytesNeeded: 0x18,
    }
    NDIS_OID_REQUEST_SET: 0x20, align 8 {
        Oid: 0x00,
        InformationBuffer: 0x08,
        InformationBufferLength: 0x10,
        BytesRead: 0x14,
        BytesNeeded: 0x18,
    }
    NDIS_OID_REQUEST: 0xf0, align 8 {
        Header: 0x00,
        RequestType: 0x04,
        PortNumber: 0x08,
        Timeout: 0x0c,
        RequestId: 0x10,
        RequestHandle: 0x18,
        DATA: 0x20,
        NdisReserved: 0x48,
        MiniportReserved: 0xc8,
        SourceReserved: 0xd8,
        SupportedRevision: 0xe8,
        Reserved1: 0xe9,
        Reserved2: 0xea,
    }
    NDIS_STATISTICS_INFO: 0x98, align 8 {
        Header: 0x00,
        SupportedStatistics: 0x04,
        ifInDiscards: 0x08,
        ifInErrors: 0x10,
        ifHCInOctets: 0x18,
        ifHCInUcastPkts: 0x20,
        ifHCInMulticastPkts: 0x28,
        ifHCInBroadcastPkts: 0x30,
        ifHCOutOctets: 0x38,
        ifHCOutUcastPkts: 0x40,
        ifHCOutMulticastPkts: 0x48,
        ifHCOutBroadcastPkts: 0x50,
        ifOutErrors: 0x58,
        ifOutDiscards: 0x60,
        ifHCInUcastOctets: 0x68,
        ifHCInMulticastOctets: 0x70,
        ifHCInBroadcastOctets: 0x78,
        ifHCOutUcastOctets: 0x80,
        ifHCOutMulticastOctets: 0x88,
        ifHCOutBroadcastOctets: 0x90,
    }
    NDIS_INTERRUPT_MODERATION_PARAMETERS: 0x0c, align 4 { Header: 0x00, Flags: 0x04, InterruptModeration: 0x08 }
}

union_layout! {
    NDIS_OID_REQUEST_DATA: 0x28, align 8 { QUERY_INFORMATION, SET_INFORMATION, AsMethod }
}

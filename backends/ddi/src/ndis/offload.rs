//! Task offloads: checksums and VLAN tags that are left to the device. Bit fields are words here, and constants for
//! where in them a field begins.

use super::*;
use crate::*;

pub const OID_TCP_OFFLOAD_PARAMETERS: NDIS_OID = 0xfc01_020c;
pub const OID_OFFLOAD_ENCAPSULATION: NDIS_OID = 0x0101_010a;

pub const NDIS_OFFLOAD_SUPPORTED: ULONG = 1;
pub const NDIS_OFFLOAD_SET_ON: ULONG = 1;

pub const NDIS_ENCAPSULATION_IEEE_802_3: ULONG = 2;
/// A VLAN tag is in Ieee8021QNetBufferListInfo and not in the frame.
pub const NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB: ULONG = 8;

/// What the device does with the checksums of frames of one kind, in one direction.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NDIS_CHECKSUM_OFFLOAD {
    pub Encapsulation: ULONG,
    /// Two bits each: from where on is said by the constants below.
    pub Bits: ULONG,
}

/// IPv6: extension headers.
pub const NDIS_CHECKSUM_OFFLOAD_IP_OPTIONS_SUPPORTED: u32 = 0;
pub const NDIS_CHECKSUM_OFFLOAD_TCP_OPTIONS_SUPPORTED: u32 = 2;
pub const NDIS_CHECKSUM_OFFLOAD_TCP_CHECKSUM: u32 = 4;
pub const NDIS_CHECKSUM_OFFLOAD_UDP_CHECKSUM: u32 = 6;
/// IPv4 only.
pub const NDIS_CHECKSUM_OFFLOAD_IP_CHECKSUM: u32 = 8;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NDIS_TCP_IP_CHECKSUM_OFFLOAD {
    pub IPv4Transmit: NDIS_CHECKSUM_OFFLOAD,
    pub IPv4Receive: NDIS_CHECKSUM_OFFLOAD,
    pub IPv6Transmit: NDIS_CHECKSUM_OFFLOAD,
    pub IPv6Receive: NDIS_CHECKSUM_OFFLOAD,
}

/// What the device takes over, or could. Of large sends and IPsec only how long their members are.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct NDIS_OFFLOAD {
    pub Header: NDIS_OBJECT_HEADER,
    pub Checksum: NDIS_TCP_IP_CHECKSUM_OFFLOAD,
    pub LsoV1: [ULONG; 4],
    pub IPsecV1: [ULONG; 7],
    pub LsoV2: [ULONG; 7],
    pub Flags: ULONG,
    pub IPsecV2: [ULONG; 8],
}

pub type PNDIS_OFFLOAD = *mut NDIS_OFFLOAD;

pub const NDIS_OBJECT_TYPE_OFFLOAD: UCHAR = 0xa7;
pub const NDIS_OFFLOAD_REVISION_2: UCHAR = 2;
pub const NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2: USHORT = 0x90;

/// What OID_TCP_OFFLOAD_PARAMETERS sets.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct NDIS_OFFLOAD_PARAMETERS {
    pub Header: NDIS_OBJECT_HEADER,
    pub IPv4Checksum: UCHAR,
    pub TCPIPv4Checksum: UCHAR,
    pub UDPIPv4Checksum: UCHAR,
    pub TCPIPv6Checksum: UCHAR,
    pub UDPIPv6Checksum: UCHAR,
    pub LsoV1: UCHAR,
    pub IPsecV1: UCHAR,
    pub LsoV2IPv4: UCHAR,
    pub LsoV2IPv6: UCHAR,
    pub TcpConnectionIPv4: UCHAR,
    pub TcpConnectionIPv6: UCHAR,
    pub Flags: ULONG,
    pub IPsecV2: UCHAR,
    pub IPsecV2IPv4: UCHAR,
}

pub const NDIS_OFFLOAD_PARAMETERS_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1: USHORT = 0x14;

pub const NDIS_OFFLOAD_PARAMETERS_NO_CHANGE: UCHAR = 0;
pub const NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED: UCHAR = 1;
pub const NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED: UCHAR = 2;
pub const NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED: UCHAR = 3;
pub const NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED: UCHAR = 4;

/// What OID_OFFLOAD_ENCAPSULATION sets: for IPv4 and IPv6, whether it is enabled, its encapsulation, and the length of
/// its header in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct NDIS_OFFLOAD_ENCAPSULATION {
    pub Header: NDIS_OBJECT_HEADER,
    pub IPv4: NDIS_OFFLOAD_ENCAPSULATION_OF,
    pub IPv6: NDIS_OFFLOAD_ENCAPSULATION_OF,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct NDIS_OFFLOAD_ENCAPSULATION_OF {
    pub Enabled: ULONG,
    pub EncapsulationType: ULONG,
    pub HeaderSize: ULONG,
}

pub const NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION: UCHAR = 0xa8;
pub const NDIS_OFFLOAD_ENCAPSULATION_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1: USHORT = 0x1c;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES {
    pub Header: NDIS_OBJECT_HEADER,
    pub DefaultOffloadConfiguration: PNDIS_OFFLOAD,
    pub HardwareOffloadCapabilities: PNDIS_OFFLOAD,
    pub DefaultTcpConnectionOffloadConfiguration: PVOID,
    pub TcpConnectionOffloadHardwareCapabilities: PVOID,
}

pub const NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES: UCHAR = 0xa0;
pub const NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1: USHORT = 0x28;

/// The status buffer is an NDIS_OFFLOAD.
pub const NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG: NDIS_STATUS = 0x4002_0006;

/// Where a list has its NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO.
pub const TcpIpChecksumNetBufferListInfo: usize = 0;
/// Where a list has its NDIS_NET_BUFFER_LIST_8021Q_INFO.
pub const Ieee8021QNetBufferListInfo: usize = 4;

/// The bits of an NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO: of a list to send, and of a received one.
pub const NDIS_CHECKSUM_TRANSMIT_IS_IPV4: usize = 0x01;
pub const NDIS_CHECKSUM_TRANSMIT_TCP_CHECKSUM: usize = 0x04;
pub const NDIS_CHECKSUM_TRANSMIT_UDP_CHECKSUM: usize = 0x08;
pub const NDIS_CHECKSUM_TRANSMIT_IP_HEADER_CHECKSUM: usize = 0x10;
/// The offset has ten bits, from this one on.
pub const NDIS_CHECKSUM_TRANSMIT_TCP_HEADER_OFFSET: u32 = 16;
pub const NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_FAILED: usize = 0x01;
pub const NDIS_CHECKSUM_RECEIVE_UDP_CHECKSUM_FAILED: usize = 0x02;
pub const NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_FAILED: usize = 0x04;
pub const NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_SUCCEEDED: usize = 0x08;
pub const NDIS_CHECKSUM_RECEIVE_UDP_CHECKSUM_SUCCEEDED: usize = 0x10;
pub const NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_SUCCEEDED: usize = 0x20;

ndis! {
    /// The first bytes of a frame in one piece: where they are, or `Storage`, to which they were copied; null if there
    /// are fewer. At or below DISPATCH_LEVEL.
    pub fn NdisGetDataBuffer(
        NetBuffer: PNET_BUFFER,
        BytesNeeded: ULONG,
        Storage: PVOID,
        AlignMultiple: UINT,
        AlignOffset: UINT,
    ) -> PVOID;
}

// ndis.h and ntddndis.h for NDIS 6.20, on x64.
layout! {
    NDIS_CHECKSUM_OFFLOAD: 0x08, align 4 { Encapsulation: 0x00, Bits: 0x04 }
    NDIS_TCP_IP_CHECKSUM_OFFLOAD: 0x20, align 4 {
        IPv4Transmit: 0x00,
        IPv4Receive: 0x08,
        IPv6Transmit: 0x10,
        IPv6Receive: 0x18,
    }
    NDIS_OFFLOAD: 0x90, align 4 {
        Header: 0x00,
        Checksum: 0x04,
        LsoV1: 0x24,
        IPsecV1: 0x34,
        LsoV2: 0x50,
        Flags: 0x6c,
        IPsecV2: 0x70,
    }
    NDIS_OFFLOAD_PARAMETERS: 0x18, align 4 {
        Header: 0x00,
        IPv4Checksum: 0x04,
        TCPIPv4Checksum: 0x05,
        UDPIPv4Checksum: 0x06,
        TCPIPv6Checksum: 0x07,
        UDPIPv6Checksum: 0x08,
        LsoV1: 0x09,
        IPsecV1: 0x0a,
        LsoV2IPv4: 0x0b,
        LsoV2IPv6: 0x0c,
        TcpConnectionIPv4: 0x0d,
        TcpConnectionIPv6: 0x0e,
        Flags: 0x10,
        IPsecV2: 0x14,
        IPsecV2IPv4: 0x15,
    }
    NDIS_OFFLOAD_ENCAPSULATION: 0x1c, align 4 { Header: 0x00, IPv4: 0x04, IPv6: 0x10 }
    NDIS_OFFLOAD_ENCAPSULATION_OF: 0x0c, align 4 { Enabled: 0x00, EncapsulationType: 0x04, HeaderSize: 0x08 }
    NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES: 0x28, align 8 {
        Header: 0x00,
        DefaultOffloadConfiguration: 0x08,
        HardwareOffloadCapabilities: 0x10,
        DefaultTcpConnectionOffloadConfiguration: 0x18,
        TcpConnectionOffloadHardwareCapabilities: 0x20,
    }
}

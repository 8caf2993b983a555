//! An adapter: what MiniportInitializeEx is given, and what it says about itself.

use super::*;
use crate::*;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_MINIPORT_INIT_PARAMETERS {
    pub Header: NDIS_OBJECT_HEADER,
    pub Flags: ULONG,
    pub AllocatedResources: PCM_PARTIAL_RESOURCE_LIST,
    pub IMDeviceInstanceContext: NDIS_HANDLE,
    pub MiniportAddDeviceContext: NDIS_HANDLE,
    pub IfIndex: ULONG,
    pub NetLuid: ULONG64,
    pub DefaultPortAuthStates: PVOID,
    pub PciDeviceCustomProperties: PVOID,
}

pub type PNDIS_MINIPORT_INIT_PARAMETERS = *mut NDIS_MINIPORT_INIT_PARAMETERS;

pub const NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS: UCHAR = 0x81;
pub const NDIS_MINIPORT_INIT_PARAMETERS_REVISION_1: UCHAR = 1;
/// Without the S, as in `ndis.h`.
pub const NDIS_SIZEOF_MINIPORT_INIT_PARAMETER_REVISION_1: USHORT = 0x40;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
    pub Header: NDIS_OBJECT_HEADER,
    pub MiniportAdapterContext: NDIS_HANDLE,
    pub AttributeFlags: ULONG,
    pub CheckForHangTimeInSeconds: UINT,
    pub InterfaceType: NDIS_INTERFACE_TYPE,
}

pub const NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES: UCHAR = 0x9e;
pub const NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1: USHORT = 0x1c;

pub const NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE: ULONG = 0x01;
pub const NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK: ULONG = 0x04;
pub const NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND: ULONG = 0x20;
pub const NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER: ULONG = 0x40;

pub type NDIS_INTERFACE_TYPE = i32;
pub const NdisInterfacePci: NDIS_INTERFACE_TYPE = 5;

/// Of Ethernet adapters the enumerations' values are few.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
    pub Header: NDIS_OBJECT_HEADER,
    pub Flags: ULONG,
    pub MediaType: i32,
    pub PhysicalMediumType: i32,
    pub MtuSize: ULONG,
    pub MaxXmitLinkSpeed: ULONG64,
    pub XmitLinkSpeed: ULONG64,
    pub MaxRcvLinkSpeed: ULONG64,
    pub RcvLinkSpeed: ULONG64,
    pub MediaConnectState: NDIS_MEDIA_CONNECT_STATE,
    pub MediaDuplexState: NDIS_MEDIA_DUPLEX_STATE,
    pub LookaheadSize: ULONG,
    pub PowerManagementCapabilities: PVOID,
    pub MacOptions: ULONG,
    pub SupportedPacketFilters: ULONG,
    pub MaxMulticastListSize: ULONG,
    pub MacAddressLength: USHORT,
    pub PermanentMacAddress: [UCHAR; NDIS_MAX_PHYS_ADDRESS_LENGTH],
    pub CurrentMacAddress: [UCHAR; NDIS_MAX_PHYS_ADDRESS_LENGTH],
    pub RecvScaleCapabilities: PVOID,
    pub AccessType: i32,
    pub DirectionType: i32,
    pub ConnectionType: i32,
    pub IfType: USHORT,
    pub IfConnectorPresent: BOOLEAN,
    pub SupportedStatistics: ULONG,
    pub SupportedPauseFunctions: ULONG,
    pub DataBackFillSize: ULONG,
    pub ContextBackFillSize: ULONG,
    pub SupportedOidList: *mut NDIS_OID,
    pub SupportedOidListLength: ULONG,
    pub AutoNegotiationFlags: ULONG,
    pub PowerManagementCapabilitiesEx: PVOID,
}

pub const NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES: UCHAR = 0x9f;
pub const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2: UCHAR = 2;
pub const NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2: USHORT = 0xe0;

pub const NDIS_MAX_PHYS_ADDRESS_LENGTH: usize = 32;
pub const NdisMedium802_3: i32 = 0;
pub const NdisPhysicalMedium802_3: i32 = 14;
pub const NET_IF_ACCESS_BROADCAST: i32 = 2;
pub const NET_IF_DIRECTION_SENDRECEIVE: i32 = 0;
pub const NET_IF_CONNECTION_DEDICATED: i32 = 1;
pub const IF_TYPE_ETHERNET_CSMACD: USHORT = 6;
pub const NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA: ULONG = 0x01;
pub const NDIS_MAC_OPTION_TRANSFERS_NOT_PEND: ULONG = 0x04;
pub const NDIS_MAC_OPTION_NO_LOOPBACK: ULONG = 0x08;
pub const NDIS_MAC_OPTION_8021P_PRIORITY: ULONG = 0x40;
pub const NDIS_MAC_OPTION_8021Q_VLAN: ULONG = 0x200;

/// Which member is meant says the `Type` of the header that all begin with.
#[repr(C)]
#[derive(Clone, Copy)]
pub union NDIS_MINIPORT_ADAPTER_ATTRIBUTES {
    pub RegistrationAttributes: NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
    pub GeneralAttributes: NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
    pub OffloadAttributes: NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES,
}

pub type PNDIS_MINIPORT_ADAPTER_ATTRIBUTES = *mut NDIS_MINIPORT_ADAPTER_ATTRIBUTES;

pub use crate::PCI_WHICHSPACE_CONFIG;

ndis! {
    /// From MiniportInitializeEx: registration attributes first, then general ones, then those of offloads.
    pub fn NdisMSetMiniportAttributes(
        NdisMiniportHandle: NDIS_HANDLE,
        MiniportAttributes: PNDIS_MINIPORT_ADAPTER_ATTRIBUTES,
    ) -> NDIS_STATUS;
    /// Reads the device's configuration space. Returns how many bytes that were. Any IRQL.
    pub fn NdisMGetBusData(
        NdisMiniportHandle: NDIS_HANDLE,
        WhichSpace: ULONG,
        Offset: ULONG,
        Buffer: PVOID,
        Length: ULONG,
    ) -> ULONG;
}

// ndis.h for NDIS 6.20 and later, on x64.
layout! {
    NDIS_MINIPORT_INIT_PARAMETERS: 0x40, align 8 {
        Header: 0x00,
        Flags: 0x04,
        AllocatedResources: 0x08,
        IMDeviceInstanceContext: 0x10,
        MiniportAddDeviceContext: 0x18,
        IfIndex: 0x20,
        NetLuid: 0x28,
        DefaultPortAuthStates: 0x30,
        PciDeviceCustomProperties: 0x38,
    }
    NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES: 0x20, align 8 {
        Header: 0x00,
        MiniportAdapterContext: 0x08,
        AttributeFlags: 0x10,
        CheckForHangTimeInSeconds: 0x14,
        InterfaceType: 0x18,
    }
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES: 0xe0, align 8 {
        Header: 0x00,
        Flags: 0x04,
        MediaType: 0x08,
        PhysicalMediumType: 0x0c,
        MtuSize: 0x10,
        MaxXmitLinkSpeed: 0x18,
        XmitLinkSpeed: 0x20,
        MaxRcvLinkSpeed: 0x28,
        RcvLinkSpeed: 0x30,
        MediaConnectState: 0x38,
        MediaDuplexState: 0x3c,
        LookaheadSize: 0x40,
        PowerManagementCapabilities: 0x48,
        MacOptions: 0x50,
        SupportedPacketFilters: 0x54,
        MaxMulticastListSize: 0x58,
        MacAddressLength: 0x5c,
        PermanentMacAddress: 0x5e,
        CurrentMacAddress: 0x7e,
        RecvScaleCapabilities: 0xa0,
        AccessType: 0xa8,
        DirectionType: 0xac,
        ConnectionType: 0xb0,
        IfType: 0xb4,
        IfConnectorPresent: 0xb6,
        SupportedStatistics: 0xb8,
        SupportedPauseFunctions: 0xbc,
        DataBackFillSize: 0xc0,
        ContextBackFillSize: 0xc4,
        SupportedOidList: 0xc8,
        SupportedOidListLength: 0xd0,
        AutoNegotiationFlags: 0xd4,
        PowerManagementCapabilitiesEx: 0xd8,
    }
}

union_layout! {
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES: 0xe0, align 8 {
        RegistrationAttributes,
        GeneralAttributes,
        OffloadAttributes
    }
}

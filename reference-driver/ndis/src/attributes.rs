//! What the adapter says about itself.

use dirql::{Error, ErrorKind};
use dirql_ddi::TRUE;
use dirql_ddi::ndis::*;
use nic::FRAME_LEN_MAX;

use crate::{oid, statistics};

/// The header in front of an Ethernet frame's payload, in bytes.
pub(crate) const HEADER_LEN: u32 = 14;
/// The payload's greatest length; a VLAN tag would come on top.
pub(crate) const MTU: u32 = FRAME_LEN_MAX - 4 - HEADER_LEN;
pub(crate) const MULTICAST_LIST_MAX: u32 = 32;
pub(crate) const FILTERS: u32 = NDIS_PACKET_TYPE_DIRECTED
    | NDIS_PACKET_TYPE_MULTICAST
    | NDIS_PACKET_TYPE_ALL_MULTICAST
    | NDIS_PACKET_TYPE_BROADCAST
    | NDIS_PACKET_TYPE_PROMISCUOUS;
const SPEED_MAX: u64 = 1_000_000_000;

fn header(kind: u8, revision: u8, size: u16) -> NDIS_OBJECT_HEADER {
    NDIS_OBJECT_HEADER { Type: kind, Revision: revision, Size: size }
}

fn set(adapter: NDIS_HANDLE, mut attributes: NDIS_MINIPORT_ADAPTER_ATTRIBUTES) -> Result<(), Error> {
    // SAFETY: the adapter's handle is valid, in MiniportInitializeEx; the header says which attributes these are.
    match unsafe { NdisMSetMiniportAttributes(adapter, &raw mut attributes) } {
        NDIS_STATUS_SUCCESS => Ok(()),
        _ => Err(ErrorKind::Unsupported.into()),
    }
}

/// Says what kind of device this is, and what its handlers want as their context. To be called first.
pub(crate) fn register(adapter: NDIS_HANDLE, context: NDIS_HANDLE) -> Result<(), Error> {
    set(
        adapter,
        NDIS_MINIPORT_ADAPTER_ATTRIBUTES {
            RegistrationAttributes: NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
                Header: header(
                    NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
                    NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                ),
                MiniportAdapterContext: context,
                AttributeFlags: NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE
                    | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER
                    | NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK
                    | NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND,
                CheckForHangTimeInSeconds: 4,
                InterfaceType: NdisInterfacePci,
            },
        },
    )
}

/// Says what the adapter can, once its address is known, and whether it handles VLAN `tags`.
pub(crate) fn describe(adapter: NDIS_HANDLE, mac: [u8; 6], tags: bool) -> Result<(), Error> {
    set(adapter, NDIS_MINIPORT_ADAPTER_ATTRIBUTES { GeneralAttributes: general(mac, tags) })
}

/// Says what can be left to the device, and what is from the beginning on.
pub(crate) fn offer(adapter: NDIS_HANDLE, [mut now, mut capable]: [NDIS_OFFLOAD; 2]) -> Result<(), Error> {
    set(
        adapter,
        NDIS_MINIPORT_ADAPTER_ATTRIBUTES {
            OffloadAttributes: NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES {
                Header: header(
                    NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES,
                    NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                ),
                DefaultOffloadConfiguration: &raw mut now,
                HardwareOffloadCapabilities: &raw mut capable,
                DefaultTcpConnectionOffloadConfiguration: core::ptr::null_mut(),
                TcpConnectionOffloadHardwareCapabilities: core::ptr::null_mut(),
            },
        },
    )
}

fn address(mac: [u8; 6]) -> [u8; NDIS_MAX_PHYS_ADDRESS_LENGTH] {
    let [a, b, c, d, e, f] = mac;
    let mut address = [0; NDIS_MAX_PHYS_ADDRESS_LENGTH];
    if let Some(place) = address.first_chunk_mut() {
        *place = [a, b, c, d, e, f];
    }
    address
}

fn general(mac: [u8; 6], tags: bool) -> NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
        Header: header(
            NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
            NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
            NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
        ),
        Flags: 0,
        MediaType: NdisMedium802_3,
        PhysicalMediumType: NdisPhysicalMedium802_3,
        MtuSize: MTU,
        MaxXmitLinkSpeed: SPEED_MAX,
        XmitLinkSpeed: NDIS_LINK_SPEED_UNKNOWN,
        MaxRcvLinkSpeed: SPEED_MAX,
        RcvLinkSpeed: NDIS_LINK_SPEED_UNKNOWN,
        MediaConnectState: MediaConnectStateDisconnected,
        MediaDuplexState: MediaDuplexStateUnknown,
        LookaheadSize: MTU,
        PowerManagementCapabilities: core::ptr::null_mut(),
        MacOptions: NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA
            | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND
            | NDIS_MAC_OPTION_NO_LOOPBACK
            | if tags { NDIS_MAC_OPTION_8021P_PRIORITY | NDIS_MAC_OPTION_8021Q_VLAN } else { 0 },
        SupportedPacketFilters: FILTERS,
        MaxMulticastListSize: MULTICAST_LIST_MAX,
        MacAddressLength: 6,
        PermanentMacAddress: address(mac),
        CurrentMacAddress: address(mac),
        RecvScaleCapabilities: core::ptr::null_mut(),
        AccessType: NET_IF_ACCESS_BROADCAST,
        DirectionType: NET_IF_DIRECTION_SENDRECEIVE,
        ConnectionType: NET_IF_CONNECTION_DEDICATED,
        IfType: IF_TYPE_ETHERNET_CSMACD,
        IfConnectorPresent: TRUE,
        SupportedStatistics: statistics::SUPPORTED,
        SupportedPauseFunctions: NdisPauseFunctionsUnsupported as u32,
        DataBackFillSize: 0,
        ContextBackFillSize: 0,
        SupportedOidList: oid::SUPPORTED.as_ptr().cast_mut(),
        SupportedOidListLength: size_of_val(&oid::SUPPORTED) as u32,
        AutoNegotiationFlags: 0,
        PowerManagementCapabilitiesEx: core::ptr::null_mut(),
    }
}

//! A miniport driver: what it registers, and what NDIS calls.

use super::*;
use crate::*;

pub type SET_OPTIONS_HANDLER = Option<
    unsafe extern "C-unwind" fn(NdisDriverHandle: NDIS_HANDLE, DriverContext: NDIS_HANDLE) -> NDIS_STATUS,
>;
/// PASSIVE_LEVEL, as all handlers here that say nothing else.
pub type MINIPORT_INITIALIZE_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        NdisMiniportHandle: NDIS_HANDLE,
        MiniportDriverContext: NDIS_HANDLE,
        MiniportInitParameters: PNDIS_MINIPORT_INIT_PARAMETERS,
    ) -> NDIS_STATUS,
>;
pub type MINIPORT_HALT_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportAdapterContext: NDIS_HANDLE, HaltAction: NDIS_HALT_ACTION)>;
pub type MINIPORT_DRIVER_UNLOAD = Option<unsafe extern "C-unwind" fn(DriverObject: PDRIVER_OBJECT)>;
pub type MINIPORT_PAUSE_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        PauseParameters: PNDIS_MINIPORT_PAUSE_PARAMETERS,
    ) -> NDIS_STATUS,
>;
pub type MINIPORT_RESTART_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        RestartParameters: PNDIS_MINIPORT_RESTART_PARAMETERS,
    ) -> NDIS_STATUS,
>;
pub type MINIPORT_OID_REQUEST_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        OidRequest: PNDIS_OID_REQUEST,
    ) -> NDIS_STATUS,
>;
/// At or below DISPATCH_LEVEL.
pub type MINIPORT_SEND_NET_BUFFER_LISTS_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        NetBufferList: PNET_BUFFER_LIST,
        PortNumber: NDIS_PORT_NUMBER,
        SendFlags: ULONG,
    ),
>;
/// At or below DISPATCH_LEVEL.
pub type MINIPORT_RETURN_NET_BUFFER_LISTS_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        NetBufferLists: PNET_BUFFER_LIST,
        ReturnFlags: ULONG,
    ),
>;
/// At or below DISPATCH_LEVEL.
pub type MINIPORT_CANCEL_SEND_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportAdapterContext: NDIS_HANDLE, CancelId: PVOID)>;
pub type MINIPORT_CHECK_FOR_HANG_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportAdapterContext: NDIS_HANDLE) -> BOOLEAN>;
/// At or below DISPATCH_LEVEL.
pub type MINIPORT_RESET_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        AddressingReset: *mut BOOLEAN,
    ) -> NDIS_STATUS,
>;
pub type MINIPORT_DEVICE_PNP_EVENT_NOTIFY_HANDLER = Option<
    unsafe extern "C-unwind" fn(
        MiniportAdapterContext: NDIS_HANDLE,
        NetDevicePnPEvent: PNET_DEVICE_PNP_EVENT,
    ),
>;
/// PASSIVE_LEVEL for NdisShutdownPowerOff, HIGH_LEVEL for NdisShutdownBugCheck.
pub type MINIPORT_SHUTDOWN_HANDLER = Option<
    unsafe extern "C-unwind" fn(MiniportAdapterContext: NDIS_HANDLE, ShutdownAction: NDIS_SHUTDOWN_ACTION),
>;
/// At or below DISPATCH_LEVEL.
pub type MINIPORT_CANCEL_OID_REQUEST_HANDLER =
    Option<unsafe extern "C-unwind" fn(MiniportAdapterContext: NDIS_HANDLE, RequestId: PVOID)>;

pub type NDIS_PORT_NUMBER = ULONG;

pub type NDIS_HALT_ACTION = i32;
pub const NdisHaltDeviceDisabled: NDIS_HALT_ACTION = 0;
pub const NdisHaltDeviceSurpriseRemoved: NDIS_HALT_ACTION = 3;

pub type NDIS_SHUTDOWN_ACTION = i32;
pub const NdisShutdownPowerOff: NDIS_SHUTDOWN_ACTION = 0;
pub const NdisShutdownBugCheck: NDIS_SHUTDOWN_ACTION = 1;

/// What a miniport driver registers, up to NDIS 6.20.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
    pub Header: NDIS_OBJECT_HEADER,
    pub MajorNdisVersion: UCHAR,
    pub MinorNdisVersion: UCHAR,
    pub MajorDriverVersion: UCHAR,
    pub MinorDriverVersion: UCHAR,
    pub Flags: ULONG,
    pub SetOptionsHandler: SET_OPTIONS_HANDLER,
    pub InitializeHandlerEx: MINIPORT_INITIALIZE_HANDLER,
    pub HaltHandlerEx: MINIPORT_HALT_HANDLER,
    pub UnloadHandler: MINIPORT_DRIVER_UNLOAD,
    pub PauseHandler: MINIPORT_PAUSE_HANDLER,
    pub RestartHandler: MINIPORT_RESTART_HANDLER,
    pub OidRequestHandler: MINIPORT_OID_REQUEST_HANDLER,
    pub SendNetBufferListsHandler: MINIPORT_SEND_NET_BUFFER_LISTS_HANDLER,
    pub ReturnNetBufferListsHandler: MINIPORT_RETURN_NET_BUFFER_LISTS_HANDLER,
    pub CancelSendHandler: MINIPORT_CANCEL_SEND_HANDLER,
    pub CheckForHangHandlerEx: MINIPORT_CHECK_FOR_HANG_HANDLER,
    pub ResetHandlerEx: MINIPORT_RESET_HANDLER,
    pub DevicePnPEventNotifyHandler: MINIPORT_DEVICE_PNP_EVENT_NOTIFY_HANDLER,
    pub ShutdownHandlerEx: MINIPORT_SHUTDOWN_HANDLER,
    pub CancelOidRequestHandler: MINIPORT_CANCEL_OID_REQUEST_HANDLER,
    pub DirectOidRequestHandler: MINIPORT_OID_REQUEST_HANDLER,
    pub CancelDirectOidRequestHandler: MINIPORT_CANCEL_OID_REQUEST_HANDLER,
}

pub type PNDIS_MINIPORT_DRIVER_CHARACTERISTICS = *mut NDIS_MINIPORT_DRIVER_CHARACTERISTICS;

pub const NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS: UCHAR = 0x8a;
pub const NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2: UCHAR = 2;
pub const NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2: USHORT = 0x98;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_MINIPORT_PAUSE_PARAMETERS {
    pub Header: NDIS_OBJECT_HEADER,
    pub Flags: ULONG,
    pub PauseReason: ULONG,
}

pub type PNDIS_MINIPORT_PAUSE_PARAMETERS = *mut NDIS_MINIPORT_PAUSE_PARAMETERS;

pub const NDIS_MINIPORT_PAUSE_PARAMETERS_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_MINIPORT_PAUSE_PARAMETERS_REVISION_1: USHORT = 0x0c;
pub const NDIS_PAUSE_NDIS_INTERNAL: ULONG = 1;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NDIS_MINIPORT_RESTART_PARAMETERS {
    pub Header: NDIS_OBJECT_HEADER,
    pub RestartAttributes: PVOID,
    pub Flags: ULONG,
}

pub type PNDIS_MINIPORT_RESTART_PARAMETERS = *mut NDIS_MINIPORT_RESTART_PARAMETERS;

pub const NDIS_MINIPORT_RESTART_PARAMETERS_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_MINIPORT_RESTART_PARAMETERS_REVISION_1: USHORT = 0x14;

pub type NDIS_DEVICE_PNP_EVENT = i32;
pub const NdisDevicePnPEventSurpriseRemoved: NDIS_DEVICE_PNP_EVENT = 2;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NET_DEVICE_PNP_EVENT {
    pub Header: NDIS_OBJECT_HEADER,
    pub PortNumber: NDIS_PORT_NUMBER,
    pub DevicePnPEvent: NDIS_DEVICE_PNP_EVENT,
    pub InformationBuffer: PVOID,
    pub InformationBufferLength: ULONG,
    pub NdisReserved: [UCHAR; 16],
}

pub type PNET_DEVICE_PNP_EVENT = *mut NET_DEVICE_PNP_EVENT;

pub const NET_DEVICE_PNP_EVENT_REVISION_1: UCHAR = 1;
pub const NDIS_SIZEOF_NET_DEVICE_PNP_EVENT_REVISION_1: USHORT = 0x2c;

ndis! {
    /// From DriverEntry. NDIS copies the characteristics.
    pub fn NdisMRegisterMiniportDriver(
        DriverObject: PDRIVER_OBJECT,
        RegistryPath: PUNICODE_STRING,
        MiniportDriverContext: NDIS_HANDLE,
        MiniportDriverCharacteristics: PNDIS_MINIPORT_DRIVER_CHARACTERISTICS,
        NdisMiniportDriverHandle: PNDIS_HANDLE,
    ) -> NDIS_STATUS;
    /// From MiniportDriverUnload.
    pub fn NdisMDeregisterMiniportDriver(NdisMiniportDriverHandle: NDIS_HANDLE);
    /// At or below DISPATCH_LEVEL, after MiniportPause returned NDIS_STATUS_PENDING.
    pub fn NdisMPauseComplete(MiniportAdapterHandle: NDIS_HANDLE);
    /// At DISPATCH_LEVEL, after MiniportResetEx returned NDIS_STATUS_PENDING.
    pub fn NdisMResetComplete(
        MiniportAdapterHandle: NDIS_HANDLE,
        Status: NDIS_STATUS,
        AddressingReset: BOOLEAN,
    );
    /// At or below DISPATCH_LEVEL, after MiniportOidRequest returned NDIS_STATUS_PENDING: once.
    pub fn NdisMOidRequestComplete(
        MiniportAdapterHandle: NDIS_HANDLE,
        OidRequest: PNDIS_OID_REQUEST,
        Status: NDIS_STATUS,
    );
}

// ndis.h for NDIS 6.20 and later, on x64.
layout! {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS: 0x98, align 8 {
        Header: 0x00,
        MajorNdisVersion: 0x04,
        MinorNdisVersion: 0x05,
        MajorDriverVersion: 0x06,
        MinorDriverVersion: 0x07,
        Flags: 0x08,
        SetOptionsHandler: 0x10,
        InitializeHandlerEx: 0x18,
        HaltHandlerEx: 0x20,
        UnloadHandler: 0x28,
        PauseHandler: 0x30,
        RestartHandler: 0x38,
        OidRequestHandler: 0x40,
        SendNetBufferListsHandler: 0x48,
        ReturnNetBufferListsHandler: 0x50,
        CancelSendHandler: 0x58,
        CheckForHangHandlerEx: 0x60,
        ResetHandlerEx: 0x68,
        DevicePnPEventNotifyHandler: 0x70,
        ShutdownHandlerEx: 0x78,
        CancelOidRequestHandler: 0x80,
        DirectOidRequestHandler: 0x88,
        CancelDirectOidRequestHandler: 0x90,
    }
    NDIS_MINIPORT_PAUSE_PARAMETERS: 0x0c, align 4 { Header: 0x00, Flags: 0x04, PauseReason: 0x08 }
    NDIS_MINIPORT_RESTART_PARAMETERS: 0x18, align 8 { Header: 0x00, RestartAttributes: 0x08, Flags: 0x10 }
    NET_DEVICE_PNP_EVENT: 0x30, align 8 {
        Header: 0x00,
        PortNumber: 0x04,
        DevicePnPEvent: 0x08,
        InformationBuffer: 0x10,
        InformationBufferLength: 0x18,
        NdisReserved: 0x1c,
    }
}

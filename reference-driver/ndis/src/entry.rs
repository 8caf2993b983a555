//! DriverEntry and MiniportDriverUnload.

use core::ffi::c_void;
use core::ptr::null_mut;

use dirql_ddi::ndis::*;
use dirql_ddi::{
    IoAllocateDriverObjectExtension, IoGetDriverObjectExtension, NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT,
    PUNICODE_STRING, PVOID,
};

use crate::{halt, initialize, oid, pause, receive, reset, send};

/// What this driver keeps with its driver object.
struct Extension {
    /// The NdisMiniportDriverHandle.
    handle: NDIS_HANDLE,
}

/// Its address names this driver's extension.
static CLIENT: u8 = 0;

fn client() -> PVOID {
    (&raw const CLIENT).cast_mut().cast()
}

/// Registers the miniport driver: what DriverEntry of an image calls, at PASSIVE_LEVEL.
///
/// Returns STATUS_INSUFFICIENT_RESOURCES or what NdisMRegisterMiniportDriver returned; the driver is then not
/// registered.
///
/// # Safety
/// The arguments are those of DriverEntry.
pub unsafe extern "C-unwind" fn driver_entry(
    DriverObject: PDRIVER_OBJECT,
    RegistryPath: PUNICODE_STRING,
) -> NTSTATUS {
    let mut extension: *mut c_void = null_mut();
    let size = size_of::<Extension>() as u32;
    // SAFETY: the driver object is DriverEntry's; the address is this driver's own.
    let status = unsafe { IoAllocateDriverObjectExtension(DriverObject, client(), size, &raw mut extension) };
    if !NT_SUCCESS(status) {
        return status;
    }
    let mut characteristics = characteristics();
    // SAFETY: the extension was allocated just now, and stays as long as the driver object.
    let handle = unsafe { &raw mut (*extension.cast::<Extension>()).handle };
    // SAFETY: the arguments are DriverEntry's; the handlers are what NDIS takes them for.
    unsafe {
        NdisMRegisterMiniportDriver(DriverObject, RegistryPath, null_mut(), &raw mut characteristics, handle)
    }
}

fn characteristics() -> NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
            Revision: NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
            Size: NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
        },
        MajorNdisVersion: 6,
        MinorNdisVersion: 20,
        MajorDriverVersion: 0,
        MinorDriverVersion: 1,
        Flags: 0,
        SetOptionsHandler: None,
        InitializeHandlerEx: Some(initialize::MiniportInitializeEx),
        HaltHandlerEx: Some(halt::MiniportHaltEx),
        UnloadHandler: Some(MiniportDriverUnload),
        PauseHandler: Some(pause::MiniportPause),
        RestartHandler: Some(pause::MiniportRestart),
        OidRequestHandler: Some(oid::MiniportOidRequest),
        SendNetBufferListsHandler: Some(send::MiniportSendNetBufferLists),
        ReturnNetBufferListsHandler: Some(receive::MiniportReturnNetBufferLists),
        CancelSendHandler: Some(send::MiniportCancelSend),
        CheckForHangHandlerEx: Some(reset::MiniportCheckForHangEx),
        ResetHandlerEx: Some(reset::MiniportResetEx),
        DevicePnPEventNotifyHandler: Some(halt::MiniportDevicePnPEventNotify),
        ShutdownHandlerEx: Some(halt::MiniportShutdownEx),
        CancelOidRequestHandler: Some(oid::MiniportCancelOidRequest),
        DirectOidRequestHandler: None,
        CancelDirectOidRequestHandler: None,
    }
}

/// # Safety
/// NDIS calls this with the driver object of [`driver_entry`], whose adapters are halted, at PASSIVE_LEVEL.
unsafe extern "C-unwind" fn MiniportDriverUnload(DriverObject: PDRIVER_OBJECT) {
    // SAFETY: the driver object is the one that the extension was made for.
    let extension = unsafe { IoGetDriverObjectExtension(DriverObject, client()) };
    if extension.is_null() {
        return;
    }
    // SAFETY: `driver_entry` made it, and registered the driver whose handle it holds; here and below.
    let Extension { handle } = unsafe { extension.cast::<Extension>().read() };
    // SAFETY: as above.
    unsafe { NdisMDeregisterMiniportDriver(handle) };
}

//! A miniport driver: registered by its DriverEntry, gone after its MiniportDriverUnload.

use dirql_ddi::ndis::{
    NDIS_HANDLE, NDIS_MINIPORT_DRIVER_CHARACTERISTICS as Characteristics,
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2, NDIS_OBJECT_HEADER,
    NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
    NDIS_STATUS, NDIS_STATUS_BAD_CHARACTERISTICS, NDIS_STATUS_BAD_VERSION, NDIS_STATUS_RESOURCES,
    NDIS_STATUS_SUCCESS, PNDIS_HANDLE, PNDIS_MINIPORT_DRIVER_CHARACTERISTICS,
};
use dirql_ddi::{NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};

use super::{State, ndis};
use crate::context::inert;
use crate::kernel::{self, fail};
use crate::ntoskrnl::{self, DriverEntry};

const HANDLE_AT: usize = 0xffff_d000_0000_0000;

const HEADER: NDIS_OBJECT_HEADER = NDIS_OBJECT_HEADER {
    Type: NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
    Revision: NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
    Size: NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
};

/// What NDIS keeps of a registered driver.
#[derive(Clone, Copy)]
pub(super) struct Driver {
    pub(super) handlers: Characteristics,
    pub(super) context: NDIS_HANDLE,
}

/// Loads a driver: calls its DriverEntry, and returns what that returned. At PASSIVE_LEVEL.
pub fn load(entry: DriverEntry) -> NTSTATUS {
    let status = ntoskrnl::enter(entry);
    if !NT_SUCCESS(status) {
        gone("a DriverEntry that fails");
    }
    status
}

/// Unloads the driver, whose adapters were halted. At PASSIVE_LEVEL.
pub fn unload() {
    let Some(driver) = ndis(|ndis| ndis.driver) else { return };
    if let Some(unload) = driver.handlers.UnloadHandler {
        // SAFETY: the driver gave this handler for its driver object, and its adapters are halted.
        unsafe { unload(ntoskrnl::driver_object()) };
    }
    gone("MiniportDriverUnload");
}

fn gone(caller: &str) {
    if ndis(|ndis| ndis.driver.is_some()) {
        fail("MiniportState", format!("{caller} leaves the miniport driver registered"));
    }
    ntoskrnl::free_extensions();
}

/// The handlers that a connectionless miniport must have; ResetHandlerEx with CheckForHangHandlerEx.
fn is_complete(c: &Characteristics) -> bool {
    let life = c.InitializeHandlerEx.is_some()
        && c.HaltHandlerEx.is_some()
        && c.UnloadHandler.is_some()
        && c.PauseHandler.is_some()
        && c.RestartHandler.is_some()
        && c.ShutdownHandlerEx.is_some()
        && c.DevicePnPEventNotifyHandler.is_some();
    let traffic = c.SendNetBufferListsHandler.is_some()
        && c.ReturnNetBufferListsHandler.is_some()
        && c.CancelSendHandler.is_some();
    let requests = c.OidRequestHandler.is_some() && c.CancelOidRequestHandler.is_some();
    let reset = c.CheckForHangHandlerEx.is_none() || c.ResetHandlerEx.is_some();
    life && traffic && requests && reset
}

fn check(c: &Characteristics) -> Result<(), NDIS_STATUS> {
    if c.Header != HEADER || (c.MajorNdisVersion, c.MinorNdisVersion) < (6, 20) {
        return Err(NDIS_STATUS_BAD_VERSION);
    }
    if !is_complete(c) {
        return Err(NDIS_STATUS_BAD_CHARACTERISTICS);
    }
    if kernel::is_denied() { Err(NDIS_STATUS_RESOURCES) } else { Ok(()) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMRegisterMiniportDriver(
    DriverObject: PDRIVER_OBJECT,
    _RegistryPath: PUNICODE_STRING,
    MiniportDriverContext: NDIS_HANDLE,
    MiniportDriverCharacteristics: PNDIS_MINIPORT_DRIVER_CHARACTERISTICS,
    NdisMiniportDriverHandle: PNDIS_HANDLE,
) -> NDIS_STATUS {
    kernel::require_passive("MiniportState", "NdisMRegisterMiniportDriver");
    if DriverObject != ntoskrnl::driver_object() {
        fail("InvalidHandle", format!("NdisMRegisterMiniportDriver: {DriverObject:?} is no driver object"));
    }
    // SAFETY: the caller passes its own characteristics for the length of the call.
    let handlers = unsafe { *MiniportDriverCharacteristics };
    if let Err(status) = check(&handlers) {
        return status;
    }
    ndis(|ndis| ndis.driver = Some(Driver { handlers, context: MiniportDriverContext }));
    // SAFETY: the caller guarantees a handle to write to.
    unsafe { NdisMiniportDriverHandle.write(core::ptr::without_provenance_mut(HANDLE_AT)) };
    NDIS_STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMDeregisterMiniportDriver(NdisMiniportDriverHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    kernel::require_passive("MiniportState", "NdisMDeregisterMiniportDriver");
    if NdisMiniportDriverHandle as usize != HANDLE_AT || ndis(|ndis| ndis.driver.is_none()) {
        fail("InvalidHandle", format!("{NdisMiniportDriverHandle:?} is no miniport driver's handle"));
    }
    if ndis(|ndis| ndis.adapters.iter().any(|a| a.state != State::Halted)) {
        fail("MiniportState", "a miniport driver deregisters before its adapters are halted".into());
    }
    ndis(|ndis| ndis.driver = None);
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisMRegisterMiniportDriver, ndis::NdisMRegisterMiniportDriver];
    let _ = [NdisMDeregisterMiniportDriver, ndis::NdisMDeregisterMiniportDriver];
};

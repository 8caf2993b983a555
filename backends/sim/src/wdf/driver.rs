//! A driver: registered by its DriverEntry, gone after its EvtDriverUnload.

use core::ptr::null_mut;

use dirql_ddi::wdf::{
    PWDF_DRIVER_CONFIG, PWDF_DRIVER_GLOBALS, PWDF_OBJECT_ATTRIBUTES, WDF_DRIVER_CONFIG, WDFDRIVER,
};
use dirql_ddi::{
    NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING, STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER, STATUS_SUCCESS, UNICODE_STRING,
};

use super::device::Framework;
use super::object::{self, Kind, ObjectId};
use super::{objects, wdf};
use crate::kernel::{self, fail, require_passive};
use crate::ntoskrnl;

/// A driver's entry point.
pub type DriverEntry = unsafe extern "C-unwind" fn(PDRIVER_OBJECT, PUNICODE_STRING) -> NTSTATUS;

/// A driver object.
#[derive(Clone, Copy)]
pub(super) struct Driver {
    pub(super) config: WDF_DRIVER_CONFIG,
    pub(super) framework: Framework,
}

/// Returns the driver, if one is loaded.
pub(super) fn loaded() -> Option<(ObjectId, Driver)> {
    let id = wdf(|wdf| wdf.driver)?;
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::Driver(driver)) => Some((id, driver)),
        _ => None,
    }
}

/// Loads a driver of this framework: calls its DriverEntry, and returns what that returned. At PASSIVE_LEVEL.
pub fn load(framework: Framework, entry: DriverEntry) -> NTSTATUS {
    wdf(|wdf| wdf.loading = Some(framework));
    let mut path = UNICODE_STRING { Length: 0, MaximumLength: 0, Buffer: null_mut() };
    // SAFETY: the driver object is the one that the DDIs know, and the path lives for the length of the call.
    let status = unsafe { entry(ntoskrnl::driver_object(), &raw mut path) };
    wdf(|wdf| wdf.loading = None);
    if !NT_SUCCESS(status) {
        gone();
    } else if loaded().is_none() {
        fail("WdfState", "DriverEntry succeeds without WdfDriverCreate".into());
    }
    status
}

/// Unloads the driver, whose devices were removed. At PASSIVE_LEVEL.
pub fn unload() {
    let Some((id, driver)) = loaded() else { return };
    if let Some(unload) = driver.config.EvtDriverUnload {
        kernel::note("calls EvtDriverUnload", 0);
        // SAFETY: the driver gave this callback for its object, and its devices are gone.
        unsafe { unload(id.handle()) };
    }
    gone();
}

/// Deletes the driver object, and what belongs to the WDM driver object below it.
fn gone() {
    if let Some(id) = wdf(|wdf| wdf.driver.take()) {
        object::delete(id);
    }
    ntoskrnl::free_extensions();
}

pub(super) unsafe extern "C-unwind" fn driver_create(
    _: PWDF_DRIVER_GLOBALS,
    driver_object: PDRIVER_OBJECT,
    _registry_path: *const UNICODE_STRING,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    config: PWDF_DRIVER_CONFIG,
    out: *mut WDFDRIVER,
) -> NTSTATUS {
    require_passive("WdfIrql", "WdfDriverCreate");
    // SAFETY: the caller passes a configuration.
    let config = unsafe { *config };
    if config.Size as usize != size_of::<WDF_DRIVER_CONFIG>() {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    let Some(framework) = wdf(|wdf| wdf.loading).filter(|_| wdf(|wdf| wdf.driver.is_none())) else {
        fail("WdfState", "WdfDriverCreate is called once, from DriverEntry".into())
    };
    if driver_object != ntoskrnl::driver_object() || config.EvtDriverDeviceAdd.is_none() {
        return STATUS_INVALID_PARAMETER;
    }
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::Driver(Driver { config, framework }), None, attributes) } {
        Ok(id) => {
            wdf(|wdf| wdf.driver = Some(id));
            if !out.is_null() {
                // SAFETY: the caller guarantees a handle to write to, if any.
                unsafe { out.write(id.handle()) };
            }
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

//! WDFDEVICE_INIT: what a device is going to be, between the call of EvtDriverDeviceAdd and WdfDeviceCreate.

use core::ptr::null_mut;

use dirql_ddi::wdf::{
    PWDF_DRIVER_GLOBALS, PWDF_OBJECT_ATTRIBUTES, PWDF_PNPPOWER_EVENT_CALLBACKS, PWDFDEVICE_INIT,
    WDF_OBJECT_ATTRIBUTES, WDF_OBJECT_ATTRIBUTES_INIT, WDF_PNPPOWER_EVENT_CALLBACKS,
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT, WDFDEVICE,
};
use dirql_ddi::{
    GUID, NTSTATUS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS,
    UNICODE_STRING,
};

use super::device::{self, Device, Framework};
use super::object::{self, Kind, ObjectId};
use super::{objects, wdf};
use crate::bus::DeviceId;
use crate::kernel::{self, fail, require_passive};

const INIT_AT: usize = 0xffff_b800_0000_0000;

/// What a driver has asked for so far.
#[derive(Clone, Copy)]
pub(super) struct Init {
    id: DeviceId,
    framework: Framework,
    callbacks: WDF_PNPPOWER_EVENT_CALLBACKS,
    requests: WDF_OBJECT_ATTRIBUTES,
}

/// Begins a device, and returns what EvtDriverDeviceAdd is to be told.
pub(super) fn begin(id: DeviceId, framework: Framework) -> PWDFDEVICE_INIT {
    let callbacks = WDF_PNPPOWER_EVENT_CALLBACKS_INIT();
    let requests = WDF_OBJECT_ATTRIBUTES_INIT();
    wdf(|wdf| wdf.init = Some(Init { id, framework, callbacks, requests }));
    core::ptr::without_provenance_mut(INIT_AT)
}

/// Frees what is left when EvtDriverDeviceAdd has returned.
pub(super) fn end() {
    wdf(|wdf| wdf.init = None);
}

fn change(handle: PWDFDEVICE_INIT, what: &str, act: impl FnOnce(&mut Init)) {
    let known = wdf(|wdf| match &mut wdf.init {
        Some(init) if handle as usize == INIT_AT => {
            act(init);
            true
        }
        _ => false,
    });
    if !known {
        fail("WdfState", format!("{what} is called without a WDFDEVICE_INIT: before WdfDeviceCreate only"));
    }
}

pub(super) unsafe extern "C-unwind" fn set_pnp_power_callbacks(
    _: PWDF_DRIVER_GLOBALS,
    init: PWDFDEVICE_INIT,
    callbacks: PWDF_PNPPOWER_EVENT_CALLBACKS,
) {
    // SAFETY: the caller passes callbacks.
    let callbacks = unsafe { *callbacks };
    change(init, "WdfDeviceInitSetPnpPowerEventCallbacks", |init| init.callbacks = callbacks);
}

pub(super) unsafe extern "C-unwind" fn set_request_attributes(
    _: PWDF_DRIVER_GLOBALS,
    init: PWDFDEVICE_INIT,
    attributes: PWDF_OBJECT_ATTRIBUTES,
) {
    // SAFETY: the caller passes attributes.
    let attributes = unsafe { *attributes };
    change(init, "WdfDeviceInitSetRequestAttributes", |init| init.requests = attributes);
}

pub(super) unsafe extern "C-unwind" fn device_create(
    _: PWDF_DRIVER_GLOBALS,
    handle: *mut PWDFDEVICE_INIT,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    out: *mut WDFDEVICE,
) -> NTSTATUS {
    require_passive("WdfIrql", "WdfDeviceCreate");
    // SAFETY: the caller passes its own pointer to what it was told.
    let init = unsafe { *handle };
    let mut known = None;
    change(init, "WdfDeviceCreate", |init| known = Some(*init));
    let Some(init) = known else { return STATUS_INSUFFICIENT_RESOURCES };
    if init.callbacks.Size as usize != size_of::<WDF_PNPPOWER_EVENT_CALLBACKS>() {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    let mut device = Device::new(init.id, init.framework, init.callbacks);
    device.requests = init.requests;
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::Device(device), None, attributes) } {
        Ok(id) => {
            end();
            // SAFETY: as above; the pointer is the caller's, and the structure is no more.
            unsafe { handle.write(null_mut()) };
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(id.handle()) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Nobody looks for interfaces here, so there is nothing to remember; but it takes memory.
pub(super) unsafe extern "C-unwind" fn create_interface(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    class: *const GUID,
    _reference: *const UNICODE_STRING,
) -> NTSTATUS {
    require_passive("WdfIrql", "WdfDeviceCreateDeviceInterface");
    device::id_of(device);
    if class.is_null() {
        fail("InvalidHandle", "WdfDeviceCreateDeviceInterface without a class (0x10D/0x4)".into());
    }
    if kernel::is_denied() { STATUS_INSUFFICIENT_RESOURCES } else { STATUS_SUCCESS }
}

/// Returns the attributes of a device's requests.
pub(super) fn request_attributes(device: ObjectId) -> WDF_OBJECT_ATTRIBUTES {
    objects(|o| match o.get(device) {
        Some(Kind::Device(device)) => device.requests,
        _ => WDF_OBJECT_ATTRIBUTES_INIT(),
    })
}

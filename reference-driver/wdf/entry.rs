//! DriverEntry and EvtDriverDeviceAdd.

use core::ptr::{null, null_mut};

use dirql_ddi::{NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};

use crate::device::{self, Context};
use crate::framework::*;
use crate::{hardware, io, power};

/// Registers the driver: what DriverEntry of an image calls, at PASSIVE_LEVEL.
///
/// Returns what WdfDriverCreate returned.
///
/// # Safety
/// The arguments are those of DriverEntry, and the image is bound to the framework.
pub unsafe extern "C-unwind" fn driver_entry(
    DriverObject: PDRIVER_OBJECT,
    RegistryPath: PUNICODE_STRING,
) -> NTSTATUS {
    let mut config = WDF_DRIVER_CONFIG_INIT(Some(EvtDriverDeviceAdd));
    // SAFETY: the arguments are DriverEntry's; the callback is what the framework takes it for.
    unsafe { WdfDriverCreate(DriverObject, RegistryPath, null_mut(), &raw mut config, null_mut()) }
}

/// # Safety
/// The framework calls this for a new device, at PASSIVE_LEVEL.
unsafe extern "C-unwind" fn EvtDriverDeviceAdd(_: WDFDRIVER, DeviceInit: PWDFDEVICE_INIT) -> NTSTATUS {
    let mut callbacks = callbacks();
    // SAFETY: the structure is the driver's until the device is created.
    unsafe { WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &raw mut callbacks) };
    // SAFETY: as above.
    match unsafe { add(DeviceInit) } {
        Ok(()) => dirql_ddi::STATUS_SUCCESS,
        // The framework deletes the device, if there is one.
        Err(status) => status,
    }
}

fn callbacks() -> WDF_PNPPOWER_EVENT_CALLBACKS {
    WDF_PNPPOWER_EVENT_CALLBACKS {
        EvtDevicePrepareHardware: Some(hardware::EvtDevicePrepareHardware),
        EvtDeviceReleaseHardware: Some(hardware::EvtDeviceReleaseHardware),
        EvtDeviceSurpriseRemoval: Some(hardware::EvtDeviceSurpriseRemoval),
        EvtDeviceD0EntryPostInterruptsEnabled: Some(power::EvtDeviceD0EntryPostInterruptsEnabled),
        EvtDeviceD0ExitPreInterruptsDisabled: Some(power::EvtDeviceD0ExitPreInterruptsDisabled),
        EvtDeviceSelfManagedIoInit: Some(power::EvtDeviceSelfManagedIoInit),
        EvtDeviceSelfManagedIoRestart: Some(power::EvtDeviceSelfManagedIoInit),
        EvtDeviceSelfManagedIoSuspend: Some(power::EvtDeviceSelfManagedIoSuspend),
        ..WDF_PNPPOWER_EVENT_CALLBACKS_INIT()
    }
}

/// Creates the device, with its queues and its interface.
///
/// # Safety
/// As for EvtDriverDeviceAdd.
unsafe fn add(mut init: PWDFDEVICE_INIT) -> Result<(), NTSTATUS> {
    let mut attributes = device::attributes();
    let mut device = null_mut();
    // SAFETY: the structure is the one that the framework passed; the rest is ours.
    succeed(unsafe { WdfDeviceCreate(&raw mut init, &raw mut attributes, &raw mut device) })?;
    // SAFETY: the device was created just now, with these attributes, and nobody calls back for it yet.
    unsafe { device::set_context(device, io::create_queues(device).map(Context::new)?) };
    // SAFETY: the device is ours; there is no reference string.
    succeed(unsafe { WdfDeviceCreateDeviceInterface(device, &io::INTERFACE, null()) })
}

/// Turns a status into a result.
pub(crate) fn succeed(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if NT_SUCCESS(status) { Ok(()) } else { Err(status) }
}

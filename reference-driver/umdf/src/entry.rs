//! DriverEntry and EvtDriverDeviceAdd.

use core::ptr::{null, null_mut};

use dirql_ddi::umdf::*;
use dirql_ddi::{GUID, NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};

use crate::device::{self, Context};
use crate::{hardware, io, power};

/// The interface class by which programs find the devices: {5F9C7A4E-6B0D-4B5C-9E0A-82574C0FFEE2}.
pub const GUID_DEVINTERFACE_NIC_MONITOR: GUID = GUID {
    Data1: 0x5F9C_7A4E,
    Data2: 0x6B0D,
    Data3: 0x4B5C,
    Data4: [0x9E, 0x0A, 0x82, 0x57, 0x4C, 0x0F, 0xFE, 0xE2],
};

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
    succeed(unsafe { WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_NIC_MONITOR, null()) })
}

/// Turns a status into a result.
pub(crate) fn succeed(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if NT_SUCCESS(status) { Ok(()) } else { Err(status) }
}

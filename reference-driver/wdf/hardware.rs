//! EvtDevicePrepareHardware, EvtDeviceReleaseHardware, and the news that the device is gone.

use dirql::{Cx, Error, Passive};
use dirql_ddi::{NTSTATUS, STATUS_SUCCESS};
use nic_shell::{INTERRUPT, mode};

use crate::adapter;
use crate::device::{self, Adapter};
use crate::framework::*;

/// # Safety
/// The framework calls this for a device that is not in D0, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn EvtDevicePrepareHardware(
    Device: WDFDEVICE,
    ResourcesRaw: WDFCMRESLIST,
    ResourcesTranslated: WDFCMRESLIST,
) -> NTSTATUS {
    let prepare = |cx: &mut Cx<'_, Passive>| {
        // SAFETY: this is EvtDevicePrepareHardware.
        unsafe { prepare(cx, Device, ResourcesRaw, ResourcesTranslated) }
    };
    // SAFETY: at PASSIVE_LEVEL.
    match unsafe { Cx::<Passive>::enter(prepare) } {
        Ok(adapter) => {
            // SAFETY: this is EvtDevicePrepareHardware. There was no adapter: the hardware was released before.
            unsafe { device::replace_adapter(Device, Some(adapter)) };
            STATUS_SUCCESS
        }
        Err(error) => status_of(error),
    }
}

/// # Safety
/// As for EvtDevicePrepareHardware.
unsafe fn prepare(
    cx: &mut Cx<'_, Passive>,
    handle: WDFDEVICE,
    raw: WDFCMRESLIST,
    translated: WDFCMRESLIST,
) -> Result<Adapter, Error> {
    // SAFETY: the caller is EvtDevicePrepareHardware, and gives everything back in EvtDeviceReleaseHardware.
    let device = unsafe { Device::prepare(cx, handle, raw, translated) }?;
    // SAFETY: the framework calls back for the device.
    let (driver, is_msi_x) = unsafe { adapter::build(cx, &device, handle) }?;
    let registration = register(cx, &device, driver, INTERRUPT)?;
    let mode = mode(registration.granted(), is_msi_x);
    Ok(Adapter { registration, device, mode })
}

/// # Safety
/// The framework calls this for a device that is not in D0, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn EvtDeviceReleaseHardware(
    Device: WDFDEVICE,
    _ResourcesTranslated: WDFCMRESLIST,
) -> NTSTATUS {
    // SAFETY: this is EvtDeviceReleaseHardware.
    let adapter = unsafe { device::replace_adapter(Device, None) };
    // There is none if the device could not be prepared.
    if let Some(Adapter { registration, device, mode: _ }) = adapter {
        let unregister = |cx: &mut Cx<'_, Passive>| {
            // The driver's memory goes before the device.
            // SAFETY: the device is not in D0, and the framework deletes its interrupts after this.
            let _driver = unsafe { registration.unregister(cx) };
        };
        // SAFETY: at PASSIVE_LEVEL.
        unsafe { Cx::<Passive>::enter(unregister) };
        drop(device);
    }
    STATUS_SUCCESS
}

/// # Safety
/// The framework calls this for a device that was started, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn EvtDeviceSurpriseRemoval(Device: WDFDEVICE) {
    // SAFETY: this is a callback of the device.
    let Some(adapter) = (unsafe { device::adapter(Device) }) else { return };
    // SAFETY: EvtDeviceSurpriseRemoval runs at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| adapter.removed(cx)) };
}

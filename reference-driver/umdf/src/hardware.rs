//! EvtDevicePrepareHardware, EvtDeviceReleaseHardware, and the news that the device is gone.

use dirql::{Cx, Error, Passive};
use dirql_backends::umdf::{self, Device};
use dirql_ddi::umdf::*;
use dirql_ddi::{NTSTATUS, STATUS_SUCCESS};
use nic::Filter;
use nic_shell::{INTERRUPT, mode};

use crate::device::{self, Adapter, Driver};

/// What is counted: all that goes by.
const EVERYTHING: Filter = Filter { promiscuous: true, all_multicast: true, broadcast: true };
/// Nobody can be asked. A change of the link, which the driver acknowledges itself, comes by MSI just so.
const MESSAGES_ARE_MSI_X: bool = true;

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
        Err(error) => umdf::status_of(error),
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
    let waiters = unsafe { device::waiters(handle) };
    let driver = Driver::new(device.registers(), EVERYTHING, waiters);
    let registration = umdf::register(cx, &device, driver, INTERRUPT)?;
    let mode = mode(registration.granted(), MESSAGES_ARE_MSI_X);
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
            // SAFETY: the device is not in D0, and the framework deletes its interrupts after this.
            unsafe { registration.unregister(cx) }
        };
        // SAFETY: at PASSIVE_LEVEL.
        let _driver = unsafe { Cx::<Passive>::enter(unregister) };
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
    unsafe { Cx::<Passive>::enter(|cx| removed(cx, adapter)) };
}

/// Asks the device for nothing any more (R81, R91).
fn removed(cx: &mut Cx<'_, Passive>, adapter: &Adapter) {
    adapter.registration.surprise_removal();
    adapter.driver().removed(cx, adapter.registration.interrupt());
}

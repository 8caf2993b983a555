//! EvtDevicePrepareHardware, EvtDeviceReleaseHardware, and the news that the device is gone.

use dirql::{Cx, Error, Passive};
use dirql_backends::kmdf::{self, Device};
use dirql_ddi::kmdf::*;
use dirql_ddi::{NTSTATUS, STATUS_SUCCESS};
use nic::{Memories, Nic, Settings};
use nic_shell::{INTERRUPT, mode};

use crate::bus;
use crate::device::{self, Adapter};
use crate::driver::{Above, Driver};
use crate::io::Queues;
use crate::reads::Reads;
use crate::writes::Writes;

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
        Err(error) => kmdf::status_of(error),
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
    // SAFETY: the device is prepared.
    let is_msi_x = unsafe { bus::is_msi_x(handle) }?;
    // SAFETY: the framework calls back for the device.
    let driver = build(cx, &device, unsafe { device::queues(handle) })?;
    let registration = kmdf::register(cx, &device, driver, INTERRUPT)?;
    let mode = mode(registration.granted(), is_msi_x);
    Ok(Adapter { registration, device, mode })
}

/// Makes the driver, stopped.
fn build(cx: &mut Cx<'_, Passive>, device: &Device, queues: Queues) -> Result<Driver, Error> {
    let settings = Settings { transmit_descriptors: 64, receive_descriptors: 64, ..Settings::default() };
    let mut allocate = |len| device.allocate(cx, len);
    let memories = Memories::allocate(&settings, &mut allocate)?;
    let writes = Writes::new(queues.writes, allocate(Writes::LEN)?);
    let reads = Reads::new(queues.reads, allocate(Reads::LEN)?);
    let nic = Nic::<_, _>::new(device.registers(), memories, settings, Above { writes, reads })?;
    Ok(Driver { nic })
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
        drop(unsafe { Cx::<Passive>::enter(unregister) });
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

/// Gives back what the device will never send (R81, R91).
fn removed(cx: &mut Cx<'_, Passive>, adapter: &Adapter) {
    adapter.registration.surprise_removal();
    adapter.driver().writes().close(cx);
    adapter.driver().nic.removed(cx, adapter.registration.interrupt());
}

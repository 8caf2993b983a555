//! IRP_MN_START_DEVICE, and its undoing.
//!
//! Every step owns what it took, so a step that fails undoes those before it; the interrupt says so itself, since what
//! is registered stays registered until somebody unregisters it.

use dirql::{Cx, Error, Passive};
use dirql_backends::wdm::{CommonBuffer, Device, Registration, register};
use dirql_ddi::*;
use nic::{InterruptMode, Memories, Nic, Settings};
use nic_shell::{INTERRUPT, mode};

use crate::driver::{Above, Driver, Inbox, Staging};
use crate::extension::Extension;
use crate::request::Request;
use crate::{pci, resources};

/// A started device. Its parts are given back in the order in which they stand.
pub(crate) struct Started {
    /// The registered interrupt; it holds the driver.
    registration: Registration<Driver>,
    device: Device,
    mode: InterruptMode,
}

impl Started {
    pub(crate) fn driver(&self) -> &Driver {
        self.registration.handler()
    }

    /// Starts the device, and sends what waited.
    pub(crate) fn wake(&self, cx: &mut Cx<'_, Passive>) -> Result<(), Error> {
        self.driver().nic.start(cx, self.registration.interrupt(), self.mode)
    }

    /// Makes the device quiet. What it was sending comes back.
    pub(crate) fn sleep(&self, cx: &mut Cx<'_, Passive>) {
        self.driver().nic.stop(cx, self.registration.interrupt());
    }

    /// Gives everything back: no handler of its interrupt runs after this, and nothing stays allocated.
    pub(crate) fn end(self, cx: &mut Cx<'_, Passive>) {
        self.sleep(cx);
        let Self { registration, device, mode: _ } = self;
        drop(registration.unregister(cx));
        drop(device);
    }

    /// As [`end`](Self::end), for a device that is gone (R81, R91).
    pub(crate) fn end_gone(self, cx: &mut Cx<'_, Passive>) {
        self.driver().nic.removed(cx, self.registration.interrupt());
        let Self { registration, device, mode: _ } = self;
        drop(registration.unregister_gone(cx));
        drop(device);
    }
}

/// Starts the device when the lower drivers have: claims what it was assigned, and lets requests in.
///
/// In a stack frame of its own, in which a driver is made: other PnP requests need none of it.
#[inline(never)]
pub(crate) fn start(cx: &mut Cx<'_, Passive>, extension: &Extension, request: Request) -> NTSTATUS {
    let status = request.forward(extension);
    if !NT_SUCCESS(status) {
        return status;
    }
    // SAFETY: the request is IRP_MN_START_DEVICE, so it has this member.
    let resources = unsafe { request.location().Parameters.StartDevice }.AllocatedResourcesTranslated;
    let status = match claim(cx, extension, resources) {
        // SAFETY: PnP calls, and the device is not started yet.
        Ok(started) => unsafe { go(cx, extension, started) },
        Err(_) => STATUS_INSUFFICIENT_RESOURCES,
    };
    if !NT_SUCCESS(status) {
        extension.reads.refuse(cx, STATUS_DEVICE_NOT_READY);
        extension.writes.refuse(cx, STATUS_DEVICE_NOT_READY);
    }
    status
}

fn claim(
    cx: &mut Cx<'_, Passive>,
    extension: &Extension,
    resources: PCM_RESOURCE_LIST,
) -> Result<Started, Error> {
    // SAFETY: the list is that of IRP_MN_START_DEVICE.
    let space = unsafe { resources::registers(resources) }?;
    let is_msi_x = pci::is_msi_x(cx, extension.lower)?;
    // SAFETY: the device is the one that is started, and the space its translated resource. `Started` gives all back
    // before the device.
    let device = unsafe { Device::start(cx, extension.physical, space.Start, space.Length) }?;
    let driver = build(cx, extension, &device)?;
    let registration = register(cx, &device, driver, INTERRUPT)?;
    let mode = mode(registration.granted(), is_msi_x);
    let started = Started { registration, device, mode };
    match started.wake(cx) {
        Ok(()) => Ok(started),
        Err(error) => {
            started.end(cx);
            Err(error)
        }
    }
}

/// Makes the driver, stopped.
fn build(cx: &mut Cx<'_, Passive>, extension: &Extension, device: &Device) -> Result<Driver, Error> {
    let settings = Settings { transmit_descriptors: 64, receive_descriptors: 64, ..Settings::default() };
    let memories = memories(cx, device, &settings)?;
    let staging = Staging::new(device.allocate(cx, Staging::LEN)?);
    let inbox = Inbox::new(device.allocate(cx, Inbox::LEN)?);
    let above = Above::new(extension, staging, inbox);
    Ok(Driver { nic: Nic::new(device.registers(), memories, settings, above)? })
}

fn memories(
    cx: &mut Cx<'_, Passive>,
    device: &Device,
    settings: &Settings,
) -> Result<Memories<CommonBuffer>, Error> {
    Ok(Memories {
        transmit_ring: device.allocate(cx, settings.transmit_ring_len())?,
        receive_ring: device.allocate(cx, settings.receive_ring_len())?,
        receive_buffers: device.allocate(cx, settings.receive_buffers_len())?,
    })
}

/// Lets programs open the device, and requests at it.
///
/// # Safety
/// As for [`Extension::set_started`].
unsafe fn go(cx: &mut Cx<'_, Passive>, extension: &Extension, started: Started) -> NTSTATUS {
    // SAFETY: PnP calls.
    let status = unsafe { extension.enable_interface(cx, true) };
    if !NT_SUCCESS(status) {
        started.end(cx);
        return status;
    }
    let state = POWER_STATE { DeviceState: PowerDeviceD0 };
    // SAFETY: the device object is ours; the device works.
    unsafe { PoSetPowerState(extension.object, DevicePowerState, state) };
    // SAFETY: the caller's promise.
    unsafe { extension.set_started(cx, started) };
    extension.reads.accept(cx, false);
    resume(cx, extension);
    status
}

/// Lets writes go on that were held back.
pub(crate) fn resume(cx: &mut Cx<'_, Passive>, extension: &Extension) {
    extension.writes.accept(cx, false);
    extension.with_started(cx, |cx, started| started.driver().pump(cx));
}

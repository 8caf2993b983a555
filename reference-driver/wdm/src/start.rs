//! IRP_MN_START_DEVICE, and its undoing.
//!
//! Every step owns what it took, so a step that fails undoes those before it; the interrupt says so itself, since what
//! is registered stays registered until somebody unregisters it.

use dirql::{Cx, Error, ErrorKind, Passive};
use dirql_backends::first_memory;
use dirql_backends::wdm::{Device, Registration, read_config, register};
use dirql_ddi::*;
use nic::{InterruptMode, Memories, Nic, Settings};
use nic_shell::{INTERRUPT, mode, pci};

use crate::driver::{Above, Driver, Inbox, Staging};
use crate::extension::Extension;
use crate::request::Request;

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
    // SAFETY: the list is that of IRP_MN_START_DEVICE, and has one entry for a PCI device; here and below.
    let list = unsafe { resources.as_ref() }.ok_or(ErrorKind::OutOfResources)?;
    // SAFETY: as above. The first memory is BAR0 (82574 data sheet, 9.1.7).
    let space = unsafe { first_memory(&raw const list.List[0].PartialResourceList) };
    let space = space.ok_or(ErrorKind::OutOfResources)?;
    let is_msi_x = is_msi_x(cx, extension)?;
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

fn is_msi_x(cx: &mut Cx<'_, Passive>, extension: &Extension) -> Result<bool, Error> {
    let mut failed = None;
    let is_msi_x = pci::is_msi_x(|offset, to| {
        // SAFETY: the lower drivers have started the device.
        failed = unsafe { read_config(cx, extension.lower, offset, to) }.err().or(failed);
    });
    failed.map_or(Ok(is_msi_x), Err)
}

/// Makes the driver, stopped.
fn build(cx: &mut Cx<'_, Passive>, extension: &Extension, device: &Device) -> Result<Driver, Error> {
    let settings = Settings { transmit_descriptors: 64, receive_descriptors: 64, ..Settings::default() };
    let mut allocate = |len| device.allocate(cx, len);
    let memories = Memories::allocate(&settings, &mut allocate)?;
    let (staging, inbox) = (Staging::new(allocate(Staging::LEN)?), Inbox::new(allocate(Inbox::LEN)?));
    let above = Above::new(extension, staging, inbox);
    Ok(Driver { nic: Nic::new(device.registers(), memories, settings, above)? })
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

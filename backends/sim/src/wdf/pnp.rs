//! What the PnP manager and power management ask of a device whose driver was loaded, and what the framework makes of it.

use dirql_ddi::wdf::{
    PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP, WDF_PNPPOWER_EVENT_CALLBACKS, WDF_POWER_DEVICE_STATE,
    WDFCMRESLIST, WdfPowerDeviceD3, WdfPowerDeviceD3Final,
};
use dirql_ddi::{NT_SUCCESS, NTSTATUS, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS};

use super::device::{self, SelfManaged, State};
use super::object::{self, Kind, ObjectId};
use super::{connection, driver, init, interrupt, objects, power, queue};
use crate::bus::DeviceId;
use crate::kernel::{self, fail};
use crate::power::Power;

/// Returns the object of a device, if its driver has created one.
pub(super) fn find(id: DeviceId) -> Option<ObjectId> {
    objects(|o| o.find(|kind| matches!(kind, Kind::Device(device) if device.id == id)))
}

fn object_of(id: DeviceId) -> ObjectId {
    find(id).unwrap_or_else(|| panic!("the driver has no object for {id:?}"))
}

/// Tells the driver of a device: EvtDriverDeviceAdd. Returns its status; without success no object is left.
///
/// At PASSIVE_LEVEL, as all functions here.
pub fn add(id: DeviceId) -> NTSTATUS {
    let Some((object, driver)) = driver::loaded() else { panic!("no driver is loaded") };
    let init = init::begin(id, driver.framework);
    kernel::note("calls EvtDriverDeviceAdd", 0);
    let status = driver.config.EvtDriverDeviceAdd.map_or(STATUS_SUCCESS, |add| {
        // SAFETY: the driver gave this callback for its object; the structure is its until it returns.
        unsafe { add(object.handle(), init) }
    });
    init::end();
    let device = find(id);
    match device {
        Some(device) if !NT_SUCCESS(status) => object::delete(device),
        None if NT_SUCCESS(status) => {
            fail("WdfState", "a function driver's EvtDriverDeviceAdd succeeds without a device".into())
        }
        _ => {}
    }
    status
}

/// Starts a device, whose registers are so many bytes, or starts it again with what it is wired to now:
/// EvtDevicePrepareHardware, and all that a power-up is. Returns the first failure; the hardware is then released.
pub fn start(id: DeviceId, registers_len: u32) -> NTSTATUS {
    let object = object_of(id);
    kernel::set_power(id, Power::D0);
    let (raw, translated) = device::prepare_hardware(object.handle(), registers_len);
    if raw.is_null() || translated.is_null() {
        device::release_hardware(object.handle());
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    device::keep_resources(object, translated);
    let mut status = prepare(object, raw, translated);
    if NT_SUCCESS(status) {
        status = power::power_up(object.handle());
    }
    if !NT_SUCCESS(status) {
        release(object);
    }
    status
}

fn prepare(device: ObjectId, raw: WDFCMRESLIST, translated: WDFCMRESLIST) -> NTSTATUS {
    kernel::note("calls EvtDevicePrepareHardware", 0);
    device::get(device).callbacks.EvtDevicePrepareHardware.map_or(STATUS_SUCCESS, |prepare| {
        // SAFETY: the driver gave this callback for its device; the lists live until `release`.
        unsafe { prepare(device.handle(), raw, translated) }
    })
}

/// EvtDeviceReleaseHardware, which also follows an EvtDevicePrepareHardware that failed (PnpEventFailedOwnHardware).
/// Interrupts that were left connected or inactive in Dx are disconnected before (NotifyResourcesForceDisconnect).
fn release(device: ObjectId) {
    let Some(translated) = device::take_resources(device) else { return };
    interrupt::of_device(device).into_iter().rev().for_each(connection::disconnect);
    kernel::note("calls EvtDeviceReleaseHardware", 0);
    if let Some(release) = device::get(device).callbacks.EvtDeviceReleaseHardware {
        // SAFETY: the driver gave this callback for its device; the list is the one that it was prepared with.
        let _goes_on = unsafe { release(device.handle(), translated) };
    }
    device::release_hardware(device.handle());
}

fn is_in_d0(device: ObjectId) -> bool {
    device::get(device).state == State::D0
}

/// The bus driver has the last word: it takes power away, and nobody is left to mask an interrupt. Of a device that
/// goes nothing is expected any more.
fn power_down(device: ObjectId, target: WDF_POWER_DEVICE_STATE, then: Power) {
    if is_in_d0(device) {
        power::power_down(device.handle(), target);
        kernel::set_power(device::get(device).id, then);
    }
}

/// Stops a device to give it other resources: requests stay where they are.
pub fn stop(id: DeviceId) {
    let device = object_of(id);
    power_down(device, WdfPowerDeviceD3Final, Power::Asleep);
    release(device);
}

/// Says that a paging file is behind a device (IRP_MN_DEVICE_USAGE_NOTIFICATION): its power is not pageable any more, and
/// its interrupts stay connected in Dx (R69).
pub fn use_for_paging(id: DeviceId) {
    device::set_power_not_pageable(object_of(id).handle());
}

/// Grants a device its messages, or the line only, with its next [`start`]. It is stopped.
pub fn grant_messages(id: DeviceId, granted: bool) {
    kernel::grant_messages(id, granted);
}

/// Takes a device from D0 to D3.
pub fn sleep(id: DeviceId) {
    power_down(object_of(id), WdfPowerDeviceD3, Power::Asleep);
}

/// Takes a device from D3 to D0. Returns the first failure; the hardware is then released.
pub fn wake(id: DeviceId) -> NTSTATUS {
    let device = object_of(id);
    kernel::set_power(id, Power::D0);
    let status = power::power_up(device.handle());
    if !NT_SUCCESS(status) {
        release(device);
    }
    status
}

/// Says that a device is gone: EvtDeviceSurpriseRemoval, and all that its end is but for the deletion of its object,
/// which waits for the last handle to be closed ([`remove`]).
pub fn remove_by_surprise(id: DeviceId) {
    let device = object_of(id);
    power::surprise_removal(device.handle());
    end(device);
}

/// Powers down and releases the hardware, and then gives back what waits in power-managed queues
/// (PnpCleanupForRemove).
fn end(device: ObjectId) {
    power_down(device, WdfPowerDeviceD3Final, Power::Dx);
    release(device);
    queue::purge_all(device, true);
    if device::get(device).self_managed == SelfManaged::Begun {
        device::change(device, |device| device.self_managed = SelfManaged::Flushed);
        call(device, "calls EvtDeviceSelfManagedIoFlush", |c| c.EvtDeviceSelfManagedIoFlush);
    }
}

/// Removes a device, and all that belongs to it. Nobody has a handle to it any more.
pub fn remove(id: DeviceId) {
    let device = object_of(id);
    end(device);
    queue::purge_all(device, false);
    if device::get(device).self_managed == SelfManaged::Flushed {
        call(device, "calls EvtDeviceSelfManagedIoCleanup", |c| c.EvtDeviceSelfManagedIoCleanup);
    }
    object::delete(device);
}

fn call(
    device: ObjectId,
    note: &'static str,
    event: impl FnOnce(&WDF_PNPPOWER_EVENT_CALLBACKS) -> PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP,
) {
    let Some(event) = event(&device::get(device).callbacks) else { return };
    kernel::note(note, 0);
    // SAFETY: the driver gave this callback for its device.
    unsafe { event(device.handle()) };
}

//! Device objects: those of the bus driver, one for each device, and those that the driver makes and stacks on them.
//!
//! A driver's own are pool with its extension behind, so leaks and late uses are found as those of pool are.

use core::cell::UnsafeCell;
use core::ptr::null_mut;

use dirql_ddi::{
    BOOLEAN, DEVICE_OBJECT, DEVICE_TYPE, DO_DEVICE_INITIALIZING, NTSTATUS, PDEVICE_OBJECT, PDRIVER_OBJECT,
    PUNICODE_STRING, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS, ULONG,
};

use super::driver::driver_object;
use super::nt;
use crate::bus::DeviceId;
use crate::context::inert;
use crate::irql::{APC, DISPATCH};
use crate::kernel::{self, fail};
use crate::moves::DEVICES_MAX;

const TAG: u32 = u32::from_le_bytes(*b"Devi");

/// A device object of the driver's.
struct Made {
    object: PDEVICE_OBJECT,
    /// What it lies on in its stack.
    lower: PDEVICE_OBJECT,
    /// What keeps it after its deletion: requests under way, handles.
    references: u32,
    is_deleted: bool,
}

/// The device objects of one run.
#[derive(Default)]
pub(super) struct DeviceObjects {
    physical: [Option<Box<UnsafeCell<DEVICE_OBJECT>>>; DEVICES_MAX],
    made: Vec<Made>,
}

impl DeviceObjects {
    /// Says whether a device object of the driver's is left.
    pub(super) fn any_made(&self) -> bool {
        !self.made.is_empty()
    }

    fn made(&mut self, object: PDEVICE_OBJECT) -> Option<&mut Made> {
        self.made.iter_mut().find(|made| made.object == object)
    }

    fn physical(&mut self, device: DeviceId) -> PDEVICE_OBJECT {
        let place = &mut self.physical[usize::from(device.0)];
        place.get_or_insert_with(|| Box::new(UnsafeCell::new(empty(null_mut(), null_mut())))).get()
    }

    /// Returns the device whose physical device object this is.
    fn device_of(&self, object: PDEVICE_OBJECT) -> Option<DeviceId> {
        let is_it = |own: &Option<Box<UnsafeCell<DEVICE_OBJECT>>>| {
            own.as_ref().is_some_and(|own| own.get() == object)
        };
        self.physical.iter().position(is_it).map(|index| DeviceId(index as u8))
    }
}

/// A device object as IoCreateDevice leaves it.
fn empty(driver: PDRIVER_OBJECT, extension: *mut core::ffi::c_void) -> DEVICE_OBJECT {
    // SAFETY: numbers, null pointers and routines that are none: all zeros is a value of each.
    let zeros: DEVICE_OBJECT = unsafe { core::mem::zeroed() };
    DEVICE_OBJECT {
        Type: 3,
        Size: size_of::<DEVICE_OBJECT>() as u16,
        DriverObject: driver,
        DeviceExtension: extension,
        Flags: DO_DEVICE_INITIALIZING,
        StackSize: 1,
        ..zeros
    }
}

/// Returns a device's physical device object.
pub fn device_object(device: DeviceId) -> PDEVICE_OBJECT {
    nt(|nt| nt.devices.physical(device))
}

/// Returns the device whose physical device object this is, if it is one.
pub(super) fn physical_of(object: PDEVICE_OBJECT) -> Option<DeviceId> {
    nt(|nt| nt.devices.device_of(object))
}

/// Returns the device behind a physical device object, or ends the run.
pub(super) fn device_of(object: PDEVICE_OBJECT) -> DeviceId {
    let found = physical_of(object);
    found.unwrap_or_else(|| fail("InvalidHandle", format!("{object:?} is no physical device object")))
}

/// Returns the device at the bottom of a device object's stack, or ends the run.
pub(super) fn device_behind(mut object: PDEVICE_OBJECT) -> DeviceId {
    while let Some(lower) = nt(|nt| nt.devices.made(object).map(|made| made.lower)) {
        object = lower;
    }
    device_of(object)
}

/// Says whether this is a device object that there is.
pub(super) fn is_device_object(object: PDEVICE_OBJECT) -> bool {
    nt(|nt| nt.devices.made(object).is_some() || nt.devices.device_of(object).is_some())
}

/// Returns what is on top of a device's stack.
pub(super) fn top_of(device: DeviceId) -> PDEVICE_OBJECT {
    let mut top = device_object(device);
    loop {
        // SAFETY: device objects that are attached are there.
        match unsafe { (*top).AttachedDevice } {
            above if above.is_null() => return top,
            above => top = above,
        }
    }
}

/// Keeps a device object of the driver's until [`dereference`].
pub(super) fn reference(object: PDEVICE_OBJECT) {
    nt(|nt| {
        if let Some(made) = nt.devices.made(object) {
            made.references += 1;
        }
    });
}

/// Ends a [`reference`]; the last one of a deleted device object frees it.
pub(super) fn dereference(object: PDEVICE_OBJECT) {
    let is_last = nt(|nt| {
        let made = nt.devices.made(object)?;
        made.references -= 1;
        Some(made.references == 0 && made.is_deleted)
    });
    if is_last == Some(true) {
        free(object);
    }
}

fn free(object: PDEVICE_OBJECT) {
    nt(|nt| nt.devices.made.retain(|made| made.object != object));
    // SAFETY: it was made of pool, and was deleted.
    unsafe { super::free(object.cast()) };
}

fn require_at_most(irql_max: u8, caller: &str) {
    let irql = kernel::irql();
    if irql > irql_max {
        fail("IrqlIo", format!("{caller} at IRQL {irql}"));
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoCreateDevice(
    DriverObject: PDRIVER_OBJECT,
    DeviceExtensionSize: ULONG,
    _DeviceName: PUNICODE_STRING,
    DeviceType: DEVICE_TYPE,
    DeviceCharacteristics: ULONG,
    _Exclusive: BOOLEAN,
    DeviceObject: *mut PDEVICE_OBJECT,
) -> NTSTATUS {
    if inert() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    require_at_most(APC, "IoCreateDevice");
    if DriverObject != driver_object() {
        fail("InvalidHandle", format!("IoCreateDevice: {DriverObject:?} is no driver object"));
    }
    let size = size_of::<DEVICE_OBJECT>() + DeviceExtensionSize as usize;
    let object: PDEVICE_OBJECT = kernel::allocate_pool(size, TAG).cast();
    // SAFETY: the caller guarantees a pointer to write to.
    unsafe { DeviceObject.write(object) };
    if object.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    let fresh = DEVICE_OBJECT {
        DeviceType,
        Characteristics: DeviceCharacteristics,
        ..empty(DriverObject, object.wrapping_add(1).cast())
    };
    // SAFETY: the memory is long and aligned enough, and ours.
    unsafe { object.write(fresh) };
    nt(|nt| nt.devices.made.push(Made { object, lower: null_mut(), references: 0, is_deleted: false }));
    STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoDeleteDevice(DeviceObject: PDEVICE_OBJECT) {
    if inert() {
        return;
    }
    require_at_most(APC, "IoDeleteDevice");
    kernel::pause();
    let found = nt(|nt| {
        let made = nt.devices.made(DeviceObject).filter(|made| !made.is_deleted)?;
        made.is_deleted = true;
        Some((made.lower, made.references))
    });
    let Some((lower, references)) = found else {
        fail("InvalidHandle", format!("IoDeleteDevice: {DeviceObject:?} is no device object of the driver's"))
    };
    if !lower.is_null() {
        fail("DeviceStack", "IoDeleteDevice of a device object that is attached".into());
    }
    if references == 0 {
        free(DeviceObject);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoAttachDeviceToDeviceStack(
    SourceDevice: PDEVICE_OBJECT,
    TargetDevice: PDEVICE_OBJECT,
) -> PDEVICE_OBJECT {
    if inert() {
        return null_mut();
    }
    require_at_most(DISPATCH, "IoAttachDeviceToDeviceStack");
    if kernel::is_denied() {
        return null_mut();
    }
    let top = top_of(device_behind(TargetDevice));
    let known = nt(|nt| nt.devices.made(SourceDevice).map(|made| made.lower = top));
    if known.is_none() {
        fail("InvalidHandle", format!("IoAttachDeviceToDeviceStack: {SourceDevice:?} is no device object"));
    }
    // SAFETY: both are device objects that are there; here and below.
    let source = unsafe { &mut *SourceDevice };
    // SAFETY: as above.
    let target = unsafe { &mut *top };
    source.StackSize = target.StackSize + 1;
    target.AttachedDevice = SourceDevice;
    top
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoDetachDevice(TargetDevice: PDEVICE_OBJECT) {
    if inert() {
        return;
    }
    kernel::require_passive("IrqlIo", "IoDetachDevice");
    if !is_device_object(TargetDevice) {
        fail("InvalidHandle", format!("IoDetachDevice: {TargetDevice:?} is no device object"));
    }
    // SAFETY: checked just now.
    let above = core::mem::replace(unsafe { &mut (*TargetDevice).AttachedDevice }, null_mut());
    if nt(|nt| nt.devices.made(above).map(|made| made.lower = null_mut())).is_none() {
        fail("DeviceStack", "IoDetachDevice of a device object that nothing is attached to".into());
    }
}

const _: () = {
    let _ = [IoCreateDevice, dirql_ddi::IoCreateDevice];
    let _ = [IoDeleteDevice, dirql_ddi::IoDeleteDevice];
    let _ = [IoAttachDeviceToDeviceStack, dirql_ddi::IoAttachDeviceToDeviceStack];
    let _ = [IoDetachDevice, dirql_ddi::IoDetachDevice];
};

//! AddDevice, and the end of what it made.

use core::ptr::null_mut;

use dirql_ddi::*;

use crate::extension::Extension;

/// The interface by which programs find the device. No class of Windows's own: frames are raw.
pub static GUID_DEVINTERFACE_NIC: GUID = GUID {
    Data1: 0x6f1c_0a3e,
    Data2: 0x9d52,
    Data3: 0x4b7e,
    Data4: [0x8c, 0x11, 0x82, 0x57, 0x4c, 0x00, 0x10, 0xd3],
};

/// # Safety
/// The PnP manager calls this with this driver's object and a device to drive, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn AddDevice(
    DriverObject: PDRIVER_OBJECT,
    PhysicalDeviceObject: PDEVICE_OBJECT,
) -> NTSTATUS {
    let mut object = null_mut();
    let size = size_of::<Extension>() as ULONG;
    let (kind, flags) = (FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN);
    // SAFETY: the driver object is ours; the device object goes to a place of ours.
    let status =
        unsafe { IoCreateDevice(DriverObject, size, null_mut(), kind, flags, FALSE, &raw mut object) };
    if !NT_SUCCESS(status) {
        return status;
    }
    // SAFETY: the device object was made just now, and is not attached.
    let attached = unsafe { attach(object, PhysicalDeviceObject) };
    if let Err(status) = attached {
        // SAFETY: as above; `attach` has undone what it did.
        unsafe { IoDeleteDevice(object) };
        return status;
    }
    STATUS_SUCCESS
}

/// Names the device and puts the new device object on top of its stack.
///
/// # Safety
/// `object` is a device object of this driver's with room for an extension, `physical` the device's.
unsafe fn attach(object: PDEVICE_OBJECT, physical: PDEVICE_OBJECT) -> Result<(), NTSTATUS> {
    const NO_NAME: UNICODE_STRING = UNICODE_STRING { Length: 0, MaximumLength: 0, Buffer: null_mut() };
    let mut name = NO_NAME;
    // SAFETY: the device is the PnP manager's; the name goes to a place of ours.
    let status = unsafe {
        IoRegisterDeviceInterface(physical, &raw const GUID_DEVINTERFACE_NIC, null_mut(), &raw mut name)
    };
    if !NT_SUCCESS(status) {
        return Err(status);
    }
    // SAFETY: both device objects are there, and this one is on no stack.
    let lower = unsafe { IoAttachDeviceToDeviceStack(object, physical) };
    if lower.is_null() {
        // SAFETY: the system allocated the name.
        unsafe { RtlFreeUnicodeString(&raw mut name) };
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    // SAFETY: the device object is ours, and no request comes before DO_DEVICE_INITIALIZING is cleared; here and below.
    let place = unsafe { Extension::place(object) };
    // SAFETY: as above: IoCreateDevice made it long enough.
    unsafe { place.write(Extension::new(object, physical, lower, name)) };
    // SAFETY: as above.
    unsafe { Extension::of(object) }.initialize_remove_lock();
    // SAFETY: as above.
    let device = unsafe { &mut *object };
    device.Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
    device.Flags &= !DO_DEVICE_INITIALIZING;
    Ok(())
}

/// Takes the device object off the stack and deletes it. Nobody uses its extension any more.
///
/// # Safety
/// The lower drivers have completed IRP_MN_REMOVE_DEVICE. At PASSIVE_LEVEL.
pub(crate) unsafe fn remove(object: PDEVICE_OBJECT, lower: PDEVICE_OBJECT) {
    // SAFETY: `attach` attached it to this one.
    unsafe { IoDetachDevice(lower) };
    // SAFETY: `AddDevice` made it.
    unsafe { IoDeleteDevice(object) };
}

//! DriverEntry and DriverUnload.

use dirql_ddi::*;

use crate::{add_device, control, open, pnp, power, read, write};

/// Says what the I/O manager calls: what DriverEntry of an image calls, at PASSIVE_LEVEL.
///
/// # Safety
/// The arguments are those of DriverEntry.
pub unsafe extern "C-unwind" fn driver_entry(
    DriverObject: PDRIVER_OBJECT,
    _RegistryPath: PUNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: the driver object is DriverEntry's to fill in; here and below.
    let driver = unsafe { &mut *DriverObject };
    driver.DriverUnload = Some(DriverUnload);
    // SAFETY: as above.
    unsafe { (*driver.DriverExtension).AddDevice = Some(add_device::AddDevice) };
    let routines: [(UCHAR, PDRIVER_DISPATCH); 9] = [
        (IRP_MJ_CREATE, Some(open::DispatchCreate)),
        (IRP_MJ_CLEANUP, Some(open::DispatchCleanup)),
        (IRP_MJ_CLOSE, Some(open::DispatchClose)),
        (IRP_MJ_READ, Some(read::DispatchRead)),
        (IRP_MJ_WRITE, Some(write::DispatchWrite)),
        (IRP_MJ_DEVICE_CONTROL, Some(control::DispatchDeviceControl)),
        (IRP_MJ_PNP, Some(pnp::DispatchPnp)),
        (IRP_MJ_POWER, Some(power::DispatchPower)),
        (IRP_MJ_SYSTEM_CONTROL, Some(pnp::DispatchSystemControl)),
    ];
    for (major, routine) in routines {
        if let Some(place) = driver.MajorFunction.get_mut(usize::from(major)) {
            *place = routine;
        }
    }
    STATUS_SUCCESS
}

/// Everything was undone device by device.
///
/// # Safety
/// The I/O manager calls this when no device object of the driver is left, at PASSIVE_LEVEL.
unsafe extern "C-unwind" fn DriverUnload(_DriverObject: PDRIVER_OBJECT) {}

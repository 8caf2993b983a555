//! The driver object of the one driver that a run can load, and its extensions.

use core::cell::UnsafeCell;

use dirql_ddi::{
    DRIVER_EXTENSION, DRIVER_OBJECT, IRP_MJ_MAXIMUM_FUNCTION, IofCompleteRequest, NT_SUCCESS, NTSTATUS,
    PDEVICE_OBJECT, PDRIVER_DISPATCH, PDRIVER_OBJECT, PIRP, PUNICODE_STRING, PVOID,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS, UCHAR, ULONG,
    UNICODE_STRING,
};

use super::nt;
use super::request::status_block;
use crate::kernel::{self, fail};

const TAG: u32 = u32::from_le_bytes(*b"NtDx");
const NO_TEXT: UNICODE_STRING = UNICODE_STRING { Length: 0, MaximumLength: 0, Buffer: core::ptr::null_mut() };

/// A driver's entry point.
pub type DriverEntry = unsafe extern "C-unwind" fn(PDRIVER_OBJECT, PUNICODE_STRING) -> NTSTATUS;

/// What a driver object consists of. It is the driver's to write, so it is reached by pointers only.
pub(super) struct Driver {
    object: UnsafeCell<DRIVER_OBJECT>,
    extension: UnsafeCell<DRIVER_EXTENSION>,
    /// Driver object extensions, each with the address that names its client.
    clients: Vec<(PVOID, PVOID)>,
}

impl Driver {
    fn new() -> Box<Self> {
        let object = DRIVER_OBJECT {
            Type: 4,
            Size: size_of::<DRIVER_OBJECT>() as i16,
            DeviceObject: core::ptr::null_mut(),
            Flags: 0,
            DriverStart: core::ptr::null_mut(),
            DriverSize: 0,
            DriverSection: core::ptr::null_mut(),
            DriverExtension: core::ptr::null_mut(),
            DriverName: NO_TEXT,
            HardwareDatabase: core::ptr::null_mut(),
            FastIoDispatch: core::ptr::null_mut(),
            DriverInit: core::ptr::null_mut(),
            DriverStartIo: core::ptr::null_mut(),
            DriverUnload: None,
            MajorFunction: [Some(invalid_device_request); IRP_MJ_MAXIMUM_FUNCTION as usize + 1],
        };
        let extension = DRIVER_EXTENSION {
            DriverObject: core::ptr::null_mut(),
            AddDevice: None,
            Count: 0,
            ServiceKeyName: NO_TEXT,
        };
        let (object, extension) = (UnsafeCell::new(object), UnsafeCell::new(extension));
        let mut driver = Box::new(Self { object, extension, clients: Vec::new() });
        driver.object.get_mut().DriverExtension = driver.extension.get();
        driver.extension.get_mut().DriverObject = driver.object.get();
        driver
    }
}

/// What the I/O manager answers for a driver that has no routine for a request.
unsafe extern "C-unwind" fn invalid_device_request(_: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the I/O manager passes a request of this driver's; here and below.
    unsafe { (*irp).IoStatus = status_block(STATUS_INVALID_DEVICE_REQUEST, 0) };
    // SAFETY: as above.
    unsafe { IofCompleteRequest(irp, 0) };
    STATUS_INVALID_DEVICE_REQUEST
}

/// Returns the driver object, as DriverEntry is given it.
pub fn driver_object() -> PDRIVER_OBJECT {
    nt(|nt| nt.driver.get_or_insert_with(Driver::new).object.get())
}

fn check(object: PDRIVER_OBJECT) {
    if object != driver_object() {
        fail("InvalidHandle", format!("{object:?} is no driver object"));
    }
}

/// Calls a DriverEntry, and returns what that returned. At PASSIVE_LEVEL.
pub(crate) fn enter(entry: DriverEntry) -> NTSTATUS {
    let mut path = NO_TEXT;
    // SAFETY: the driver object is the one that the DDIs know, and the path lives for the length of the call.
    unsafe { entry(driver_object(), &raw mut path) }
}

/// Loads a driver: calls its DriverEntry, and returns what that returned. At PASSIVE_LEVEL.
pub fn load(entry: DriverEntry) -> NTSTATUS {
    let status = enter(entry);
    if !NT_SUCCESS(status) {
        gone("a DriverEntry that fails");
    }
    status
}

/// Unloads the driver, whose devices were removed. At PASSIVE_LEVEL.
pub fn unload() {
    // SAFETY: the driver object lives as long as the run.
    let unload = unsafe { (*driver_object()).DriverUnload };
    let Some(unload) = unload else { return };
    // SAFETY: the driver gave this routine for its driver object.
    unsafe { unload(driver_object()) };
    gone("DriverUnload");
}

fn gone(caller: &str) {
    if nt(|nt| nt.devices.any_made()) {
        fail("DeviceStack", format!("{caller} leaves a device object"));
    }
    free_extensions();
}

/// Frees what belongs to the driver object. The driver was unloaded, or did not load.
pub(crate) fn free_extensions() {
    for (_, memory) in nt(|nt| nt.driver.take().map_or_else(Vec::new, |driver| driver.clients)) {
        // SAFETY: the driver is gone, and its extension with it.
        unsafe { kernel::free_pool(memory.cast()) };
    }
}

/// Returns the driver's routine for requests with this major function.
pub(super) fn dispatch_routine(major: UCHAR) -> PDRIVER_DISPATCH {
    // SAFETY: the driver object lives as long as the run; DriverEntry has ended, which wrote it.
    let routines = unsafe { &(*driver_object()).MajorFunction };
    routines.get(usize::from(major)).copied().flatten()
}

/// Calls the driver's AddDevice for a device that the bus driver has found.
pub(super) fn call_add_device(physical: PDEVICE_OBJECT) -> NTSTATUS {
    let driver = driver_object();
    // SAFETY: the driver object lives as long as the run, and its extension with it; here and below.
    let extension = unsafe { (*driver).DriverExtension };
    // SAFETY: as above.
    match unsafe { (*extension).AddDevice } {
        // SAFETY: the driver gave this routine for its driver object.
        Some(add_device) => unsafe { add_device(driver, physical) },
        None => STATUS_INVALID_DEVICE_REQUEST,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoAllocateDriverObjectExtension(
    DriverObject: PDRIVER_OBJECT,
    ClientIdentificationAddress: PVOID,
    DriverObjectExtensionSize: ULONG,
    DriverObjectExtension: *mut PVOID,
) -> NTSTATUS {
    check(DriverObject);
    let memory: PVOID = kernel::allocate_pool(DriverObjectExtensionSize as usize, TAG).cast();
    // SAFETY: the caller guarantees a pointer to write to.
    unsafe { DriverObjectExtension.write(memory) };
    if memory.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    nt(|nt| {
        let driver = nt.driver.get_or_insert_with(Driver::new);
        driver.clients.push((ClientIdentificationAddress, memory));
    });
    STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoGetDriverObjectExtension(
    DriverObject: PDRIVER_OBJECT,
    ClientIdentificationAddress: PVOID,
) -> PVOID {
    check(DriverObject);
    let of_client = |&&(client, _): &&(PVOID, PVOID)| client == ClientIdentificationAddress;
    nt(|nt| {
        let clients = nt.driver.as_ref().map_or(&[][..], |driver| &driver.clients);
        clients.iter().find(of_client).map_or(core::ptr::null_mut(), |&(_, memory)| memory)
    })
}

const _: () = {
    let _ = [IoAllocateDriverObjectExtension, dirql_ddi::IoAllocateDriverObjectExtension];
    let _ = [IoGetDriverObjectExtension, dirql_ddi::IoGetDriverObjectExtension];
};

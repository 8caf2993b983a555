//! Driver objects: what DriverEntry fills in, and what a driver keeps with its own.

use crate::*;

/// A loaded driver. DriverEntry says here what the I/O manager calls.
#[repr(C)]
pub struct DRIVER_OBJECT {
    pub Type: SHORT,
    pub Size: SHORT,
    pub DeviceObject: PDEVICE_OBJECT,
    pub Flags: ULONG,
    pub DriverStart: PVOID,
    pub DriverSize: ULONG,
    pub DriverSection: PVOID,
    pub DriverExtension: PDRIVER_EXTENSION,
    pub DriverName: UNICODE_STRING,
    pub HardwareDatabase: PUNICODE_STRING,
    pub FastIoDispatch: PVOID,
    pub DriverInit: PVOID,
    pub DriverStartIo: PVOID,
    pub DriverUnload: PDRIVER_UNLOAD,
    /// By the IRP_MJ_ code.
    pub MajorFunction: [PDRIVER_DISPATCH; IRP_MJ_MAXIMUM_FUNCTION as usize + 1],
}

pub type PDRIVER_OBJECT = *mut DRIVER_OBJECT;

/// The part of a driver object that AddDevice is in.
#[repr(C)]
pub struct DRIVER_EXTENSION {
    pub DriverObject: PDRIVER_OBJECT,
    pub AddDevice: PDRIVER_ADD_DEVICE,
    pub Count: ULONG,
    pub ServiceKeyName: UNICODE_STRING,
}

pub type PDRIVER_EXTENSION = *mut DRIVER_EXTENSION;

/// At PASSIVE_LEVEL.
pub type PDRIVER_ADD_DEVICE = Option<
    unsafe extern "C-unwind" fn(
        DriverObject: PDRIVER_OBJECT,
        PhysicalDeviceObject: PDEVICE_OBJECT,
    ) -> NTSTATUS,
>;
/// At PASSIVE_LEVEL.
pub type PDRIVER_UNLOAD = Option<unsafe extern "C-unwind" fn(DriverObject: PDRIVER_OBJECT)>;
/// At PASSIVE_LEVEL for requests of threads and for PnP; at or below DISPATCH_LEVEL for what drivers send.
pub type PDRIVER_DISPATCH =
    Option<unsafe extern "C-unwind" fn(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS>;

/// UTF-16 text; the lengths are in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct UNICODE_STRING {
    pub Length: USHORT,
    pub MaximumLength: USHORT,
    pub Buffer: *mut u16,
}

pub type PUNICODE_STRING = *mut UNICODE_STRING;

ntoskrnl! {
    /// Zeroed memory that belongs to the driver object and goes with it. At or below DISPATCH_LEVEL.
    pub fn IoAllocateDriverObjectExtension(
        DriverObject: PDRIVER_OBJECT,
        ClientIdentificationAddress: PVOID,
        DriverObjectExtensionSize: ULONG,
        DriverObjectExtension: *mut PVOID,
    ) -> NTSTATUS;
    /// Null if there is none for this client. At or below DISPATCH_LEVEL.
    pub fn IoGetDriverObjectExtension(
        DriverObject: PDRIVER_OBJECT,
        ClientIdentificationAddress: PVOID,
    ) -> PVOID;
}

// wdm.h, and ntdef.h.
layout! {
    DRIVER_OBJECT: 0x150, align 8 {
        Type: 0x00,
        Size: 0x02,
        DeviceObject: 0x08,
        Flags: 0x10,
        DriverStart: 0x18,
        DriverSize: 0x20,
        DriverSection: 0x28,
        DriverExtension: 0x30,
        DriverName: 0x38,
        HardwareDatabase: 0x48,
        FastIoDispatch: 0x50,
        DriverInit: 0x58,
        DriverStartIo: 0x60,
        DriverUnload: 0x68,
        MajorFunction: 0x70,
    }
    DRIVER_EXTENSION: 0x28, align 8 { DriverObject: 0x00, AddDevice: 0x08, Count: 0x10, ServiceKeyName: 0x18 }
    UNICODE_STRING: 0x10, align 8 { Length: 0x00, MaximumLength: 0x02, Buffer: 0x08 }
}

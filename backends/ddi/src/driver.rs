//! Driver objects, as far as a driver that registers with a framework needs them.

use crate::*;

/// Opaque: the I/O manager's object for a loaded driver.
#[repr(C)]
pub struct DRIVER_OBJECT {
    _opaque: [u8; 0],
}

pub type PDRIVER_OBJECT = *mut DRIVER_OBJECT;

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

// ntdef.h.
layout! {
    UNICODE_STRING: 0x10, align 8 { Length: 0x00, MaximumLength: 0x02, Buffer: 0x08 }
}

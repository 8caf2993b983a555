//! The driver object of the one driver that a run can load, and its extension.

use dirql_ddi::{NTSTATUS, PDRIVER_OBJECT, PVOID, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS, ULONG};

use super::nt;
use crate::kernel::{self, fail};

/// Not real memory: a number that only this module can read.
const OBJECT_AT: usize = 0xffff_8000_0000_0000;
const TAG: u32 = u32::from_le_bytes(*b"NtDx");

/// Returns the driver object, as DriverEntry is given it.
pub fn driver_object() -> PDRIVER_OBJECT {
    core::ptr::without_provenance_mut(OBJECT_AT)
}

fn check(object: PDRIVER_OBJECT) {
    if object != driver_object() {
        fail("InvalidHandle", format!("{object:?} is no driver object"));
    }
}

/// Frees what belongs to the driver object. The driver was unloaded, or did not load.
pub(crate) fn free_extensions() {
    for (_, memory) in nt(|nt| core::mem::take(&mut nt.extensions)) {
        // SAFETY: the driver is gone, and its extension with it.
        unsafe { kernel::free_pool(memory.cast()) };
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
    nt(|nt| nt.extensions.push((ClientIdentificationAddress, memory)));
    STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoGetDriverObjectExtension(
    DriverObject: PDRIVER_OBJECT,
    ClientIdentificationAddress: PVOID,
) -> PVOID {
    check(DriverObject);
    let of_client = |&&(client, _): &&(PVOID, PVOID)| client == ClientIdentificationAddress;
    nt(|nt| nt.extensions.iter().find(of_client).map_or(core::ptr::null_mut(), |&(_, memory)| memory))
}

const _: () = {
    let _ = [IoAllocateDriverObjectExtension, dirql_ddi::IoAllocateDriverObjectExtension];
    let _ = [IoGetDriverObjectExtension, dirql_ddi::IoGetDriverObjectExtension];
};

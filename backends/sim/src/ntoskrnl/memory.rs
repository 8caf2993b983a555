//! Pool, mappings, delays.

use dirql_ddi::{
    BOOLEAN, KPROCESSOR_MODE, LARGE_INTEGER, NTSTATUS, PHYSICAL_ADDRESS, POOL_FLAGS, PVOID, SIZE_T,
    STATUS_SUCCESS, ULONG,
};

use super::nt;
use super::register::{REGISTERS_AT, register_at};
use super::resources::{SPACE_BASE, SPACE_SIZE};
use crate::context::inert;
use crate::kernel::{self, fail};
use crate::moves::DEVICES_MAX;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn ExAllocatePool2(_Flags: POOL_FLAGS, NumberOfBytes: SIZE_T, Tag: ULONG) -> PVOID {
    kernel::allocate_pool(NumberOfBytes, Tag).cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn ExFreePoolWithTag(P: PVOID, _Tag: ULONG) {
    // SAFETY: the caller frees what nobody uses any more.
    unsafe { free(P) };
}

/// Frees pool, in which no queued DPC object may lie (R38).
///
/// # Safety
/// As for [`kernel::free_pool`].
pub(crate) unsafe fn free(address: PVOID) {
    super::dpc::check_freed(address as usize);
    // SAFETY: the caller's promise.
    unsafe { kernel::free_pool(address.cast()) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn MmMapIoSpaceEx(
    PhysicalAddress: PHYSICAL_ADDRESS,
    NumberOfBytes: SIZE_T,
    _Protect: ULONG,
) -> PVOID {
    match kernel::is_denied() {
        true => core::ptr::null_mut(),
        false => map_io_space(PhysicalAddress, NumberOfBytes),
    }
}

/// Maps registers of a device.
pub(crate) fn map_io_space(physical: PHYSICAL_ADDRESS, len: usize) -> PVOID {
    // SAFETY: the union has one member.
    let physical = unsafe { physical.QuadPart } as u64;
    let offset = physical.wrapping_sub(SPACE_BASE);
    if offset.saturating_add(len as u64) > DEVICES_MAX as u64 * SPACE_SIZE {
        fail("InvalidHandle", format!("{physical:#x} is no device's memory"));
    }
    nt(|nt| nt.mappings[(offset / SPACE_SIZE) as usize] += 1);
    core::ptr::without_provenance_mut(REGISTERS_AT + offset as usize)
}

/// Ends a mapping.
pub(crate) fn unmap_io_space(address: PVOID) {
    let (device, _) = register_at(address as usize);
    nt(|nt| nt.mappings[usize::from(device.0)] -= 1);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn MmUnmapIoSpace(BaseAddress: PVOID, _NumberOfBytes: SIZE_T) {
    if !inert() {
        unmap_io_space(BaseAddress);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeDelayExecutionThread(
    _WaitMode: KPROCESSOR_MODE,
    _Alertable: BOOLEAN,
    _Interval: *mut LARGE_INTEGER,
) -> NTSTATUS {
    kernel::sleep();
    STATUS_SUCCESS
}

const _: () = {
    let _ = [ExAllocatePool2, dirql_ddi::ExAllocatePool2];
    let _ = [ExFreePoolWithTag, dirql_ddi::ExFreePoolWithTag];
    let _ = [MmMapIoSpaceEx, dirql_ddi::MmMapIoSpaceEx];
    let _ = [MmUnmapIoSpace, dirql_ddi::MmUnmapIoSpace];
    let _ = [KeDelayExecutionThread, dirql_ddi::KeDelayExecutionThread];
};

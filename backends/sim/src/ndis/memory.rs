//! Pool, mappings, shared memory, sleep.

use dirql_ddi::ndis::{
    EX_POOL_PRIORITY, NDIS_HANDLE, NDIS_PHYSICAL_ADDRESS, NDIS_STATUS, NDIS_STATUS_RESOURCES,
    NDIS_STATUS_SUCCESS, PNDIS_PHYSICAL_ADDRESS, UINT,
};
use dirql_ddi::{BOOLEAN, PVOID, ULONG};

use super::handle::device_of;
use crate::context::inert;
use crate::kernel::{self, fail};
use crate::ntoskrnl;

/// What NDIS's memory holds until the driver writes it: unlike ExAllocatePool2, NDIS does not zero.
const FRESH: u8 = 0xcd;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisAllocateMemoryWithTagPriority(
    NdisHandle: NDIS_HANDLE,
    Length: UINT,
    Tag: ULONG,
    _Priority: EX_POOL_PRIORITY,
) -> PVOID {
    device_of(NdisHandle);
    let address = kernel::allocate_pool(Length as usize, Tag);
    if !address.is_null() {
        // SAFETY: the pool returned this many bytes.
        unsafe { address.write_bytes(FRESH, Length as usize) };
    }
    address.cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisFreeMemory(VirtualAddress: PVOID, Length: UINT, _MemoryFlags: UINT) {
    if inert() {
        return;
    }
    let allocated = kernel::pool_block_len(VirtualAddress.cast());
    if allocated != 0 && allocated != Length as usize {
        fail("PoolFree", format!("NdisFreeMemory of {Length} bytes, allocated were {allocated}"));
    }
    // SAFETY: the caller frees what nobody uses any more.
    unsafe { ntoskrnl::free(VirtualAddress) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMMapIoSpace(
    VirtualAddress: *mut PVOID,
    MiniportAdapterHandle: NDIS_HANDLE,
    PhysicalAddress: NDIS_PHYSICAL_ADDRESS,
    Length: UINT,
) -> NDIS_STATUS {
    kernel::require_passive("IrqlNdisMMapIoSpace", "NdisMMapIoSpace");
    device_of(MiniportAdapterHandle);
    let denied = kernel::is_denied();
    let address = match denied {
        true => core::ptr::null_mut(),
        false => ntoskrnl::map_io_space(PhysicalAddress, Length as usize),
    };
    // SAFETY: the caller guarantees a pointer to write to.
    unsafe { VirtualAddress.write(address) };
    if denied { NDIS_STATUS_RESOURCES } else { NDIS_STATUS_SUCCESS }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMUnmapIoSpace(
    MiniportAdapterHandle: NDIS_HANDLE,
    VirtualAddress: PVOID,
    _Length: UINT,
) {
    if inert() {
        return;
    }
    device_of(MiniportAdapterHandle);
    ntoskrnl::unmap_io_space(VirtualAddress);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMAllocateSharedMemory(
    MiniportAdapterHandle: NDIS_HANDLE,
    Length: ULONG,
    _Cached: BOOLEAN,
    VirtualAddress: *mut PVOID,
    PhysicalAddress: PNDIS_PHYSICAL_ADDRESS,
) {
    device_of(MiniportAdapterHandle);
    let (address, physical) = match kernel::is_denied() {
        true => (core::ptr::null_mut(), NDIS_PHYSICAL_ADDRESS { QuadPart: 0 }),
        false => ntoskrnl::allocate_buffer(Length),
    };
    // SAFETY: the caller guarantees two out-parameters to write to; here and below.
    unsafe { VirtualAddress.write(address) };
    // SAFETY: as above.
    unsafe { PhysicalAddress.write(physical) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMFreeSharedMemory(
    MiniportAdapterHandle: NDIS_HANDLE,
    Length: ULONG,
    _Cached: BOOLEAN,
    VirtualAddress: PVOID,
    PhysicalAddress: NDIS_PHYSICAL_ADDRESS,
) {
    device_of(MiniportAdapterHandle);
    ntoskrnl::free_buffer("NdisMFreeSharedMemory", Length, PhysicalAddress, VirtualAddress);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMSleep(_MicrosecondsToSleep: ULONG) {
    kernel::sleep();
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisAllocateMemoryWithTagPriority, ndis::NdisAllocateMemoryWithTagPriority];
    let _ = [NdisFreeMemory, ndis::NdisFreeMemory];
    let _ = [NdisMMapIoSpace, ndis::NdisMMapIoSpace];
    let _ = [NdisMUnmapIoSpace, ndis::NdisMUnmapIoSpace];
    let _ = [NdisMAllocateSharedMemory, ndis::NdisMAllocateSharedMemory];
    let _ = [NdisMFreeSharedMemory, ndis::NdisMFreeSharedMemory];
    let _ = [NdisMSleep, ndis::NdisMSleep];
};

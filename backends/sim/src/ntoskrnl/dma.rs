//! DMA adapters: all devices share one, whose operations allocate the machine's common buffers.

use dirql_ddi::{
    BOOLEAN, DMA_ADAPTER, DMA_OPERATIONS, PDEVICE_DESCRIPTION, PDEVICE_OBJECT, PDMA_ADAPTER,
    PHYSICAL_ADDRESS, PVOID, ULONG,
};

use super::device_object::device_of;
use super::nt;
use super::register::{buffer_address, buffer_at};
use crate::context::inert;
use crate::kernel::{self, fail};

/// A table that drivers read and nobody writes.
struct Constant<T>(T);

// SAFETY: never written; its pointers are to functions and to another constant.
unsafe impl<T> Sync for Constant<T> {}

static OPERATIONS: Constant<DMA_OPERATIONS> = Constant(DMA_OPERATIONS {
    Size: size_of::<DMA_OPERATIONS>() as ULONG,
    PutDmaAdapter: Some(put_dma_adapter),
    AllocateCommonBuffer: Some(allocate_common_buffer),
    FreeCommonBuffer: Some(free_common_buffer),
});

static ADAPTER: Constant<DMA_ADAPTER> = Constant(DMA_ADAPTER {
    Version: 3,
    Size: size_of::<DMA_ADAPTER>() as u16,
    DmaOperations: (&raw const OPERATIONS.0).cast_mut(),
});

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoGetDmaAdapter(
    PhysicalDeviceObject: PDEVICE_OBJECT,
    _DeviceDescription: PDEVICE_DESCRIPTION,
    NumberOfMapRegisters: *mut ULONG,
) -> PDMA_ADAPTER {
    device_of(PhysicalDeviceObject);
    if kernel::is_denied() {
        return core::ptr::null_mut();
    }
    nt(|nt| nt.adapters += 1);
    // SAFETY: the caller guarantees a ULONG to write to.
    unsafe { NumberOfMapRegisters.write(256) };
    (&raw const ADAPTER.0).cast_mut()
}

unsafe extern "C-unwind" fn put_dma_adapter(_adapter: PDMA_ADAPTER) {
    if !inert() {
        nt(|nt| nt.adapters -= 1);
    }
}

unsafe extern "C-unwind" fn allocate_common_buffer(
    _adapter: PDMA_ADAPTER,
    length: ULONG,
    logical: *mut PHYSICAL_ADDRESS,
    _cached: BOOLEAN,
) -> PVOID {
    if kernel::is_denied() {
        return core::ptr::null_mut();
    }
    let (address, device_address) = allocate_buffer(length);
    // SAFETY: the caller guarantees a PHYSICAL_ADDRESS to write to.
    unsafe { logical.write(device_address) };
    address
}

unsafe extern "C-unwind" fn free_common_buffer(
    _adapter: PDMA_ADAPTER,
    length: ULONG,
    logical: PHYSICAL_ADDRESS,
    address: PVOID,
    _cached: BOOLEAN,
) {
    free_buffer("FreeCommonBuffer", length, logical, address);
}

/// Allocates a common buffer and returns its two addresses: the driver's, and the device's.
pub(crate) fn allocate_buffer(length: ULONG) -> (PVOID, PHYSICAL_ADDRESS) {
    let buffer = kernel::allocate_common_buffer(length);
    let device_address = PHYSICAL_ADDRESS { QuadPart: kernel::device_address(buffer) as i64 };
    (core::ptr::without_provenance_mut(buffer_address(buffer)), device_address)
}

/// Frees a common buffer by what its allocation returned.
pub(crate) fn free_buffer(caller: &str, length: ULONG, logical: PHYSICAL_ADDRESS, address: PVOID) {
    let (buffer, offset) = buffer_at(address as usize);
    // SAFETY: the union has one member.
    let logical = unsafe { logical.QuadPart } as u64;
    if offset != 0 || length != kernel::buffer_len(buffer) || logical != kernel::device_address(buffer) {
        fail("InvalidHandle", format!("{caller} differs from the allocation"));
    }
    kernel::free_common_buffer(buffer);
}

const _: () = {
    let _ = [IoGetDmaAdapter, dirql_ddi::IoGetDmaAdapter];
};

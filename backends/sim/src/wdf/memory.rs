//! Memory objects.

use dirql_ddi::wdf::{POOL_TYPE, PWDF_DRIVER_GLOBALS, PWDF_OBJECT_ATTRIBUTES, WDFMEMORY};
use dirql_ddi::{
    NTSTATUS, PVOID, SIZE_T, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, ULONG,
};

use super::object::{self, Kind};
use super::require_dispatch;
use crate::kernel;

/// The buffer of a memory object. A host's heap is checked as the kernel's pool is.
#[derive(Clone, Copy)]
pub(super) struct Memory(*mut u8);

impl Memory {
    /// # Safety
    /// The driver uses the buffer no more.
    pub(super) unsafe fn free(self) {
        // SAFETY: the caller's promise.
        unsafe { kernel::free_pool(self.0) };
    }
}

pub(super) unsafe extern "C-unwind" fn memory_create(
    _: PWDF_DRIVER_GLOBALS,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    _pool_type: POOL_TYPE,
    tag: ULONG,
    len: SIZE_T,
    out: *mut WDFMEMORY,
    buffer_out: *mut PVOID,
) -> NTSTATUS {
    require_dispatch("WdfMemoryCreate");
    if len == 0 {
        return STATUS_INVALID_PARAMETER;
    }
    let buffer = kernel::allocate_pool(len, tag);
    if buffer.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::Memory(Memory(buffer)), None, attributes) } {
        Ok(id) => {
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(id.handle()) };
            // SAFETY: likewise, a place for the address.
            unsafe { buffer_out.write(buffer.cast()) };
            STATUS_SUCCESS
        }
        Err(status) => {
            // SAFETY: nobody knows it yet.
            unsafe { kernel::free_pool(buffer) };
            status
        }
    }
}

//! DMA enablers, and the common buffers under them.

use dirql_ddi::wdf::{
    PWDF_DMA_ENABLER_CONFIG, PWDF_DRIVER_GLOBALS, PWDF_OBJECT_ATTRIBUTES, WDF_DMA_ENABLER_CONFIG,
    WDFCOMMONBUFFER, WDFDEVICE, WDFDMAENABLER,
};
use dirql_ddi::{
    NTSTATUS, PHYSICAL_ADDRESS, PVOID, SIZE_T, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER,
    STATUS_SUCCESS, ULONG,
};

use super::object::{self, Kind, ObjectId};
use super::{device, objects};
use crate::kernel::{fail, require_passive};
use crate::ntoskrnl::{allocate_buffer, free_buffer};

/// A common buffer: the driver's address of it, the device's, and the length.
#[derive(Clone, Copy)]
pub(super) struct CommonBuffer {
    address: PVOID,
    logical: PHYSICAL_ADDRESS,
    len: ULONG,
}

impl CommonBuffer {
    pub(super) fn free(self) {
        free_buffer("WdfObjectDelete of a WDFCOMMONBUFFER", self.len, self.logical, self.address);
    }
}

fn common_buffer(handle: WDFCOMMONBUFFER) -> CommonBuffer {
    let id = ObjectId::of(handle);
    match objects(|o| o.get(id).cloned()) {
        Some(Kind::CommonBuffer(buffer)) => buffer,
        _ => fail("InvalidHandle", "the handle is no WDFCOMMONBUFFER (0x10D/0x5)".into()),
    }
}

pub(super) unsafe extern "C-unwind" fn dma_enabler_create(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    config: PWDF_DMA_ENABLER_CONFIG,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    out: *mut WDFDMAENABLER,
) -> NTSTATUS {
    require_passive("WdfIrql", "WdfDmaEnablerCreate");
    let device = device::id_of(device);
    // SAFETY: the caller passes a configuration.
    let config = unsafe { &*config };
    if config.Size as usize != size_of::<WDF_DMA_ENABLER_CONFIG>() {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if config.MaximumLength == 0 {
        return STATUS_INVALID_PARAMETER;
    }
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::DmaEnabler, Some(device), attributes) } {
        Ok(id) => {
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(id.handle()) };
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

pub(super) unsafe extern "C-unwind" fn common_buffer_create(
    _: PWDF_DRIVER_GLOBALS,
    enabler: WDFDMAENABLER,
    length: SIZE_T,
    attributes: PWDF_OBJECT_ATTRIBUTES,
    out: *mut WDFCOMMONBUFFER,
) -> NTSTATUS {
    require_passive("WdfIrql", "WdfCommonBufferCreate");
    let enabler = ObjectId::of(enabler);
    let Ok(len) = ULONG::try_from(length) else { return STATUS_INVALID_PARAMETER };
    if len == 0 {
        return STATUS_INVALID_PARAMETER;
    }
    let (address, logical) = allocate_buffer(len);
    let buffer = CommonBuffer { address, logical, len };
    // SAFETY: the caller passes valid attributes or none.
    match unsafe { object::create(Kind::CommonBuffer(buffer), Some(enabler), attributes) } {
        Ok(id) => {
            // SAFETY: the caller guarantees a handle to write to.
            unsafe { out.write(id.handle()) };
            STATUS_SUCCESS
        }
        Err(status) => {
            buffer.free();
            status
        }
    }
}

pub(super) unsafe extern "C-unwind" fn aligned_virtual_address(
    _: PWDF_DRIVER_GLOBALS,
    buffer: WDFCOMMONBUFFER,
) -> PVOID {
    common_buffer(buffer).address
}

pub(super) unsafe extern "C-unwind" fn aligned_logical_address(
    _: PWDF_DRIVER_GLOBALS,
    buffer: WDFCOMMONBUFFER,
) -> PHYSICAL_ADDRESS {
    common_buffer(buffer).logical
}

//! What only UMDF has: registers by way of the framework.

use dirql_ddi::umdf::{
    MEMORY_CACHING_TYPE, WDF_DEVICE_HWACCESS_TARGET_SIZE, WDF_DEVICE_HWACCESS_TARGET_TYPE,
    WdfDeviceHwAccessTargetSizeUlong, WdfDeviceHwAccessTargetTypeRegister,
};
use dirql_ddi::wdf::{PWDF_DRIVER_GLOBALS, WDFDEVICE};
use dirql_ddi::{NTSTATUS, PHYSICAL_ADDRESS, PVOID, SIZE_T, STATUS_SUCCESS, ULONG};

use super::device;
use crate::bus::DeviceId;
use crate::context::inert;
use crate::kernel::{self, fail};
use crate::ntoskrnl::{map_io_space, register_at, unmap_io_space};

pub(super) unsafe extern "C-unwind" fn map_registers(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    physical: PHYSICAL_ADDRESS,
    len: SIZE_T,
    _cache_type: MEMORY_CACHING_TYPE,
    out: *mut PVOID,
) -> NTSTATUS {
    device::id_of(device);
    let base = map_io_space(physical, len);
    // SAFETY: the caller guarantees a place to write to.
    unsafe { out.write(base) };
    STATUS_SUCCESS
}

pub(super) unsafe extern "C-unwind" fn unmap_registers(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    base: PVOID,
    _len: SIZE_T,
) {
    if inert() {
        return;
    }
    device::id_of(device);
    unmap_io_space(base);
}

/// Returns the register that a 32-bit access is to. The machine has no other ones.
fn register(
    device: WDFDEVICE,
    kind: WDF_DEVICE_HWACCESS_TARGET_TYPE,
    size: WDF_DEVICE_HWACCESS_TARGET_SIZE,
    address: PVOID,
) -> (DeviceId, u32) {
    let own = device::get(device::id_of(device)).id;
    if (kind, size) != (WdfDeviceHwAccessTargetTypeRegister, WdfDeviceHwAccessTargetSizeUlong) {
        fail("InvalidHandle", format!("a hardware access of type {kind} and size {size}"));
    }
    let (found, offset) = register_at(address as usize);
    if found != own {
        fail("InvalidHandle", format!("{address:?} is mapped for another device"));
    }
    (found, offset)
}

pub(super) unsafe extern "C-unwind" fn read_hardware(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    kind: WDF_DEVICE_HWACCESS_TARGET_TYPE,
    size: WDF_DEVICE_HWACCESS_TARGET_SIZE,
    address: PVOID,
    _buffer: PVOID,
    _count: ULONG,
) -> SIZE_T {
    let (device, offset) = register(device, kind, size, address);
    kernel::read_register(device, offset) as SIZE_T
}

pub(super) unsafe extern "C-unwind" fn write_hardware(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    kind: WDF_DEVICE_HWACCESS_TARGET_TYPE,
    size: WDF_DEVICE_HWACCESS_TARGET_SIZE,
    address: PVOID,
    value: SIZE_T,
    _buffer: PVOID,
    _count: ULONG,
) {
    let (device, offset) = register(device, kind, size, address);
    kernel::write_register(device, offset, value as u32);
}

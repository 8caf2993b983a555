//! Access to registers from a host process, of UMDF only.

pub type MEMORY_CACHING_TYPE = i32;
pub const MmNonCached: MEMORY_CACHING_TYPE = 0;

pub type WDF_DEVICE_HWACCESS_TARGET_TYPE = i32;
/// One register in device memory.
pub const WdfDeviceHwAccessTargetTypeRegister: WDF_DEVICE_HWACCESS_TARGET_TYPE = 1;

pub type WDF_DEVICE_HWACCESS_TARGET_SIZE = i32;
/// 32 bits.
pub const WdfDeviceHwAccessTargetSizeUlong: WDF_DEVICE_HWACCESS_TARGET_SIZE = 3;

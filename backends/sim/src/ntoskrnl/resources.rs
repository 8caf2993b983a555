//! What PnP would hand to a driver: its device object and where its registers are.
//!
//! Neither is real memory: they are numbers that only this module can read.

use dirql_ddi::{PDEVICE_OBJECT, PHYSICAL_ADDRESS};

use crate::bus::DeviceId;

pub(super) const OBJECT_STRIDE: usize = 0x1000;
pub(super) const SPACE_BASE: u64 = 0xfe00_0000;
pub(super) const SPACE_SIZE: u64 = 0x0010_0000;

/// Returns a device's physical device object.
pub fn device_object(device: DeviceId) -> PDEVICE_OBJECT {
    core::ptr::without_provenance_mut((usize::from(device.0) + 1) * OBJECT_STRIDE)
}

/// Returns the physical address of a device's registers (BAR0).
pub fn register_space(device: DeviceId) -> PHYSICAL_ADDRESS {
    PHYSICAL_ADDRESS { QuadPart: (SPACE_BASE + u64::from(device.0) * SPACE_SIZE) as i64 }
}

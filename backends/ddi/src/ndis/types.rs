//! Handles, statuses, and the header of every NDIS structure.

use crate::*;

pub type NDIS_HANDLE = PVOID;
pub type PNDIS_HANDLE = *mut NDIS_HANDLE;
pub type NDIS_STATUS = i32;
pub type NDIS_PHYSICAL_ADDRESS = PHYSICAL_ADDRESS;
pub type PNDIS_PHYSICAL_ADDRESS = *mut NDIS_PHYSICAL_ADDRESS;
pub type UINT = u32;

// Values of ndis.h; those that an NTSTATUS names too have its value.
pub const NDIS_STATUS_SUCCESS: NDIS_STATUS = STATUS_SUCCESS;
pub const NDIS_STATUS_FAILURE: NDIS_STATUS = 0xC000_0001_u32 as i32;
pub const NDIS_STATUS_RESOURCES: NDIS_STATUS = STATUS_INSUFFICIENT_RESOURCES;
pub const NDIS_STATUS_NOT_SUPPORTED: NDIS_STATUS = STATUS_NOT_SUPPORTED;
pub const NDIS_STATUS_BAD_VERSION: NDIS_STATUS = 0xC001_0004_u32 as i32;
pub const NDIS_STATUS_BAD_CHARACTERISTICS: NDIS_STATUS = 0xC001_0005_u32 as i32;
pub const NDIS_STATUS_PENDING: NDIS_STATUS = 0x0000_0103;
pub const NDIS_STATUS_RESET_IN_PROGRESS: NDIS_STATUS = 0xC001_000D_u32 as i32;
pub const NDIS_STATUS_REQUEST_ABORTED: NDIS_STATUS = 0xC001_000C_u32 as i32;
pub const NDIS_STATUS_MULTICAST_FULL: NDIS_STATUS = 0xC001_0009_u32 as i32;
pub const NDIS_STATUS_INVALID_LENGTH: NDIS_STATUS = 0xC001_0014_u32 as i32;
pub const NDIS_STATUS_INVALID_DATA: NDIS_STATUS = 0xC001_0015_u32 as i32;
pub const NDIS_STATUS_BUFFER_TOO_SHORT: NDIS_STATUS = 0xC001_0016_u32 as i32;
pub const NDIS_STATUS_ADAPTER_REMOVED: NDIS_STATUS = 0xC001_0018_u32 as i32;
pub const NDIS_STATUS_SEND_ABORTED: NDIS_STATUS = 0xC023_000C_u32 as i32;
pub const NDIS_STATUS_PAUSED: NDIS_STATUS = 0xC023_002A_u32 as i32;
pub const NDIS_STATUS_LOW_POWER_STATE: NDIS_STATUS = 0xC023_002F_u32 as i32;
pub const NDIS_STATUS_RESOURCE_CONFLICT: NDIS_STATUS = 0xC001_001E_u32 as i32;

/// Says what a structure is, in which revision, and how long that revision is in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NDIS_OBJECT_HEADER {
    pub Type: UCHAR,
    pub Revision: UCHAR,
    pub Size: USHORT,
}

// ntddndis.h.
pub const NDIS_OBJECT_TYPE_DEFAULT: UCHAR = 0x80;
pub const NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT: UCHAR = 0x84;

ndis! {
    /// Sleeps at least so many microseconds, below DISPATCH_LEVEL.
    pub fn NdisMSleep(MicrosecondsToSleep: ULONG);
}

// ntddndis.h, and `dt ndis!_NDIS_OBJECT_HEADER`.
layout! {
    NDIS_OBJECT_HEADER: 0x04, align 2 { Type: 0x00, Revision: 0x01, Size: 0x02 }
}

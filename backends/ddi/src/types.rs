//! Basic types (`ntdef.h`, `wdm.h`).

use core::ffi::c_void;

pub type UCHAR = u8;
pub type CCHAR = i8;
pub type SHORT = i16;
pub type USHORT = u16;
pub type ULONG = u32;
pub type LONG = i32;
pub type ULONG64 = u64;
pub type ULONG_PTR = usize;
pub type SIZE_T = usize;
pub type BOOLEAN = u8;
pub type KIRQL = u8;
pub type KAFFINITY = usize;
pub type NTSTATUS = i32;
pub type PVOID = *mut c_void;

pub const TRUE: BOOLEAN = 1;
pub const FALSE: BOOLEAN = 0;

pub const STATUS_SUCCESS: NTSTATUS = 0;
/// A success code: compare with it.
pub const STATUS_TIMEOUT: NTSTATUS = 0x102;
/// A success code: compare with it.
pub const STATUS_PENDING: NTSTATUS = 0x103;
/// A warning: some of the data is there.
pub const STATUS_BUFFER_OVERFLOW: NTSTATUS = 0x8000_0005_u32 as i32;
/// A warning.
pub const STATUS_NO_MORE_ENTRIES: NTSTATUS = 0x8000_001A_u32 as i32;
pub const STATUS_UNSUCCESSFUL: NTSTATUS = 0xC000_0001_u32 as i32;
pub const STATUS_INFO_LENGTH_MISMATCH: NTSTATUS = 0xC000_0004_u32 as i32;
pub const STATUS_INVALID_PARAMETER: NTSTATUS = 0xC000_000D_u32 as i32;
pub const STATUS_INVALID_DEVICE_REQUEST: NTSTATUS = 0xC000_0010_u32 as i32;
pub const STATUS_MORE_PROCESSING_REQUIRED: NTSTATUS = 0xC000_0016_u32 as i32;
pub const STATUS_BUFFER_TOO_SMALL: NTSTATUS = 0xC000_0023_u32 as i32;
pub const STATUS_DELETE_PENDING: NTSTATUS = 0xC000_0056_u32 as i32;
pub const STATUS_INSUFFICIENT_RESOURCES: NTSTATUS = 0xC000_009A_u32 as i32;
pub const STATUS_DEVICE_NOT_READY: NTSTATUS = 0xC000_00A3_u32 as i32;
pub const STATUS_NOT_SUPPORTED: NTSTATUS = 0xC000_00BB_u32 as i32;
pub const STATUS_CANCELLED: NTSTATUS = 0xC000_0120_u32 as i32;
pub const STATUS_INVALID_DEVICE_STATE: NTSTATUS = 0xC000_0184_u32 as i32;
pub const STATUS_INVALID_PARAMETER_1: NTSTATUS = 0xC000_00EF_u32 as i32;
pub const STATUS_REQUEST_ABORTED: NTSTATUS = 0xC000_0240_u32 as i32;
pub const STATUS_NOT_FOUND: NTSTATUS = 0xC000_0225_u32 as i32;
pub const STATUS_DEVICE_REMOVED: NTSTATUS = 0xC000_02B6_u32 as i32;

/// Says whether a status means success or information.
pub const fn NT_SUCCESS(status: NTSTATUS) -> bool {
    status >= 0
}

/// A number that names a kind of thing for everybody.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GUID {
    pub Data1: ULONG,
    pub Data2: USHORT,
    pub Data3: USHORT,
    pub Data4: [UCHAR; 8],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union LARGE_INTEGER {
    pub QuadPart: i64,
}

pub type PHYSICAL_ADDRESS = LARGE_INTEGER;

// guiddef.h, and ntdef.h.
layout! {
    GUID: 0x10, align 4 { Data1: 0x00, Data2: 0x04, Data3: 0x06, Data4: 0x08 }
}

union_layout! {
    LARGE_INTEGER: 0x08, align 8 { QuadPart }
}

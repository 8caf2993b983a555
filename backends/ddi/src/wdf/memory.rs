//! Memory objects.

pub type POOL_TYPE = i32;
/// Nonpaged and not executable. UMDF ignores the type: a host process has one heap.
pub const NonPagedPoolNx: POOL_TYPE = 512;

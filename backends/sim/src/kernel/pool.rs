//! Nonpaged pool.

use super::{fail, irql};
use crate::context::{inert, point, stop_if_failed, with};
use crate::core::object;
use crate::dpc::DpcId;
use crate::explore::How;
use crate::irql::DISPATCH;

/// Allocates zeroed nonpaged pool, at or below DISPATCH_LEVEL; null if it runs out.
pub fn allocate_pool(size: usize, tag: u32) -> *mut u8 {
    let irql = irql();
    if irql > DISPATCH && !inert() {
        fail("IrqlExAllocatePool", format!("pool is allocated at IRQL {irql}"));
    }
    with(|core| {
        core.touch(object::POOL, How::Write);
        core.pool.allocate(size, tag)
    })
}

/// Says whether a routine that takes something else than pool fails, as an allocation at its place would.
pub(crate) fn is_denied() -> bool {
    with(|core| core.pool.is_denied())
}

/// Frees nonpaged pool: overwrites it, and gives it to nobody else in this run.
///
/// # Safety
/// Nobody uses the block at `address`, if there is one, any more.
pub unsafe fn free_pool(address: *mut u8) {
    if inert() {
        return;
    }
    point();
    let block = address as usize..address as usize + pool_block_len(address);
    with(|core| {
        core.touch(object::POOL, How::Write);
        core.touch_all(object::DPC, object::DPC | 0xffff, How::Read);
        core.touch_all(object::CONNECTION, object::CONNECTION | 0xffff, How::Read);
        core.check_context_freed(&block);
    });
    stop_if_failed();
    if let Err(error) = with(|core| core.pool.free(address)) {
        fail("PoolFree", format!("ExFreePoolWithTag: {error:?} (0xC2)"));
    }
}

/// Returns the length of the pool block at `address`; 0 if there is none.
pub(crate) fn pool_block_len(address: *mut u8) -> usize {
    with(|core| core.pool.block_len(address))
}

/// Ends the run if a DPC object that is about to go is queued (R38).
pub fn check_dpc_freed(id: DpcId) {
    with(|core| core.check_dpc_freed(id));
    stop_if_failed();
}

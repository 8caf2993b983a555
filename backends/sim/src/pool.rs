//! Nonpaged pool: one run's allocations, never reused within it.

use std::alloc::{Layout, alloc_zeroed, dealloc};

const POISON: u8 = 0xf5;
const ALIGN: usize = 16;

#[derive(Debug)]
struct Block {
    address: *mut u8,
    layout: Layout,
    tag: u32,
    freed: bool,
}

/// Everything allocated in one run. Freed memory is poisoned and given back to the host only when the run is
/// over, so that a use after free is defined, harmless to the host, and found.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    blocks: Vec<Block>,
    /// Allocations until one fails, if one is to.
    fail_after: Option<u32>,
}

/// What was wrong with a pool call, or with the pool at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolError {
    NotAllocated,
    FreedTwice,
    WrittenAfterFree { tag: u32 },
    Leaked { tag: u32, blocks: usize },
}

impl Pool {
    pub(crate) fn reset(&mut self, fail_after: Option<u32>) {
        for block in self.blocks.drain(..) {
            // SAFETY: the block came from `alloc_zeroed` with this layout and is given back only here; the run
            // that used it is over.
            unsafe { dealloc(block.address, block.layout) };
        }
        self.fail_after = fail_after;
    }

    /// Says whether an allocation fails that is made now, and counts it.
    pub(crate) fn is_denied(&mut self) -> bool {
        match &mut self.fail_after {
            Some(0) => return true,
            Some(n) => *n -= 1,
            None => {}
        }
        false
    }

    /// Allocates zeroed memory, or returns null.
    pub(crate) fn allocate(&mut self, size: usize, tag: u32) -> *mut u8 {
        if self.is_denied() {
            return core::ptr::null_mut();
        }
        let Ok(layout) = Layout::from_size_align(size.max(1), ALIGN) else { return core::ptr::null_mut() };
        // SAFETY: the layout's size is not zero.
        let address = unsafe { alloc_zeroed(layout) };
        if !address.is_null() {
            self.blocks.push(Block { address, layout, tag, freed: false });
        }
        address
    }

    /// Returns the length of the live block at `address`; 0 if there is none.
    pub(crate) fn block_len(&self, address: *mut u8) -> usize {
        let block = self.blocks.iter().find(|b| b.address == address && !b.freed);
        block.map_or(0, |b| b.layout.size())
    }

    /// Frees memory.
    pub(crate) fn free(&mut self, address: *mut u8) -> Result<(), PoolError> {
        let block = self.blocks.iter_mut().rfind(|b| b.address == address).ok_or(PoolError::NotAllocated)?;
        if block.freed {
            return Err(PoolError::FreedTwice);
        }
        block.freed = true;
        // SAFETY: the block is `layout.size()` bytes long and still belongs to the pool.
        unsafe { address.write_bytes(POISON, block.layout.size()) };
        Ok(())
    }

    /// Looks for leaks and for writes after free, at the end of a run.
    pub(crate) fn judge(&self) -> Result<(), PoolError> {
        for block in self.blocks.iter().filter(|b| b.freed) {
            // SAFETY: freed blocks stay allocated until `reset`.
            let bytes = unsafe { core::slice::from_raw_parts(block.address, block.layout.size()) };
            if bytes.iter().any(|&b| b != POISON) {
                return Err(PoolError::WrittenAfterFree { tag: block.tag });
            }
        }
        let mut leaked = self.blocks.iter().filter(|b| !b.freed);
        match leaked.next() {
            Some(block) => Err(PoolError::Leaked { tag: block.tag, blocks: 1 + leaked.count() }),
            None => Ok(()),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.reset(None);
    }
}

/// Prints a pool tag as Windows tools do.
pub(crate) fn tag_text(tag: u32) -> String {
    tag.to_le_bytes().iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_double_frees_and_late_writes_are_found() {
        let mut pool = Pool::default();
        let a = pool.allocate(40, 1);
        let b = pool.allocate(8, 2);
        assert!(pool.free(a).is_ok());
        assert_eq!(pool.free(a), Err(PoolError::FreedTwice));
        assert_eq!(pool.judge(), Err(PoolError::Leaked { tag: 2, blocks: 1 }));
        assert!(pool.free(b).is_ok());
        assert_eq!(pool.judge(), Ok(()));
        // SAFETY: the block is 40 bytes long.
        let last = unsafe { a.add(39) };
        // SAFETY: the pool keeps freed memory until `reset`.
        unsafe { last.write(0) };
        assert_eq!(pool.judge(), Err(PoolError::WrittenAfterFree { tag: 1 }));
        assert_eq!(pool.free(core::ptr::dangling_mut()), Err(PoolError::NotAllocated));
    }

    #[test]
    fn an_allocation_can_be_made_to_fail() {
        let mut pool = Pool::default();
        pool.reset(Some(1));
        assert!(!pool.allocate(8, 0).is_null());
        assert!(pool.allocate(8, 0).is_null());
    }
}

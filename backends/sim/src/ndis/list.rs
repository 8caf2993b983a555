//! NET_BUFFER_LISTs, their pools, and MDLs: nonpaged pool, so that leaks and late uses are found as those of pool
//! are.

use dirql_ddi::ndis::*;
use dirql_ddi::{FALSE, MDL, MDL_SOURCE_IS_NONPAGED_POOL, PMDL, PVOID, SIZE_T, ULONG, USHORT};

use super::handle::device_of;
use super::ndis;
use crate::context::inert;
use crate::kernel::{self, fail};

const MDL_TAG: u32 = u32::from_le_bytes(*b"NDmd");

/// What a pool's handle points to.
struct ListPool {
    tag: u32,
    lists: u32,
}

/// A list with its one buffer, as a pool with fAllocateNetBuffer makes them.
#[repr(C)]
struct Both {
    list: NET_BUFFER_LIST,
    buffer: NET_BUFFER,
}

/// Walks a chain of lists.
///
/// # Safety
/// The caller may read the lists, and changes their links only behind the iterator.
pub(super) unsafe fn chain(first: PNET_BUFFER_LIST) -> impl Iterator<Item = PNET_BUFFER_LIST> {
    let mut next = first;
    core::iter::from_fn(move || {
        let list = next;
        if list.is_null() {
            return None;
        }
        // SAFETY: the caller guarantees readable lists.
        next = unsafe { (*list).Next };
        Some(list)
    })
}

/// Returns a frame's pieces: each MDL's address and how many bytes of it belong to the frame.
///
/// # Safety
/// `buffer` is a frame whose MDLs the caller may read.
pub(super) unsafe fn pieces(buffer: PNET_BUFFER) -> Vec<(usize, u32)> {
    // SAFETY: the caller guarantees the frame; here and below.
    let frame = unsafe { &*buffer };
    let (mut mdl, mut skip, mut left) = (frame.CurrentMdl, frame.CurrentMdlOffset, frame.DataLength as u32);
    let mut pieces = Vec::new();
    while left > 0 && !mdl.is_null() {
        // SAFETY: as above.
        let this = unsafe { &*mdl };
        let len = this.ByteCount.saturating_sub(skip).min(left);
        pieces.push((this.MappedSystemVa.expose_provenance() + skip as usize, len));
        (mdl, skip, left) = (this.Next, 0, left - len);
    }
    if left > 0 {
        fail("NblOwner", "a frame is longer than its MDLs".into());
    }
    pieces
}

/// # Safety
/// `pool` is a live pool's handle.
unsafe fn list_pool<'p>(pool: NDIS_HANDLE) -> &'p mut ListPool {
    if kernel::pool_block_len(pool.cast()) != size_of::<ListPool>() {
        fail("InvalidHandle", format!("{pool:?} is no NET_BUFFER_LIST pool"));
    }
    // SAFETY: a live block of this length, made by NdisAllocateNetBufferListPool.
    unsafe { &mut *pool.cast::<ListPool>() }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisAllocateNetBufferListPool(
    NdisHandle: NDIS_HANDLE,
    Parameters: *const NET_BUFFER_LIST_POOL_PARAMETERS,
) -> NDIS_HANDLE {
    device_of(NdisHandle);
    // SAFETY: the caller passes its own parameters.
    let parameters = unsafe { *Parameters };
    if parameters.fAllocateNetBuffer == FALSE {
        fail("InvalidHandle", "a pool of lists without buffers is not simulated".into());
    }
    let pool = kernel::allocate_pool(size_of::<ListPool>(), parameters.PoolTag).cast::<ListPool>();
    if !pool.is_null() {
        // SAFETY: the memory is long and aligned enough, and ours.
        unsafe { pool.write(ListPool { tag: parameters.PoolTag, lists: 0 }) };
    }
    pool.cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisFreeNetBufferListPool(PoolHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    // SAFETY: the caller guarantees a pool.
    let lists = unsafe { list_pool(PoolHandle) }.lists;
    if lists != 0 {
        fail("NblOwner", format!("a pool is freed with {lists} NET_BUFFER_LISTs of it allocated"));
    }
    // SAFETY: nobody uses an empty pool.
    unsafe { kernel::free_pool(PoolHandle.cast()) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisAllocateNetBufferAndNetBufferList(
    PoolHandle: NDIS_HANDLE,
    _ContextSize: USHORT,
    _ContextBackFill: USHORT,
    MdlChain: PMDL,
    DataOffset: ULONG,
    DataLength: SIZE_T,
) -> PNET_BUFFER_LIST {
    // SAFETY: the caller guarantees a pool.
    let pool = unsafe { list_pool(PoolHandle) };
    let both = kernel::allocate_pool(size_of::<Both>(), pool.tag).cast::<Both>();
    if both.is_null() {
        return core::ptr::null_mut();
    }
    pool.lists += 1;
    // SAFETY: `both` is ours; here and below.
    let buffer = unsafe { &raw mut (*both).buffer };
    let frame = NET_BUFFER {
        CurrentMdl: MdlChain,
        CurrentMdlOffset: DataOffset,
        DataLength: DataLength as u64,
        MdlChain,
        DataOffset,
        NdisPoolHandle: PoolHandle,
        ..NET_BUFFER::default()
    };
    let list =
        NET_BUFFER_LIST { FirstNetBuffer: buffer, NdisPoolHandle: PoolHandle, ..NET_BUFFER_LIST::default() };
    // SAFETY: as above.
    unsafe { both.write(Both { list, buffer: frame }) };
    both.cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisFreeNetBufferList(NetBufferList: PNET_BUFFER_LIST) {
    if inert() {
        return;
    }
    let address = NetBufferList as usize;
    if ndis(|ndis| ndis.adapters.iter().any(|a| a.receives.holds(address))) {
        fail("NblOwner", "a NET_BUFFER_LIST is freed while a protocol holds it".into());
    }
    // SAFETY: the caller guarantees a list of a pool; here and below.
    let pool = unsafe { (*NetBufferList).NdisPoolHandle };
    // SAFETY: as above.
    unsafe { list_pool(pool) }.lists -= 1;
    // SAFETY: the caller frees what it allocated and nobody uses.
    unsafe { kernel::free_pool(NetBufferList.cast()) };
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisAllocateMdl(
    NdisHandle: NDIS_HANDLE,
    VirtualAddress: PVOID,
    Length: ULONG,
) -> PMDL {
    device_of(NdisHandle);
    let mdl = kernel::allocate_pool(size_of::<MDL>(), MDL_TAG).cast::<MDL>();
    if !mdl.is_null() {
        // SAFETY: the memory is long and aligned enough, and ours.
        unsafe { mdl.write(describe(VirtualAddress, Length)) };
    }
    mdl
}

/// Makes the MDL of nonpaged memory.
pub(super) fn describe(address: PVOID, len: u32) -> MDL {
    const PAGE: usize = 4096;
    MDL {
        Next: core::ptr::null_mut(),
        Size: size_of::<MDL>() as i16,
        MdlFlags: MDL_SOURCE_IS_NONPAGED_POOL,
        Process: core::ptr::null_mut(),
        MappedSystemVa: address,
        StartVa: address.map_addr(|a| a & !(PAGE - 1)),
        ByteCount: len,
        ByteOffset: (address.addr() % PAGE) as u32,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisFreeMdl(Mdl: PMDL) {
    if !inert() {
        // SAFETY: the caller frees what it allocated and nobody uses.
        unsafe { kernel::free_pool(Mdl.cast()) };
    }
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisAllocateNetBufferListPool, ndis::NdisAllocateNetBufferListPool];
    let _ = [NdisFreeNetBufferListPool, ndis::NdisFreeNetBufferListPool];
    let _ = [NdisAllocateNetBufferAndNetBufferList, ndis::NdisAllocateNetBufferAndNetBufferList];
    let _ = [NdisFreeNetBufferList, ndis::NdisFreeNetBufferList];
    let _ = [NdisAllocateMdl, ndis::NdisAllocateMdl];
    let _ = [NdisFreeMdl, ndis::NdisFreeMdl];
};

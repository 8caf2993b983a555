//! Receive indications and MiniportReturnNetBufferLists.
//!
//! Frames are copied out of the device's buffers into lists of the driver's own. While there are enough of these,
//! protocols keep one until they return it; of the last few they only get a look (NDIS_RECEIVE_FLAGS_RESOURCES).

use core::ptr::NonNull;

use dirql::{Cx, Dispatch, DmaMemory, Error, ErrorKind, Level, Lock, Passive, Platform};
use dirql_backends::at_dispatch;
use dirql_backends::ndis::{Block, Ndis, SpinLock};
use dirql_ddi::ndis::*;
use dirql_ddi::{TRUE, ULONG};
use nic::{FRAME_LEN_MAX, ReceivedFrame};

use crate::adapter::Adapter;
use crate::offload::Offloads;

const TAG: u32 = u32::from_le_bytes(*b"R574");
const LISTS: u32 = 16;
/// With fewer left, protocols may not keep what they are shown.
const RESERVE: u32 = 4;

const POLL_US: u32 = 100;

type Data = [u8; FRAME_LEN_MAX as usize];

/// The receive lists of an adapter.
pub(crate) struct Receives {
    adapter: NDIS_HANDLE,
    pool: NDIS_HANDLE,
    free: Lock<SpinLock, Free>,
}

// SAFETY: handles may be used on any processor; the lists are under their lock.
unsafe impl Send for Receives {}
// SAFETY: as for Send.
unsafe impl Sync for Receives {}

/// The lists that are the driver's.
struct Free {
    first: PNET_BUFFER_LIST,
    count: u32,
    /// Lists that protocols look at or keep.
    out: u32,
    /// Whether frames are indicated.
    open: bool,
    /// MiniportPause is pending until `out` is zero.
    pausing: bool,
    dropped: u64,
}

impl Free {
    fn push(&mut self, list: NonNull<NET_BUFFER_LIST>) {
        // SAFETY: the list is the driver's.
        unsafe { (*list.as_ptr()).Next = self.first };
        self.first = list.as_ptr();
        self.count += 1;
    }

    fn pop(&mut self) -> Option<NonNull<NET_BUFFER_LIST>> {
        let list = NonNull::new(self.first)?;
        // SAFETY: the list is the driver's.
        self.first = core::mem::replace(unsafe { &mut (*list.as_ptr()).Next }, core::ptr::null_mut());
        self.count -= 1;
        Some(list)
    }

    /// Lends a list, and says whether protocols may keep it; or counts a frame that has none.
    fn lend(&mut self) -> Option<(NonNull<NET_BUFFER_LIST>, bool)> {
        let list = if self.open { self.pop() } else { None };
        match list {
            Some(_) => self.out += 1,
            None => self.dropped += 1,
        }
        list.map(|list| (list, self.count >= RESERVE))
    }

    /// Takes a list back. Says whether a pause waited for it.
    fn returned(&mut self, list: NonNull<NET_BUFFER_LIST>) -> bool {
        self.push(list);
        self.out = self.out.saturating_sub(1);
        self.out == 0 && core::mem::take(&mut self.pausing)
    }
}

impl Receives {
    /// Allocates the lists, with memory for a frame each.
    pub(crate) fn new(adapter: NDIS_HANDLE) -> Result<Self, Error> {
        let pool = pool(adapter)?;
        let free =
            Free { first: core::ptr::null_mut(), count: 0, out: 0, open: false, pausing: false, dropped: 0 };
        let mut receives = Self { adapter, pool, free: Lock::new(free) };
        for _ in 0..LISTS {
            let list = list(adapter, pool)?;
            receives.free.get_mut().push(list);
        }
        Ok(receives)
    }

    /// Indicates frames from now on.
    pub(crate) fn open<L: Level>(&self, cx: &mut Cx<'_, L>) {
        self.free.with(cx, |free| free.open = true);
    }

    /// Indicates no more frames. Says whether all lists are back; if not, NdisMPauseComplete follows.
    pub(crate) fn close<L: Level>(&self, cx: &mut Cx<'_, L>) -> bool {
        self.free.with(cx, |free| {
            free.open = false;
            free.pausing = free.out != 0;
            !free.pausing
        })
    }

    /// Indicates no more frames, and waits until all lists are back.
    pub(crate) fn close_and_wait(&self, cx: &mut Cx<'_, Passive>) {
        self.free.with(cx, |free| free.open = false);
        while self.free.with(cx, |free| free.out != 0) {
            Ndis::delay(cx, POLL_US);
        }
    }

    /// Returns how many frames had no list.
    pub(crate) fn dropped<L: Level>(&self, cx: &mut Cx<'_, L>) -> u64 {
        self.free.with(cx, |free| free.dropped)
    }

    /// Shows a frame to the protocols.
    pub(crate) fn indicate<L: Level, D: DmaMemory>(
        &self,
        cx: &mut Cx<'_, L>,
        frame: &ReceivedFrame<'_, D>,
        offloads: &Offloads,
    ) {
        let Some((list, may_keep)) = self.free.with(cx, Free::lend) else { return };
        self.fill(list, frame, offloads);
        let mut flags = if L::IRQL == Dispatch::IRQL { NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL } else { 0 };
        if !may_keep {
            flags |= NDIS_RECEIVE_FLAGS_RESOURCES;
        }
        // SAFETY: the list is the driver's, filled, and alone in its chain.
        unsafe {
            NdisMIndicateReceiveNetBufferLists(
                self.adapter,
                list.as_ptr(),
                NDIS_DEFAULT_PORT_NUMBER,
                1,
                flags,
            );
        }
        if !may_keep {
            self.returned(cx, list);
        }
    }

    fn fill<D: DmaMemory>(
        &self,
        list: NonNull<NET_BUFFER_LIST>,
        frame: &ReceivedFrame<'_, D>,
        offloads: &Offloads,
    ) {
        // SAFETY: the list is the driver's; here and below.
        let list = unsafe { &mut *list.as_ptr() };
        // SAFETY: lists are made with one buffer, and that with one MDL.
        let buffer = unsafe { &mut *list.FirstNetBuffer };
        // SAFETY: as above.
        let memory = unsafe { (*buffer.MdlChain).MappedSystemVa };
        // SAFETY: the MDL describes the list's memory, which is a `Data`.
        let data = unsafe { &mut *memory.cast::<Data>() };
        buffer.DataLength = frame.copy_to(data) as u64;
        list.SourceHandle = self.adapter;
        list.Status = NDIS_STATUS_SUCCESS;
        offloads.tell(list, frame);
    }

    fn returned<L: Level>(&self, cx: &mut Cx<'_, L>, list: NonNull<NET_BUFFER_LIST>) {
        if self.free.with(cx, |free| free.returned(list)) {
            // SAFETY: MiniportPause returned, or is about to return, NDIS_STATUS_PENDING.
            unsafe { NdisMPauseComplete(self.adapter) };
        }
    }
}

fn pool(adapter: NDIS_HANDLE) -> Result<NDIS_HANDLE, Error> {
    let parameters = NET_BUFFER_LIST_POOL_PARAMETERS {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_DEFAULT,
            Revision: NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
            Size: NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
        },
        ProtocolId: 0,
        fAllocateNetBuffer: TRUE,
        ContextSize: 0,
        PoolTag: TAG,
        DataSize: 0,
    };
    // SAFETY: the adapter's handle is valid; the parameters are ours.
    let pool = unsafe { NdisAllocateNetBufferListPool(adapter, &raw const parameters) };
    if pool.is_null() { Err(ErrorKind::OutOfResources.into()) } else { Ok(pool) }
}

/// Allocates a list with a buffer, an MDL, and memory; or nothing.
fn list(adapter: NDIS_HANDLE, pool: NDIS_HANDLE) -> Result<NonNull<NET_BUFFER_LIST>, Error> {
    // SAFETY: the adapter is in MiniportInitializeEx; its lists go before it.
    let data = unsafe { Block::<Data>::new(adapter) }?;
    // SAFETY: the memory is ours, and long enough.
    let mdl = unsafe { NdisAllocateMdl(adapter, data.place().as_ptr().cast(), FRAME_LEN_MAX) };
    if mdl.is_null() {
        return Err(ErrorKind::OutOfResources.into());
    }
    // SAFETY: the pool makes buffers too; the MDL is ours.
    let list = unsafe { NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, 0) };
    let Some(list) = NonNull::new(list) else {
        // SAFETY: allocated just now.
        unsafe { NdisFreeMdl(mdl) };
        return Err(ErrorKind::OutOfResources.into());
    };
    core::mem::forget(data);
    Ok(list)
}

/// # Safety
/// `list` made it, and nobody uses it any more.
unsafe fn free_list(list: NonNull<NET_BUFFER_LIST>) {
    // SAFETY: the caller guarantees the list, which has one buffer; here and below.
    let buffer = unsafe { (*list.as_ptr()).FirstNetBuffer };
    // SAFETY: as above.
    let mdl = unsafe { (*buffer).MdlChain };
    // SAFETY: as above.
    let data = unsafe { (*mdl).MappedSystemVa };
    // SAFETY: as above; here and below.
    unsafe { NdisFreeNetBufferList(list.as_ptr()) };
    // SAFETY: as above.
    unsafe { NdisFreeMdl(mdl) };
    if let Some(data) = NonNull::new(data.cast::<Data>()) {
        // SAFETY: as above: this is the block that `list` forgot.
        drop(unsafe { Block::from_raw(data) });
    }
}

impl Drop for Receives {
    fn drop(&mut self) {
        while let Some(list) = self.free.get_mut().pop() {
            // SAFETY: the list is free, and `list` made it.
            unsafe { free_list(list) };
        }
        // SAFETY: allocated in `new`; all lists are back, or the adapter could not have been paused.
        unsafe { NdisFreeNetBufferListPool(self.pool) };
    }
}

/// # Safety
/// NDIS calls this for a started adapter, at or below DISPATCH_LEVEL, with lists that the driver indicated.
pub(crate) unsafe extern "C-unwind" fn MiniportReturnNetBufferLists(
    MiniportAdapterContext: NDIS_HANDLE,
    NetBufferLists: PNET_BUFFER_LIST,
    _ReturnFlags: ULONG,
) {
    // SAFETY: NDIS passes the adapter.
    let receives = &unsafe { Adapter::of(MiniportAdapterContext) }.driver().above().receives;
    let mut next = NetBufferLists;
    let take_back = |cx: &mut Cx<'_, Dispatch>| {
        while let Some(list) = NonNull::new(next) {
            // SAFETY: the list came back to the driver, with its chain.
            next = unsafe { (*list.as_ptr()).Next };
            receives.returned(cx, list);
        }
    };
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(take_back) };
}

//! Scatter/gather lists of frames to send.

use dirql_ddi::ndis::*;
use dirql_ddi::{
    PHYSICAL_ADDRESS, PSCATTER_GATHER_LIST, PVOID, SCATTER_GATHER_ELEMENT, SCATTER_GATHER_LIST, ULONG,
};

use super::handle::device_of;
use super::list::pieces;
use super::{adapter, ndis};
use crate::bus::DeviceId;
use crate::context::inert;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};
use crate::ntoskrnl::{self, buffer_at};
use crate::routine::Routine;

const TAG: u32 = u32::from_le_bytes(*b"NDsg");
/// What the driver is told that a list takes: a policy, since callers without a buffer get one anyway.
const LIST_SIZE: ULONG = 0x10 + 16 * 0x18;

/// What a handle from NdisMRegisterScatterGatherDma points to.
struct Dma {
    device: DeviceId,
    handler: MINIPORT_PROCESS_SG_LIST_HANDLER,
}

/// A list, and whom to tell of it.
struct Gathered {
    device: DeviceId,
    handler: MINIPORT_PROCESS_SG_LIST_HANDLER,
    list: PSCATTER_GATHER_LIST,
    context: PVOID,
    /// The list that a protocol sent, and which of its frames it is.
    frame: Option<(u64, usize)>,
}

/// # Safety
/// `handle` is one from NdisMRegisterScatterGatherDma.
unsafe fn dma<'d>(handle: NDIS_HANDLE) -> &'d Dma {
    if kernel::pool_block_len(handle.cast()) != size_of::<Dma>() {
        fail("InvalidHandle", format!("{handle:?} is no DMA handle"));
    }
    // SAFETY: a live block of this length, made below.
    unsafe { &*handle.cast::<Dma>() }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMRegisterScatterGatherDma(
    MiniportAdapterHandle: NDIS_HANDLE,
    DmaDescription: PNDIS_SG_DMA_DESCRIPTION,
    NdisMiniportDmaHandle: PNDIS_HANDLE,
) -> NDIS_STATUS {
    let device = device_of(MiniportAdapterHandle);
    kernel::require_passive("IrqlGatherDma", "NdisMRegisterScatterGatherDma");
    // SAFETY: the caller passes its own description for the length of the call.
    let description = unsafe { &mut *DmaDescription };
    let header = description.Header;
    if (header.Type, header.Revision) != (NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1) {
        return NDIS_STATUS_BAD_VERSION;
    }
    let place = kernel::allocate_pool(size_of::<Dma>(), TAG).cast::<Dma>();
    if place.is_null() {
        return NDIS_STATUS_RESOURCES;
    }
    description.ScatterGatherListSize = LIST_SIZE;
    // SAFETY: the memory is long and aligned enough, and ours.
    unsafe { place.write(Dma { device, handler: description.ProcessSGListHandler }) };
    // SAFETY: the caller guarantees a handle to write to.
    unsafe { NdisMiniportDmaHandle.write(place.cast()) };
    NDIS_STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMDeregisterScatterGatherDma(NdisMiniportDmaHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    kernel::require_passive("IrqlGatherDma", "NdisMDeregisterScatterGatherDma");
    // SAFETY: the caller guarantees a handle that nobody uses any more.
    unsafe { dma(NdisMiniportDmaHandle) };
    // SAFETY: as above.
    unsafe { kernel::free_pool(NdisMiniportDmaHandle.cast()) };
}

fn require_dispatch(caller: &str) {
    let irql = kernel::irql();
    if irql != DISPATCH {
        fail("IrqlGatherDma", format!("{caller} at IRQL {irql}"));
    }
}

/// Returns the pieces of a frame as the device sees them; the first begins where the current MDL does.
///
/// # Safety
/// `buffer` is a frame whose MDLs may be read.
unsafe fn elements(buffer: PNET_BUFFER) -> Vec<SCATTER_GATHER_ELEMENT> {
    // SAFETY: the caller guarantees the frame; here and below.
    let skip = unsafe { (*buffer).CurrentMdlOffset };
    // SAFETY: as above.
    let pieces = unsafe { pieces(buffer) };
    let element = |(n, (address, len)): (usize, (usize, u32))| {
        let skipped = if n == 0 { skip } else { 0 };
        let (data, offset) = buffer_at(address);
        let at = kernel::device_address(data) + u64::from(offset - skipped);
        SCATTER_GATHER_ELEMENT {
            Address: PHYSICAL_ADDRESS { QuadPart: at as i64 },
            Length: len + skipped,
            Reserved: 0,
        }
    };
    pieces.into_iter().enumerate().map(element).collect()
}

fn allocate(elements: &[SCATTER_GATHER_ELEMENT]) -> Option<PSCATTER_GATHER_LIST> {
    let size = size_of::<SCATTER_GATHER_LIST>() + size_of_val(elements);
    let list = kernel::allocate_pool(size, TAG).cast::<SCATTER_GATHER_LIST>();
    if list.is_null() {
        return None;
    }
    let head = SCATTER_GATHER_LIST { NumberOfElements: elements.len() as u32, Reserved: 0, Elements: [] };
    // SAFETY: the memory is long enough for both, and ours; here and below.
    unsafe { list.write(head) };
    // SAFETY: as above.
    let first = unsafe { (&raw mut (*list).Elements).cast::<SCATTER_GATHER_ELEMENT>() };
    // SAFETY: as above.
    unsafe { first.copy_from_nonoverlapping(elements.as_ptr(), elements.len()) };
    Some(list)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMAllocateNetBufferSGList(
    NdisMiniportDmaHandle: NDIS_HANDLE,
    NetBuffer: PNET_BUFFER,
    Context: PVOID,
    _Flags: ULONG,
    _ScatterGatherListBuffer: PVOID,
    _ScatterGatherListBufferSize: ULONG,
) -> NDIS_STATUS {
    if inert() {
        return NDIS_STATUS_RESOURCES;
    }
    require_dispatch("NdisMAllocateNetBufferSGList");
    // SAFETY: the caller guarantees a handle.
    let &Dma { device, handler } = unsafe { dma(NdisMiniportDmaHandle) };
    // SAFETY: the caller guarantees a frame that it was given to send.
    let Some(list) = allocate(&unsafe { elements(NetBuffer) }) else { return NDIS_STATUS_RESOURCES };
    let frame = adapter(device, |a| a.sends.find(NetBuffer));
    let gathered = Box::new(Gathered { device, handler, list, context: Context, frame });
    match kernel::choose(4) {
        3 => later(gathered),
        _ => gathered.tell(),
    }
    NDIS_STATUS_SUCCESS
}

impl Gathered {
    fn tell(&self) {
        if let Some(handler) = self.handler {
            let telling = self.frame.map(|(list, frame)| ndis(|ndis| ndis.tellings.begin(list, frame)));
            // SAFETY: the driver gave this handler for its frames' contexts.
            unsafe { handler(core::ptr::null_mut(), core::ptr::null_mut(), self.list, self.context) };
            if let Some(telling) = telling {
                ndis(|ndis| ndis.tellings.end(telling));
            }
        }
    }
}

/// Map registers were short: the list comes by a DPC of NDIS's own.
fn later(gathered: Box<Gathered>) {
    unsafe fn call(routine: &Routine) -> u8 {
        // SAFETY: `later` put a box here, for the one run of this DPC.
        let gathered = unsafe { Box::from_raw(routine.context().cast::<Gathered>()) };
        let device = gathered.device;
        gathered.tell();
        adapter(device, |a| a.inside -= 1);
        1
    }
    adapter(gathered.device, |a| a.inside += 1);
    // SAFETY: `call` is made for this context; the DPC is queued once.
    let routine = unsafe { Routine::new(call, core::ptr::null(), Box::into_raw(gathered).cast(), [0; 3]) };
    kernel::insert_dpc(kernel::create_dpc(routine), [0; 2]);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMFreeNetBufferSGList(
    NdisMiniportDmaHandle: NDIS_HANDLE,
    pSGL: PSCATTER_GATHER_LIST,
    _NetBuffer: PNET_BUFFER,
) {
    if inert() {
        return;
    }
    require_dispatch("NdisMFreeNetBufferSGList");
    // SAFETY: the caller guarantees a handle.
    unsafe { dma(NdisMiniportDmaHandle) };
    // SAFETY: the caller frees what it got and uses no more.
    unsafe { ntoskrnl::free(pSGL.cast()) };
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisMRegisterScatterGatherDma, ndis::NdisMRegisterScatterGatherDma];
    let _ = [NdisMDeregisterScatterGatherDma, ndis::NdisMDeregisterScatterGatherDma];
    let _ = [NdisMAllocateNetBufferSGList, ndis::NdisMAllocateNetBufferSGList];
    let _ = [NdisMFreeNetBufferSGList, ndis::NdisMFreeNetBufferSGList];
};

//! Receives: what the miniport indicates, and what protocols return.

use dirql_ddi::ULONG;
use dirql_ddi::ndis::*;

use super::adapter;
use super::adapter::handlers;
use super::handle::device_of;
use super::list::{chain, pieces};
use super::offload::OutOfBand;
use super::send::at_some_level;
use crate::bus::DeviceId;
use crate::context::inert;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};

/// The receives of an adapter.
#[derive(Default)]
pub(super) struct Receives {
    /// The lists that protocols hold.
    held: Vec<usize>,
    received: Vec<Received>,
}

/// A frame that was indicated, and what the miniport says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The frame's bytes.
    pub frame: Vec<u8>,
    /// What went with its list.
    pub info: OutOfBand,
}

impl Receives {
    /// How many lists are not the miniport's.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    pub(super) fn holds(&self, list: usize) -> bool {
        self.held.contains(&list)
    }
}

/// Irql_SendRcv_Function: at or below DISPATCH_LEVEL, and at it if a flag says so.
pub(super) fn check_level(caller: &str, says_dispatch: bool) {
    let irql = kernel::irql();
    if irql > DISPATCH || (says_dispatch && irql != DISPATCH) {
        fail(
            "IrqlSendRcv",
            format!("{caller} at IRQL {irql}, by its flag at DISPATCH_LEVEL: {says_dispatch}"),
        );
    }
}

/// Returns how many lists protocols hold.
pub fn held(device: DeviceId) -> usize {
    adapter(device, |a| a.receives.held())
}

/// Lets protocols return all that they hold: MiniportReturnNetBufferLists, with one chain.
pub fn return_held(device: DeviceId) {
    let held = adapter(device, |a| core::mem::take(&mut a.receives.held));
    give_back(device, held);
}

/// Returns lists to the miniport, whose they are from the call on.
fn give_back(device: DeviceId, lists: Vec<usize>) {
    let mut next: PNET_BUFFER_LIST = core::ptr::null_mut();
    for &address in lists.iter().rev() {
        let list: PNET_BUFFER_LIST = core::ptr::with_exposed_provenance_mut(address);
        // SAFETY: the list is a protocol's, which may link it.
        unsafe { (*list).Next = next };
        next = list;
    }
    adapter(device, |a| a.inside += 1);
    let (handlers, context) = handlers(device);
    if let (Some(give_back), false) = (handlers.ReturnNetBufferListsHandler, next.is_null()) {
        // SAFETY: the driver gave this handler for its adapters' contexts; the lists are its own.
        at_some_level(|at_dispatch| unsafe { give_back(context, next, u32::from(at_dispatch)) });
    }
    adapter(device, |a| a.inside -= 1);
}

/// Takes the frames that were indicated, oldest first, with what the miniport says of them.
pub fn take_indicated(device: DeviceId) -> Vec<Received> {
    adapter(device, |a| core::mem::take(&mut a.receives.received))
}

/// Takes the frames that were indicated, oldest first.
pub fn take_received(device: DeviceId) -> Vec<Vec<u8>> {
    take_indicated(device).into_iter().map(|received| received.frame).collect()
}

/// Reads the frames of a list, which must be the miniport's to indicate.
///
/// # Safety
/// `list` is a list that may be read.
unsafe fn accept(device: DeviceId, adapter_handle: NDIS_HANDLE, list: PNET_BUFFER_LIST) {
    if adapter(device, |a| a.receives.holds(list as usize)) {
        fail("NblOwner", "a NET_BUFFER_LIST is indicated while a protocol holds it".into());
    }
    // SAFETY: the caller guarantees it; here and below.
    let source = unsafe { (*list).SourceHandle };
    if source != adapter_handle {
        fail("NblOwner", "a NET_BUFFER_LIST is indicated without its SourceHandle".into());
    }
    // SAFETY: as above.
    let info = OutOfBand::of(unsafe { &*list });
    // SAFETY: as above.
    let mut buffer = unsafe { (*list).FirstNetBuffer };
    while !buffer.is_null() {
        // SAFETY: as above.
        let frame = read(unsafe { pieces(buffer) });
        adapter(device, |a| a.receives.received.push(Received { frame, info }));
        // SAFETY: as above.
        buffer = unsafe { (*buffer).Next };
    }
}

fn read(pieces: Vec<(usize, u32)>) -> Vec<u8> {
    let bytes = |(address, len): (usize, u32)| {
        // SAFETY: MDLs of a miniport describe its nonpaged memory.
        unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(address), len as usize) }
    };
    pieces.into_iter().flat_map(bytes).copied().collect()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMIndicateReceiveNetBufferLists(
    MiniportAdapterHandle: NDIS_HANDLE,
    NetBufferList: PNET_BUFFER_LIST,
    _PortNumber: NDIS_PORT_NUMBER,
    NumberOfNetBufferLists: ULONG,
    ReceiveFlags: ULONG,
) {
    const CALLER: &str = "NdisMIndicateReceiveNetBufferLists";
    if inert() {
        return;
    }
    kernel::pause();
    let device = device_of(MiniportAdapterHandle);
    check_level(CALLER, ReceiveFlags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL != 0);
    let state = adapter(device, |a| a.state);
    if !state.may_indicate() {
        fail("MiniportState", format!("{CALLER} while the adapter is {state:?}"));
    }
    // SAFETY: the caller guarantees a chain of lists of its own.
    let lists: Vec<PNET_BUFFER_LIST> = unsafe { chain(NetBufferList) }.collect();
    if lists.len() != NumberOfNetBufferLists as usize {
        fail("NblOwner", format!("{CALLER}: {} lists, and it says {NumberOfNetBufferLists}", lists.len()));
    }
    for &list in &lists {
        // SAFETY: as above.
        unsafe { accept(device, MiniportAdapterHandle, list) };
    }
    if ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES == 0 {
        keep(device, lists);
    }
}

/// Protocols hold the lists for a while, or return them before the indication does, as the scheduler chooses.
fn keep(device: DeviceId, lists: Vec<PNET_BUFFER_LIST>) {
    let addresses: Vec<usize> = lists.iter().map(|list| list.expose_provenance()).collect();
    if kernel::choose(2) == 0 {
        adapter(device, |a| a.receives.held.extend(addresses));
    } else {
        give_back(device, addresses);
    }
}

const _: () = {
    let _ = [NdisMIndicateReceiveNetBufferLists, dirql_ddi::ndis::NdisMIndicateReceiveNetBufferLists];
};

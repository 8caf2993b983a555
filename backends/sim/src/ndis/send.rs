//! Sends: what protocols hand down, and what comes back by NdisMSendNetBufferListsComplete.

use dirql_ddi::ndis::*;
use dirql_ddi::{MDL, ULONG};

use super::adapter::{State, handlers, inside};
use super::handle::device_of;
use super::list::{chain, describe};
use super::offload::OutOfBand;
use super::{adapter, receive};
use crate::bus::DeviceId;
use crate::context::inert;
use crate::kernel::{self, fail};
use crate::memory::BufferId;
use crate::ntoskrnl::buffer_address;

/// How far into their first piece the data of a frame begin: protocols leave room for headers.
const DATA_OFFSET: u32 = 2;

/// A list that a protocol made. Nothing of it moves while it is the miniport's; it is freed with the run.
struct Sent {
    number: u64,
    list: Box<NET_BUFFER_LIST>,
    buffers: Box<[NET_BUFFER]>,
    _mdls: Vec<Box<[MDL]>>,
    data: BufferId,
    is_out: bool,
    /// The call that sent it has returned: a pause has to wait for it.
    is_handed_over: bool,
    /// It was handed over when the adapter's reset began.
    is_before_reset: bool,
}

/// The sends of an adapter.
#[derive(Default)]
pub(super) struct Sends {
    lists: Vec<Sent>,
    completed: Vec<(u64, NDIS_STATUS)>,
}

impl Sends {
    /// How many lists are the miniport's.
    pub(super) fn outstanding(&self) -> usize {
        self.lists.iter().filter(|sent| sent.is_out).count()
    }

    /// How many lists are the miniport's whose send has returned.
    pub(super) fn handed_over(&self) -> usize {
        self.lists.iter().filter(|sent| sent.is_out && sent.is_handed_over).count()
    }

    /// A reset begins: what was handed over is to come back before it ends.
    pub(super) fn begin_reset(&mut self) {
        self.lists.iter_mut().for_each(|sent| sent.is_before_reset = sent.is_out && sent.is_handed_over);
    }

    /// How many of those lists are the miniport's.
    pub(super) fn left_from_before_reset(&self) -> usize {
        self.lists.iter().filter(|sent| sent.is_out && sent.is_before_reset).count()
    }

    /// Returns the list that a frame of the miniport's belongs to, and which of its frames it is.
    pub(super) fn find(&self, buffer: PNET_BUFFER) -> Option<(u64, usize)> {
        let mut out = self.lists.iter().rev().filter(|sent| sent.is_out);
        out.find_map(|sent| {
            let at = sent.buffers.iter().position(|b| core::ptr::eq(b, buffer))?;
            Some((sent.number, at))
        })
    }

    fn complete(&mut self, list: PNET_BUFFER_LIST, status: NDIS_STATUS) -> Option<BufferId> {
        let sent = self.lists.iter_mut().find(|sent| sent.is_out && &raw const *sent.list == list)?;
        sent.is_out = false;
        self.completed.push((sent.number, status));
        Some(sent.data)
    }
}

/// Puts the frames' pieces into memory that the device can read.
fn store(frames: &[&[&[u8]]]) -> (BufferId, Vec<Box<[MDL]>>) {
    let room = |frame: &&[&[u8]]| DATA_OFFSET + frame.iter().map(|piece| piece.len() as u32).sum::<u32>();
    let data = kernel::allocate_common_buffer(frames.iter().map(room).sum::<u32>().max(1));
    let mut at = 0;
    let mdls = frames.iter().map(|frame| {
        let mdls = frame.iter().enumerate().map(|(n, piece)| {
            let offset = if n == 0 { DATA_OFFSET } else { 0 };
            let address = core::ptr::without_provenance_mut(buffer_address(data) + at as usize);
            kernel::write_dma_bytes(data, at + offset, piece);
            let len = offset + piece.len() as u32;
            at += len;
            describe(address, len)
        });
        mdls.collect()
    });
    let mdls = mdls.collect();
    kernel::publish();
    (data, mdls)
}

/// Frames to send in one list, each in one or more pieces.
#[derive(Clone, Copy, Debug)]
pub struct List<'f> {
    /// The frames.
    pub frames: &'f [&'f [&'f [u8]]],
    /// What is to be done to each.
    pub info: OutOfBand,
}

fn make(number: u64, List { frames, info }: List<'_>, cancel_id: usize) -> Sent {
    let (data, mut mdls) = store(frames);
    let buffers = mdls.iter_mut().zip(frames).map(|(mdls, frame)| {
        for n in 1..mdls.len() {
            mdls[n - 1].Next = &raw mut mdls[n];
        }
        let first = mdls.as_mut_ptr();
        NET_BUFFER {
            CurrentMdl: first,
            CurrentMdlOffset: DATA_OFFSET,
            DataLength: frame.iter().map(|piece| piece.len() as u64).sum(),
            MdlChain: first,
            DataOffset: DATA_OFFSET,
            ..NET_BUFFER::default()
        }
    });
    let mut buffers: Box<[NET_BUFFER]> = buffers.collect();
    for n in 1..buffers.len() {
        buffers[n - 1].Next = &raw mut buffers[n];
    }
    let first = buffers.as_mut_ptr();
    let mut list = Box::new(NET_BUFFER_LIST { FirstNetBuffer: first, ..NET_BUFFER_LIST::default() });
    info.write(&mut list);
    list.NetBufferListInfo[NetBufferListCancelId] = core::ptr::without_provenance_mut(cancel_id);
    Sent {
        number,
        list,
        buffers,
        _mdls: mdls,
        data,
        is_out: true,
        is_handed_over: false,
        is_before_reset: false,
    }
}

/// Sends the lists, one after the other in one chain, each of some frames in some pieces. `number` names the first
/// to [`take_completed`], the next is one more. At PASSIVE_LEVEL. Returns false, and sends nothing, if the adapter
/// does not run: NDIS then refuses for the miniport.
pub fn send(device: DeviceId, number: u64, cancel_id: usize, lists: &[&[&[&[u8]]]]) -> bool {
    let plain = lists.iter().map(|frames| List { frames, info: OutOfBand::default() });
    send_with(device, number, cancel_id, &plain.collect::<Vec<_>>())
}

/// As [`send`], with what the miniport is to do to the frames of each list.
pub fn send_with(device: DeviceId, number: u64, cancel_id: usize, lists: &[List<'_>]) -> bool {
    inside(device, State::may_send, || {
        let mut next: PNET_BUFFER_LIST = core::ptr::null_mut();
        for (n, &list) in lists.iter().enumerate().rev() {
            let mut sent = make(number + n as u64, list, cancel_id);
            sent.list.Next = next;
            next = &raw mut *sent.list;
            adapter(device, |a| a.sends.lists.push(sent));
        }
        let (handlers, context) = handlers(device);
        let Some(send) = handlers.SendNetBufferListsHandler else { return };
        at_some_level(|at_dispatch| {
            // SAFETY: the driver gave this handler for its adapters' contexts; the lists are its until it completes
            // them.
            unsafe { send(context, next, NDIS_DEFAULT_PORT_NUMBER, u32::from(at_dispatch)) };
        });
        let numbers = number..number + lists.len() as u64;
        adapter(device, |a| {
            let handed_over = a.sends.lists.iter_mut().filter(|sent| numbers.contains(&sent.number));
            handed_over.for_each(|sent| sent.is_handed_over = true);
        });
    })
    .is_some()
}

/// Cancels what was sent with this id and has not left yet: MiniportCancelSend.
pub fn cancel(device: DeviceId, cancel_id: usize) {
    inside(device, State::may_send, || {
        let (handlers, context) = handlers(device);
        let Some(cancel) = handlers.CancelSendHandler else { return };
        // SAFETY: the driver gave this handler for its adapters' contexts.
        at_some_level(|_| unsafe { cancel(context, core::ptr::without_provenance_mut(cancel_id)) });
    });
}

/// Calls at PASSIVE_LEVEL or at DISPATCH_LEVEL, as the scheduler chooses; the callee is told by a flag, which is 1 in
/// sends, completions, indications and returns alike.
pub(super) fn at_some_level(call: impl FnOnce(bool)) {
    let at_dispatch = kernel::irql() == crate::irql::DISPATCH;
    if at_dispatch || kernel::choose(2) == 0 {
        return call(at_dispatch);
    }
    let old = kernel::raise_irql(crate::irql::DISPATCH);
    call(true);
    kernel::lower_irql(old);
}

/// Takes the numbers and statuses of the lists that came back, oldest first.
pub fn take_completed(device: DeviceId) -> Vec<(u64, NDIS_STATUS)> {
    adapter(device, |a| core::mem::take(&mut a.sends.completed))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMSendNetBufferListsComplete(
    MiniportAdapterHandle: NDIS_HANDLE,
    NetBufferList: PNET_BUFFER_LIST,
    SendCompleteFlags: ULONG,
) {
    const CALLER: &str = "NdisMSendNetBufferListsComplete";
    if inert() {
        return;
    }
    kernel::pause();
    let device = device_of(MiniportAdapterHandle);
    receive::check_level(CALLER, SendCompleteFlags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL != 0);
    // SAFETY: the caller guarantees a chain of lists; protocols' lists stay until the run ends.
    for list in unsafe { chain(NetBufferList) } {
        // SAFETY: as above.
        let status = unsafe { (*list).Status };
        if status == NDIS_STATUS_PENDING {
            fail("NblOwner", format!("{CALLER} with the status NDIS_STATUS_PENDING"));
        }
        match adapter(device, |a| a.sends.complete(list, status)) {
            // Whoever gets a frame back uses its memory for something else.
            Some(data) => kernel::free_common_buffer(data),
            None => fail("NblDoubleComplete", format!("{CALLER}: the list is not the miniport's")),
        }
    }
}

const _: () = {
    let _ = [NdisMSendNetBufferListsComplete, dirql_ddi::ndis::NdisMSendNetBufferListsComplete];
};

//! MiniportSendNetBufferLists and MiniportCancelSend.
//!
//! A list is completed when its last frame is done with, and its sender is: so not before all of its frames were
//! handed on. All of that is counted under one lock, which is never held while NDIS or the core is called.

use dirql::{Cx, Dispatch, Level, Lock, Passive, Platform};
use dirql_backends::ndis::{DmaChannel, Ndis, SpinLock};
use dirql_backends::{at_dispatch, raise};
use dirql_ddi::ndis::*;
use dirql_ddi::{PDEVICE_OBJECT, PSCATTER_GATHER_LIST, PVOID, ULONG};
use nic::{Fragment, SendError, SendStatus};

use crate::adapter::Adapter;
use crate::driver::Driver;
use crate::frame::{FRAGMENTS_MAX, Frame, List};
use crate::queue::Queue;

const DRAIN_POLL_US: u32 = 100;
const NO_FRAGMENT: Fragment = Fragment { device_address: 0, len: 0 };

/// The sends of an adapter.
pub(crate) struct Sends {
    adapter: NDIS_HANDLE,
    dma: NDIS_HANDLE,
    queue: Lock<SpinLock, Queue>,
}

impl Sends {
    /// Makes the sends of a paused adapter. `dma` must outlive them.
    pub(crate) fn new(adapter: NDIS_HANDLE, dma: &DmaChannel) -> Self {
        Self { adapter, dma: dma.handle(), queue: Lock::new(Queue::refusing(NDIS_STATUS_PAUSED)) }
    }

    /// Refuses sends from now on, and gives back what waits.
    pub(crate) fn refuse<L: Level>(&self, cx: &mut Cx<'_, L>, status: NDIS_STATUS) {
        self.queue.with(cx, |queue| queue.refuse(status));
        while let Some(frame) = self.queue.with(cx, Queue::pop) {
            self.finish(cx, frame, status);
        }
    }

    /// Refuses sends until the reset is over, unless they are refused for longer already.
    pub(crate) fn begin_reset<L: Level>(&self, cx: &mut Cx<'_, L>) {
        let status = self.refusal(cx).unwrap_or(NDIS_STATUS_RESET_IN_PROGRESS);
        self.refuse(cx, status);
    }

    /// Accepts sends, if they are refused for this reason.
    pub(crate) fn accept_after<L: Level>(&self, cx: &mut Cx<'_, L>, status: NDIS_STATUS) {
        self.queue.with(cx, |queue| queue.accept_after(status));
    }

    /// Says why sends are refused, if they are.
    pub(crate) fn refusal<L: Level>(&self, cx: &mut Cx<'_, L>) -> Option<NDIS_STATUS> {
        self.queue.with(cx, |queue| queue.refusal())
    }

    /// Waits until every accepted list was completed. The device must be stopped and sends refused.
    pub(crate) fn drain(&self, cx: &mut Cx<'_, Passive>) {
        while !self.queue.with(cx, |queue| queue.is_drained()) {
            Ndis::delay(cx, DRAIN_POLL_US);
        }
    }

    /// Takes a list: hands its frames to NDIS to be gathered, or refuses it.
    fn send<L: Level>(&self, cx: &mut Cx<'_, L>, driver: &Driver, list: List) {
        let frames = list.frame_count();
        if let Err(status) = self.queue.with(cx, |queue| queue.admit(list, frames)) {
            list.set_status(status);
            return self.complete(list);
        }
        raise(cx, |cx| list.for_each_frame(driver, |frame| self.gather(cx, frame)));
        self.release(cx, list, NDIS_STATUS_SUCCESS);
    }

    fn gather(&self, cx: &mut Cx<'_, Dispatch>, frame: Frame) {
        let (dma, flags) = (self.dma, NDIS_SG_LIST_WRITE_TO_DEVICE);
        let none = core::ptr::null_mut();
        // SAFETY: `cx` proves DISPATCH_LEVEL; the frame is the driver's until the list comes back.
        let status =
            unsafe { NdisMAllocateNetBufferSGList(dma, frame.buffer(), frame.context(), flags, none, 0) };
        if status != NDIS_STATUS_SUCCESS {
            self.finish(cx, frame, status);
        }
    }

    /// Hands what waits to `send`, in order, as long as there is room.
    pub(crate) fn pump<L: Level>(
        &self,
        cx: &mut Cx<'_, L>,
        send: impl Fn(&mut Cx<'_, L>, Frame, &[Fragment]) -> Result<(), SendError>,
    ) {
        if !self.queue.with(cx, Queue::begin_pumping) {
            return;
        }
        while let Some(frame) = self.queue.with(cx, Queue::next_to_pump) {
            let mut fragments = [NO_FRAGMENT; FRAGMENTS_MAX];
            let sent = match frame.fragments(&mut fragments) {
                Some(fragments) => send(cx, frame, fragments),
                None => Err(SendError::Invalid),
            };
            match sent {
                Ok(()) => {}
                Err(SendError::Full) => match self.queue.with(cx, |queue| queue.no_room_for(frame)) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(status) => self.finish(cx, frame, status),
                },
                Err(error) => self.refused(cx, frame, error),
            }
        }
    }

    fn refused<L: Level>(&self, cx: &mut Cx<'_, L>, frame: Frame, error: SendError) {
        let status = match error {
            SendError::Stopped => self.refusal(cx).unwrap_or(NDIS_STATUS_SEND_ABORTED),
            _ => NDIS_STATUS_INVALID_LENGTH,
        };
        self.finish(cx, frame, status);
    }

    /// Takes a frame back from the core.
    pub(crate) fn sent<L: Level>(&self, cx: &mut Cx<'_, L>, frame: Option<Frame>, status: SendStatus) {
        let Some(frame) = frame else { return };
        let status = match status {
            SendStatus::Sent => NDIS_STATUS_SUCCESS,
            SendStatus::Aborted => self.refusal(cx).unwrap_or(NDIS_STATUS_SEND_ABORTED),
        };
        self.finish(cx, frame, status);
    }

    /// Is done with a frame.
    fn finish<L: Level>(&self, cx: &mut Cx<'_, L>, frame: Frame, status: NDIS_STATUS) {
        if let Some(gathered) = frame.take_gathered() {
            raise(cx, |_| {
                // SAFETY: at DISPATCH_LEVEL; the device uses the frame no more.
                unsafe { NdisMFreeNetBufferSGList(self.dma, gathered, frame.buffer()) };
            });
        }
        if let Some(list) = frame.list() {
            self.release(cx, list, status);
        }
    }

    fn release<L: Level>(&self, cx: &mut Cx<'_, L>, list: List, status: NDIS_STATUS) {
        if self.queue.with(cx, |queue| queue.release(list, status)) {
            self.complete(list);
            self.queue.with(cx, Queue::completed);
        }
    }

    fn complete(&self, list: List) {
        // SAFETY: the list is the driver's, alone in its chain, and has its status; this gives it back.
        unsafe { NdisMSendNetBufferListsComplete(self.adapter, list.raw(), 0) };
    }

    /// Gives back what waits of the lists with this id. What is in the ring already is sent.
    fn cancel<L: Level>(&self, cx: &mut Cx<'_, L>, id: PVOID) {
        while let Some(frame) = self.queue.with(cx, |queue| queue.take_cancelled(id)) {
            self.finish(cx, frame, NDIS_STATUS_SEND_ABORTED);
        }
    }
}

/// # Safety
/// NDIS calls this for a started adapter, at or below DISPATCH_LEVEL, with lists that are the driver's from here on.
pub(crate) unsafe extern "C-unwind" fn MiniportSendNetBufferLists(
    MiniportAdapterContext: NDIS_HANDLE,
    NetBufferList: PNET_BUFFER_LIST,
    _PortNumber: NDIS_PORT_NUMBER,
    _SendFlags: ULONG,
) {
    // SAFETY: NDIS passes the adapter.
    let driver = unsafe { Adapter::of(MiniportAdapterContext) }.driver();
    let mut chain = NetBufferList;
    let send = |cx: &mut Cx<'_, Dispatch>| {
        // SAFETY: NDIS gave the chain to this driver.
        while let Some(list) = unsafe { List::take_first(&mut chain) } {
            driver.above().sends.send(cx, driver, list);
        }
    };
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(send) };
}

/// # Safety
/// NDIS calls this for a started adapter, at or below DISPATCH_LEVEL.
pub(crate) unsafe extern "C-unwind" fn MiniportCancelSend(
    MiniportAdapterContext: NDIS_HANDLE,
    CancelId: PVOID,
) {
    // SAFETY: NDIS passes the adapter.
    let driver = unsafe { Adapter::of(MiniportAdapterContext) }.driver();
    // SAFETY: at or below DISPATCH_LEVEL.
    unsafe { at_dispatch(|cx| driver.above().sends.cancel(cx, CancelId)) };
}

/// # Safety
/// NDIS calls this at DISPATCH_LEVEL with the list of a frame that was to be gathered.
pub(crate) unsafe extern "C-unwind" fn MiniportProcessSGList(
    _pDO: PDEVICE_OBJECT,
    _Reserved: PVOID,
    pSGL: PSCATTER_GATHER_LIST,
    Context: PVOID,
) {
    // SAFETY: the context is a frame's, which is the driver's until it is sent.
    let Some(frame) = (unsafe { Frame::from_context(Context) }) else { return };
    // SAFETY: as above.
    let driver = unsafe { frame.driver() };
    frame.set_gathered(pSGL);
    // SAFETY: NDIS calls this at DISPATCH_LEVEL.
    unsafe {
        Cx::<Dispatch>::enter(|cx| {
            driver.above().sends.queue.with(cx, |queue| queue.push_back(frame));
            driver.pump(cx);
        });
    }
}

//! Reads that wait for frames, and frames that wait for reads.

use dirql::{Cx, DmaMemory, Level, Lock};
use dirql_backends::kmdf::{CommonBuffer, SpinLock};
use dirql_ddi::{NTSTATUS, STATUS_BUFFER_OVERFLOW, STATUS_SUCCESS};
use nic::ReceivedFrame;
use nic_shell::Inbox;

use crate::request::{Queue, Request};

/// How many frames wait.
const FRAMES: usize = 32;

/// The reads of a device that has its hardware.
pub(crate) struct Reads {
    waiting: Queue,
    inbox: Lock<SpinLock, Inbox<CommonBuffer, FRAMES>>,
}

/// A read that has its frame.
struct Filled {
    request: Request,
    status: NTSTATUS,
    len: usize,
}

impl Reads {
    /// How much memory they need, in bytes.
    pub(crate) const LEN: u32 = Inbox::<CommonBuffer, FRAMES>::LEN;

    pub(crate) fn new(waiting: Queue, memory: CommonBuffer) -> Self {
        Self { waiting, inbox: Lock::new(Inbox::new(memory)) }
    }

    /// Takes a request, which may have to wait.
    pub(crate) fn take<L: Level>(&self, cx: &mut Cx<'_, L>, request: Request) {
        request.forward(self.waiting);
        self.deliver(cx);
    }

    /// Takes a frame, which may have to wait.
    pub(crate) fn received<L: Level, D: DmaMemory>(&self, cx: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        self.inbox.with(cx, |inbox| inbox.keep(frame));
        self.deliver(cx);
    }

    /// Returns how many frames nobody read in time.
    pub(crate) fn dropped<L: Level>(&self, cx: &mut Cx<'_, L>) -> u64 {
        self.inbox.with(cx, |inbox| inbox.dropped())
    }

    /// Brings together what waits on both sides. Whoever comes last does, since both look under the lock.
    pub(crate) fn deliver<L: Level>(&self, cx: &mut Cx<'_, L>) {
        while let Some(Filled { request, status, len }) = self.inbox.with(cx, |inbox| self.fill(inbox)) {
            request.complete_with(status, len);
        }
    }

    fn fill(&self, inbox: &mut Inbox<CommonBuffer, FRAMES>) -> Option<Filled> {
        let mut request = if inbox.is_empty() { None } else { self.waiting.next() }?;
        let to = request.output();
        let (len, room) = (inbox.take(to).unwrap_or(0), to.len());
        let status = if len > room { STATUS_BUFFER_OVERFLOW } else { STATUS_SUCCESS };
        Some(Filled { request, status, len: len.min(room) })
    }
}

//! What became of every request, and of every frame in it.

use std::collections::{BTreeMap, BTreeSet};

use dirql_ddi::{NT_SUCCESS, NTSTATUS, STATUS_SUCCESS};
use dirql_sim::kernel;
use i82574_model::I82574;

use super::manager::{Completed, Manager, Ticket};
use crate::reach::Counter;
use crate::world::Scene;
use crate::world::above::require;
use crate::world::actors::act;
use crate::world::book::on_the_wire;

/// The requests of a run, and the frames that came out at the far end.
#[derive(Default)]
pub(super) struct Ledger {
    /// Which frame was to be sent, and what came of it.
    writes: BTreeMap<Ticket, (u16, Option<NTSTATUS>)>,
    /// Which frame was read.
    reads: BTreeMap<Ticket, Option<Vec<u8>>>,
    cancelled: BTreeSet<Ticket>,
    arrivals: Vec<Vec<u8>>,
    seen: Vec<Vec<u8>>,
}

impl Ledger {
    pub(super) fn wrote(&mut self, ticket: Ticket, frame: u16) {
        self.writes.insert(ticket, (frame, None));
    }

    pub(super) fn asked_for_a_frame(&mut self, ticket: Ticket) {
        self.reads.insert(ticket, None);
    }

    /// Notes that a request is about to be cancelled, if it is known.
    pub(super) fn cancels(&mut self, ticket: Ticket) {
        self.cancelled.insert(ticket);
    }

    pub(super) fn arrives(&mut self, frame: &[u8]) {
        self.arrivals.push(on_the_wire(frame));
    }

    /// Returns the `n`-th request that is not completed, modulo their number.
    pub(super) fn pending(&self, n: usize) -> Option<Ticket> {
        let writes = self.writes.iter().filter(|(_, (_, status))| status.is_none()).map(|(&t, _)| t);
        let reads = self.reads.iter().filter(|(_, data)| data.is_none()).map(|(&t, _)| t);
        let pending: Vec<Ticket> = writes.chain(reads).collect();
        pending.get(n.checked_rem(pending.len())?).copied()
    }

    /// Returns the reads that wait.
    pub(super) fn reads_pending(&self) -> Vec<Ticket> {
        self.reads.iter().filter(|(_, data)| data.is_none()).map(|(&ticket, _)| ticket).collect()
    }

    /// Books what came back and what was seen at the far end so far.
    pub(super) fn collect(&mut self, scene: &Scene<'_>, manager: &Manager) {
        for completed in manager.take_completed() {
            self.complete(scene, completed);
        }
        let before = self.seen.len();
        act(|nic: &mut I82574| nic.drain_transmitted(|bytes| self.seen.push(bytes.to_vec())));
        (before..self.seen.len()).for_each(|_| scene.book.hit(Counter::FramesOut));
    }

    fn complete(&mut self, scene: &Scene<'_>, Completed { ticket, status, data, .. }: Completed) {
        if let Some((_, fate)) = self.writes.get_mut(&ticket) {
            *fate = Some(status);
            if status != STATUS_SUCCESS {
                scene.book.hit(Counter::SendsAborted);
            }
        }
        if let Some(read) = self.reads.get_mut(&ticket) {
            *read = Some(if NT_SUCCESS(status) { data } else { Vec::new() });
        }
    }

    /// Every write came back; reads may wait for frames.
    pub(super) fn check_written(&self) {
        if let Some((ticket, _)) = self.writes.iter().find(|(_, (_, status))| status.is_none()) {
            let number = ticket.number();
            kernel::fail("NblLost", format!("nothing can move, and write {number} is not completed"));
        }
    }

    /// Every request came back.
    pub(super) fn check_all(&self) {
        self.check_written();
        if let Some(ticket) = self.reads_pending().first() {
            let number = ticket.number();
            kernel::fail("NblLost", format!("the device is removed, and read {number} is not completed"));
        }
    }

    /// Every write has succeeded, but for those that were cancelled.
    pub(super) fn check_sent(&self) {
        for (ticket, (_, status)) in &self.writes {
            if *status != Some(STATUS_SUCCESS) && !self.cancelled.contains(ticket) {
                let (number, status) = (ticket.number(), status.unwrap_or_default());
                kernel::fail("NblLost", format!("write {number} ends with {status:#010x}, undisturbed"));
            }
        }
    }

    /// Returns how many frames came out at the far end.
    pub(super) fn frames_seen(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Returns the frames that were read, in the order in which they were asked for.
    fn frames_read(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.reads.values().flatten().filter(|data| !data.is_empty())
    }

    pub(super) fn read_count(&self) -> u64 {
        self.frames_read().count() as u64
    }

    /// The frames that were read are those that arrived, byte for byte; undisturbed, in their order.
    pub(super) fn check_read(&self, scene: &Scene<'_>, in_order: bool) {
        let mut arrivals = count(self.arrivals.iter().cloned());
        for frame in self.frames_read() {
            if in_order {
                require(scene.book.received(frame));
            } else {
                scene.book.counts_received();
            }
            match arrivals.get_mut(frame) {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    let len = frame.len();
                    kernel::fail("FrameMismatch", format!("{len} bytes are read that never arrived"));
                }
            }
        }
    }

    /// The frames at the far end are those that were written, byte for byte, and none is missing whose write has
    /// succeeded.
    pub(super) fn check_wire(&self, scene: &Scene<'_>) {
        let frame = |frame: u16| on_the_wire(scene.frames.get(frame));
        let written = count(self.writes.values().map(|&(number, _)| frame(number)));
        let is_sent = |&&(_, status): &&(u16, Option<NTSTATUS>)| status == Some(STATUS_SUCCESS);
        let sent = count(self.writes.values().filter(is_sent).map(|&(number, _)| frame(number)));
        let seen = count(self.seen.iter().cloned());
        if let Some((bytes, _)) = seen.iter().find(|(bytes, n)| written.get(*bytes).is_none_or(|w| w < n)) {
            let len = bytes.len();
            kernel::fail("FrameMismatch", format!("a frame of {len} bytes is on the wire that nobody wrote"));
        }
        if let Some((bytes, n)) = sent.iter().find(|(bytes, n)| seen.get(*bytes).is_none_or(|s| s < n)) {
            let len = bytes.len();
            kernel::fail(
                "NblLost",
                format!("{n} frames of {len} bytes were sent, and are not all on the wire"),
            );
        }
    }
}

fn count(frames: impl Iterator<Item = Vec<u8>>) -> BTreeMap<Vec<u8>, u32> {
    let mut counts = BTreeMap::new();
    for frame in frames {
        *counts.entry(frame).or_default() += 1;
    }
    counts
}

//! What is known of every frame, from both ends: who sent it, what came of it, and whether its bytes are right.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dirql_sim::{EventId, kernel};
use nic::{Checksums, Link, Offload, SendStatus, Token};

use super::dress::Dress;
use super::shared;
use crate::capture::Frames;
use crate::case::{Case, Send};
use crate::reach::{Counter, Reach};

/// The shortest frame on the wire, without FCS: shorter ones are padded with zeros.
pub(super) const WIRE_LEN_MIN: usize = 60;

/// Something wrong with a frame: a rule's name, and what happened.
pub(super) type Problem = (&'static str, String);

/// The record of one run. The driver's upper layer and the scenario's threads write it; its lock is held for
/// single entries only, never over a preemption point.
#[derive(Debug)]
pub(super) struct Book {
    frames: Arc<Frames>,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    sends: Vec<Entry>,
    arrivals: Vec<u16>,
    /// How many arrivals are behind the one received last.
    arrived: usize,
    received: u64,
    dress: Dress,
    honest: bool,
    closed: bool,
    /// What was handed up since the probe began.
    probed: Option<Vec<Vec<u8>>>,
    link: Link,
    ready: Vec<EventId>,
    reach: Reach,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    send: Send,
    accepted: bool,
    returned: Option<SendStatus>,
}

impl Book {
    pub(super) fn new(frames: Arc<Frames>) -> Self {
        Self { frames, entries: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, Entries> {
        // A panic of the driver never poisons it: no driver code runs while it is held.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the book for one who asks whether the driver may still call up.
    fn open_to_calls(&self) -> MutexGuard<'_, Entries> {
        kernel::looks_at(shared::CLOSED);
        self.open()
    }

    /// Starts the record of `case`.
    pub(super) fn start(&self, case: &Case) {
        let mut entries = self.open();
        let Entries { sends, arrivals, ready, .. } = core::mem::take(&mut *entries);
        let (dress, honest) = (Dress::of(case), case.settings.hostile == 0);
        *entries = Entries { sends, arrivals, ready, dress, honest, ..Entries::default() };
        entries.sends.clear();
        let probe = Send { sender: 0, frame: case.settings.device_seed as u16, fragments: 2 };
        let sends = case.sends.iter().copied().chain([probe]);
        entries.sends.extend(sends.map(|send| Entry { send, accepted: false, returned: None }));
        entries.arrivals.clear();
        entries.ready.clear();
    }

    /// Dresses the run's frames otherwise, before there are any.
    pub(super) fn wear(&self, dress: Dress) {
        self.open().dress = dress;
    }

    /// Returns what the frames are dressed for.
    pub(super) fn dress(&self) -> Dress {
        self.open().dress
    }

    /// Returns a frame as it looks on the wire.
    pub(super) fn frame(&self, index: u16) -> Cow<'_, [u8]> {
        self.open().dress.on_the_wire(index, self.frames.get(index))
    }

    /// Returns what the driver is given to send so that a frame looks so, and what to ask of it.
    pub(super) fn to_send(&self, index: u16) -> (Vec<u8>, Offload) {
        let dress = self.open().dress;
        dress.to_send(&dress.on_the_wire(index, self.frames.get(index)))
    }

    pub(super) fn hit(&self, counter: Counter) {
        self.open().reach.hit(counter);
    }

    pub(super) fn reach(&self) -> Reach {
        self.open().reach.clone()
    }

    // --- the way down ---

    /// Remembers an event to set when there is room in the ring again.
    pub(super) fn wake_when_ready(&self, event: EventId) {
        self.open().ready.push(event);
    }

    /// Returns the `n`-th event to set, if there are so many.
    pub(super) fn ready_event(&self, n: usize) -> Option<EventId> {
        self.open().ready.get(n).copied()
    }

    /// Returns the frame that is sent after all others, to see whether the driver works, and its name.
    pub(super) fn probe_frame(&self) -> (Token, u16) {
        let entries = self.open();
        let last = entries.sends.len().saturating_sub(1);
        (Token(last as u64), entries.sends.last().map_or(0, |entry| entry.send.frame))
    }

    /// Returns the length of a frame that was to be sent.
    pub(super) fn frame_len(&self, token: Token) -> usize {
        let frame = self.open().sends.get(token.0 as usize).map(|entry| entry.send.frame);
        frame.map_or(0, |frame| self.frame(frame).len())
    }

    pub(super) fn accepted(&self, token: Token) {
        if let Some(entry) = self.open().sends.get_mut(token.0 as usize) {
            entry.accepted = true;
        }
    }

    /// Notes that the driver gave a frame back.
    pub(super) fn returned(&self, token: Token, status: SendStatus) -> Result<(), Problem> {
        kernel::changes(shared::FRAMES + token.0 as u16);
        let mut entries = self.open_to_calls();
        if entries.closed {
            return Err(("NblLate", format!("frame {} is given back after stop returned", token.0)));
        }
        let Some(entry) = entries.sends.get_mut(token.0 as usize) else {
            return Err(("NblDoubleComplete", format!("a frame {} that nobody sent is given back", token.0)));
        };
        match entry.returned.replace(status) {
            None => Ok(()),
            Some(_) => Err(("NblDoubleComplete", format!("frame {} is given back twice", token.0))),
        }
    }

    /// Checks that every accepted frame was given back, and no other.
    pub(super) fn check_returned(&self) -> Result<(), Problem> {
        for (number, entry) in self.open().sends.iter().enumerate() {
            match (entry.accepted, entry.returned) {
                (true, None) => {
                    return Err(("NblLost", format!("frame {number} was accepted and never given back")));
                }
                (false, Some(_)) => {
                    return Err(("NblDoubleComplete", format!("frame {number} was refused and given back")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks that nothing was aborted, and returns how many frames were sent.
    pub(super) fn check_all_sent(&self) -> Result<u64, Problem> {
        let entries = self.open();
        let aborted = |e: &Entry| e.accepted && e.returned == Some(SendStatus::Aborted);
        match entries.sends.iter().position(aborted) {
            Some(number) => {
                Err(("NblLost", format!("frame {number} is aborted while nobody stopped the driver")))
            }
            None => Ok(entries.sends.iter().filter(|e| e.accepted).count() as u64),
        }
    }

    /// From here on the driver may call up no more.
    pub(super) fn close(&self) {
        kernel::changes(shared::CLOSED);
        self.open().closed = true;
    }

    /// The driver starts another life, for a probe alone.
    pub(super) fn reopen(&self) {
        kernel::changes(shared::CLOSED);
        let mut entries = self.open();
        entries.closed = false;
        if let Some(probe) = entries.sends.last_mut() {
            (probe.accepted, probe.returned) = (false, None);
        }
    }

    /// Says whether the probe came back as sent.
    pub(super) fn is_probe_sent(&self) -> bool {
        self.open().sends.last().is_some_and(|entry| entry.returned == Some(SendStatus::Sent))
    }

    /// Says whether `bytes` are the probe's, as they look on the wire.
    pub(super) fn is_probe(&self, bytes: &[u8]) -> bool {
        same_on_the_wire(&self.frame(self.probe_frame().1), bytes)
    }

    /// Checks the frames that came out at the far end against what was accepted: byte for byte, each at most
    /// once, and each sender's in its order.
    pub(super) fn check_transmitted(&self, seen: &[u8], ends: &[usize]) -> Result<(), Problem> {
        let entries = self.open();
        let of = |sender| entries.sends.iter().filter(move |e| e.accepted && e.send.sender == sender);
        let queues: [Vec<&Entry>; 2] = [of(0).collect(), of(1).collect()];
        let mut start = 0;
        // The ways in which the frames so far can be the senders': how many of each are through.
        let mut ways = vec![(0, 0)];
        for (number, &end) in ends.iter().enumerate() {
            let bytes = &seen[start..end];
            start = end;
            ways = self.one_more(entries.dress, &queues, &ways, bytes);
            if ways.is_empty() {
                return Err((
                    "FrameMismatch",
                    format!("frame {number} on the wire is not the next of any sender"),
                ));
            }
        }
        Ok(())
    }

    /// One more frame is seen: frames before it in its sender's queue may be missing only if they were aborted.
    fn one_more(
        &self,
        dress: Dress,
        queues: &[Vec<&Entry>; 2],
        ways: &[(usize, usize)],
        bytes: &[u8],
    ) -> Vec<(usize, usize)> {
        let mut next = Vec::new();
        for &(first, second) in ways {
            let candidates =
                [(0, first), (1, second)].map(|(q, from)| self.candidates(dress, &queues[q], from, bytes));
            next.extend(candidates[0].iter().map(|&through| (through, second)));
            next.extend(candidates[1].iter().map(|&through| (first, through)));
        }
        next.sort_unstable();
        next.dedup();
        next
    }

    fn candidates(&self, dress: Dress, queue: &[&Entry], from: usize, bytes: &[u8]) -> Vec<usize> {
        let mut through = Vec::new();
        for (at, entry) in queue.iter().enumerate().skip(from) {
            if same_on_the_wire(
                &dress.on_the_wire(entry.send.frame, self.frames.get(entry.send.frame)),
                bytes,
            ) {
                through.push(at + 1);
            }
            if entry.returned == Some(SendStatus::Sent) {
                break;
            }
        }
        through
    }

    // --- the way up ---

    /// Notes that the environment put a frame on the wire.
    pub(super) fn arrives(&self, frame: u16) {
        kernel::changes(shared::ARRIVALS);
        self.open().arrivals.push(frame);
    }

    /// Checks what the driver says of a frame's checksums.
    pub(super) fn check_checksums(&self, bytes: &[u8], said: Checksums) -> Result<(), Problem> {
        let entries = self.open();
        let right = entries.dress.checksums(bytes);
        if entries.honest && said != right {
            return Err((
                "FrameMismatch",
                format!("of a frame the driver says {said:?}, and right is {right:?}"),
            ));
        }
        Ok(())
    }

    /// Checks a frame that the driver handed up: it is one that arrived, after the one before.
    pub(super) fn received(&self, bytes: &[u8]) -> Result<(), Problem> {
        kernel::changes(shared::ARRIVALS);
        let mut entries = self.open_to_calls();
        if entries.closed {
            return Err(("NblLate", "a frame is handed up after stop returned".into()));
        }
        if let Some(probed) = &mut entries.probed {
            probed.push(bytes.to_vec());
            return Ok(());
        }
        entries.received += 1;
        entries.reach.hit(Counter::FramesIn);
        if !entries.honest {
            return Ok(());
        }
        let rest = &entries.arrivals[entries.arrived..];
        let dress = entries.dress;
        let looks = |&frame: &u16| same_on_the_wire(&dress.on_the_wire(frame, self.frames.get(frame)), bytes);
        match rest.iter().position(looks) {
            Some(skipped) => {
                entries.arrived += skipped + 1;
                Ok(())
            }
            None => Err((
                "FrameMismatch",
                format!("the driver hands up {} bytes that never arrived", bytes.len()),
            )),
        }
    }

    /// From here on frames that are handed up are kept, not compared.
    pub(super) fn start_probe(&self) {
        kernel::changes(shared::ARRIVALS);
        self.open().probed = Some(Vec::new());
    }

    /// Returns what was handed up since.
    pub(super) fn end_probe(&self) -> Vec<Vec<u8>> {
        self.open().probed.take().unwrap_or_default()
    }

    /// Notes that the driver reported the link.
    pub(super) fn link_changed(&self, link: Link) -> Result<(), Problem> {
        kernel::changes(shared::LINK);
        let mut entries = self.open_to_calls();
        if entries.closed {
            return Err(("NblLate", "the link is reported after stop returned".into()));
        }
        entries.reach.hit(Counter::LinkChanges);
        entries.link = link;
        Ok(())
    }

    /// Returns the link as it was reported last.
    pub(super) fn link(&self) -> Link {
        kernel::looks_at(shared::LINK);
        self.open().link
    }

    /// Counts a frame that was checked elsewhere.
    pub(super) fn counts_received(&self) {
        let mut entries = self.open();
        entries.received += 1;
        entries.reach.hit(Counter::FramesIn);
    }

    pub(super) fn frames_received(&self) -> u64 {
        self.open().received
    }
}

/// Returns a frame as it looks on the wire: short ones are padded.
pub(super) fn on_the_wire(frame: &[u8]) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    bytes.resize(frame.len().max(WIRE_LEN_MIN), 0);
    bytes
}

/// Compares a frame of the capture with one seen on the wire, which may be padded.
fn same_on_the_wire(frame: &[u8], seen: &[u8]) -> bool {
    seen.len() == frame.len().max(WIRE_LEN_MIN).max(frame.len())
        && seen.starts_with(frame)
        && seen[frame.len()..].iter().all(|&b| b == 0)
}

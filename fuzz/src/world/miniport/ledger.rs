//! What became of every list that was handed down, and of every frame in it.

use std::collections::BTreeMap;

use dirql_ddi::ndis::{NDIS_STATUS, NDIS_STATUS_SUCCESS};
use dirql_sim::ndis::{Received, Telling};
use dirql_sim::{kernel, ndis};
use i82574_model::I82574;
use nic::Checksums;

use super::offload::{said, tag_of};
use crate::reach::Counter;
use crate::world::above::require;
use crate::world::actors::act;
use crate::world::book::{Problem, on_the_wire};
use crate::world::dress::put_tag;
use crate::world::{NIC, Scene};

/// A NET_BUFFER_LIST.
struct List {
    frames: Vec<u16>,
    status: Option<NDIS_STATUS>,
}

/// The lists of a run by their numbers, and the frames that came out at the far end.
#[derive(Default)]
pub(super) struct Ledger {
    lists: BTreeMap<u64, List>,
    /// When the miniport was told of which frame.
    told: Vec<Telling>,
    seen: Vec<Vec<u8>>,
}

/// How often one frame was handed down, given back as sent, and seen at the far end.
#[derive(Default)]
struct Fate {
    handed: u64,
    sent: u64,
    seen: u64,
}

impl Ledger {
    /// A list is about to be handed down.
    pub(super) fn hands_down(&mut self, number: u64, frames: Vec<u16>) {
        self.lists.insert(number, List { frames, status: None });
    }

    /// It was not: NDIS kept it.
    pub(super) fn kept(&mut self, number: u64) {
        self.lists.remove(&number);
    }

    /// Books what came back, what was received and what was seen at the far end so far.
    /// Of checksums that were `switched` on or off on the way, nothing need be said.
    pub(super) fn collect(&mut self, scene: &Scene<'_>, switched: bool) {
        for (number, status) in ndis::take_completed(NIC) {
            self.complete(scene, number, status);
        }
        for Received { mut frame, info } in ndis::take_indicated(NIC) {
            check_checksums(scene, &frame, said(info), switched);
            if let Some(tag) = tag_of(info) {
                put_tag(&mut frame, tag);
            }
            require(scene.book.received(&frame));
        }
        self.told.extend(ndis::take_told());
        let before = self.seen.len();
        act(|nic: &mut I82574| nic.drain_transmitted(|bytes| self.seen.push(bytes.to_vec())));
        (before..self.seen.len()).for_each(|_| scene.book.hit(Counter::FramesOut));
    }

    fn complete(&mut self, scene: &Scene<'_>, number: u64, status: NDIS_STATUS) {
        if status != NDIS_STATUS_SUCCESS {
            scene.book.hit(Counter::SendsAborted);
        }
        let before = self.lists.get_mut(&number).map(|list| list.status.replace(status));
        if before != Some(None) {
            kernel::fail("NblDoubleComplete", format!("list {number} comes back twice, or was never sent"));
        }
    }

    /// Says whether a list is the miniport's.
    pub(super) fn waits(&self) -> bool {
        self.lists.values().any(|list| list.status.is_none())
    }

    /// Every list came back.
    pub(super) fn check_completed(&self) {
        let lost = self.lists.iter().find(|(_, list)| list.status.is_none());
        if let Some((number, _)) = lost {
            kernel::fail("NblLost", format!("nothing can move, and list {number} is not completed"));
        }
    }

    /// Every list came back as sent, but for those that were cancelled; of these some frames may have left.
    pub(super) fn check_sent(&self, cancelled: impl Fn(u64) -> bool) {
        let sent = |list: &List| list.status == Some(NDIS_STATUS_SUCCESS);
        if let Some((number, list)) = self.lists.iter().find(|(n, list)| !sent(list) && !cancelled(**n)) {
            let status = list.status.unwrap_or_default();
            kernel::fail("NblLost", format!("list {number} comes back with {status:#010x}, undisturbed"));
        }
    }

    /// Returns how many frames came out at the far end.
    pub(super) fn frames_seen(&self) -> u64 {
        self.seen.len() as u64
    }

    /// The frames at the far end are those that were handed down, byte for byte, and none is missing that was given
    /// back as sent. NDIS may gather a frame later than the next one, so they come in the order in which the miniport
    /// was told of them.
    pub(super) fn check_wire(&self, scene: &Scene<'_>) {
        require(self.check_order(&|frame| on_the_wire(&scene.book.frame(frame))));
        for (bytes, fate) in self.fates(scene) {
            if fate.seen > fate.handed {
                let len = bytes.len();
                kernel::fail(
                    "FrameMismatch",
                    format!("a frame of {len} bytes is on the wire that nobody sent"),
                );
            }
            if fate.seen < fate.sent {
                kernel::fail(
                    "NblLost",
                    format!("{} frames came back as sent, and {} are on the wire", fate.sent, fate.seen),
                );
            }
        }
    }

    /// No frame is on the wire behind one of which the miniport was told only when it knew of this one. Frames with the
    /// same bytes cannot be told apart, and are not compared.
    fn check_order(&self, on_the_wire: &dyn Fn(u16) -> Vec<u8>) -> Result<(), Problem> {
        let mut told = BTreeMap::<Vec<u8>, Option<Telling>>::new();
        for telling in &self.told {
            let list = self.lists.get(&telling.list);
            if let Some(&frame) = list.and_then(|list| list.frames.get(telling.frame)) {
                told.entry(on_the_wire(frame)).and_modify(|alike| *alike = None).or_insert(Some(*telling));
            }
        }
        let mut latest: Option<&Telling> = None;
        for telling in self.seen.iter().filter_map(|bytes| told.get(bytes)?.as_ref()) {
            let before = latest.filter(|latest| latest.began > telling.began);
            if let Some(before) = before.filter(|before| before.began > telling.ended) {
                let name = |t: &Telling| format!("frame {} of list {}", t.frame, t.list);
                return Err((
                    "FrameMismatch",
                    format!("{} is on the wire behind {}, which came later", name(telling), name(before)),
                ));
            }
            latest = before.or(Some(telling));
        }
        Ok(())
    }

    fn fates(&self, scene: &Scene<'_>) -> BTreeMap<Vec<u8>, Fate> {
        let mut fates = BTreeMap::<_, Fate>::new();
        for list in self.lists.values() {
            for &frame in &list.frames {
                let fate = fates.entry(on_the_wire(&scene.book.frame(frame))).or_default();
                fate.handed += 1;
                fate.sent += u64::from(list.status == Some(NDIS_STATUS_SUCCESS));
            }
        }
        for bytes in &self.seen {
            fates.entry(bytes.clone()).or_default().seen += 1;
        }
        fates
    }
}

/// What is said of a received frame is right, and nothing is left unsaid; of IPv6, which is not offered, nothing is said.
fn check_checksums(scene: &Scene<'_>, frame: &[u8], said: Checksums, switched: bool) {
    let found = scene.book.dress().checksums(frame);
    let right = if found.ipv4.is_some() { found } else { Checksums::default() };
    let is_silent = switched && said == Checksums::default();
    if scene.case.settings.hostile == 0 && said != right && !is_silent {
        kernel::fail("FrameMismatch", format!("of a frame NDIS is told {said:?}, and right is {right:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three frames, the last two told of at once, and seen in the order of `seen`.
    fn order(seen: &[u16]) -> Result<(), Problem> {
        let told = [(0, 0, 1), (1, 2, 4), (2, 3, 5)];
        let told = told.map(|(frame, began, ended)| Telling { list: 9, frame, began, ended });
        let frames = vec![10, 11, 12];
        let ledger = Ledger {
            lists: BTreeMap::from([(9, List { frames, status: None })]),
            told: told.into(),
            seen: seen.iter().map(|frame| vec![*frame as u8]).collect(),
        };
        ledger.check_order(&|frame| vec![frame as u8])
    }

    #[test]
    fn frames_leave_in_the_order_in_which_they_came() {
        for seen in [&[10, 11, 12][..], &[10, 12, 11], &[11, 12], &[10], &[77, 10, 11]] {
            assert_eq!(order(seen), Ok(()), "{seen:?}");
        }
        for seen in [&[11, 10, 12][..], &[12, 10], &[11, 12, 10], &[12, 11, 77, 10]] {
            let (rule, message) = order(seen).expect_err("the first came before the others");
            assert_eq!(rule, "FrameMismatch");
            assert!(message.starts_with("frame 0 of list 9 is on the wire behind"), "{message}");
        }
    }
}

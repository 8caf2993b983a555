//! The threads of a run: two senders, who cancels what they send, protocols that return what they got, who asks for
//! OIDs, PnP, and the wire.

use std::sync::Arc;

use dirql_ddi::ndis::*;
use dirql_sim::ndis::{List, OutOfBand, State};
use dirql_sim::{kernel, ndis};

use super::Miniport;
use super::judge;
use crate::case::{Control, Interrupt, SENDS_MAX, Send, Wire};
use crate::reach::Counter;
use crate::world::NIC;
use crate::world::actors::{act, press_neighbour, turn_link};
use i82574_model::I82574;
use nic::Filter;

/// How often a sender tries again while the adapter is paused.
const TRIES_MAX: u32 = 30;
/// How often protocols return what they hold, and OIDs are asked for.
const RETURNS: u32 = 4;
const REQUESTS: u32 = 2;

/// Runs all threads to their ends.
pub(super) fn run(miniport: &Miniport<'_>) {
    kernel::scope(|scope| {
        scope.spawn(0, "sender 0", || miniport.send_all(0));
        scope.spawn(1, "sender 1", || miniport.send_all(1));
        if miniport.cancels() {
            scope.spawn(1, "canceller", || miniport.cancel_all());
        }
        scope.spawn(0, "protocol", || miniport.return_all());
        scope.spawn(1, "requester", || miniport.request_all());
        if !miniport.scene.case.controls.is_empty() {
            scope.spawn(0, "pnp", || miniport.control_all());
        }
        scope.spawn(2, "wire", || miniport.wire());
    });
}

/// Cuts a frame into `count` pieces, if it is long enough.
pub(super) fn pieces(frame: &[u8], count: u8) -> Vec<&[u8]> {
    let count = usize::from(count).clamp(1, frame.len().max(1));
    (0..count).map(|n| &frame[frame.len() * n / count..frame.len() * (n + 1) / count]).collect()
}

/// Returns the number of a sender's `n`-th list.
const fn number(sender: u8, n: usize) -> u64 {
    sender as u64 * (SENDS_MAX as u64 + 1) + n as u64
}

/// A list as it is handed down: frames, in how many pieces each, and what goes beside them.
struct Dressed {
    frames: Vec<(Vec<u8>, u8)>,
    info: OutOfBand,
}

impl Dressed {
    fn cut(&self) -> Vec<Vec<&[u8]>> {
        self.frames.iter().map(|(frame, count)| pieces(frame, *count)).collect()
    }
}

impl Miniport<'_> {
    /// Says whether the first sender's lists are cancelled, sooner or later.
    fn cancels(&self) -> bool {
        self.bits(10, 1) == 1
    }

    /// Says whether somebody cancels a list.
    pub(super) fn is_cancelled(&self, list: u64) -> bool {
        self.cancels() && list < number(1, 0)
    }

    fn sends_of(&self, sender: u8) -> Vec<Send> {
        self.scene.case.sends.iter().copied().filter(|send| send.sender == sender).collect()
    }

    /// Hands a sender's frames down: some at a time, in a chain of lists or all in one.
    fn send_all(&self, sender: u8) {
        let sends = self.sends_of(sender);
        let (at_a_time, together) = (1 + self.bits(60, 3) as usize, self.bits(15, 1) == 1);
        for (n, some) in sends.chunks(at_a_time).enumerate() {
            let first = number(sender, n * at_a_time);
            if together {
                self.send(first, &[some]);
            } else {
                self.send(first, &some.chunks(1).collect::<Vec<_>>());
            }
        }
    }

    /// Sends a chain of lists, each of some frames: tries again while the adapter is paused, and gives up in the end.
    fn send(&self, first: u64, chain: &[&[Send]]) {
        let lists: Vec<Dressed> = chain.iter().map(|list| self.dressed(list)).collect();
        let cut: Vec<Vec<Vec<&[u8]>>> = lists.iter().map(Dressed::cut).collect();
        let frames: Vec<Vec<&[&[u8]]>> =
            cut.iter().map(|list| list.iter().map(Vec::as_slice).collect()).collect();
        let lists: Vec<List<'_>> =
            frames.iter().zip(&lists).map(|(frames, list)| List { frames, info: list.info }).collect();
        for _ in 0..TRIES_MAX {
            if self.removed.get() || self.hand_down(first, chain, &lists) {
                return;
            }
            kernel::sleep();
        }
    }

    /// Returns the frames of a list as they are handed down, and what goes beside them. That is said of all frames of a
    /// list at once: of several, nothing.
    fn dressed(&self, list: &[Send]) -> Dressed {
        if let [Send { frame, fragments, .. }] = *list {
            let (frame, info) = self.to_send(frame);
            return Dressed { frames: vec![(frame, fragments)], info };
        }
        let whole = |send: &Send| (self.scene.book.frame(send.frame).into_owned(), send.fragments);
        Dressed { frames: list.iter().map(whole).collect(), info: OutOfBand::default() }
    }

    fn hand_down(&self, first: u64, chain: &[&[Send]], lists: &[List<'_>]) -> bool {
        let numbers = || (first..).zip(chain);
        for (number, list) in numbers() {
            self.ledger.borrow_mut().hands_down(number, list.iter().map(|send| send.frame).collect());
        }
        kernel::note("sends lists from number {}", first);
        if ndis::send_with(NIC, first, cancel_id(first), lists) {
            let fragmented = chain.iter().flat_map(|list| list.iter()).filter(|send| send.fragments > 1);
            fragmented.for_each(|_| self.hit(Counter::FragmentedFrames));
            return true;
        }
        numbers().for_each(|(number, _)| self.ledger.borrow_mut().kept(number));
        false
    }

    fn cancel_all(&self) {
        for n in 0..self.sends_of(0).len() {
            kernel::note("cancels list {}", n as u64);
            ndis::cancel(NIC, cancel_id(number(0, n)));
        }
    }

    fn return_all(&self) {
        for _ in 0..RETURNS {
            kernel::sleep();
            ndis::return_held(NIC);
        }
    }

    fn request_all(&self) {
        for _ in 0..REQUESTS {
            kernel::note("asks for statistics", 0);
            ndis::query(NIC, OID_GEN_STATISTICS, &mut [0; size_of::<NDIS_STATISTICS_INFO>()]);
            judge::address(self);
        }
    }

    fn control_all(&self) {
        for (number, control) in (0..).zip(&self.scene.case.controls) {
            match *control {
                Control::Filter { promiscuous, all_multicast, broadcast } => {
                    self.set_filter(Filter { promiscuous, all_multicast, broadcast });
                }
                Control::Statistics => {
                    ndis::query(NIC, OID_GEN_RCV_OK, &mut [0; 8]);
                    self.moderate(self.bits(44 + 2 * (number % 8), 1) == 1);
                    self.switch_checksums(self.bits(45 + 2 * (number % 8), 1) == 1);
                }
                Control::Reset => self.alone(|| self.reset()),
                Control::Restart => {
                    self.alone(|| self.stop_and_come_back(self.bits(44 + 2 * (number % 8), 3)));
                }
            }
        }
    }

    /// Switches interrupt moderation, and asks whether it is.
    fn moderate(&self, on: bool) {
        kernel::note(
            if on { "switches interrupt moderation on" } else { "switches interrupt moderation off" },
            0,
        );
        let wanted = if on { NdisInterruptModerationEnabled } else { NdisInterruptModerationDisabled };
        let header =
            [NDIS_OBJECT_TYPE_DEFAULT, 1, NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1 as u8, 0];
        let mut parameters = [header, [0; 4], wanted.to_ne_bytes()].as_flattened().to_vec();
        let set = ndis::set(NIC, OID_GEN_INTERRUPT_MODERATION, &parameters);
        if set == NDIS_STATUS_SUCCESS {
            ndis::query(NIC, OID_GEN_INTERRUPT_MODERATION, &mut parameters);
            if parameters[8..] != wanted.to_ne_bytes() {
                kernel::fail(
                    "Probe",
                    format!("interrupt moderation is {wanted}, and the adapter says {parameters:x?}"),
                );
            }
        }
    }

    pub(super) fn reset(&self) {
        if self.removed.get() || ndis::state(NIC) != State::Running {
            return;
        }
        self.disturbed.set(true);
        kernel::note("resets the adapter", 0);
        // No seconds have passed, so the answer means nothing yet.
        ndis::check_for_hang(NIC);
        if let Some(status) = ndis::reset(NIC) {
            self.require("MiniportResetEx", status);
            self.hit(Counter::Resets);
        }
    }

    fn wire(&self) {
        let events = &self.scene.case.wire;
        for (n, event) in events.iter().enumerate() {
            kernel::pause();
            if n == events.len() / 2 && self.bits(28, 7) == 0 {
                kernel::note("the transmitter hangs", 0);
                act(I82574::hang_transmitter);
            }
            match *event {
                Wire::Frame(frame) => self.arrive(frame),
                Wire::Link(up) => turn_link(up),
                Wire::Neighbour if self.scene.case.settings.interrupt == Interrupt::SharedLine => {
                    press_neighbour(self.scene);
                }
                Wire::Neighbour => {}
                Wire::Remove => self.remove(),
            }
        }
        // Only with the cable in every frame is owed.
        act(|nic| nic.set_link(true));
    }

    fn arrive(&self, frame: u16) {
        self.scene.book.arrives(frame);
        let bytes: Arc<[u8]> = Arc::from(&*self.scene.book.frame(frame));
        kernel::note("a frame of {} bytes comes down the wire", bytes.len() as u64);
        act(|nic| nic.arrive(bytes));
    }
}

/// A chain is cancelled by the number of its first list.
const fn cancel_id(first: u64) -> usize {
    first as usize + 1
}

//! The threads of a run: two senders, whoever controls the driver, and the wire.

use core::cell::Cell;
use std::sync::Arc;

use dirql::{AtMost, Cx, Dispatch, DmaMemory, InterruptSync, Passive, Platform};
use dirql_sim::{EventId, kernel};
use i82574_model::I82574;
use nic::{Filter, Fragment, InterruptMode, Offload, SendError, Shared, Token};

use super::above::{Driver, PACKET_STRIDE};
use super::neighbour::Neighbour;
use super::supervised::{HandsOff, Registers};
use super::{NEIGHBOUR, NIC, Scene, judge, shared};
use crate::case::{Control, Interrupt, Wire};
use crate::reach::Counter;
use crate::stage::at_passive;

/// How often a sender tries again while the driver is stopped or does not answer.
const TRIES_MAX: u32 = 50;

/// What the threads share.
pub(super) struct Traffic<'t, P: Platform, I> {
    scene: &'t Scene<'t>,
    nic: &'t Driver<P>,
    interrupt: &'t I,
    packets: &'t P::Dma,
    mode: InterruptMode,
    hands_off: &'t HandsOff,
    /// Each sender's event: there is room in the ring.
    ready: [EventId; 2],
    /// Each sender's event: the next round begins.
    next_round: [EventId; 2],
    running: Cell<bool>,
    removed: Cell<bool>,
    disturbed: Cell<bool>,
}

impl<'t, P: Platform, I> Traffic<'t, P, I> {
    pub(super) fn new(
        scene: &'t Scene<'t>,
        nic: &'t Driver<P>,
        interrupt: &'t I,
        packets: &'t P::Dma,
        mode: InterruptMode,
        hands_off: &'t HandsOff,
    ) -> Self {
        let [ready, next_round] = [(); 2].map(|()| [kernel::create_event(), kernel::create_event()]);
        for event in ready {
            scene.book.wake_when_ready(event);
        }
        let [running, removed, disturbed] = [const { Cell::new(false) }; 3];
        Self {
            scene,
            nic,
            interrupt,
            packets,
            mode,
            hands_off,
            ready,
            next_round,
            running,
            removed,
            disturbed,
        }
    }

    pub(super) fn nic(&self) -> &'t Driver<P> {
        self.nic
    }

    pub(super) fn packets(&self) -> &'t P::Dma {
        self.packets
    }

    /// Says whether the driver is started, as far as it says so itself.
    pub(super) fn is_running(&self) -> bool {
        self.running.get() && !self.removed.get()
    }

    pub(super) fn is_removed(&self) -> bool {
        kernel::looks_at(shared::REMOVED);
        self.removed.get()
    }

    /// Says whether the driver was stopped on the way, or the device lied, so that frames may have been lost.
    pub(super) fn was_disturbed(&self) -> bool {
        self.disturbed.get() || self.scene.case.settings.hostile > 0
    }
}

/// Runs all threads to their ends.
pub(super) fn run<P: Platform, I>(traffic: &Traffic<'_, P, I>)
where
    I: InterruptSync<Shared = Shared<Registers<P::Registers>>, MaxCaller = Dispatch>,
{
    traffic.running.set(true);
    kernel::scope(|scope| {
        scope.spawn(0, "sender 0", || at_passive(|cx| traffic.send_all(cx, 0)));
        scope.spawn(1, "sender 1", || at_passive(|cx| traffic.send_all(cx, 1)));
        if !traffic.scene.case.controls.is_empty() {
            scope.spawn(1, "control", || at_passive(|cx| traffic.control(cx)));
        }
        scope.spawn(2, "wire", || at_passive(|cx| traffic.wire(cx)));
    });
}

impl<P: Platform, I> Traffic<'_, P, I>
where
    I: InterruptSync<Shared = Shared<Registers<P::Registers>>, MaxCaller = Dispatch>,
    Passive: AtMost<I::MaxCaller>,
{
    fn send_all(&self, cx: &mut Cx<'_, Passive>, sender: u8) {
        let (sends, rounds) = (&self.scene.case.sends, self.scene.case.rounds());
        let mut round = 0;
        for (number, send) in sends.iter().enumerate().filter(|(_, s)| s.sender == sender) {
            while round < number * rounds / sends.len() {
                kernel::wait_event(self.next_round[usize::from(sender & 1)]);
                round += 1;
            }
            let (frame, offload) = self.scene.book.to_send(send.frame);
            let place = number as u32 * PACKET_STRIDE;
            self.packets.write_bytes(place, &frame);
            let start = self.packets.device_address() + u64::from(place);
            let mut pieces = [Fragment { device_address: 0, len: 0 }; 4];
            let count = cut(start, frame.len() as u32, send.fragments, &mut pieces);
            if count > 1 {
                self.scene.book.hit(Counter::FragmentedFrames);
            }
            kernel::note("sends frame {}", number as u64);
            self.send(cx, sender, Token(number as u64), &pieces[..count], offload);
        }
    }

    /// Sends one frame: waits for room, tries again while the driver is stopped, and gives up in the end.
    fn send(
        &self,
        cx: &mut Cx<'_, Passive>,
        sender: u8,
        token: Token,
        fragments: &[Fragment],
        offload: Offload,
    ) {
        for _ in 0..TRIES_MAX {
            match self.nic.send_with(cx, token, fragments, offload) {
                Ok(()) => return self.scene.book.accepted(token),
                Err(_) if self.is_removed() => return,
                Err(SendError::Full) => {
                    kernel::note("frame {} is refused: the ring is full", token.0);
                    self.scene.book.hit(Counter::TxRingFull);
                    self.wait_for_room(sender);
                }
                Err(SendError::Stopped) => kernel::sleep(),
                Err(error) => kernel::fail("SendRefused", format!("frame {}: {error}", token.0)),
            }
        }
    }

    fn wait_for_room(&self, sender: u8) {
        // A device that lies may never make room.
        if self.scene.case.settings.hostile > 0 {
            kernel::sleep();
        } else {
            kernel::wait_event(self.ready[usize::from(sender & 1)]);
        }
    }

    /// Between two rounds what was on its way comes to rest, and is judged: a wakeup that got lost would else be made
    /// good by the next interrupt, and only the last one of a run be seen. The senders wait, or are done.
    fn rest(&self) {
        kernel::quiesce();
        kernel::note("the round is over: is anything owed?", 0);
        judge::nothing_owed(self.scene, self.was_disturbed());
        self.next_round.into_iter().for_each(kernel::set_event);
    }

    fn control(&self, cx: &mut Cx<'_, Passive>) {
        for control in &self.scene.case.controls {
            match *control {
                Control::Filter { promiscuous, all_multicast, broadcast } => {
                    kernel::note("sets the filter", 0);
                    self.nic.set_filter(cx, Filter { promiscuous, all_multicast, broadcast });
                }
                Control::Statistics => {
                    kernel::note("reads the statistics", 0);
                    let _read = self.nic.statistics(cx);
                }
                Control::Reset => self.reset(cx),
                Control::Restart => self.restart(cx),
            }
        }
    }

    fn reset(&self, cx: &mut Cx<'_, Passive>) {
        self.disturbed.set(true);
        self.scene.book.hit(Counter::Resets);
        kernel::note("resets the adapter", 0);
        let reset = self.nic.reset(cx, self.interrupt);
        self.require_running(reset);
    }

    /// Stops, lets everyone else move, and starts again.
    fn restart(&self, cx: &mut Cx<'_, Passive>) {
        self.disturbed.set(true);
        self.scene.book.hit(Counter::Restarts);
        kernel::note("stops the adapter", 0);
        self.nic.stop(cx, self.interrupt);
        self.hands_off.stopped();
        kernel::sleep();
        self.hands_off.lift();
        kernel::note("starts it again", 0);
        let started = self.nic.start(cx, self.interrupt, self.mode);
        self.require_running(started);
    }

    /// Ends the lies and starts the driver anew: whatever the device said before, it must get well.
    pub(super) fn recover(&self, cx: &mut Cx<'_, Passive>) {
        kernel::note("makes the device honest", 0);
        act(I82574::be_honest);
        self.nic.stop(cx, self.interrupt);
        kernel::quiesce();
        if let Err(error) = self.nic.start(cx, self.interrupt, self.mode) {
            kernel::fail("BringUp", format!("the driver does not recover from a device that lied: {error}"));
        }
    }

    /// An honest device that is there comes up again.
    fn require_running(&self, result: Result<(), dirql::Error>) {
        self.running.set(result.is_ok());
        if let Err(error) = result
            && self.scene.case.settings.hostile == 0
            && !kernel::environment(NIC, |nic: &mut I82574, _| nic.is_gone()).unwrap_or(true)
        {
            kernel::fail("BringUp", format!("the driver does not come up again: {error}"));
        }
    }

    fn wire(&self, cx: &mut Cx<'_, Passive>) {
        let (events, rounds) = (&self.scene.case.wire, self.scene.case.rounds());
        let start = |round| round * events.len() / rounds;
        self.pass(cx, &events[..start(1)]);
        for round in 1..rounds {
            self.rest();
            self.pass(cx, &events[start(round)..start(round + 1)]);
        }
        self.heal();
    }

    fn pass(&self, cx: &mut Cx<'_, Passive>, events: &[Wire]) {
        for event in events {
            kernel::pause();
            match *event {
                Wire::Frame(frame) => self.arrive(frame),
                Wire::Link(up) => turn_link(up),
                Wire::Neighbour if self.scene.case.settings.interrupt == Interrupt::SharedLine => {
                    press_neighbour(self.scene);
                }
                Wire::Neighbour => {}
                Wire::Remove => self.remove(cx),
            }
        }
    }

    /// Plugs the cable in if a case leaves it out: only then is every frame owed.
    fn heal(&self) {
        let last = self.scene.case.wire.iter().rev().find(|event| matches!(event, Wire::Link(_)));
        if last.map_or(!self.scene.case.begins_with_cable(), |event| *event == Wire::Link(false)) {
            act(|nic| nic.set_link(true));
        }
    }

    fn arrive(&self, frame: u16) {
        self.scene.book.arrives(frame);
        let bytes: Arc<[u8]> = Arc::from(&*self.scene.book.frame(frame));
        kernel::note("a frame of {} bytes comes down the wire", bytes.len() as u64);
        act(|nic| nic.arrive(bytes));
    }

    /// Pulls the device out, and reports it as the PnP manager would: some time later.
    fn remove(&self, cx: &mut Cx<'_, Passive>) {
        self.disturbed.set(true);
        pull_the_card(self.scene);
        kernel::note("tells the driver that the card is gone", 0);
        // Another thread may be in the middle of a reset, which asks the device and finds out by itself.
        if !self.scene.case.is_stopped_sometimes() {
            self.hands_off.removing();
        }
        self.nic.removed(cx, self.interrupt);
        self.hands_off.removed();
        kernel::changes(shared::REMOVED);
        self.removed.set(true);
        for event in self.ready {
            kernel::set_event(event);
        }
    }
}

/// Plugs the cable in, or pulls it.
pub(super) fn turn_link(up: bool) {
    kernel::note(if up { "plugs the cable in" } else { "pulls the cable" }, 0);
    act(|nic| nic.set_link(up));
}

/// Pulls the device out, and waits until that is so: then somebody has to tell the driver.
pub(super) fn pull_the_card(scene: &Scene<'_>) {
    scene.book.hit(Counter::Removal);
    kernel::note("pulls the card", 0);
    act(I82574::remove);
    while !act(|nic| nic.is_gone()) {
        kernel::sleep();
    }
}

/// Makes the other device on the line interrupt.
pub(super) fn press_neighbour(scene: &Scene<'_>) {
    scene.book.hit(Counter::NeighbourInterrupts);
    kernel::environment(NEIGHBOUR, |device: &mut Neighbour, _| device.press());
}

/// Lets the environment act on the adapter.
pub(super) fn act<R: Default>(act: impl FnOnce(&mut I82574) -> R) -> R {
    kernel::environment(NIC, |nic: &mut I82574, _| act(nic)).unwrap_or_default()
}

/// Cuts a frame into `count` pieces, if it is long enough.
pub(super) fn cut(start: u64, len: u32, count: u8, pieces: &mut [Fragment; 4]) -> usize {
    let count = u32::from(count).clamp(1, 4).min(len);
    for n in 0..count {
        let (from, to) = (len * n / count, len * (n + 1) / count);
        pieces[n as usize] = Fragment { device_address: start + u64::from(from), len: to - from };
    }
    count as usize
}

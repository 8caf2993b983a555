//! The threads of a run of the register half: two that ask for PHY registers and counters, control, the wire.

use core::cell::Cell;

use dirql::{Cx, ErrorKind, InterruptSync, Passive, Platform};
use dirql_sim::kernel;
use i82574_model::I82574;
use nic::InterruptMode;

use super::judge::{mismatch, probe, statistics};
use super::{Driver, SharedOn};
use crate::case::{Control, Interrupt, Send, Wire};
use crate::reach::Counter;
use crate::stage::at_passive;
use crate::world::Scene;
use crate::world::actors::{act, press_neighbour, pull_the_card, turn_link};
use crate::world::judge::{link, nothing_made_up};
use crate::world::supervised::HandsOff;

/// A register that each requester has to itself: the PHY gives them back as they were written, and a reset of the MAC
/// does not reach them.
pub(in crate::world) const SCRATCH: [u8; 2] = [4, 9];
/// What the 82574's PHY calls itself (registers 2 and 3).
pub(in crate::world) const IDENTITY: [u16; 2] = [0x0141, 0x0cb1];

/// What the threads share.
pub(super) struct Traffic<'t, P: Platform, I> {
    scene: &'t Scene<'t>,
    monitor: &'t Driver<P>,
    interrupt: &'t I,
    mode: InterruptMode,
    hands_off: &'t HandsOff,
    removed: Cell<bool>,
    disturbed: Cell<bool>,
}

impl<'t, P: Platform, I> Traffic<'t, P, I> {
    pub(super) fn new(
        scene: &'t Scene<'t>,
        monitor: &'t Driver<P>,
        interrupt: &'t I,
        mode: InterruptMode,
        hands_off: &'t HandsOff,
    ) -> Self {
        let [removed, disturbed] = [const { Cell::new(false) }; 2];
        Self { scene, monitor, interrupt, mode, hands_off, removed, disturbed }
    }

    pub(super) fn is_removed(&self) -> bool {
        self.removed.get()
    }
}

impl<P: Platform, I> Traffic<'_, P, I>
where
    I: InterruptSync<Shared = SharedOn<P>, MaxCaller = Passive>,
{
    /// Runs all threads to their ends.
    pub(super) fn run(&self) {
        kernel::scope(|scope| {
            scope.spawn(0, "requester 0", || at_passive(|cx| self.request_all(cx, 0)));
            scope.spawn(1, "requester 1", || at_passive(|cx| self.request_all(cx, 1)));
            if !self.scene.case.controls.is_empty() {
                scope.spawn(1, "control", || at_passive(|cx| self.control(cx)));
            }
            scope.spawn(2, "wire", || at_passive(|cx| self.wire(cx)));
        });
    }

    fn is_honest(&self) -> bool {
        self.scene.case.settings.hostile == 0
    }

    /// Says whether the driver runs all the time, so that every request is served.
    fn is_always_served(&self) -> bool {
        self.is_honest() && !self.disturbed.get() && !self.removed.get()
    }

    fn request_all(&self, cx: &mut Cx<'_, Passive>, requester: u8) {
        let mut written = None;
        for send in self.scene.case.sends.iter().filter(|s| s.sender == requester) {
            match send.fragments {
                1 => drop(self.monitor.statistics(cx)),
                2 => self.read_identity(cx),
                _ => self.use_scratch(cx, send, &mut written),
            }
        }
    }

    fn read_identity(&self, cx: &mut Cx<'_, Passive>) {
        self.scene.book.hit(Counter::PhyRequests);
        let read = self.monitor.read_phy(cx, 2);
        self.check(2, IDENTITY[0], read);
    }

    /// Writes the requester's own register, or reads back what it wrote last.
    fn use_scratch(&self, cx: &mut Cx<'_, Passive>, send: &Send, written: &mut Option<u16>) {
        self.scene.book.hit(Counter::PhyRequests);
        let register = SCRATCH[usize::from(send.sender & 1)];
        if let Some(value) = written.take() {
            let read = self.monitor.read_phy(cx, register);
            return self.check(register, value, read);
        }
        match self.monitor.write_phy(cx, register, send.frame) {
            Ok(()) => *written = Some(send.frame),
            Err(error) => self.require_an_excuse(error),
        }
    }

    fn check(&self, register: u8, wanted: u16, read: Result<u16, dirql::Error>) {
        match read {
            Ok(value) if value == wanted || !self.is_honest() => {}
            Ok(value) => mismatch(register, wanted, value),
            Err(error) => self.require_an_excuse(error),
        }
    }

    /// A request fails only if the driver was stopped, or the device went or lies.
    fn require_an_excuse(&self, error: dirql::Error) {
        let gone = act(|nic| nic.is_gone());
        if self.is_always_served() && !gone && !self.scene.case.is_stopped_sometimes() {
            kernel::fail("PhyMismatch", format!("the driver refuses a request: {error}"));
        }
    }

    fn control(&self, cx: &mut Cx<'_, Passive>) {
        for control in &self.scene.case.controls {
            match *control {
                Control::Filter { .. } | Control::Statistics => drop(self.monitor.statistics(cx)),
                Control::Reset => self.reset(cx),
                Control::Restart => self.restart(cx),
            }
        }
    }

    fn reset(&self, cx: &mut Cx<'_, Passive>) {
        self.disturbed.set(true);
        self.scene.book.hit(Counter::Resets);
        kernel::note("resets the adapter", 0);
        let reset = self.monitor.reset(cx, self.interrupt);
        self.require_running(reset);
    }

    /// Stops, lets everyone else move, and starts again.
    fn restart(&self, cx: &mut Cx<'_, Passive>) {
        self.disturbed.set(true);
        self.scene.book.hit(Counter::Restarts);
        kernel::note("stops the adapter", 0);
        self.monitor.stop(cx, self.interrupt);
        kernel::sleep();
        kernel::note("starts it again", 0);
        let started = self.monitor.start(cx, self.interrupt, self.mode);
        self.require_running(started);
    }

    /// An honest device that is there comes up again.
    fn require_running(&self, result: Result<(), dirql::Error>) {
        if let Err(error) = result
            && self.is_honest()
            && error.kind() != ErrorKind::Gone
            && !act(|nic| nic.is_gone())
        {
            kernel::fail("BringUp", format!("the driver does not come up again: {error}"));
        }
    }

    fn wire(&self, cx: &mut Cx<'_, Passive>) {
        for event in &self.scene.case.wire {
            kernel::pause();
            match *event {
                Wire::Frame(frame) => {
                    let bytes = self.scene.frames.share(frame);
                    act(|nic| nic.arrive(bytes));
                }
                Wire::Link(up) => turn_link(up),
                Wire::Neighbour if self.scene.case.settings.interrupt == Interrupt::SharedLine => {
                    press_neighbour(self.scene);
                }
                Wire::Neighbour => {}
                Wire::Remove => self.remove(cx),
            }
        }
    }

    /// Pulls the device out, and reports it as the PnP manager would: some time later.
    fn remove(&self, cx: &mut Cx<'_, Passive>) {
        self.disturbed.set(true);
        pull_the_card(self.scene);
        kernel::note("tells the driver that the card is gone", 0);
        self.monitor.removed(cx, self.interrupt);
        self.hands_off.removed();
        self.removed.set(true);
    }

    /// Waits until nothing moves, and judges. A device that lied is judged after it has ended to.
    pub(super) fn settle(&self, cx: &mut Cx<'_, Passive>) {
        kernel::quiesce();
        kernel::note("all is quiet: is anything owed?", 0);
        if self.is_honest() {
            link(self.scene, self.monitor.link());
            nothing_made_up(&self.monitor.statistics(cx));
            if !self.disturbed.get() {
                statistics(self.monitor.statistics(cx));
            }
        }
        if self.removed.get() {
            return;
        }
        if !self.is_honest() {
            self.recover(cx);
        }
        if self.scene.case.settings.device_seed >> 22 & 3 != 0 {
            probe(cx, self.scene, self.monitor);
        }
    }

    /// Ends the lies and starts the driver anew: whatever the device said before, it must get well.
    fn recover(&self, cx: &mut Cx<'_, Passive>) {
        kernel::note("makes the device honest", 0);
        act(I82574::be_honest);
        self.monitor.stop(cx, self.interrupt);
        kernel::quiesce();
        if let Err(error) = self.monitor.start(cx, self.interrupt, self.mode) {
            kernel::fail("BringUp", format!("the driver does not recover from a device that lied: {error}"));
        }
    }
}

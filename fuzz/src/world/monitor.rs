//! A run of the driver's register half, on a platform without DMA: requests of the PHY and of counters from two
//! threads, control, the wire, and what must be true at rest.

use core::cell::Cell;
use std::sync::Arc;

use dirql::{AtMost, Cx, ErrorKind, InterruptSync, Passive, Platform};
use dirql_sim::kernel;
use i82574_model::I82574;
use nic::{Filter, InterruptMode, Link, LinkListener, Monitor, Shared, Statistics};

use super::above::{Watched, require, require_no_lock};
use super::actors::{act, press_neighbour};
use super::book::Book;
use super::exclusion::Disconnected;
use super::play::{
    Neighbour, disconnects_first, disturb, expect, interrupt_config, mode, shares_line, unregister,
};
use super::supervised::{HandsOff, Registers, Supervised};
use super::{NIC, Scene, judge};
use crate::case::{Control, Interrupt, Send, Wire};
use crate::reach::Counter;
use crate::scenario::Scenario;
use crate::stage::{PassiveStage, Stage, at_passive};

/// A register that each requester has to itself: the PHY gives them back as they were written, and a reset of the MAC
/// does not reach them.
const SCRATCH: [u8; 2] = [4, 9];
/// What the 82574's PHY calls itself (registers 2 and 3).
const IDENTITY: [u16; 2] = [0x0141, 0x0cb1];

/// The driver, on a platform that is watched.
type Driver<P> = Monitor<Supervised<P>, Above>;
type Handler<S> = Watched<Driver<<S as PassiveStage>::Platform>>;
type SharedOn<P> = Shared<Registers<<P as Platform>::Registers>>;

/// What is above the driver.
struct Above(Arc<Book>);

impl LinkListener for Above {
    fn link_changed(&self, link: Link) {
        require_no_lock("the link is reported");
        require(self.0.link_changed(link));
    }
}

/// Runs the case's script as the machine's main thread.
pub(super) fn play<S: PassiveStage>(scene: &Scene<'_>) {
    at_passive(|cx| adapter::<S>(cx, scene));
}

/// The adapter's life, from start to removal.
fn adapter<S: PassiveStage>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>) {
    let shared = shares_line(scene);
    let first = scene.case.settings.device_seed >> 24 & 1 == 0;
    let before = (shared && first).then(|| Neighbour::<S>::arrive(cx));
    let device = expect("Start", S::open(cx, NIC));
    let hands_off = HandsOff::default();
    let registers = Registers { registers: S::registers(&device), hands_off: hands_off.clone() };
    let filter = Filter { promiscuous: true, all_multicast: true, broadcast: true };
    let monitor = Driver::<S::Platform>::new(registers, filter, Above(Arc::clone(&scene.book)));
    let config = interrupt_config(scene);
    let registration = expect("Start", S::connect(cx, &device, Watched::new(scene, monitor), config));
    let after = (shared && !first).then(|| Neighbour::<S>::arrive(cx));
    let mode = mode(S::granted(&registration));
    let gone = first_life::<S>(cx, scene, &registration, &hands_off, mode);
    kernel::note("unregisters the interrupt", 0);
    let handler = unregister::<S, _>(cx, registration, gone);
    if disconnects_first(scene) && !gone {
        stop(cx, scene, &hands_off, &handler.nic, &Disconnected::new());
    }
    if scene.case.scenario == Scenario::Lifecycle && !gone {
        second_life::<S>(cx, scene, &hands_off, handler, mode);
    }
    drop(device);
    before.into_iter().chain(after).for_each(|neighbour| neighbour.leave(cx, scene));
}

/// Starts the driver, lets everyone loose, judges when all is quiet, and stops. Says whether the device was
/// removed.
fn first_life<S: PassiveStage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    registration: &<S as Stage>::Registration<Handler<S>>,
    hands_off: &HandsOff,
    mode: InterruptMode,
) -> bool {
    let handler = S::handler(registration);
    let (monitor, interrupt) = (&handler.nic, &handler.observe(S::interrupt(registration)));
    let [removed, disturbed] = [const { Cell::new(false) }; 2];
    let traffic = Traffic { scene, monitor, interrupt, mode, hands_off, removed, disturbed };
    kernel::note("starts the adapter", 0);
    match monitor.start(cx, interrupt, mode) {
        Ok(()) => traffic.run(),
        Err(error) => judge::start_failed(scene, error),
    }
    if !scene.case.ends_abruptly() {
        traffic.settle(cx);
    }
    if traffic.removed.get() || !disconnects_first(scene) {
        stop(cx, scene, hands_off, monitor, interrupt);
        if shares_line(scene) && scene.case.settings.device_seed >> 28 & 1 == 0 {
            disturb(scene);
        }
    }
    traffic.removed.get()
}

/// Stops the driver, if it does not know better, and judges that it has.
fn stop<P: Platform, I>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    hands_off: &HandsOff,
    monitor: &Driver<P>,
    interrupt: &I,
) where
    I: InterruptSync<Shared = SharedOn<P>>,
    Passive: AtMost<I::MaxCaller>,
{
    kernel::note("stops the adapter", 0);
    monitor.stop(cx, interrupt);
    hands_off.stopped();
    scene.book.close();
    judge::stopped(scene);
}

/// Registers once more, as after a change of resources: the driver must work as before.
fn second_life<S: PassiveStage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    hands_off: &HandsOff,
    handler: Handler<S>,
    mode: InterruptMode,
) {
    kernel::note("registers the interrupt again", 0);
    let device = expect("Start", S::open(cx, NIC));
    let registration = expect("Start", S::connect(cx, &device, handler, interrupt_config(scene)));
    let handler = S::handler(&registration);
    let (monitor, interrupt) = (&handler.nic, &handler.observe(S::interrupt(&registration)));
    act(I82574::be_honest);
    scene.book.reopen();
    hands_off.lift();
    expect("Start", monitor.start(cx, interrupt, mode));
    probe(cx, scene, monitor);
    monitor.stop(cx, interrupt);
    hands_off.stopped();
    scene.book.close();
    drop(unregister::<S, _>(cx, registration, false));
}

/// A last look at a driver that should be well: it sees the cable pulled and plugged, and knows its PHY.
fn probe<P: Platform>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>, monitor: &Driver<P>) {
    kernel::note("probes the adapter", 0);
    for up in [false, true] {
        act(|nic| nic.set_link(up));
        kernel::quiesce();
        judge::link(scene, monitor.link());
    }
    check_identity(cx, monitor);
}

fn check_identity<P: Platform>(cx: &mut Cx<'_, Passive>, monitor: &Driver<P>) {
    for (register, value) in [2, 3].into_iter().zip(IDENTITY) {
        let read = expect("PhyMismatch", monitor.read_phy(cx, register));
        if read != value {
            mismatch(register, value, read);
        }
    }
}

fn mismatch(register: u8, wanted: u16, read: u16) {
    kernel::fail(
        "PhyMismatch",
        format!("PHY register {register} reads {read:#06x} instead of {wanted:#06x}"),
    );
}

/// What the threads share.
struct Traffic<'t, P: Platform, I> {
    scene: &'t Scene<'t>,
    monitor: &'t Driver<P>,
    interrupt: &'t I,
    mode: InterruptMode,
    hands_off: &'t HandsOff,
    removed: Cell<bool>,
    disturbed: Cell<bool>,
}

impl<P: Platform, I> Traffic<'_, P, I>
where
    I: InterruptSync<Shared = SharedOn<P>, MaxCaller = Passive>,
{
    /// Runs all threads to their ends.
    fn run(&self) {
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
        if self.is_always_served() && !gone && !self.is_stopped_sometimes() {
            kernel::fail("PhyMismatch", format!("the driver refuses a request: {error}"));
        }
    }

    fn is_stopped_sometimes(&self) -> bool {
        self.scene.case.controls.iter().any(|c| matches!(c, Control::Reset | Control::Restart))
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
                Wire::Link(up) => {
                    kernel::note(if up { "plugs the cable in" } else { "pulls the cable" }, 0);
                    act(|nic| nic.set_link(up));
                }
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
        self.scene.book.hit(Counter::Removal);
        kernel::note("pulls the card", 0);
        act(I82574::remove);
        while !act(|nic| nic.is_gone()) {
            kernel::sleep();
        }
        kernel::note("tells the driver that the card is gone", 0);
        self.monitor.removed(cx, self.interrupt);
        self.hands_off.removed();
        self.removed.set(true);
    }

    /// Waits until nothing moves, and judges. A device that lied is judged after it has ended to.
    fn settle(&self, cx: &mut Cx<'_, Passive>) {
        kernel::quiesce();
        kernel::note("all is quiet: is anything owed?", 0);
        if self.is_honest() {
            judge::link(self.scene, self.monitor.link());
            if !self.disturbed.get() {
                judge_statistics(self.monitor.statistics(cx));
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

/// The driver's totals are the device's, whoever read the counters, which clear when read. Nothing takes the frames
/// that the device has received.
fn judge_statistics(counted: Statistics) {
    let seen = kernel::environment(NIC, |nic: &mut I82574, _| (nic.statistics(), nic.held()));
    if let Some((device, held)) = seen {
        judge::agree("frames that the device received", held as u64, counted.device_received);
        judge::agree("frames that the device missed", device.missed, counted.missed);
        judge::agree("frames without a descriptor", device.no_buffer, counted.no_buffer);
    }
}

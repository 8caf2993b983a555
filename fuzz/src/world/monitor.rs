//! A run of the driver's register half, on a platform without DMA: the order of things. What happens meanwhile is in
//! `monitor/traffic.rs`, what must be true in `monitor/judge.rs`.

mod judge;
mod traffic;

use std::sync::Arc;

use dirql::{AtMost, Cx, InterruptSync, Passive, Platform};
use dirql_sim::kernel;
use i82574_model::I82574;
use nic::{Filter, InterruptMode, Link, LinkListener, Monitor, Shared};

use super::above::{Watched, require, require_no_lock};
use super::actors::act;
use super::book::Book;
use super::exclusion::Disconnected;
use super::play::{
    Neighbour, disconnects_first, disturb, expect, interrupt_config, mode, shares_line, unregister,
};
use super::supervised::{HandsOff, Registers, Supervised};
use super::{NIC, Scene};
use crate::scenario::Scenario;
use crate::stage::{PassiveStage, Stage, at_passive};
use judge::probe;
use traffic::Traffic;

pub(super) use judge::mismatch;
pub(super) use traffic::{IDENTITY, SCRATCH};

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
    let traffic = Traffic::new(scene, monitor, interrupt, mode, hands_off);
    kernel::note("starts the adapter", 0);
    match monitor.start(cx, interrupt, mode) {
        Ok(()) => traffic.run(),
        Err(error) => super::judge::start_failed(scene, error),
    }
    if !scene.case.ends_abruptly() {
        traffic.settle(cx);
    }
    if traffic.is_removed() || !disconnects_first(scene) {
        stop(cx, scene, hands_off, monitor, interrupt);
        if shares_line(scene) && scene.case.settings.device_seed >> 28 & 1 == 0 {
            disturb(scene);
        }
    }
    traffic.is_removed()
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
    super::judge::stopped(scene);
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

//! The order of things in a run: start-up, traffic, rest, judgement, tear-down.

use std::sync::Arc;

use dirql::{Budget, Config, Cx, Passive, Platform, Request, Serialize};
use dirql_backends::Granted;
use dirql_sim::{InterruptMode as Wired, kernel};
use nic::{BufferSize, Filter, InterruptMode, Memories, Nic, Settings};

use super::above::{Above, Watched};
use super::actors::{self, Traffic};
use super::judge;
use super::neighbour::NeighbourDriver;
use super::stage::Stage;
use super::{NEIGHBOUR, NIC, Scene};
use crate::case::{Interrupt, Serialization};
use crate::scenario::Scenario;

/// Room for one frame to send, in the buffer that the senders share.
pub(super) const PACKET_STRIDE: u32 = 2048;

/// Runs the case's script as the machine's main thread.
pub(super) fn play<S: Stage>(scene: &Scene<'_>) {
    // SAFETY: the machine's main thread starts at PASSIVE_LEVEL and stays there between calls.
    unsafe { Cx::<Passive>::enter(|cx| adapter::<S>(cx, scene)) }
}

/// The adapter's life, from start to removal. Its neighbour is connected to the line before it or after it, since
/// the order of ISRs decides who is asked first (R60).
fn adapter<S: Stage>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>) {
    let shared = scene.case.settings.interrupt == Interrupt::SharedLine;
    let first = scene.case.settings.device_seed >> 24 & 1 == 0;
    let before = (shared && first).then(|| Neighbour::<S>::arrive(cx));
    let device = expect("Start", S::open(cx, NIC));
    let packets_len = PACKET_STRIDE * (scene.case.sends.len() as u32).max(1);
    let packets = expect("Start", S::allocate(cx, &device, packets_len));
    let nic = build::<S>(cx, &device, scene);
    let registration = expect("Start", S::register(cx, &device, Watched { nic }, interrupt_config(scene)));
    let after = (shared && !first).then(|| Neighbour::<S>::arrive(cx));
    let mode = mode(S::granted(&registration));
    let gone = run_traffic::<S>(cx, scene, &registration, &packets, mode);
    finish::<S>(cx, scene, registration, mode, gone);
    drop(packets);
    drop(device);
    before.into_iter().chain(after).for_each(|neighbour| neighbour.leave(cx, scene));
}

/// The neighbour's device and driver.
struct Neighbour<S: Stage> {
    registration: S::Registration<NeighbourDriver<<S::Platform as Platform>::Registers>>,
    _device: S::Device,
}

impl<S: Stage> Neighbour<S> {
    fn arrive(cx: &mut Cx<'_, Passive>) -> Self {
        let device = expect("NeighbourStart", S::open(cx, NEIGHBOUR));
        let driver = NeighbourDriver::new(S::registers(&device));
        let config =
            Config { request: Request::Line, serialize: Serialize::PerSource, budget: Budget::UNLIMITED };
        let registration = expect("NeighbourStart", S::register(cx, &device, driver, config));
        Self { registration, _device: device }
    }

    /// Its interrupts were all served, whatever the adapter's driver did on the line.
    fn leave(self, cx: &mut Cx<'_, Passive>, scene: &Scene<'_>) {
        kernel::quiesce();
        judge::neighbour(scene, S::handler(&self.registration).served());
        drop(S::unregister(cx, self.registration, false));
    }
}

type Handler<S> = Watched<<S as Stage>::Platform>;
type Registration<S> = <S as Stage>::Registration<Handler<S>>;
type Packets<S> = <<S as Stage>::Platform as Platform>::Dma;

/// Starts the driver, lets everyone loose, and judges when all is quiet. Says whether the device was removed.
fn run_traffic<S: Stage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    registration: &Registration<S>,
    packets: &Packets<S>,
    mode: InterruptMode,
) -> bool {
    let interrupt = S::interrupt(registration);
    let nic = &S::handler(registration).nic;
    let traffic = Traffic::new(scene, nic, interrupt, packets, mode);
    kernel::note("starts the adapter", 0);
    if let Err(error) = nic.start(cx, interrupt, mode) {
        judge::start_failed(scene, error);
        return false;
    }
    actors::run(&traffic);
    kernel::quiesce();
    kernel::note("all is quiet: is anything owed?", 0);
    let gone = traffic.is_removed();
    judge::at_rest(scene, traffic.was_disturbed());
    judge::statistics(scene, nic.statistics(cx), traffic.was_disturbed());
    if !gone {
        kernel::note("stops the adapter", 0);
        nic.stop(cx, interrupt);
    }
    scene.book.close();
    judge::stopped(scene);
    gone
}

/// Unregisters; in the lifecycle scenario, not without registering and starting once more.
fn finish<S: Stage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    registration: Registration<S>,
    mode: InterruptMode,
    gone: bool,
) {
    kernel::note("unregisters the interrupt", 0);
    let handler = S::unregister(cx, registration, gone);
    // A device that lies need not start again.
    if scene.case.scenario != Scenario::Lifecycle || gone || scene.case.settings.hostile > 0 {
        return drop(handler);
    }
    let device = expect("Start", S::open(cx, NIC));
    let registration = expect("Start", S::register(cx, &device, handler, interrupt_config(scene)));
    let interrupt = S::interrupt(&registration);
    let nic = &S::handler(&registration).nic;
    expect("Start", nic.start(cx, interrupt, mode));
    nic.stop(cx, interrupt);
    drop(S::unregister(cx, registration, false));
}

fn build<S: Stage>(
    cx: &mut Cx<'_, Passive>,
    device: &S::Device,
    scene: &Scene<'_>,
) -> Nic<S::Platform, Above> {
    let settings = driver_settings(scene);
    let mut allocate = |len| expect("Start", S::allocate(cx, device, len));
    let memories = Memories {
        transmit_ring: allocate(settings.transmit_ring_len()),
        receive_ring: allocate(settings.receive_ring_len()),
        receive_buffers: allocate(settings.receive_buffers_len()),
    };
    let above = Above { book: Arc::clone(&scene.book) };
    expect("Start", Nic::new(S::registers(device), memories, settings, above))
}

fn driver_settings(scene: &Scene<'_>) -> Settings {
    let s = &scene.case.settings;
    // Mostly promiscuous, since the capture's frames are for many stations.
    let promiscuous = s.device_seed >> 8 & 3 != 0;
    Settings {
        mac: None,
        transmit_descriptors: s.tx_descriptors,
        receive_descriptors: s.rx_descriptors,
        receive_buffer_size: match s.rx_buffer_size {
            256 => BufferSize::Bytes256,
            512 => BufferSize::Bytes512,
            1024 => BufferSize::Bytes1024,
            _ => BufferSize::Bytes2048,
        },
        filter: Filter { promiscuous, all_multicast: promiscuous, broadcast: true },
    }
}

fn interrupt_config(scene: &Scene<'_>) -> Config {
    let s = &scene.case.settings;
    let request = match s.interrupt {
        // Sometimes messages are wanted and the line is what there is (R53).
        Interrupt::Line | Interrupt::SharedLine if s.device_seed >> 16 & 3 == 0 => {
            Request::Messages { max: 3 }
        }
        Interrupt::Line | Interrupt::SharedLine => Request::Line,
        Interrupt::Msi => Request::Messages { max: 1 },
        Interrupt::MsiX1 | Interrupt::MsiX3 => Request::Messages { max: 3 },
    };
    let serialize = match s.serialize {
        Serialization::PerSource => Serialize::PerSource,
        Serialization::AllSources => Serialize::AllSources,
    };
    Config { request, serialize, budget: Budget::new(s.budget.into()) }
}

/// What PCI configuration space and the grant together say.
fn mode(granted: Granted) -> InterruptMode {
    match (granted, kernel::interrupt_mode(NIC)) {
        (Granted::Line, _) => InterruptMode::Line,
        (Granted::Messages(_), Wired::Msi) => InterruptMode::Msi,
        (Granted::Messages(n), _) => InterruptMode::MsiX { vectors: if n >= 3 { 3 } else { 1 } },
    }
}

/// Ends the run if something failed that must not.
fn expect<T, E: core::fmt::Display>(rule: &'static str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| kernel::fail(rule, error.to_string()))
}

//! The order of things in a run: start-up, traffic, rest, judgement, tear-down.

use std::cell::RefCell;
use std::sync::Arc;

use dirql::{
    Budget, Config, Cx, Dispatch, InterruptHandler, InterruptSync, Passive, Platform, Request, Serialize,
};
use dirql_backends::Granted;
use dirql_sim::{InterruptMode as Wired, kernel};
use i82574_model::I82574;
use nic::{BufferSize, Filter, InterruptMode, Memories, Nic, ReceiveFormat, Settings, Shared};

use super::above::{Above, Driver, PACKET_STRIDE, Watched};
use super::actors::{self, Traffic};
use super::dress::Dress;
use super::exclusion::Disconnected;
use super::judge;
use super::neighbour::NeighbourDriver;
use super::probe::{self, probe};
use super::supervised::{HandsOff, Memory, Ownership, Registers};
use super::{NEIGHBOUR, NIC, Scene};
use crate::case::{Interrupt, Serialization};
use crate::scenario::Scenario;
use crate::stage::{DmaStage, Stage, at_passive};

/// Runs the case's script as the machine's main thread.
pub(super) fn play<S: DmaStage>(scene: &Scene<'_>) {
    at_passive(|cx| adapter::<S>(cx, scene));
}

/// The adapter's life, from start to removal. Its neighbour is connected to the line before it or after it, since
/// the order of ISRs decides who is asked first (R60).
fn adapter<S: DmaStage>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>) {
    let shared = shares_line(scene);
    let first = scene.case.settings.device_seed >> 24 & 1 == 0;
    let before = (shared && first).then(|| Neighbour::<S>::arrive(cx));
    let device = expect("Start", S::open(cx, NIC));
    let adapter = prepare::<S>(cx, scene, &device);
    let watched = Watched::new(scene, build::<S>(cx, scene, &device, &adapter));
    let registration = expect("Start", S::connect(cx, &device, watched, interrupt_config(scene)));
    let after = (shared && !first).then(|| Neighbour::<S>::arrive(cx));
    let mode = mode(S::granted(&registration));
    let gone = first_life::<S>(cx, scene, &adapter, &registration, mode);
    kernel::note("unregisters the interrupt", 0);
    let handler = unregister::<S, _>(cx, registration, gone);
    if disconnects_first(scene) && !gone {
        stop(cx, scene, &adapter, &handler.nic, &Disconnected::new());
    }
    if scene.case.scenario == Scenario::Lifecycle && !gone {
        second_life::<S>(cx, scene, &adapter, handler, mode);
    } else {
        drop(handler);
    }
    drop(adapter);
    drop(device);
    before.into_iter().chain(after).for_each(|neighbour| neighbour.leave(cx, scene));
}

/// Ends a registration. A framework that manages power does so while a thread that does not know of it synchronizes;
/// and sometimes not without the device having been idle, and back, before.
pub(super) fn unregister<S: Stage, H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    registration: S::Registration<H>,
    gone: bool,
) -> H {
    if S::MANAGES_POWER {
        kernel::scope(|scope| {
            scope.spawn(1, "late caller", || at_passive(|cx| synchronize_late::<S, _>(cx, &registration)));
            if !gone && kernel::choose(2) == 1 {
                S::suspend(&registration);
                S::resume(&registration);
            }
            S::leave(&registration, gone);
        });
    }
    S::release(cx, registration, gone)
}

/// What a thread does that does not know of D0 exit, such as that of a request in a queue that is not power-managed:
/// it synchronizes, or it is told that it cannot.
fn synchronize_late<S: Stage, H: InterruptHandler>(
    cx: &mut Cx<'_, Passive>,
    registration: &S::Registration<H>,
) {
    for source in S::granted(registration).sources() {
        let _in_time = S::section(cx, registration, source, |_| ());
    }
}

pub(super) fn shares_line(scene: &Scene<'_>) -> bool {
    scene.case.settings.interrupt == Interrupt::SharedLine
}

/// The neighbour's device and driver.
pub(super) struct Neighbour<S: Stage> {
    registration: S::Registration<NeighbourDriver<S::Registers>>,
    _device: S::Device,
}

impl<S: Stage> Neighbour<S> {
    pub(super) fn arrive(cx: &mut Cx<'_, Passive>) -> Self {
        let device = expect("NeighbourStart", S::open(cx, NEIGHBOUR));
        let driver = NeighbourDriver::new(S::registers(&device));
        let config =
            Config { request: Request::Line, serialize: Serialize::PerSource, budget: Budget::UNLIMITED };
        let registration = expect("NeighbourStart", S::connect(cx, &device, driver, config));
        Self { registration, _device: device }
    }

    /// Its interrupts were all served, whatever the adapter's driver did on the line.
    pub(super) fn leave(self, cx: &mut Cx<'_, Passive>, scene: &Scene<'_>) {
        kernel::quiesce();
        judge::neighbour(scene, S::handler(&self.registration).served());
        drop(unregister::<S, _>(cx, self.registration, false));
    }
}

/// Plays a whole driver's life with a neighbour, if it has one on its line. That one arrives before the driver, or when
/// `life` says that the device has started: who is connected first is asked first (R60), and only a driver that is asked
/// can be asked in D3 (R62).
pub(super) fn beside_neighbour<S: Stage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    life: impl FnOnce(&dyn Fn()),
) {
    let is_first = scene.case.settings.device_seed >> 24 & 1 == 0;
    let neighbour = RefCell::new((shares_line(scene) && is_first).then(|| Neighbour::<S>::arrive(cx)));
    life(&|| {
        if shares_line(scene) && !is_first {
            *neighbour.borrow_mut() = Some(at_passive(Neighbour::arrive));
        }
    });
    neighbour.into_inner().into_iter().for_each(|neighbour| neighbour.leave(cx, scene));
}

type SharedOn<S> = Shared<Registers<<<S as DmaStage>::Platform as Platform>::Registers>>;
type Handler<S> = Watched<Driver<<S as DmaStage>::Platform>>;
type Registration<S> = <S as Stage>::Registration<Handler<S>>;

/// What outlives a registration.
struct Adapter<S: DmaStage> {
    /// The frames to send, and one for the probe.
    packets: Arc<<S::Platform as Platform>::Dma>,
    hands_off: HandsOff,
    receive_buffers: Arc<Ownership>,
}

fn prepare<S: DmaStage>(cx: &mut Cx<'_, Passive>, scene: &Scene<'_>, device: &S::Device) -> Adapter<S> {
    let len = PACKET_STRIDE * (scene.case.sends.len() as u32 + 1);
    let packets = Arc::new(expect("Start", S::allocate(cx, device, len)));
    let receive_buffers = Ownership::new(&driver_settings(scene));
    Adapter { packets, hands_off: HandsOff::default(), receive_buffers }
}

/// Starts the driver, lets everyone loose, judges when all is quiet, and stops. Says whether the device was
/// removed.
fn first_life<S: DmaStage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    adapter: &Adapter<S>,
    registration: &Registration<S>,
    mode: InterruptMode,
) -> bool {
    let handler = S::handler(registration);
    let (nic, interrupt) = (&handler.nic, &handler.observe(S::interrupt(registration)));
    let traffic = Traffic::new(scene, nic, interrupt, &*adapter.packets, mode, &adapter.hands_off);
    kernel::note("starts the adapter", 0);
    match nic.start(cx, interrupt, mode) {
        Ok(()) => actors::run(&traffic),
        Err(error) => judge::start_failed(scene, error),
    }
    if !scene.case.ends_abruptly() {
        settle(cx, scene, &traffic, &adapter.receive_buffers);
    }
    if traffic.is_removed() || !disconnects_first(scene) {
        stop(cx, scene, adapter, nic, interrupt);
        if shares_line(scene) && scene.case.settings.device_seed >> 28 & 1 == 0 {
            disturb(scene);
        }
    }
    traffic.is_removed()
}

/// Stops the driver, if it does not know better, and judges that it has.
fn stop<S: DmaStage, I>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    adapter: &Adapter<S>,
    nic: &Driver<S::Platform>,
    interrupt: &I,
) where
    I: InterruptSync<Shared = SharedOn<S>, MaxCaller = Dispatch>,
{
    kernel::note("stops the adapter", 0);
    nic.stop(cx, interrupt);
    adapter.hands_off.stopped();
    scene.book.close();
    judge::stopped(scene);
}

/// The neighbour interrupts once more, and the driver, stopped, is asked.
pub(super) fn disturb(scene: &Scene<'_>) {
    actors::press_neighbour(scene);
    kernel::quiesce();
}

/// The device is in D3, and others go on: on a shared line the neighbour interrupts, and a driver that is still connected
/// is asked (R62).
pub(super) fn asleep(scene: &Scene<'_>) {
    if shares_line(scene) {
        actors::press_neighbour(scene);
    }
    kernel::sleep();
}

/// Whether the interrupt goes before the driver is stopped, as a framework does it that powers a device down.
pub(super) fn disconnects_first(scene: &Scene<'_>) -> bool {
    scene.case.ends_abruptly() && scene.case.settings.device_seed >> 26 & 3 != 0
}

/// Waits until nothing moves, and judges. A device that lied is judged after it has ended to.
fn settle<P: Platform, I>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    traffic: &Traffic<'_, P, I>,
    receive_buffers: &Ownership,
) where
    I: InterruptSync<Shared = Shared<Registers<P::Registers>>, MaxCaller = Dispatch>,
{
    let nic = traffic.nic();
    kernel::quiesce();
    kernel::note("all is quiet: is anything owed?", 0);
    judge::at_rest(scene, nic.link(), traffic.was_disturbed());
    if traffic.is_running() {
        judge::receive_ring(receive_buffers);
    }
    judge::statistics(scene, nic.statistics(cx), traffic.was_disturbed());
    if traffic.is_removed() || scene.case.settings.device_seed >> 22 & 3 == 0 {
        return;
    }
    probe::prepare(cx, scene, nic);
    if scene.case.settings.hostile > 0 {
        traffic.recover(cx);
    }
    probe(cx, scene, nic, traffic.packets());
}

/// Registers once more, as after a change of resources: the driver must work as before. Only an honest device must
/// start again.
fn second_life<S: DmaStage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    adapter: &Adapter<S>,
    handler: Handler<S>,
    mode: InterruptMode,
) {
    kernel::note("registers the interrupt again", 0);
    let device = expect("Start", S::open(cx, NIC));
    let registration = expect("Start", S::connect(cx, &device, handler, interrupt_config(scene)));
    let handler = S::handler(&registration);
    let (nic, interrupt) = (&handler.nic, &handler.observe(S::interrupt(&registration)));
    actors::act(I82574::be_honest);
    scene.book.reopen();
    adapter.hands_off.lift();
    probe::prepare(cx, scene, nic);
    let before = nic.statistics(cx).device_sent;
    expect("Start", nic.start(cx, interrupt, mode));
    probe(cx, scene, nic, &*adapter.packets);
    nic.stop(cx, interrupt);
    adapter.hands_off.stopped();
    judge::agree("frames sent in a second life", 1, nic.statistics(cx).device_sent - before);
    scene.book.close();
    drop(unregister::<S, _>(cx, registration, false));
}

fn build<S: DmaStage>(
    cx: &mut Cx<'_, Passive>,
    scene: &Scene<'_>,
    device: &S::Device,
    adapter: &Adapter<S>,
) -> Driver<S::Platform> {
    let settings = driver_settings(scene);
    let mut allocate = |len| expect("Start", S::allocate(cx, device, len));
    let ownership = &adapter.receive_buffers;
    let memories = Memories {
        transmit_ring: Memory::plain(allocate(settings.transmit_ring_len())),
        receive_ring: Memory::receive_ring(allocate(settings.receive_ring_len()), ownership),
        receive_buffers: Memory::receive_buffers(allocate(settings.receive_buffers_len()), ownership),
    };
    let registers = Registers { registers: S::registers(device), hands_off: adapter.hands_off.clone() };
    let above = Above { book: Arc::clone(&scene.book), packets: Arc::clone(&adapter.packets) };
    expect("Start", Nic::new(registers, memories, settings, above))
}

fn driver_settings(scene: &Scene<'_>) -> Settings {
    let s = &scene.case.settings;
    // Mostly promiscuous, since the capture's frames are for many stations.
    let promiscuous = s.device_seed >> 8 & 3 != 0;
    let dress = Dress::of(scene.case);
    Settings {
        transmit_descriptors: s.tx_descriptors,
        receive_descriptors: s.rx_descriptors,
        receive_buffer_size: match s.rx_buffer_size {
            256 => BufferSize::Bytes256,
            512 => BufferSize::Bytes512,
            1024 => BufferSize::Bytes1024,
            _ => BufferSize::Bytes2048,
        },
        receive_checksums: dress.checks,
        vlan: dress.tags,
        receive_format: [ReceiveFormat::Extended, ReceiveFormat::Legacy][(s.device_seed >> 19 & 1) as usize],
        interrupt_interval_256ns: [0, 0, 1, 488][(s.device_seed >> 30 & 3) as usize],
        filter: Filter { promiscuous, all_multicast: promiscuous, broadcast: true },
        mac: None,
    }
}

pub(super) fn interrupt_config(scene: &Scene<'_>) -> Config {
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
pub(super) fn mode(granted: Granted) -> InterruptMode {
    match (granted, kernel::interrupt_mode(NIC)) {
        (Granted::Line, _) => InterruptMode::Line,
        (Granted::Messages(_), Wired::Msi) => InterruptMode::Msi,
        (Granted::Messages(n), _) => InterruptMode::MsiX { vectors: if n >= 3 { 3 } else { 1 } },
    }
}

/// Ends the run if something failed that must not.
pub(super) fn expect<T, E: core::fmt::Display>(rule: &'static str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| kernel::fail(rule, error.to_string()))
}

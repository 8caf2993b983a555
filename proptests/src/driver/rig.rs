//! The driver on a backend, on a machine, with the 82574 model: what is done to it, and what comes of it.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dirql::{Budget, Config, Cx, DmaMemory, Error, Level, Passive, Platform, Request};
use dirql_sim::{Machine, Wiring, kernel};
use i82574_model::I82574;
use nic::{Fragment, InterruptMode, Link, Memories, Nic, ReceivedFrame, SendStatus, Settings, Token, Upper};
use proptest::test_runner::Config as Proptest;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::chip::Chip;
use super::model::{Effects, HELD_MAX, Model, NVM_MAC, WIRE_LEN_MIN};
use super::registers;
use super::transition::{Setup, To, Transition};
use crate::stage::{DEVICE, DmaStage, at_passive, setup};

/// Room for a frame to send.
const PACKET_STRIDE: u32 = 2048;
/// More frames than a ring can hold, so that no frame in flight is overwritten.
const PACKETS: u32 = 40;

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::default();
}

/// What was seen from above, as it was seen; frames by their bytes.
#[derive(Clone, Debug, Default)]
struct Seen {
    returned: Vec<(u64, SendStatus)>,
    received: Vec<Vec<u8>>,
    ready: u32,
    link: Vec<bool>,
}

/// The upper layer: it writes everything down.
#[derive(Clone, Debug, Default)]
struct Above(Arc<Mutex<Seen>>);

impl Above {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upper for Above {
    fn received<L: Level, D: DmaMemory>(&self, _: &mut Cx<'_, L>, frame: &ReceivedFrame<'_, D>) {
        let mut bytes = vec![0; frame.len() as usize];
        frame.copy_to(&mut bytes);
        self.seen().received.push(bytes);
    }

    fn sent<L: Level>(&self, _: &mut Cx<'_, L>, token: Token, status: SendStatus) {
        self.seen().returned.push((token.0, status));
    }

    fn transmit_ready<L: Level>(&self, _: &mut Cx<'_, L>) {
        self.seen().ready += 1;
    }

    fn link_changed<L: Level>(&self, _: &mut Cx<'_, L>, link: Link) {
        self.seen().link.push(link != Link::Down);
    }
}

type Driver<S> = Nic<<S as DmaStage>::Platform, Above>;

/// The system under test. It lives on a machine, in its main thread.
pub struct Rig<S: DmaStage> {
    device: S::Device,
    registration: S::Registration<Driver<S>>,
    packets: <S::Platform as Platform>::Dma,
    above: Above,
    mode: InterruptMode,
    /// Lengths of the frames offered so far, and what arrived.
    offered: Vec<u32>,
    arrived: Vec<Vec<u8>>,
}

/// The test of [`Rig`] on backend `S` against [`Model`].
pub struct DriverTest<S>(PhantomData<S>);

impl<S: DmaStage> StateMachineTest for DriverTest<S> {
    type SystemUnderTest = Rig<S>;
    type Reference = Model;

    fn init_test(model: &Model) -> Rig<S> {
        at_passive(|cx| Rig::new(cx, &model.setup)).expect("the driver fits its memories")
    }

    fn apply(mut rig: Rig<S>, model: &Model, transition: Transition) -> Rig<S> {
        let seen = at_passive(|cx| rig.apply(cx, model, &transition));
        assert_eq!(seen, model.effects, "seen, and to be seen, after {transition:?}");
        rig
    }

    fn check_invariants(rig: &Rig<S>, model: &Model) {
        registers::check(model);
        at_passive(|cx| rig.check(cx, model));
    }

    fn teardown(rig: Rig<S>, _: Model) {
        at_passive(|cx| rig.tear_down(cx));
    }

    /// As the trait's own, but on a machine, whose verdict counts too.
    fn test_sequential(
        _: Proptest,
        model: Model,
        transitions: Vec<Transition>,
        seen_counter: Option<Arc<AtomicUsize>>,
    ) {
        let violation = MACHINE.with_borrow_mut(|machine| {
            prepare(machine, &model.setup);
            machine.run(|| run::<S>(model, transitions, seen_counter.as_deref())).violation
        });
        if let Some(violation) = violation {
            panic!("{violation}");
        }
    }
}

/// Applies every transition; `applied` tells the strategy how far that got, which it needs for shrinking.
fn run<S: DmaStage>(mut model: Model, transitions: Vec<Transition>, applied: Option<&AtomicUsize>) {
    let mut rig = DriverTest::<S>::init_test(&model);
    DriverTest::check_invariants(&rig, &model);
    for transition in transitions {
        if let Some(applied) = applied {
            applied.fetch_add(1, Ordering::SeqCst);
        }
        model = <Model as ReferenceStateMachine>::apply(model, &transition);
        rig = DriverTest::apply(rig, &model, transition);
        DriverTest::check_invariants(&rig, &model);
    }
    DriverTest::teardown(rig, model);
}

fn prepare(machine: &mut Machine, s: &Setup) {
    let (strategy, seed) = s.schedule;
    let setup = setup(s.cpus, s.ordering, strategy, seed);
    machine.prepare(dirql_sim::Setup { step_limit: 5_000_000, ..setup });
    let (messages, msix) = match s.mode {
        InterruptMode::Line => (0, false),
        InterruptMode::Msi => (1, false),
        InterruptMode::MsiX { vectors } => (vectors, true),
    };
    let line = Some(machine.add_line(5));
    let message_irqls = (0..messages).map(|n| 6 + n as u8).collect();
    let config = i82574_model::Config {
        mac: NVM_MAC,
        packet_buffer_frames: HELD_MAX,
        ..i82574_model::Config::default()
    };
    let chip = Chip::new(I82574::new(config));
    machine.attach(DEVICE.index(), Box::new(chip), &Wiring { line, message_irqls, msix });
}

impl<S: DmaStage> Rig<S> {
    fn new(cx: &mut Cx<'_, Passive>, s: &Setup) -> Result<Self, Error> {
        let device = S::open(cx, DEVICE)?;
        let settings = Settings {
            transmit_descriptors: s.transmit,
            receive_descriptors: s.receive,
            receive_buffer_size: s.buffer,
            ..Settings::DEFAULT
        };
        let memories = Memories {
            transmit_ring: S::allocate(cx, &device, settings.transmit_ring_len())?,
            receive_ring: S::allocate(cx, &device, settings.receive_ring_len())?,
            receive_buffers: S::allocate(cx, &device, settings.receive_buffers_len())?,
        };
        let packets = S::allocate(cx, &device, PACKETS * PACKET_STRIDE)?;
        let above = Above::default();
        let nic = Driver::<S>::new(S::registers(&device), memories, settings, above.clone())?;
        let request = match s.mode {
            InterruptMode::Line => Request::Line,
            InterruptMode::Msi | InterruptMode::MsiX { .. } => Request::Messages { max: 3 },
        };
        let config = Config { request, serialize: s.serialize, budget: Budget::new(s.budget) };
        let registration = S::connect(cx, &device, nic, config)?;
        Ok(Self {
            device,
            registration,
            packets,
            above,
            mode: s.mode,
            offered: Vec::new(),
            arrived: Vec::new(),
        })
    }

    fn tear_down(self, cx: &mut Cx<'_, Passive>) {
        self.nic().stop(cx, S::interrupt(&self.registration));
        drop(S::unregister(cx, self.registration, false));
        drop(self.packets);
        drop(self.device);
    }

    fn nic(&self) -> &Driver<S> {
        S::handler(&self.registration)
    }

    /// Does what is to be done, waits until all is quiet, and returns what was seen of it.
    fn apply(&mut self, cx: &mut Cx<'_, Passive>, model: &Model, transition: &Transition) -> Effects {
        let mut effects = Effects::default();
        let kind = |result: Result<(), Error>| Some(result.map_err(|error| error.kind()));
        match transition {
            &Transition::Send { len, fragments } => effects.send = Some(self.send(cx, len, fragments)),
            &Transition::Complete { frames, at_once } => complete(frames, at_once),
            Transition::Arrive { frames, at_once } => self.arrive(model, frames, *at_once),
            &Transition::Cable(plugged) => on_chip(|chip| chip.nic.set_link(plugged)),
            &Transition::Filter(filter) => self.nic().set_filter(cx, filter),
            &Transition::Mac(mac) => effects.control = kind(self.nic().set_mac_address(cx, mac)),
            Transition::Start => {
                effects.control = kind(self.nic().start(cx, S::interrupt(&self.registration), self.mode));
            }
            Transition::Stop => self.nic().stop(cx, S::interrupt(&self.registration)),
            Transition::Reset => {
                effects.control = kind(self.nic().reset(cx, S::interrupt(&self.registration)));
            }
        }
        kernel::quiesce();
        on_chip(|chip| chip.permit(0));
        self.collect(effects)
    }

    fn send(&mut self, cx: &mut Cx<'_, Passive>, len: u32, fragments: u16) -> Result<(), nic::SendError> {
        let token = self.offered.len() as u64;
        self.offered.push(len);
        let place = token as u32 % PACKETS * PACKET_STRIDE;
        self.packets.write_bytes(place, &outgoing(token, len));
        let start = self.packets.device_address() + u64::from(place);
        let count = u32::from(fragments);
        let cut = |n: u32| len * n / count;
        let pieces: Vec<Fragment> = (0..count)
            .map(|n| Fragment { device_address: start + u64::from(cut(n)), len: cut(n + 1) - cut(n) })
            .collect();
        self.nic().send(cx, Token(token), &pieces)
    }

    fn arrive(&mut self, model: &Model, frames: &[(To, u32)], at_once: bool) {
        for &(to, len) in frames {
            let frame = incoming(self.arrived.len() as u64, to, len, model.mac.unwrap_or(NVM_MAC));
            on_chip(|chip| chip.nic.arrive(frame.as_slice().into()));
            self.arrived.push(padded(frame));
            if !at_once {
                kernel::quiesce();
            }
        }
        if at_once {
            kernel::environment(DEVICE, Chip::run_ahead);
        }
    }

    /// Adds what was seen from above and at the far end since the last time.
    fn collect(&self, effects: Effects) -> Effects {
        let Seen { returned, received, ready, link } = core::mem::take(&mut *self.above.seen());
        let transmitted = on_chip(|chip| {
            let mut frames = Vec::new();
            chip.nic.drain_transmitted(|frame| frames.push(frame.to_vec()));
            frames
        });
        let of_bytes = |frame: &Vec<u8>| self.arrived.iter().position(|a| a == frame).map(|n| n as u64);
        Effects {
            returned,
            ready,
            link,
            transmitted: transmitted.iter().map(|frame| self.token_of(frame)).collect(),
            received: received.iter().map(|frame| of_bytes(frame).expect("it arrived so")).collect(),
            ..effects
        }
    }

    /// Returns the token of a frame at the far end, which must be there byte for byte.
    fn token_of(&self, frame: &[u8]) -> u64 {
        let same = |token: usize, len: u32| padded(outgoing(token as u64, len)) == frame;
        let token = self.offered.iter().enumerate().position(|(token, &len)| same(token, len));
        token.expect("a frame at the far end is one that was sent") as u64
    }

    /// What the driver says of itself agrees with what was seen.
    fn check(&self, cx: &mut Cx<'_, Passive>, model: &Model) {
        let statistics = self.nic().statistics(cx);
        let totals = [statistics.sent, statistics.aborted, statistics.received];
        assert_eq!(totals, model.totals, "the driver's counters");
        assert_eq!((statistics.receive_errors, statistics.receive_malformed), (0, 0));
        assert_eq!(self.nic().mac_address(cx), model.mac);
        assert_eq!(self.nic().link() != Link::Down, model.told_link, "the link, as told");
    }
}

fn complete(frames: u32, at_once: bool) {
    kernel::environment(DEVICE, |chip: &mut Chip, bus| {
        chip.permit(frames);
        if at_once {
            chip.run_ahead(bus);
        }
    });
}

fn on_chip<R>(act: impl FnOnce(&mut Chip) -> R) -> R {
    kernel::environment(DEVICE, |chip: &mut Chip, _| act(chip)).expect("the chip is attached")
}

/// The bytes of a frame to send: its number, and a pattern.
fn outgoing(token: u64, len: u32) -> Vec<u8> {
    (0..u64::from(len))
        .map(|n| if n < 8 { token.to_le_bytes()[n as usize] } else { (n ^ token) as u8 })
        .collect()
}

/// The bytes of a frame on the wire: whom it is for, its number, and a pattern.
fn incoming(number: u64, to: To, len: u32, own: [u8; 6]) -> Vec<u8> {
    let address = match to {
        To::Own => own,
        To::Other => [0x02, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe],
        To::Group => [0x01, 0x00, 0x5e, 0x00, 0x00, 0x07],
        To::All => [0xff; 6],
    };
    let mut frame: Vec<u8> = (0..u64::from(len)).map(|n| (n ^ number) as u8).collect();
    frame[..6].copy_from_slice(&address);
    frame[6..14].copy_from_slice(&number.to_le_bytes());
    frame
}

/// A frame as it is on the wire.
fn padded(mut frame: Vec<u8>) -> Vec<u8> {
    frame.resize(frame.len().max(WIRE_LEN_MIN as usize), 0);
    frame
}

//! What a test can do to the driver and to its device. Everything may be done at any time.

use dirql::Serialize;
use dirql_sim::{Ordering, Strategy as Schedule};
use nic::{BufferSize, Filter, InterruptMode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// How machine, device and driver are set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How many processors.
    pub cpus: usize,
    /// How memory is ordered.
    pub ordering: Ordering,
    /// How the machine is scheduled.
    pub schedule: (Schedule, u64),
    /// How the device interrupts.
    pub mode: InterruptMode,
    /// Which messages share a lock.
    pub serialize: Serialize,
    /// How many items one deferred run may handle.
    pub budget: u32,
    /// Transmit descriptors.
    pub transmit: u16,
    /// Receive descriptors.
    pub receive: u16,
    /// Length of a receive buffer.
    pub buffer: BufferSize,
}

/// Whom a frame on the wire is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The station's own address.
    Own,
    /// Another station.
    Other,
    /// A group that nobody joined.
    Group,
    /// Everyone.
    All,
}

/// One thing that is done, after which the test waits until all is quiet.
#[derive(Clone, Debug)]
pub enum Transition {
    /// A frame of `len` bytes is sent, in so many fragments. Neither need be allowed.
    Send {
        /// Bytes.
        len: u32,
        /// Fragments.
        fragments: u16,
    },
    /// The device may send so many frames; `at_once` means before any processor looks.
    Complete {
        /// How many, at most.
        frames: u32,
        /// Whether the driver comes too late to see one after the other.
        at_once: bool,
    },
    /// Frames arrive, each with its length; `at_once` means before any processor looks.
    Arrive {
        /// What arrives.
        frames: Vec<(To, u32)>,
        /// Whether the driver comes too late to make room in between.
        at_once: bool,
    },
    /// The cable is plugged in or pulled.
    Cable(bool),
    /// The filter is set.
    Filter(Filter),
    /// The address is set, if it is one for a station.
    Mac([u8; 6]),
    /// The driver is started.
    Start,
    /// It is stopped.
    Stop,
    /// It is reset.
    Reset,
}

/// Draws a setup.
pub fn setup() -> impl Strategy<Value = Setup> {
    let modes = vec![
        InterruptMode::Line,
        InterruptMode::Msi,
        InterruptMode::MsiX { vectors: 1 },
        InterruptMode::MsiX { vectors: 3 },
    ];
    let sizes =
        vec![BufferSize::Bytes256, BufferSize::Bytes512, BufferSize::Bytes1024, BufferSize::Bytes2048];
    let machine = (
        1..=2_usize,
        select(vec![Ordering::X64, Ordering::Arm64]),
        (select(Schedule::PORTFOLIO.to_vec()), any::<u64>()),
    );
    let interrupts = (select(modes), select(vec![Serialize::PerSource, Serialize::AllSources]), 1..=20_u32);
    let rings = (select(vec![8_u16, 16, 32]), select(vec![8_u16, 16, 32]), select(sizes));
    (machine, interrupts, rings).prop_map(
        |((cpus, ordering, schedule), (mode, serialize, budget), (transmit, receive, buffer))| Setup {
            cpus,
            ordering,
            schedule,
            mode,
            serialize,
            budget,
            transmit,
            receive,
            buffer,
        },
    )
}

/// Draws a transition.
pub fn transition() -> impl Strategy<Value = Transition> {
    let len = prop_oneof![1 => 0..=20_u32, 6 => 14..=1518_u32, 1 => 1510..=1530_u32];
    let fragments = prop_oneof![8 => 1..=4_u16, 1 => 0..=10_u16];
    let to = prop_oneof![4 => Just(To::Own), 1 => Just(To::Other), 1 => Just(To::Group), 1 => Just(To::All)];
    let frame = (to, prop_oneof![1 => 14..=64_u32, 2 => 14..=1514_u32]);
    let mac = (0..4_u8, any::<u8>()).prop_map(|(first, last)| [first, 0, 0, 0, 0, last]);
    prop_oneof![
        10 => (len, fragments).prop_map(|(len, fragments)| Transition::Send { len, fragments }),
        4 => (1..=8_u32, any::<bool>())
            .prop_map(|(frames, at_once)| Transition::Complete { frames, at_once }),
        5 => (vec(frame, 1..=12), any::<bool>())
            .prop_map(|(frames, at_once)| Transition::Arrive { frames, at_once }),
        1 => any::<bool>().prop_map(Transition::Cable),
        1 => any::<[bool; 3]>().prop_map(|[promiscuous, all_multicast, broadcast]| {
            Transition::Filter(Filter { promiscuous, all_multicast, broadcast })
        }),
        1 => mac.prop_map(Transition::Mac),
        3 => Just(Transition::Start),
        1 => Just(Transition::Stop),
        1 => Just(Transition::Reset),
    ]
}

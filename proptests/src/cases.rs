//! Cases for property tests: every valid case can be drawn, and each part shrinks on its own.

use dirql_fuzz::backend::Backend;
use dirql_fuzz::case::{
    CONTROLS_MAX, Case, Control, Interrupt, Memory, SENDS_MAX, Schedule, Send, Serialization, Settings,
    WIRE_MAX, Wire,
};
use dirql_fuzz::outcome::Switch;
use dirql_fuzz::scenario::Scenario;
use dirql_fuzz::scheduler::Scheduler;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Draws any valid case, the longest included.
pub fn any_case() -> impl Strategy<Value = Case> {
    case_of(Scenario::ALL.to_vec(), settings(any::<u8>()), SENDS_MAX, CONTROLS_MAX, WIRE_MAX, schedule(200))
}

/// Draws a case short enough to be run by the hundred, on any backend: an honest or a lying device, any schedule.
pub fn short_case() -> impl Strategy<Value = Case> {
    short_case_of(everywhere())
}

/// Draws such a case of the whole NDIS miniport.
pub fn miniport_case() -> impl Strategy<Value = Case> {
    short_case_of(vec![Scenario::DriverLifecycle])
}

fn short_case_of(scenarios: Vec<Scenario>) -> impl Strategy<Value = Case> {
    let hostile = prop_oneof![3 => Just(0), 1 => any::<u8>()];
    case_of(scenarios, settings(hostile), 12, 3, 12, schedule(60))
}

/// Draws a case with an honest device, in which nobody loses a frame on purpose: no control, no link change and
/// no removal, and the driver is stopped at rest; run to completion.
pub fn calm_case() -> impl Strategy<Value = Case> {
    case_of(everywhere(), settings(Just(0)), 12, 0, 12, Just(Schedule::Switches(Vec::new()))).prop_map(
        |mut case| {
            case.wire.retain(|event| matches!(event, Wire::Frame(_) | Wire::Neighbour));
            // A quarter of all seeds stop the driver in mid traffic: those with neither of these bits.
            case.settings.device_seed |= 1 << 20;
            case
        },
    )
}

/// Returns the scenarios that are there on every backend.
fn everywhere() -> Vec<Scenario> {
    let on_all = |s: &&Scenario| Backend::ALL.iter().all(|&backend| s.runs_on(backend));
    Scenario::ALL.iter().filter(on_all).copied().collect()
}

fn case_of(
    scenarios: Vec<Scenario>,
    settings: impl Strategy<Value = Settings>,
    sends: usize,
    controls: usize,
    wire: usize,
    schedule: impl Strategy<Value = Schedule>,
) -> impl Strategy<Value = Case> {
    let lists = (vec(send(), 0..=sends), vec(control(), 0..=controls), vec(wire_event(), 0..=wire));
    (select(scenarios), settings, lists, schedule).prop_map(
        |(scenario, settings, (sends, controls, wire), schedule)| Case {
            scenario,
            settings,
            sends,
            controls,
            wire,
            schedule,
        },
    )
}

fn settings(hostile: impl Strategy<Value = u8>) -> impl Strategy<Value = Settings> {
    let machine =
        (2..=4_u8, select(Memory::ALL), select(Interrupt::ALL), select(Serialization::ALL), 1..=64_u8);
    let ring = || select(&[8, 16, 32][..]);
    let rings = (ring(), ring(), select(&[256, 512, 1024, 2048][..]));
    (machine, rings, hostile, any::<u64>()).prop_map(
        |(
            (cpus, memory, interrupt, serialize, budget),
            (tx_descriptors, rx_descriptors, rx_buffer_size),
            hostile,
            device_seed,
        )| Settings {
            cpus,
            memory,
            interrupt,
            serialize,
            tx_descriptors,
            rx_descriptors,
            rx_buffer_size,
            budget,
            hostile,
            device_seed,
        },
    )
}

fn send() -> impl Strategy<Value = Send> {
    (0..2_u8, any::<u16>(), 1..=4_u8).prop_map(|(sender, frame, fragments)| Send { sender, frame, fragments })
}

fn control() -> impl Strategy<Value = Control> {
    let filter = any::<[bool; 3]>().prop_map(|[promiscuous, all_multicast, broadcast]| Control::Filter {
        promiscuous,
        all_multicast,
        broadcast,
    });
    prop_oneof![Just(Control::Statistics), filter, Just(Control::Reset), Just(Control::Restart)]
}

fn wire_event() -> impl Strategy<Value = Wire> {
    prop_oneof![
        6 => any::<u16>().prop_map(Wire::Frame),
        1 => any::<bool>().prop_map(Wire::Link),
        1 => Just(Wire::Neighbour),
        1 => Just(Wire::Remove),
    ]
}

fn schedule(switches: usize) -> impl Strategy<Value = Schedule> {
    let seeded = (select(Scheduler::ALL), any::<u64>())
        .prop_map(|(scheduler, seed)| Schedule::Seeded { scheduler, seed });
    let gap = prop_oneof![4 => 0..100_u32, 1 => any::<u32>()];
    let switch = (gap, any::<u8>()).prop_map(Switch::from);
    prop_oneof![2 => seeded, 1 => vec(switch, 0..=switches).prop_map(Schedule::Switches)]
}

use dirql::Register;
use dirql_sim::{Access, Device, InterruptMode, Parts, Rng};
use i82574::general::{Ctrl, Status};
use i82574::interrupt::{Icr, Ics, Imc, Ims, Itr, Ivar};
use i82574::receive::{Rctl, Rdh, Rdt};
use i82574::statistics::{Gprc, Gptc};
use i82574::transmit::{Tctl, Tdh, Tdt};

use crate::bench::{Bench, COUNT, frame};

const REGISTERS: [u32; 15] = [
    Ctrl::OFFSET,
    Status::OFFSET,
    Icr::OFFSET,
    Ics::OFFSET,
    Ims::OFFSET,
    Imc::OFFSET,
    Itr::OFFSET,
    Ivar::OFFSET,
    Rctl::OFFSET,
    Rdh::OFFSET,
    Rdt::OFFSET,
    Tctl::OFFSET,
    Tdh::OFFSET,
    Tdt::OFFSET,
    Gptc::OFFSET,
];

const MODES: [InterruptMode; 3] = [InterruptMode::Line, InterruptMode::Msi, InterruptMode::MsiX(3)];

/// A chip in the middle of things: the same for the same seed.
fn busy(seed: u64) -> Bench {
    let mut rng = Rng::new(seed);
    let mut bench = Bench::up(MODES[rng.below(3) as usize]);
    bench.enable(i82574::interrupt::Cause::MASKABLE);
    for slot in 0..rng.below(4) {
        bench.send(slot, &frame(60 + 300 * slot as usize));
    }
    for _ in 0..rng.below(4) {
        bench.chip.arrive(frame(60).into());
    }
    for _ in 0..rng.below(40) {
        let engine = rng.below(4);
        bench.on_bus(|chip, bus| chip.step(engine, bus));
        if rng.one_in(8) {
            let access = register(&mut rng);
            perform(&mut bench, access, 0);
        }
    }
    bench
}

fn register(rng: &mut Rng) -> Access {
    let offset = REGISTERS[rng.below(REGISTERS.len() as u32) as usize];
    if rng.one_in(2) { Access::Read(offset) } else { Access::Write(offset) }
}

fn any(rng: &mut Rng) -> Access {
    if rng.one_in(2) { Access::Step(rng.below(4)) } else { register(rng) }
}

/// Does it, and returns what it gives.
fn perform(bench: &mut Bench, access: Access, value: u32) -> u32 {
    match access {
        Access::Read(offset) => bench.read_at(offset),
        Access::Write(offset) => {
            bench.write_at(offset, value);
            0
        }
        Access::Step(engine) => {
            bench.on_bus(|chip, bus| chip.step(engine, bus));
            0
        }
    }
}

fn commute(a: Parts, b: Parts) -> bool {
    a.writes & (b.reads | b.writes) == 0 && b.writes & a.reads == 0
}

/// All of a chip but what it merely counts.
fn state(bench: &Bench) -> String {
    let text = format!("{:?} {:?}", bench.pins, bench.chip);
    text.rsplit_once("reach: Reach").expect("it comes last").0.to_owned()
}

/// An exploration takes two accesses that touch different parts for equivalent in both orders: they must be.
#[test]
fn accesses_to_different_parts_commute() {
    let mut compared = 0;
    for seed in 0..3_000 {
        let mut rng = Rng::new(!seed);
        let (first, then, value) = (any(&mut rng), any(&mut rng), rng.below(COUNT));
        let (mut one, mut other) = (busy(seed), busy(seed));
        let parts = [first, then].map(|access| one.chip.parts(access));
        if !commute(parts[0], parts[1]) {
            continue;
        }
        let results = (perform(&mut one, first, value), one.chip.parts(then), perform(&mut one, then, value));
        let swapped = (other.chip.parts(then), perform(&mut other, then, value));
        assert_eq!((results.1, results.2), swapped, "seed {seed}: {first:?} matters to {then:?}");
        assert_eq!(other.chip.parts(first), parts[0], "seed {seed}: {then:?} matters to {first:?}");
        assert_eq!(
            perform(&mut other, first, value),
            results.0,
            "seed {seed}: {then:?} matters to {first:?}"
        );
        assert_eq!(state(&one), state(&other), "seed {seed}: {first:?} and {then:?} do not commute");
        compared += 1;
    }
    assert!(compared > 500, "only {compared} pairs commute");
}

/// A chip that lies has one part: what it does next depends on all that it was asked.
#[test]
fn a_liar_is_all_one() {
    let config = i82574_model::Config { hostile: 9, ..Default::default() };
    let bench = Bench::with_config(InterruptMode::Line, config);
    assert_eq!(bench.chip.parts(Access::Read(Gprc::OFFSET)), Parts::ALL);
}

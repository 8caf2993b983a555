//! No driver, however wrong, brings the model down: its failures must be the driver's, seen and reported.

use crate::bench::{Bench, frame};
use dirql_sim::InterruptMode::{Line, Msi, MsiX};
use dirql_sim::Rng;
use i82574_model::Config;

/// Registers worth a wrong write: control, interrupts, both rings.
const RANGES: [(u32, u32); 5] =
    [(0, 0x24), (0xc0, 0x104), (0x400, 0x414), (0x2800, 0x2830), (0x3800, 0x3844)];

/// Small numbers, single bits, and anything.
fn value(rng: &mut Rng) -> u32 {
    match rng.below(3) {
        0 => rng.below(16),
        1 => 1 << rng.below(32),
        _ => rng.below(u32::MAX),
    }
}

fn act(bench: &mut Bench, rng: &mut Rng) {
    let (from, to) = RANGES[rng.below(RANGES.len() as u32) as usize];
    let offset = from + 4 * rng.below((to - from) / 4);
    match rng.below(8) {
        0 => bench.write_at(offset, value(rng)),
        1 => drop(bench.read_at(offset)),
        2 => bench.chip.arrive(frame(14 + rng.below(1600) as usize).into()),
        3 => bench.send(rng.below(8), &frame(14 + rng.below(1600) as usize)),
        4 => bench.chip.set_link(rng.below(2) == 0),
        _ => step_any(bench, rng),
    }
}

fn step_any(bench: &mut Bench, rng: &mut Rng) {
    use dirql_sim::Device;
    let engine = rng.below(4);
    if bench.chip.ready() & 1 << engine != 0 {
        bench.on_bus(|chip, bus| chip.step(engine, bus));
    }
}

#[test]
fn no_sequence_of_accesses_makes_it_panic() {
    for seed in 0..300 {
        let mode = [Line, Msi, MsiX(3)][seed as usize % 3];
        let hostile = if seed % 2 == 0 { 0 } else { 30 };
        let mut bench = Bench::up_with(mode, Config { hostile, seed, ..Config::default() });
        let mut rng = Rng::new(seed);
        for n in 0..2_000 {
            if n % 200 == 0 {
                bench.bring_up();
            }
            act(&mut bench, &mut rng);
        }
    }
}

/// A ready bit is a promise that the step moves the chip on: a machine that only follows ready bits ends.
#[test]
fn ready_bits_come_to_an_end() {
    for seed in 0..200 {
        let mut bench = Bench::up(Line);
        let mut rng = Rng::new(seed);
        (0..200).for_each(|_| act(&mut bench, &mut rng));
        bench.settle();
        assert!(bench.chip.idle());
    }
}

//! The lies, and their bounds.

use crate::bench::{Bench, COUNT, frame};
use dirql_sim::InterruptMode::{self, Line, Msi, MsiX};
use i82574::descriptor::TxStatus;
use i82574::interrupt::{Cause, Ivar};
use i82574::receive::Rdt;
use i82574::transmit::Tdt;
use i82574_model::{Config, LIES_MAX};

/// A driver that goes on whatever it is told, and what it saw.
fn traffic(mode: InterruptMode, hostile: u8, seed: u64) -> (Bench, Vec<u32>) {
    let mut bench = Bench::up_with(mode, Config { hostile, seed, ..Config::default() });
    bench.write(Ivar(0).with_rxq0_valid(true).with_txq0_valid(true).with_other_valid(true));
    bench.enable(Cause::MASKABLE);
    let mut seen = Vec::new();
    for n in 0..200 {
        let i = n % COUNT;
        bench.arm(i);
        bench.write(Rdt(i));
        bench.arrive(&frame(60 + n as usize));
        bench.send(i, &frame(60));
        bench.settle();
        seen.push(bench.take_icr().bits());
        seen.push(bench.received(i).status.bits());
        seen.push(bench.pins.take_messages() | u32::from(bench.pins.line()) << 31);
    }
    (bench, seen)
}

#[test]
fn lies_are_bounded_and_stay_in_memory() {
    for mode in [Line, Msi, MsiX(3)] {
        for seed in 0..50 {
            let (mut bench, _) = traffic(mode, 40, seed);
            assert_eq!(bench.memory.take_fault(), None, "seed {seed}");
            assert_eq!(bench.chip.reach().lies, u64::from(LIES_MAX), "seed {seed}");
            assert!(bench.chip.reach().spurious_interrupts > 0, "seed {seed}");
        }
    }
}

#[test]
fn an_honest_chip_tells_none() {
    let (bench, _) = traffic(Line, 0, 1);
    assert_eq!(bench.chip.reach().lies, 0);
    assert_eq!(bench.chip.reach().spurious_interrupts, 0);
}

#[test]
fn the_seed_decides_the_lies() {
    assert_eq!(traffic(MsiX(3), 20, 7).1, traffic(MsiX(3), 20, 7).1);
    assert_ne!(traffic(MsiX(3), 20, 7).1, traffic(MsiX(3), 20, 8).1);
}

#[test]
fn once_it_has_lied_enough_it_is_honest_again() {
    let (mut bench, _) = traffic(Line, 255, 3);
    bench.take_icr();
    let tail = bench.read::<Tdt>().index();
    bench.transmitted();
    bench.send(tail, &frame(77));
    bench.settle();
    assert_eq!(bench.transmitted(), [frame(77)]);
    assert_eq!(bench.sent(tail).sta, TxStatus::DD);
}

#[test]
fn a_line_asserted_for_nothing_falls_when_the_driver_looks_or_masks() {
    let mut found = 0;
    for seed in 0..100 {
        let mut bench = Bench::up_with(Line, Config { hostile: 60, seed, ..Config::default() });
        bench.enable(Cause::MDAC);
        bench.arrive(&frame(60));
        bench.settle();
        if bench.pins.line() {
            found += 1;
            bench.read_at(8);
            assert!(!bench.pins.line(), "nobody used the PHY");
        }
    }
    assert!(found > 0);
}

#[test]
fn a_chip_that_is_told_to_be_honest_is() {
    let mut bench = Bench::up_with(Line, Config { hostile: 255, seed: 7, ..Config::default() });
    bench.chip.be_honest();
    let told = bench.chip.reach().lies;
    for i in 0..COUNT {
        bench.send(i, &frame(60));
        bench.settle();
        assert!(bench.sent(i).sta.contains(TxStatus::DD));
    }
    assert_eq!(bench.chip.reach().lies, told);
}

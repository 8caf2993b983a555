//! Causes, masks and vectors (82574 data sheet, 7.4).

use crate::bench::{Bench, frame};
use dirql_sim::InterruptMode::{Line, Msi, MsiX};
use i82574::general::{CtrlExt, Mdic};
use i82574::interrupt::{Cause, Eiac, Eitr, Iam, Icr, Ics, Imc, Ims, Itr, Ivar};
use i82574_model::Engine;

fn ics(bench: &mut Bench, causes: Cause) {
    bench.write(Ics(causes));
}

/// RXQ0 on vector 0, TXQ0 on 1, OTHER on 2.
fn three_vectors() -> Bench {
    let mut bench = Bench::up(MsiX(3));
    let ivar = Ivar(0).with_rxq0(0).with_rxq0_valid(true).with_txq0(1).with_txq0_valid(true);
    bench.write(ivar.with_other(2).with_other_valid(true));
    bench
}

#[test]
fn the_line_is_the_level_of_enabled_causes() {
    let mut bench = Bench::up(Line);
    let before = bench.chip.reach();
    ics(&mut bench, Cause::RXT0);
    assert!(!bench.pins.line());
    bench.enable(Cause::RXT0);
    assert!(bench.pins.line(), "a cause that is pending interrupts within the write of IMS");
    bench.write(Imc(Cause::RXT0));
    assert!(!bench.pins.line());
    let reach = bench.chip.reach();
    assert_eq!(reach.cause_by_ims_write, before.cause_by_ims_write + 1);
    assert_eq!(reach.cause_while_masked, before.cause_while_masked + 1);
}

#[test]
fn an_icr_read_clears_when_an_enabled_cause_interrupted() {
    let mut bench = Bench::up(Line);
    bench.enable(Cause::RXT0);
    ics(&mut bench, Cause::RXT0 | Cause::TXDW);
    assert_eq!(bench.take_icr(), Cause::RXT0 | Cause::TXDW | Cause::INT_ASSERTED);
    assert!(!bench.pins.line());
    assert_eq!(bench.take_icr(), Cause::empty());
}

#[test]
fn an_icr_read_keeps_causes_that_are_all_masked() {
    let mut bench = Bench::up(Line);
    bench.enable(Cause::RXT0);
    ics(&mut bench, Cause::TXDW);
    assert_eq!(bench.take_icr(), Cause::TXDW, "INT_ASSERTED stays clear");
    assert_eq!(bench.take_icr(), Cause::TXDW);
    assert_eq!(bench.chip.reach().icr_read_kept, 2);
}

#[test]
fn an_icr_read_clears_when_nothing_is_enabled() {
    let mut bench = Bench::up(Line);
    let before = bench.chip.reach().icr_read_unasserted;
    ics(&mut bench, Cause::TXDW);
    assert_eq!(bench.take_icr(), Cause::TXDW);
    assert_eq!(bench.take_icr(), Cause::empty());
    assert_eq!(bench.chip.reach().icr_read_unasserted, before + 1);
}

#[test]
fn ics_reads_as_icr_without_side_effect_and_an_icr_write_clears_its_ones() {
    let mut bench = Bench::up(Line);
    bench.enable(Cause::RXT0);
    ics(&mut bench, Cause::RXT0 | Cause::TXDW);
    let all = Cause::RXT0 | Cause::TXDW | Cause::INT_ASSERTED;
    assert_eq!(bench.read::<Ics>().0, all);
    assert_eq!(bench.read::<Ics>().0, all);
    bench.write(Icr(Cause::RXT0));
    assert_eq!(bench.read::<Ics>().0, Cause::TXDW);
    assert!(!bench.pins.line());
}

#[test]
fn iame_masks_when_icr_is_read_or_written() {
    let mut bench = Bench::up(Line);
    bench.write(CtrlExt::IAME);
    bench.write(Iam(Cause::RXT0));
    bench.enable(Cause::RXT0 | Cause::LSC);
    bench.take_icr();
    assert_eq!(bench.read::<Ims>().0, Cause::RXT0 | Cause::LSC, "nothing had interrupted");
    ics(&mut bench, Cause::RXT0);
    bench.take_icr();
    assert_eq!(bench.read::<Ims>().0, Cause::LSC);
    bench.enable(Cause::RXT0);
    bench.write(Icr(Cause::empty()));
    assert_eq!(bench.read::<Ims>().0, Cause::LSC);
}

#[test]
fn reserved_bits_do_not_enter_the_mask() {
    let mut bench = Bench::up(Line);
    bench.write(Ims(Cause::all()));
    assert_eq!(bench.read::<Ims>().0.bits(), 0x01f7_82d7);
    assert_eq!(bench.read::<Imc>().0, Cause::empty());
}

#[test]
fn msi_sends_one_message_until_the_cause_is_cleared() {
    let mut bench = Bench::up(Msi);
    bench.enable(Cause::RXT0 | Cause::TXDW);
    ics(&mut bench, Cause::RXT0);
    assert_eq!(bench.pins.take_messages(), 1);
    ics(&mut bench, Cause::RXT0);
    assert_eq!(bench.pins.take_messages(), 0);
    bench.take_icr();
    ics(&mut bench, Cause::RXT0);
    assert_eq!(bench.pins.take_messages(), 1);
    assert!(!bench.pins.line());
}

#[test]
fn with_msi_a_cause_that_joins_another_may_or_may_not_get_a_message() {
    for (pick, messages) in [(0, 1), (1, 0)] {
        let mut bench = Bench::up(Msi);
        bench.enable(Cause::RXT0 | Cause::TXDW);
        ics(&mut bench, Cause::RXT0);
        bench.pins.take_messages();
        bench.pick = pick;
        ics(&mut bench, Cause::TXDW);
        assert_eq!(bench.pins.take_messages(), messages);
    }
}

#[test]
fn msix_causes_go_to_their_vectors() {
    let mut bench = three_vectors();
    bench.enable(Cause::VECTORED | Cause::LSC);
    bench.arrive(&frame(60));
    bench.run(Engine::Receive);
    assert_eq!(bench.pins.take_messages(), 0b001);
    bench.send(0, &frame(60));
    bench.run(Engine::Transmit);
    assert_eq!(bench.pins.take_messages(), 0b010);
    bench.chip.set_link(false);
    bench.run(Engine::Wire);
    assert_eq!(bench.pins.take_messages(), 0b100);
    let icr = bench.read::<Ics>().0;
    assert!(!icr.intersects(Cause::RXT0 | Cause::TXDW), "those are the line's and MSI's");
    assert!(icr.contains(Cause::RXQ0 | Cause::TXQ0 | Cause::OTHER | Cause::LSC));
}

#[test]
fn one_vector_may_serve_all_causes() {
    let mut bench = Bench::up(MsiX(1));
    bench.write(Ivar(0).with_rxq0_valid(true).with_txq0_valid(true).with_other_valid(true));
    bench.enable(Cause::VECTORED);
    ics(&mut bench, Cause::TXQ0);
    assert_eq!(bench.pins.take_messages(), 1);
}

#[test]
fn eiac_takes_the_cause_out_of_icr_and_ims_when_the_message_goes() {
    let mut bench = three_vectors();
    bench.write(Eiac(Cause::RXQ0));
    bench.enable(Cause::RXQ0 | Cause::TXQ0);
    ics(&mut bench, Cause::RXQ0);
    assert_eq!(bench.pins.take_messages(), 0b001);
    assert_eq!(bench.read::<Ics>().0, Cause::empty());
    assert_eq!(bench.read::<Ims>().0, Cause::TXQ0);
    ics(&mut bench, Cause::RXQ0);
    assert_eq!(bench.pins.take_messages(), 0, "masked until the driver rearms");
    bench.enable(Cause::RXQ0);
    assert_eq!(bench.pins.take_messages(), 0b001, "what came meanwhile interrupts within the write");
}

#[test]
fn without_eiac_a_cause_is_silent_until_cleared() {
    let mut bench = three_vectors();
    bench.enable(Cause::RXQ0);
    ics(&mut bench, Cause::RXQ0);
    assert_eq!(bench.pins.take_messages(), 1);
    ics(&mut bench, Cause::RXQ0);
    bench.enable(Cause::RXQ0);
    assert_eq!(bench.pins.take_messages(), 0);
    bench.write(Icr(Cause::RXQ0));
    ics(&mut bench, Cause::RXQ0);
    assert_eq!(bench.pins.take_messages(), 1);
}

#[test]
fn other_needs_its_cause_enabled_too() {
    let mut bench = three_vectors();
    bench.enable(Cause::OTHER);
    bench.chip.set_link(false);
    bench.run(Engine::Wire);
    assert_eq!(bench.pins.take_messages(), 0);
    bench.enable(Cause::LSC);
    assert_eq!(bench.pins.take_messages(), 0b100);
}

#[test]
fn the_vectors_message_leaves_icr_alone_without_a_valid_ivar_entry() {
    let mut bench = Bench::up(MsiX(3));
    bench.write(Eiac(Cause::RXQ0));
    bench.enable(Cause::RXQ0);
    ics(&mut bench, Cause::RXQ0);
    assert_eq!(bench.pins.take_messages(), 0);
    assert_eq!(bench.read::<Ics>().0, Cause::RXQ0 | Cause::INT_ASSERTED);
}

#[test]
fn an_icr_read_in_msix_mode_keeps_masked_causes() {
    let mut bench = three_vectors();
    bench.enable(Cause::OTHER | Cause::LSC);
    ics(&mut bench, Cause::RXQ0);
    assert_eq!(bench.take_icr(), Cause::RXQ0);
    ics(&mut bench, Cause::LSC);
    let all = Cause::RXQ0 | Cause::LSC | Cause::OTHER | Cause::INT_ASSERTED;
    assert_eq!(bench.take_icr(), all, "an enabled cause clears the others with it");
    assert_eq!(bench.take_icr(), Cause::empty());
}

#[test]
fn eiame_masks_when_a_message_goes() {
    let mut bench = three_vectors();
    bench.write(CtrlExt::EIAME);
    bench.write(Iam(Cause::TXQ0));
    bench.enable(Cause::RXQ0 | Cause::TXQ0);
    ics(&mut bench, Cause::RXQ0);
    assert_eq!(bench.read::<Ims>().0, Cause::RXQ0);
    assert_eq!(bench.read::<Iam>().0, Cause::TXQ0, "IAM itself stays");
}

#[test]
fn a_throttled_line_waits_for_the_interval() {
    let mut bench = Bench::up(Line);
    bench.write(Itr(500));
    bench.enable(Cause::RXT0);
    ics(&mut bench, Cause::RXT0);
    assert!(bench.pins.line(), "the first comes at once");
    bench.take_icr();
    ics(&mut bench, Cause::RXT0);
    assert!(!bench.pins.line());
    bench.step(Engine::Slow);
    assert!(bench.pins.line());
    bench.take_icr();
    bench.step(Engine::Slow);
    assert!(!bench.pins.line() && bench.chip.idle());
}

#[test]
fn a_throttled_vector_does_not_hold_back_another() {
    let mut bench = three_vectors();
    bench.write(Eitr(100));
    bench.write(Eiac(Cause::RXQ0 | Cause::TXQ0));
    bench.enable(Cause::RXQ0 | Cause::TXQ0);
    ics(&mut bench, Cause::RXQ0);
    bench.enable(Cause::RXQ0);
    ics(&mut bench, Cause::RXQ0 | Cause::TXQ0);
    assert_eq!(bench.pins.take_messages(), 0b011);
    assert_eq!(bench.read::<Ims>().0, Cause::RXQ0, "EIAC waits for the message");
    bench.step(Engine::Slow);
    assert_eq!(bench.pins.take_messages(), 0b001);
}

#[test]
fn a_phy_access_raises_mdac_only_if_asked() {
    let mut bench = Bench::up(Line);
    let read = Mdic(0).with_op(Mdic::READ).with_phy(Mdic::PHY).with_register(2);
    bench.write(read);
    bench.run(Engine::Slow);
    assert_eq!(bench.take_icr(), Cause::empty());
    bench.write(read.with_interrupt(true));
    bench.run(Engine::Slow);
    assert_eq!(bench.take_icr(), Cause::MDAC);
}

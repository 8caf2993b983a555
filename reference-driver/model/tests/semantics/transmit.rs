//! The transmit engine (82574 data sheet, 7.2).

use crate::bench::{Bench, COUNT, frame};
use dirql_sim::InterruptMode::Line;
use i82574::descriptor::{TxCommand, TxStatus};
use i82574::interrupt::{Cause, Ics, Ivar};
use i82574::offload::TxKind;
use i82574::statistics::Gptc;
use i82574::transmit::{Tctl, Tdh, Tdt};
use i82574_model::Engine;

const WHOLE: TxCommand = TxCommand::EOP.union(TxCommand::IFCS).union(TxCommand::RS);

#[test]
fn nothing_is_sent_within_the_write_of_tdt() {
    let mut bench = Bench::up(Line);
    bench.send(0, &frame(100));
    assert_eq!(bench.read::<Tdh>().index(), 0);
    assert_eq!(bench.sent(0).sta, TxStatus::empty());
    assert_eq!(bench.chip.transmitted(), 0);
}

#[test]
fn a_frame_is_sent_byte_for_byte_then_reported_then_interrupts() {
    let mut bench = Bench::up(Line);
    bench.send(0, &frame(1000));
    while bench.chip.transmitted() == 0 {
        assert_eq!(bench.sent(0).sta, TxStatus::empty());
        bench.step(Engine::Transmit);
    }
    assert_eq!(bench.read::<Tdh>().index(), 1, "the head moves before the report");
    assert_eq!(bench.sent(0).sta, TxStatus::empty());
    bench.step(Engine::Transmit);
    assert_eq!(bench.sent(0).sta, TxStatus::DD);
    assert_eq!(bench.read::<Ics>().0, Cause::empty());
    bench.step(Engine::Transmit);
    assert_eq!(bench.take_icr(), Cause::TXDW | Cause::TXQE);
    assert!(bench.chip.idle());
    assert_eq!(bench.transmitted(), [frame(1000)]);
}

#[test]
fn a_frame_over_several_descriptors_is_one_frame() {
    let mut bench = Bench::up(Line);
    let whole = frame(90);
    bench.fill(0, &whole[..14], TxCommand::IFCS);
    bench.fill(1, &whole[14..50], TxCommand::IFCS);
    bench.fill(2, &whole[50..], WHOLE);
    bench.write(Tdt(2));
    bench.settle();
    assert_eq!(bench.chip.transmitted(), 0, "the end is still missing");
    bench.write(Tdt(3));
    bench.settle();
    assert_eq!(bench.transmitted(), [whole]);
    assert_eq!([0, 1, 2].map(|i| bench.sent(i).sta), [TxStatus::empty(), TxStatus::empty(), TxStatus::DD]);
    assert_eq!(bench.chip.reach().tx_multi_descriptor, 1);
}

#[test]
fn only_rs_or_ivar_31_asks_for_a_report() {
    let mut bench = Bench::up(Line);
    bench.fill(0, &frame(60), WHOLE.difference(TxCommand::RS));
    bench.write(Tdt(1));
    bench.settle();
    assert_eq!(bench.sent(0).sta, TxStatus::empty());
    assert_eq!(bench.take_icr(), Cause::TXQE, "the queue is empty nevertheless");
    bench.write(Ivar(0).with_every_write_back(true));
    bench.fill(1, &frame(60), WHOLE.difference(TxCommand::RS));
    bench.write(Tdt(2));
    bench.settle();
    assert_eq!(bench.sent(1).sta, TxStatus::DD);
    assert_eq!(bench.take_icr(), Cause::TXDW | Cause::TXQE);
}

#[test]
fn psp_pads_short_frames() {
    let mut bench = Bench::up(Line);
    bench.send(0, &frame(42));
    bench.settle();
    let mut padded = frame(42);
    padded.resize(60, 0);
    assert_eq!(bench.transmitted(), [padded]);
    bench.write(Tctl::EN);
    bench.send(1, &frame(42));
    bench.settle();
    assert_eq!(bench.transmitted(), [frame(42)]);
}

#[test]
fn the_head_wraps() {
    let mut bench = Bench::up(Line);
    for i in 0..2 * COUNT {
        bench.send(i % COUNT, &frame(60 + i as usize));
        bench.settle();
    }
    assert_eq!(bench.transmitted().len(), 2 * COUNT as usize);
    assert_eq!(bench.read::<Tdh>().index(), 0);
    assert_eq!(bench.chip.reach().tx_wrap, 2);
    assert_eq!(bench.read::<Gptc>().count(), 2 * COUNT);
    assert_eq!(bench.read::<Gptc>().count(), 0, "counters clear when read");
}

#[test]
fn a_frame_waits_for_the_link() {
    let mut bench = Bench::up(Line);
    bench.chip.set_link(false);
    bench.run(Engine::Wire);
    bench.send(0, &frame(60));
    bench.settle();
    assert_eq!((bench.chip.transmitted(), bench.sent(0).sta), (0, TxStatus::empty()));
    assert_eq!(bench.chip.reach().tx_link_down, 1);
    bench.chip.set_link(true);
    bench.settle();
    assert_eq!((bench.chip.transmitted(), bench.sent(0).sta), (1, TxStatus::DD));
}

#[test]
fn tctl_en_stops_between_frames() {
    let mut bench = Bench::up(Line);
    bench.send(0, &frame(60));
    bench.send(1, &frame(61));
    bench.step(Engine::Transmit);
    bench.write(Tctl::PSP);
    bench.settle();
    assert_eq!(bench.transmitted(), [frame(60)], "the frame in progress is finished");
    bench.write(Tctl::EN);
    bench.settle();
    assert_eq!(bench.transmitted(), [frame(61)]);
}

#[test]
fn the_head_is_writable_only_while_stopped() {
    let mut bench = Bench::up(Line);
    bench.write(Tdh(3));
    assert_eq!(bench.read::<Tdh>().index(), 0);
    bench.write(Tctl::empty());
    bench.write(Tdh(3));
    assert_eq!(bench.read::<Tdh>().index(), 3);
}

#[test]
fn what_cannot_be_sent_is_reported_but_not_sent() {
    let mut bench = Bench::up(Line);
    bench.fill(0, &frame(60), WHOLE | TxCommand::DEXT);
    let [low, high, command, status] = bench.get(bench.tx_ring, 0);
    bench.put(bench.tx_ring, 0, [low, high, command | 2 << 20, status]);
    assert_eq!(TxKind::of(bench.get(bench.tx_ring, 0)), TxKind::Reserved);
    bench.write(Tdt(1));
    bench.settle();
    assert_eq!((bench.chip.transmitted(), bench.sent(0).sta), (0, TxStatus::DD));
    assert_eq!(bench.chip.statistics().unsendable, 1);
}

#[test]
fn a_tail_outside_the_ring_starts_nothing() {
    let mut bench = Bench::up(Line);
    bench.write(Tdt(COUNT));
    assert!(bench.chip.idle());
}

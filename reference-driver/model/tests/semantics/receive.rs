//! The receive engine, the packet buffer and the filters (82574 data sheet, 7.1).

use crate::bench::{BUFFER_LEN, Bench, COUNT, frame, frame_to};
use dirql::Register;
use dirql_sim::InterruptMode::Line;
use i82574::descriptor::{RxRead, RxStatus};
use i82574::filter::{Mta, multicast_hash};
use i82574::interrupt::Cause;
use i82574::receive::{Rctl, Rdh, Rdt, Rfctl};
use i82574::statistics::{Mpc, Rnbc};
use i82574_model::{Config, Engine};

const ENDED: RxStatus = RxStatus::DD.union(RxStatus::EOP).union(RxStatus::IXSM);
const MULTICAST: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb];
const STRANGER: [u8; 6] = [0x02, 0, 0, 0, 0, 0x77];

fn rctl(bench: &mut Bench, flags: Rctl) {
    let sized = Rctl::EN | Rctl::SECRC | Rctl::from_bits_retain(0b11 << 16);
    bench.write(sized | flags);
}

fn clear_mta(bench: &mut Bench) {
    for n in 0..Mta::COUNT {
        bench.write_at(Mta::OFFSET + 4 * n, 0);
    }
}

/// How a single frame to `to` arrives, or `None` if it is filtered.
fn passes(bench: &mut Bench, to: [u8; 6]) -> Option<RxStatus> {
    let index = bench.read::<Rdh>().index();
    bench.arm(index);
    bench.write(Rdt((index + COUNT - 1) % COUNT));
    bench.arrive(&frame_to(to, 60));
    let held = bench.chip.held() == 1;
    bench.settle();
    held.then(|| bench.received(index).status)
}

#[test]
fn a_frame_is_written_then_its_length_then_its_status_then_it_interrupts() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(100));
    while bench.received(0).length != 100 {
        bench.step(Engine::Receive);
    }
    assert_eq!(bench.received_bytes(0), frame(100));
    assert!(!bench.received(0).status.contains(RxStatus::DD));
    assert_eq!(bench.read::<Rdh>().index(), 1, "the head moves before the report");
    bench.step(Engine::Receive);
    assert_eq!(bench.received(0).status, ENDED);
    assert_eq!(bench.take_icr(), Cause::empty());
    bench.run(Engine::Receive);
    assert_eq!(bench.take_icr(), Cause::RXT0);
}

#[test]
fn a_long_frame_takes_several_descriptors() {
    let mut bench = Bench::up(Line);
    let whole = frame(1000);
    bench.arrive(&whole);
    bench.settle();
    let parts: Vec<u8> = (0..4).flat_map(|i| bench.received_bytes(i)).collect();
    assert_eq!(parts, whole);
    let statuses = [0, 1, 2, 3].map(|i| bench.received(i).status);
    assert_eq!(statuses, [RxStatus::DD, RxStatus::DD, RxStatus::DD, ENDED]);
    assert_eq!(bench.received(0).length, BUFFER_LEN as u16);
    assert_eq!(bench.chip.reach().rx_multi_descriptor, 1);
}

#[test]
fn a_frame_that_fills_its_buffer_needs_no_other() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(BUFFER_LEN as usize));
    bench.settle();
    assert_eq!((bench.received(0).status, bench.read::<Rdh>().index()), (ENDED, 1));
}

#[test]
fn a_frame_that_runs_out_of_descriptors_waits_for_more() {
    let mut bench = Bench::up(Line);
    bench.write(Rdt(2));
    bench.arrive(&frame(1000));
    bench.settle();
    assert_eq!((bench.chip.held(), bench.chip.reach().rx_starved_mid_frame), (1, 1));
    bench.write(Rdt(6));
    bench.settle();
    let parts: Vec<u8> = (0..4).flat_map(|i| bench.received_bytes(i)).collect();
    assert_eq!(parts, frame(1000));
}

#[test]
fn without_descriptors_the_packet_buffer_holds_frames_and_then_misses_them() {
    let mut bench = Bench::up_with(Line, Config { packet_buffer_frames: 2, ..Config::default() });
    bench.write(Rdt(0));
    (0..3).for_each(|n| bench.arrive(&frame(60 + n)));
    assert!(bench.chip.idle(), "nothing happens until the driver gives descriptors");
    assert_eq!(bench.take_icr(), Cause::RXO);
    assert_eq!((bench.read::<Rnbc>().count(), bench.read::<Mpc>().count()), (3, 1));
    assert_eq!(bench.read::<Mpc>().count(), 0, "counters clear when read");
    bench.write(Rdt(4));
    bench.settle();
    assert_eq!((bench.received(0).length, bench.received(1).length), (60, 61));
    let statistics = bench.chip.statistics();
    assert_eq!((statistics.delivered, statistics.no_buffer, statistics.missed), (2, 3, 1));
}

#[test]
fn rxdmt0_comes_when_the_ring_falls_to_its_threshold() {
    let mut bench = Bench::up(Line);
    (0..2).for_each(|_| bench.arrive(&frame(60)));
    bench.settle();
    assert_eq!(bench.take_icr(), Cause::RXT0, "5 of 8 are left");
    bench.arrive(&frame(60));
    bench.settle();
    assert_eq!(bench.take_icr(), Cause::RXT0 | Cause::RXDMT0);
}

#[test]
fn the_head_wraps() {
    let mut bench = Bench::up(Line);
    for n in 0..20 {
        assert_eq!(passes(&mut bench, Config::default().mac), Some(ENDED), "frame {n}");
    }
    assert_eq!(bench.read::<Rdh>().index(), 20 % COUNT);
    assert_eq!(bench.chip.reach().rx_wrap, 2);
}

#[test]
fn a_null_buffer_is_skipped_but_reported() {
    let mut bench = Bench::up(Line);
    let ring = bench.rx_ring;
    bench.put(ring, 0, RxRead::new(0).to_words());
    bench.arrive(&frame(60));
    bench.settle();
    assert_eq!((bench.received(0).status, bench.received(0).length), (RxStatus::DD, 0));
    assert_eq!(bench.received_bytes(1), frame(60));
}

#[test]
fn short_frames_were_padded_by_their_sender() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(42));
    bench.settle();
    let mut padded = frame(42);
    padded.resize(60, 0);
    assert_eq!(bench.received_bytes(0), padded);
}

#[test]
fn without_secrc_the_check_sequence_follows() {
    let mut bench = Bench::up(Line);
    bench.write(Rctl::EN);
    bench.arrive(&frame(60));
    bench.settle();
    assert_eq!(bench.received(0).length, 64);
}

#[test]
fn the_legacy_format_keeps_the_address() {
    let mut bench = Bench::up(Line);
    bench.write(Rfctl::empty());
    rctl(&mut bench, Rctl::empty());
    bench.arrive(&frame(60));
    bench.settle();
    let address = bench.memory.device_address(bench.rx_buffers);
    let ring = bench.rx_ring;
    assert_eq!(bench.get(ring, 0), [address as u32, (address >> 32) as u32, 60, ENDED.bits()]);
}

#[test]
fn format_and_buffer_size_change_only_with_a_write_of_rctl_en() {
    let mut bench = Bench::up(Line);
    bench.write(Rfctl::empty());
    bench.arrive(&frame(60));
    bench.settle();
    assert_eq!(bench.received(0).status, ENDED, "still the extended format");
}

#[test]
fn own_address_and_broadcast_pass_exactly() {
    let mut bench = Bench::up(Line);
    clear_mta(&mut bench);
    assert_eq!(passes(&mut bench, Config::default().mac), Some(ENDED));
    assert_eq!(passes(&mut bench, STRANGER), None);
    assert_eq!(passes(&mut bench, [0xff; 6]), Some(ENDED));
    rctl(&mut bench, Rctl::empty());
    assert_eq!(passes(&mut bench, [0xff; 6]), None);
    assert_eq!(bench.chip.statistics().filtered, 2);
}

#[test]
fn the_table_passes_multicasts_inexactly() {
    let mut bench = Bench::up(Line);
    clear_mta(&mut bench);
    assert_eq!(passes(&mut bench, MULTICAST), None);
    let hash = multicast_hash(MULTICAST, 0);
    bench.write_at(Mta::OFFSET + (hash >> 5) * 4, 1 << (hash & 31));
    assert_eq!(passes(&mut bench, MULTICAST), Some(ENDED | RxStatus::PIF));
}

#[test]
fn the_table_holds_noise_until_the_driver_clears_it() {
    let mut bench = Bench::up(Line);
    let noise = (0..Mta::COUNT).any(|n| bench.read_at(Mta::OFFSET + 4 * n) != 0);
    assert!(noise);
    clear_mta(&mut bench);
    assert!((0..Mta::COUNT).all(|n| bench.read_at(Mta::OFFSET + 4 * n) == 0));
}

#[test]
fn promiscuous_modes_pass_their_class() {
    let mut bench = Bench::up(Line);
    clear_mta(&mut bench);
    rctl(&mut bench, Rctl::UPE);
    assert_eq!(passes(&mut bench, STRANGER), Some(ENDED | RxStatus::PIF));
    assert_eq!(passes(&mut bench, MULTICAST), None);
    rctl(&mut bench, Rctl::MPE);
    assert_eq!(passes(&mut bench, STRANGER), None);
    assert_eq!(passes(&mut bench, MULTICAST), Some(ENDED | RxStatus::PIF));
}

#[test]
fn frames_over_1522_bytes_with_fcs_need_lpe() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(1518));
    bench.arrive(&frame(1519));
    bench.settle();
    assert_eq!((bench.chip.statistics().delivered, bench.chip.statistics().oversize), (1, 1));
}

#[test]
fn a_receiver_that_is_off_or_without_link_loses_frames() {
    let mut bench = Bench::up(Line);
    bench.write(Rctl::empty());
    bench.arrive(&frame(60));
    rctl(&mut bench, Rctl::empty());
    bench.chip.set_link(false);
    bench.arrive(&frame(60));
    bench.settle();
    let statistics = bench.chip.statistics();
    assert_eq!((statistics.disabled, statistics.link_down, statistics.delivered), (1, 1, 0));
}

#[test]
fn rctl_en_stops_between_frames() {
    let mut bench = Bench::up(Line);
    bench.arrive(&frame(600));
    bench.arrive(&frame(60));
    bench.step(Engine::Receive);
    bench.write(Rctl::empty());
    bench.settle();
    assert_eq!((bench.chip.statistics().delivered, bench.chip.held()), (1, 1));
    rctl(&mut bench, Rctl::empty());
    bench.settle();
    assert_eq!(bench.chip.statistics().delivered, 2);
}

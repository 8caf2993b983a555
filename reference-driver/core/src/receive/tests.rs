use std::vec::Vec;

use super::*;
use crate::testing::{Memory, Registers};
use dirql::Register;
use i82574::descriptor::RxWriteBack;

const BUFFERS: u64 = 0x2_0000_0000;

const SMALL: Settings =
    Settings { receive_descriptors: 8, receive_buffer_size: BufferSize::Bytes256, ..Settings::DEFAULT };

struct Bench {
    ring: Receive<Registers, Memory>,
    registers: Registers,
    memory: Memory,
}

/// A running ring of 8 buffers of 256 bytes.
fn bench() -> Bench {
    let (registers, memory) = (Registers::default(), Memory::new(8 * 16));
    let mut ring = Receive::new(registers.clone(), memory.clone(), BUFFERS, &SMALL);
    ring.program(true);
    ring.replenish();
    Bench { ring, registers, memory }
}

/// Returns where frames begin, and how long they are.
fn places(harvest: &Harvest) -> Vec<(u16, u32)> {
    harvest.frames.iter().map(|span| (span.first, span.len)).collect()
}

const DONE: RxStatus = RxStatus::DD;
const LAST: RxStatus = RxStatus::DD.union(RxStatus::EOP);

impl Bench {
    /// Writes a descriptor back, as the device does: the buffer's address goes.
    fn fill(&self, index: u16, status: RxStatus, length: u16) {
        let written = RxWriteBack { mrq: 0xdead, hash: 0xbeef, status, length, vlan: 0xffff };
        for (n, word) in written.to_words().into_iter().enumerate() {
            self.memory.write_u32(u32::from(index) * 16 + 4 * n as u32, word);
        }
    }

    fn harvest(&mut self) -> Vec<(u16, u32)> {
        places(&self.ring.harvest(u32::MAX))
    }

    fn tail(&self) -> u32 {
        self.registers.get(Rdt::OFFSET)
    }

    fn statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        self.ring.count(&mut statistics);
        statistics
    }

    fn given(&self, index: u16) -> RxRead {
        RxRead::from_words(self.memory.published(usize::from(index) * 16))
    }
}

#[test]
fn the_device_gets_all_buffers_but_one() {
    let bench = bench();
    assert_eq!(bench.tail(), 7);
    for index in 0..7 {
        assert_eq!(bench.given(index), RxRead::new(BUFFERS + u64::from(index) * 256));
    }
    assert!(Rfctl::from_bits_retain(bench.registers.get(Rfctl::OFFSET)).contains(Rfctl::EXTEN));
    assert_eq!(bench.registers.writes().last(), Some(&(Rdt::OFFSET, 7)));
}

#[test]
fn legacy_descriptors_say_the_same() {
    let (registers, memory) = (Registers::default(), Memory::new(8 * 16));
    let settings = Settings { receive_format: ReceiveFormat::Legacy, ..SMALL };
    let mut ring = Receive::new(registers.clone(), memory.clone(), BUFFERS, &settings);
    ring.program(true);
    ring.replenish();
    assert!(!Rfctl::from_bits_retain(registers.get(Rfctl::OFFSET)).contains(Rfctl::EXTEN));
    for (index, (length, status)) in [(256, 0x01), (44, 0x03), (60, 0x0203)].into_iter().enumerate() {
        memory.write_u32(16 * index as u32 + 8, 0xbeef_0000 | length);
        memory.write_u32(16 * index as u32 + 12, status);
    }
    assert_eq!(places(&ring.harvest(u32::MAX)), [(0, 300)]);
    let mut statistics = Statistics::default();
    ring.count(&mut statistics);
    assert_eq!((statistics.received, statistics.receive_errors), (1, 1), "the third has a sequence error");
}

#[test]
fn a_buffer_is_given_back_after_the_next_look_and_whole() {
    let mut bench = bench();
    bench.fill(0, LAST, 60);
    assert_eq!(bench.harvest(), [(0, 60)]);
    assert_eq!(bench.tail(), 7, "the upper layer still has it");
    assert_eq!(bench.harvest(), []);
    assert_eq!(bench.tail(), 0);
    bench.fill(1, LAST, 60);
    assert_eq!((bench.harvest().len(), bench.harvest().len()), (1, 0));
    assert_eq!(bench.given(0), RxRead::new(BUFFERS), "address anew, DD gone");
}

#[test]
fn frames_wrap_round_the_ring_in_order() {
    let mut bench = bench();
    for n in 0..100u16 {
        let index = n % 8;
        bench.fill(index, LAST, 60 + n);
        assert_eq!(bench.harvest(), [(index, u32::from(60 + n))]);
        assert_eq!(bench.harvest(), []);
        assert_eq!(bench.tail(), u32::from(index), "the gap follows");
    }
}

#[test]
fn a_frame_is_held_until_its_end_and_is_one_span_over_the_wrap() {
    let mut bench = bench();
    (0..6).for_each(|index| bench.fill(index, LAST, 60));
    assert_eq!(bench.harvest().len(), 6);
    assert_eq!((bench.harvest(), bench.tail()), (Vec::new(), 5));
    bench.fill(6, DONE, 256);
    bench.fill(7, DONE, 256);
    assert_eq!(bench.harvest(), []);
    assert_eq!(bench.tail(), 5, "nothing of the frame is given back yet");
    bench.fill(0, LAST, 100);
    assert_eq!(bench.harvest(), [(6, 612)]);
    assert_eq!(bench.harvest(), []);
    assert_eq!(bench.tail(), 0);
}

#[test]
fn dd_in_a_descriptor_that_was_not_given_is_ignored() {
    let mut bench = bench();
    (0..8).for_each(|index| bench.fill(index, LAST, 60));
    assert_eq!(bench.harvest().len(), 7, "the eighth was never the device's");
    let next = bench.harvest();
    assert_eq!(next, [], "it is written anew before it is given");
    assert_eq!(bench.given(7), RxRead::new(BUFFERS + 7 * 256));
}

#[test]
fn frames_with_errors_are_counted_and_dropped() {
    let mut bench = bench();
    bench.fill(0, LAST | RxStatus::CE, 60);
    bench.fill(1, LAST | RxStatus::RXE, 60);
    bench.fill(2, LAST | RxStatus::TCPE | RxStatus::IPE, 60);
    assert_eq!(bench.harvest(), [(2, 60)], "a wrong checksum is for others to judge");
    assert_eq!((bench.statistics().receive_errors, bench.statistics().received), (2, 1));
}

#[test]
fn lengths_that_cannot_be_are_counted_and_dropped() {
    let mut bench = bench();
    for (index, length) in [(0, 0), (1, 257), (2, 0xffff), (3, 256)] {
        bench.fill(index, LAST, length);
    }
    assert_eq!(bench.harvest(), [(3, 256)]);
    assert_eq!(bench.statistics().receive_malformed, 3);
}

#[test]
fn a_part_that_is_not_full_spoils_its_frame_and_no_other() {
    let mut bench = bench();
    bench.fill(0, DONE, 255);
    bench.fill(1, DONE, 256);
    bench.fill(2, LAST, 60);
    bench.fill(3, LAST, 61);
    assert_eq!(bench.harvest(), [(3, 61)]);
    assert_eq!(bench.statistics().receive_malformed, 1);
}

#[test]
fn a_frame_without_end_does_not_starve_the_device() {
    let mut bench = bench();
    for round in 0..20u16 {
        bench.fill(round % 8, DONE, 256);
        assert_eq!(bench.harvest(), []);
        assert_eq!(bench.harvest(), []);
        assert!(bench.ring.ring.distance(bench.ring.tail, bench.ring.next) <= 6);
    }
    bench.fill(20 % 8, LAST, 60);
    bench.fill(21 % 8, LAST, 77);
    assert_eq!(bench.harvest(), [(21 % 8, 77)]);
    assert_eq!(bench.statistics().receive_malformed, 1, "one endless frame is one frame");
}

#[test]
fn a_frame_longer_than_the_longest_is_dropped() {
    let mut bench = bench();
    (0..5).for_each(|index| bench.fill(index, DONE, 256));
    bench.fill(5, LAST, (FRAME_LEN_MAX - 5 * 256) as u16);
    assert_eq!(bench.harvest(), [(0, FRAME_LEN_MAX)]);
    assert_eq!(bench.harvest(), []);
    (6..11).for_each(|index| bench.fill(index % 8, DONE, 256));
    assert_eq!(bench.harvest(), []);
    bench.fill(11 % 8, LAST, (FRAME_LEN_MAX - 5 * 256) as u16 + 1);
    assert_eq!(bench.harvest(), []);
    assert_eq!(bench.statistics().receive_malformed, 1);
}

#[test]
fn a_look_is_bounded_and_the_last_one_returns_the_buffers() {
    let mut bench = bench();
    (0..5).for_each(|index| bench.fill(index, LAST | RxStatus::CE, 60));
    assert_eq!(bench.ring.harvest(3).descriptors, 3);
    assert_eq!(bench.ring.harvest(0).descriptors, 0);
    assert_eq!(bench.tail(), 2, "dropped frames' buffers come back too");
    assert_eq!(bench.ring.harvest(9).descriptors, 2);
}

#[test]
fn a_programmed_ring_forgets_what_was() {
    let mut bench = bench();
    bench.fill(0, DONE, 256);
    bench.fill(1, DONE, 1);
    assert_eq!(bench.harvest(), []);
    bench.ring.program(false);
    bench.ring.replenish();
    assert_eq!(bench.tail(), 7);
    bench.fill(0, LAST, 60);
    assert_eq!(bench.harvest(), [(0, 60)]);
    assert!(Rfctl::from_bits_retain(bench.registers.get(Rfctl::OFFSET)).contains(Rfctl::ACK_DIS));
}

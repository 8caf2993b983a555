use std::vec::Vec;

use super::*;
use crate::testing::{DEVICE_ADDRESS, Memory, Registers};
use crate::{FRAME_LEN_MIN, Transport};
use dirql::Register;
use i82574::offload::{TxContext, TxKind, TxOptions};

const SMALL: Settings = Settings { transmit_descriptors: 8, vlan: true, ..Settings::DEFAULT };
const PLAIN: Offload = Offload { vlan: None, ipv4_header_len: None, transport: None };

struct Bench {
    ring: Transmit<Registers, Memory>,
    registers: Registers,
    memory: Memory,
}

/// An open ring of 8.
fn bench() -> Bench {
    let (registers, memory) = (Registers::default(), Memory::new(8 * 16));
    let mut ring = Transmit::new(registers.clone(), memory.clone(), &SMALL);
    ring.program();
    ring.open();
    Bench { ring, registers, memory }
}

fn frame(parts: usize) -> Vec<Fragment> {
    (0..parts as u64).map(|n| Fragment { device_address: 0x5_0000_0000 + n * 0x100, len: 60 }).collect()
}

impl Bench {
    fn send(&mut self, token: u64, parts: usize) -> Result<(), SendError> {
        self.ring.send(Token(token), &frame(parts), PLAIN)
    }

    /// Sets DD, as the device does.
    fn complete(&self, index: u32) {
        let at = index * 16 + 12;
        self.memory.write_u32(at, self.memory.read_u32(at) | 1);
    }

    fn reap(&mut self) -> Vec<(u64, SendStatus)> {
        self.ring.reap(u32::MAX).iter().map(|(token, status)| (token.0, status)).collect()
    }

    fn descriptor(&self, index: usize) -> TxLegacy {
        TxLegacy::from_words(self.memory.published(index * 16))
    }
}

#[test]
fn the_ring_is_programmed_before_it_transmits() {
    let bench = bench();
    let order: Vec<u32> = bench.registers.writes().iter().map(|w| w.0).collect();
    assert_eq!(order.last(), Some(&Tctl::OFFSET), "TCTL.EN comes last");
    assert_eq!(bench.registers.get(Tdbal::OFFSET), DEVICE_ADDRESS as u32);
    assert_eq!(bench.registers.get(Tdlen::OFFSET), 128);
    let queues = [Txdctl::OFFSET, Txdctl::OFFSET + Txdctl::STRIDE].map(|at| bench.registers.get(at));
    assert_eq!(queues[0], queues[1], "erratum");
    assert!(Txdctl(queues[0]).count_desc());
}

#[test]
fn a_frame_is_published_before_the_doorbell_and_ends_with_its_last_fragment() {
    let mut bench = bench();
    bench.send(1, 3).unwrap();
    let both = TxCommand::EOP | TxCommand::RS;
    for index in 0..3 {
        let descriptor = bench.descriptor(index);
        assert_eq!(descriptor.address, frame(3)[index].device_address);
        assert_eq!(descriptor.length, 60);
        assert_eq!(descriptor.cmd & both, if index == 2 { both } else { TxCommand::empty() });
        assert!(descriptor.cmd.contains(TxCommand::IFCS));
    }
    assert_eq!(bench.registers.writes().last(), Some(&(Tdt::OFFSET, 3)));
}

#[test]
fn one_descriptor_stays_free() {
    let mut bench = bench();
    for token in 0..7 {
        assert_eq!(bench.send(token, 1), Ok(()));
    }
    assert_eq!(bench.registers.get(Tdt::OFFSET), 7);
    assert_eq!(bench.send(7, 1), Err(SendError::Full));
    assert_eq!(bench.registers.get(Tdt::OFFSET), 7, "a refused frame leaves no trace");
}

#[test]
fn frames_come_back_in_order_over_many_rounds() {
    let mut bench = bench();
    let (mut token, mut tail) = (0, 0);
    for round in 0..50 {
        let parts = 1 + round % 3;
        let sent: Vec<u64> = (token..token + 2).collect();
        for &t in &sent {
            bench.send(t, parts).unwrap();
            tail = (tail + parts as u32) % 8;
            bench.complete((tail + 7) % 8);
        }
        token += 2;
        assert!(bench.reap().into_iter().eq(sent.into_iter().map(|t| (t, SendStatus::Sent))));
    }
    assert_eq!(bench.ring.free(), 7);
}

#[test]
fn a_later_frame_waits_for_an_earlier_one() {
    let mut bench = bench();
    bench.send(1, 2).unwrap();
    bench.send(2, 1).unwrap();
    bench.complete(2);
    assert_eq!(bench.reap(), []);
    bench.complete(0);
    assert_eq!(bench.reap(), [], "DD counts in a frame's last descriptor only");
    bench.complete(1);
    assert_eq!(bench.reap(), [(1, SendStatus::Sent), (2, SendStatus::Sent)]);
}

#[test]
fn a_stale_dd_does_not_complete_the_next_frame() {
    let mut bench = bench();
    for token in 0..8 {
        bench.send(token, 1).unwrap();
        assert_eq!(bench.reap(), [], "descriptor {token} was done in an earlier round");
        bench.complete(token as u32 % 8);
        assert_eq!(bench.reap().len(), 1);
    }
    bench.send(8, 1).unwrap();
    assert_eq!(bench.reap(), []);
}

#[test]
fn dd_where_no_frame_is_changes_nothing() {
    let mut bench = bench();
    for index in 0..8 {
        bench.complete(index);
    }
    assert_eq!(bench.reap(), []);
    assert_eq!(bench.ring.free(), 7);
}

#[test]
fn room_is_reported_once_and_only_when_it_is_enough() {
    let mut bench = bench();
    assert!(!bench.ring.take_room(), "nobody waits");
    bench.send(1, 1).unwrap();
    bench.send(2, 4).unwrap();
    assert_eq!(bench.send(3, 3), Err(SendError::Full));
    assert_eq!(bench.send(3, 4), Err(SendError::Full));
    assert_eq!(bench.send(4, 3), Err(SendError::Full));
    bench.complete(0);
    assert_eq!(bench.reap().len(), 1);
    assert!(!bench.ring.take_room(), "three are free, four are wanted");
    bench.complete(4);
    assert_eq!(bench.reap().len(), 1);
    assert!(bench.ring.take_room());
    assert!(!bench.ring.take_room());
    assert_eq!(bench.send(3, 4), Ok(()));
}

#[test]
fn a_wait_for_room_survives_a_stop() {
    let mut bench = bench();
    bench.send(1, 7).unwrap();
    assert_eq!(bench.send(2, 1), Err(SendError::Full));
    bench.ring.close();
    assert_eq!(bench.ring.abandon().len(), 1);
    assert!(!bench.ring.take_room(), "a closed ring has no room");
    bench.ring.program();
    bench.ring.open();
    assert!(bench.ring.take_room());
}

#[test]
fn a_closed_ring_gives_everything_back_once() {
    let mut bench = bench();
    for token in 0..3 {
        bench.send(token, 2).unwrap();
    }
    bench.complete(1);
    bench.ring.close();
    assert_eq!(bench.send(9, 1), Err(SendError::Stopped));
    let given: Vec<_> = bench.ring.abandon().iter().collect();
    let aborted = SendStatus::Aborted;
    assert_eq!(given, [(Token(0), SendStatus::Sent), (Token(1), aborted), (Token(2), aborted)]);
    assert!(bench.ring.abandon().is_empty());
    assert_eq!(bench.reap(), []);
    let mut statistics = Statistics::default();
    bench.ring.count(&mut statistics);
    assert_eq!((statistics.sent, statistics.aborted), (1, 2));
}

#[test]
fn a_reap_is_bounded() {
    let mut bench = bench();
    for token in 0..5 {
        bench.send(token, 1).unwrap();
        bench.complete(token as u32);
    }
    assert_eq!(bench.ring.reap(0).len(), 0);
    assert_eq!(bench.ring.reap(2).len(), 2);
    assert_eq!(bench.reap().len(), 3);
}

#[test]
fn a_tag_goes_into_the_last_descriptor() {
    let mut bench = bench();
    let tagged = Offload { vlan: Some(0x2005), ..PLAIN };
    bench.ring.send(Token(1), &frame(2), tagged).unwrap();
    let [first, last] = [0, 1].map(|n| bench.descriptor(n));
    assert!(!first.cmd.contains(TxCommand::VLE) && last.cmd.contains(TxCommand::VLE | TxCommand::EOP));
    assert_eq!((first.vlan, last.vlan), (0, 0x2005));
    bench.ring.vlan = false;
    assert_eq!(bench.ring.send(Token(2), &frame(2), tagged), Err(SendError::Invalid));
}

#[test]
fn checksums_take_a_context_and_one_descriptor_more() {
    let mut bench = bench();
    let wanted = Offload { ipv4_header_len: Some(20), transport: Some(Transport::Tcp(34)), ..PLAIN };
    bench.ring.send(Token(1), &frame(2), wanted).unwrap();
    let words = [0, 1, 2].map(|n| bench.memory.published(n * 16));
    assert_eq!(words.map(TxKind::of), [TxKind::Context, TxKind::Data, TxKind::Data]);
    assert_eq!(TxContext::from_words(words[0]), wanted.context());
    let [first, last] = [words[1], words[2]].map(TxData::from_words);
    assert_eq!((first.popts, first.length), (TxOptions::IXSM | TxOptions::TXSM, 60));
    assert!(!first.cmd.contains(TxCommand::EOP) && last.cmd.contains(TxCommand::EOP | TxCommand::RS));
    assert_eq!(bench.reap(), []);
    bench.complete(2);
    assert_eq!(bench.reap(), [(1, SendStatus::Sent)]);
    assert_eq!(bench.ring.send(Token(2), &frame(7), wanted), Err(SendError::Invalid), "no ring of 8 could");
    bench.ring.send(Token(2), &frame(6), wanted).unwrap();
    assert_eq!(bench.send(3, 1), Err(SendError::Full));
}

#[test]
fn what_no_device_could_send_is_invalid() {
    let mut bench = bench();
    let part = |len| Fragment { device_address: 0x1000, len };
    let cases: [&[Fragment]; 7] = [
        &[],
        &[part(0)],
        &[part(60), part(0)],
        &[part(FRAME_LEN_MIN - 1)],
        &[part(FRAME_LEN_MAX), part(1)],
        &[part(u32::MAX), part(61)],
        &[Fragment { device_address: u64::MAX - 59, len: 61 }],
    ];
    for fragments in cases {
        assert_eq!(bench.ring.send(Token(1), fragments, PLAIN), Err(SendError::Invalid), "{fragments:?}");
    }
    assert_eq!(bench.send(1, 8), Err(SendError::Invalid), "no ring of 8 could ever hold 8");
    assert_eq!(bench.ring.send(Token(1), &[part(FRAME_LEN_MIN)], PLAIN), Ok(()));
    assert_eq!(bench.ring.send(Token(1), &[part(FRAME_LEN_MAX - 20), part(20)], PLAIN), Ok(()));
}

#[test]
fn the_largest_ring_fills_and_drains() {
    let (registers, memory) = (Registers::default(), Memory::new(256 * 16));
    let mut ring = Transmit::new(registers.clone(), memory.clone(), &Settings::DEFAULT);
    ring.program();
    ring.open();
    let mut bench = Bench { ring, registers, memory };
    for round in 0..3 {
        for n in 0..255 {
            assert_eq!(bench.send(round * 255 + n, 1), Ok(()));
        }
        assert_eq!(bench.send(0, 1), Err(SendError::Full));
        (0..256).for_each(|index| bench.complete(index));
        for n in 0..255 {
            let next: Vec<_> = bench.ring.reap(1).iter().collect();
            assert_eq!(next, [(Token(round * 255 + n), SendStatus::Sent)]);
        }
    }
}

#[test]
fn a_ring_is_stuck_if_nothing_moved_between_two_looks() {
    let mut bench = bench();
    assert!(!bench.ring.is_stuck(true) && !bench.ring.is_stuck(true), "nothing waits");
    bench.send(1, 1).unwrap();
    assert!(!bench.ring.is_stuck(true), "the first look");
    bench.registers.set(Tdh::OFFSET, 1);
    assert!(!bench.ring.is_stuck(true), "the head moved");
    assert!(bench.ring.is_stuck(true));
    assert!(!bench.ring.is_stuck(false), "it may not send");
    assert!(!bench.ring.is_stuck(true), "a first look again");
    bench.complete(0);
    assert!(!bench.ring.is_stuck(true), "the device is done");
    bench.reap();
    bench.send(2, 1).unwrap();
    assert!(!bench.ring.is_stuck(true), "one left since");
    bench.ring.program();
    assert!(!bench.ring.is_stuck(true), "the device was reset");
    bench.ring.close();
    assert!(!bench.ring.is_stuck(true) && !bench.ring.is_stuck(true), "closed");
}

//! VLAN tags and checksums (82574 data sheet, 7.1.10, 7.2.11 and 7.4).

use crate::bench::{Bench, frame};
use dirql_sim::InterruptMode::Line;
use i82574::descriptor::{RxStatus, TxCommand, TxLegacy};
use i82574::general::{Ctrl, Vet};
use i82574::offload::{TxContext, TxContextCommand, TxData, TxOptions};
use i82574::receive::{Rctl, Rfctl, Rxcsum};
use i82574::transmit::Tdt;

const WHOLE: TxCommand = TxCommand::EOP.union(TxCommand::IFCS).union(TxCommand::RS);
const TAG: [u8; 4] = [0x81, 0, 0x20, 5];

fn handles_tags(bench: &mut Bench) {
    let ctrl: Ctrl = bench.read();
    bench.write(ctrl | Ctrl::VME);
}

fn tagged(frame: &[u8]) -> Vec<u8> {
    [&frame[..12], &TAG, &frame[12..]].concat()
}

/// Two pings as UDP sees them: a datagram from 10.0.0.1 to 10.0.0.2.
fn datagram() -> Vec<u8> {
    let mut frame = frame(60);
    let packet = [
        &[8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0x66, 0xcb, 10, 0, 0, 1, 10, 0, 0, 2][..],
        &[0, 7, 0, 7, 0, 12, 0xea, 0xc3, 1, 2, 0, 0],
    ];
    frame[12..46].copy_from_slice(&packet.concat());
    frame[46..].fill(0);
    frame
}

#[test]
fn a_tag_is_put_in_if_both_the_chip_and_the_frame_want_it() {
    let mut bench = Bench::up(Line);
    assert_eq!(bench.read::<Vet>(), Vet::RESET);
    for (index, handles) in [(0, false), (1, true)] {
        if handles {
            handles_tags(&mut bench);
        }
        bench.fill(index, &frame(60), WHOLE | TxCommand::VLE);
        let words = bench.get(bench.tx_ring, index);
        let descriptor = TxLegacy { vlan: 0x2005, ..TxLegacy::from_words(words) };
        bench.put(bench.tx_ring, index, descriptor.to_words());
        bench.write(Tdt(index + 1));
        bench.settle();
    }
    assert_eq!(bench.transmitted(), [frame(60), tagged(&frame(60))]);
    assert_eq!(bench.chip.reach().tags_put_in, 1);
}

#[test]
fn a_tag_is_taken_out_and_reported_in_both_formats() {
    let mut bench = Bench::up(Line);
    bench.arrive(&tagged(&frame(60)));
    bench.settle();
    assert_eq!(bench.received_bytes(0), tagged(&frame(60)), "CTRL.VME is clear");
    handles_tags(&mut bench);
    bench.arrive(&tagged(&frame(60)));
    bench.settle();
    assert_eq!(bench.received_bytes(1), frame(60));
    assert!(bench.received(1).status.contains(RxStatus::VP));
    assert_eq!(bench.received(1).vlan, 0x2005);
    bench.write(Rfctl::empty());
    let rctl: Rctl = bench.read();
    bench.write(rctl);
    bench.arrive(&tagged(&frame(60)));
    bench.settle();
    let [.., length, status] = bench.get(bench.rx_ring, 2);
    assert_eq!((length, status >> 16), (60, 0x2005));
    assert!(RxStatus::from_legacy(status).contains(RxStatus::VP | RxStatus::EOP));
}

#[test]
fn a_context_says_where_the_checksums_go() {
    let mut bench = Bench::up(Line);
    let whole = datagram();
    let mut blank = whole[..46].to_vec();
    blank[24..26].fill(0);
    // The pseudo-header's sum: 0a00 + 0001 + 0a00 + 0002 + 0011 + 000c.
    blank[40..42].copy_from_slice(&[0x14, 0x20]);
    let context = TxContext {
        ipcss: 14,
        ipcso: 24,
        ipcse: 33,
        tucss: 34,
        tucso: 40,
        tucse: 0,
        tucmd: TxContextCommand::DEXT | TxContextCommand::IP,
    };
    bench.fill(1, &blank, WHOLE);
    let TxLegacy { address, length, .. } = bench.sent(1);
    let data = TxData {
        address,
        length: length.into(),
        cmd: WHOLE | TxCommand::DEXT,
        popts: TxOptions::IXSM | TxOptions::TXSM,
        ..TxData::default()
    };
    bench.put(bench.tx_ring, 0, context.to_words());
    bench.put(bench.tx_ring, 1, data.to_words());
    bench.write(Tdt(2));
    bench.settle();
    assert_eq!(bench.transmitted(), [whole]);
    assert_eq!(bench.chip.reach().checksums_filled_in, 1);
    bench.put(bench.tx_ring, 2, TxData { popts: TxOptions::empty(), ..data }.to_words());
    bench.write(Tdt(3));
    bench.settle();
    assert_eq!(bench.transmitted()[0][..46], blank, "no frame but the one that asks");
}

#[test]
fn checksums_are_checked_if_rxcsum_says_so() {
    let mut bench = Bench::up(Line);
    let found = RxStatus::IPCS | RxStatus::L4CS | RxStatus::UDPCS;
    let mut wrong = datagram();
    wrong[44] ^= 1;
    for (index, frame, expected) in [(0, datagram(), found), (1, wrong, found | RxStatus::TCPE)] {
        bench.write(Rxcsum::IPOFLD | Rxcsum::TUOFLD);
        bench.arrive(&frame);
        bench.settle();
        assert_eq!(bench.received(index).status, RxStatus::DD | RxStatus::EOP | expected);
    }
    bench.write(Rxcsum::empty());
    bench.arrive(&datagram());
    bench.settle();
    assert!(bench.received(2).status.contains(RxStatus::IXSM));
}

//! The miniport from its entry point to unload.

mod common;

use std::cell::RefCell;

use common::*;
use dirql_ddi::ndis::*;
use dirql_sim::ndis::State;
use dirql_sim::{Machine, kernel, ndis};
use i82574_model::I82574;

#[test]
fn it_loads_and_unloads() {
    everywhere(4, || {
        load();
        ndis::unload();
    });
}

#[test]
fn an_adapter_starts_and_halts() {
    everywhere(8, || {
        load();
        assert_eq!(ndis::start(NIC, REGISTERS_LEN), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis::state(NIC), State::Paused);
        ndis::halt(NIC, NdisHaltDeviceDisabled);
        ndis::unload();
    });
}

#[test]
fn the_rings_are_as_the_registry_asks() {
    /// 82574 data sheet, 10.2.
    const TDLEN: u32 = 0x3808;
    const RDLEN: u32 = 0x2808;
    let lens = || [TDLEN, RDLEN].map(|register| kernel::read_register(NIC, register));
    everywhere(4, || {
        bring_up();
        assert_eq!(lens(), [64 * 16; 2], "without a keyword");
        tear_down();
        ndis::configure(NIC, "*TransmitBuffers", 9);
        ndis::configure(NIC, "*ReceiveBuffers", 1_000_000);
        bring_up();
        assert_eq!(lens(), [16 * 16, 4096 * 16]);
        tear_down();
    });
}

#[test]
fn frames_cross_both_ways() {
    everywhere(40, || {
        bring_up();
        let out: Vec<_> = (0..6).map(|n| frame(n, 60 + 100 * n as usize)).collect();
        assert!(send(0, &out));
        let incoming: Vec<_> = (0..3).map(|n| frame(100 + n, 64 + 50 * n as usize)).collect();
        incoming.iter().for_each(|f| arrive(f));
        kernel::quiesce();
        // NDIS may gather a frame later than the next one.
        let mut on_the_wire = transmitted();
        on_the_wire.sort_by_key(Vec::len);
        assert_eq!(on_the_wire, out);
        assert_eq!(ndis::take_received(NIC), incoming);
        let completed: Vec<_> = (0..6).map(|n| (n, NDIS_STATUS_SUCCESS)).collect();
        let mut came_back = ndis::take_completed(NIC);
        came_back.sort();
        assert_eq!(came_back, completed);
        ndis::return_held(NIC);
        tear_down();
    });
}

#[test]
fn the_link_is_indicated() {
    everywhere(8, || {
        bring_up();
        kernel::quiesce();
        let link = ndis::link_state(NIC).expect("the link came up");
        assert_eq!((link.MediaConnectState, link.XmitLinkSpeed), (MediaConnectStateConnected, 1_000_000_000));
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(false));
        kernel::quiesce();
        let link = ndis::link_state(NIC).expect("it was up");
        assert_eq!(link.MediaConnectState, MediaConnectStateDisconnected);
        tear_down();
    });
}

/// A protocol leaves the sum of TCP's pseudo-header in the checksum's place, and the tag beside the frame.
#[test]
fn checksums_and_tags_are_left_to_the_device() {
    const TAG: usize = 3 | 7 << 4;
    const ASKED: usize = NDIS_CHECKSUM_TRANSMIT_IS_IPV4
        | NDIS_CHECKSUM_TRANSMIT_IP_HEADER_CHECKSUM
        | NDIS_CHECKSUM_TRANSMIT_TCP_CHECKSUM;
    everywhere(8, || {
        bring_up();
        let offloads = ndis::offloads(NIC).expect("the miniport offers some");
        assert_eq!(offloads.Checksum.IPv4Transmit, offloads.Checksum.IPv4Receive);
        assert_eq!(offloads.Checksum.IPv4Receive.Bits, 0b1_0101_0101);
        let info = ndis::OutOfBand { checksum: ASKED, tag: TAG };
        assert!(ndis::send_with(NIC, 0, 0, &[ndis::List { frames: &[&[&TCP[..18], &TCP[18..]]], info }]));
        kernel::quiesce();
        let mut expected = TCP.to_vec();
        expected.splice(12..12, [0x81, 0, 0x60, 7]);
        expected[28..30].copy_from_slice(&[0x66, 0xc8]);
        expected[54..56].copy_from_slice(&[0x68, 0x6a]);
        let sent = transmitted();
        assert_eq!(sent, [expected]);
        let frame = told(&sent[0]);
        assert_eq!((frame.frame.len(), frame.info), (TCP.len(), ndis::OutOfBand { checksum: 0, tag: TAG }));
        protocol_binds();
        let good = NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_SUCCEEDED | NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_SUCCEEDED;
        assert_eq!(told(&sent[0]).info.checksum, good);
        let mut wrong = sent[0].clone();
        wrong[60] ^= 1;
        let bad = NDIS_CHECKSUM_RECEIVE_IP_CHECKSUM_SUCCEEDED | NDIS_CHECKSUM_RECEIVE_TCP_CHECKSUM_FAILED;
        assert_eq!(told(&wrong).info.checksum, bad);
        tear_down();
    });
}

/// An IPv4 header and 26 bytes of TCP, without checksums.
const TCP: [u8; 60] = {
    let mut frame = [0x5a; 60];
    let headers = [
        0x52, 0x54, 0, 0x12, 0x34, 0x56, 2, 0, 0, 0, 0, 9, 8, 0, //
        0x45, 0, 0, 46, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, //
        0, 80, 4, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0x20, 0, 0x14, 0x23, 0, 0,
    ];
    let (head, _) = frame.split_at_mut(headers.len());
    head.copy_from_slice(&headers);
    frame
};

fn protocol_binds() {
    let words = [NDIS_OFFLOAD_SET_ON, NDIS_ENCAPSULATION_IEEE_802_3, 14, 0, 0, 0].map(u32::to_le_bytes);
    let encapsulation = [&[NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, 1, 0x1c, 0][..], words.as_flattened()];
    assert_eq!(ndis::set(NIC, OID_OFFLOAD_ENCAPSULATION, &encapsulation.concat()), NDIS_STATUS_SUCCESS);
}

/// Returns what protocols are told of a frame that arrives.
fn told(frame: &[u8]) -> ndis::Received {
    arrive(frame);
    kernel::quiesce();
    let received = ndis::take_indicated(NIC);
    ndis::return_held(NIC);
    received.into_iter().next().expect("it is indicated")
}

/// NDIS asks every few seconds, in which everything came to rest here.
fn hangs_twice() -> [bool; 2] {
    [(); 2].map(|()| {
        kernel::quiesce();
        ndis::check_for_hang(NIC)
    })
}

#[test]
fn a_device_that_hangs_is_reset_and_one_that_works_or_waits_is_not() {
    everywhere(20, || {
        bring_up();
        assert!(send(0, &[frame(1, 60)]));
        assert_eq!(hangs_twice(), [false; 2], "all was sent");
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(false));
        kernel::quiesce();
        assert!(send(1, &[frame(2, 60)]));
        assert_eq!(hangs_twice(), [false; 2], "a frame waits for the link");
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(true));
        kernel::quiesce();
        assert_eq!(transmitted().len(), 2);
        kernel::environment(NIC, |nic: &mut I82574, _| nic.hang_transmitter());
        assert!(send(2, &[frame(3, 60)]));
        assert_eq!(hangs_twice(), [false, true]);
        assert_eq!(ndis::reset(NIC), Some(NDIS_STATUS_SUCCESS));
        assert_eq!(ndis::take_completed(NIC)[2..], [(2, NDIS_STATUS_RESET_IN_PROGRESS)]);
        assert!(send(3, &[frame(4, 60)]));
        assert_eq!(hangs_twice(), [false; 2], "it works again");
        assert_eq!(transmitted(), [frame(4, 60)]);
        tear_down();
    });
}

/// With protocols that keep what they get, the last lists are only shown to them.
#[test]
fn more_frames_arrive_than_there_are_lists() {
    everywhere(8, || {
        bring_up();
        let frames: Vec<_> = (0..40).map(|n| frame(n, 64)).collect();
        for some in frames.chunks(4) {
            some.iter().for_each(|f| arrive(f));
            kernel::quiesce();
        }
        assert_eq!(ndis::take_received(NIC), frames);
        assert!(ndis::held(NIC) <= 12, "the reserve was kept from the driver");
        tear_down();
    });
}

#[test]
fn requests_are_answered() {
    everywhere(2, || {
        bring_up();
        let mut mac = [0; 6];
        assert_eq!(ndis::query(NIC, OID_802_3_CURRENT_ADDRESS, &mut mac), (NDIS_STATUS_SUCCESS, 6));
        assert_eq!(mac, MAC);
        assert_eq!(
            ndis::query(NIC, OID_802_3_CURRENT_ADDRESS, &mut mac[..5]),
            (NDIS_STATUS_BUFFER_TOO_SHORT, 6)
        );
        assert!(send(0, &[frame(1, 60)]));
        arrive(&frame(2, 60));
        kernel::quiesce();
        for (oid, expected) in [(OID_GEN_XMIT_OK, 1), (OID_GEN_RCV_OK, 1)] {
            let mut count = [0; 8];
            assert_eq!(ndis::query(NIC, oid, &mut count), (NDIS_STATUS_SUCCESS, 8));
            assert_eq!(u64::from_ne_bytes(count), expected, "OID {oid:#x}");
        }
        let mut statistics = [0; size_of::<NDIS_STATISTICS_INFO>()];
        assert_eq!(ndis::query(NIC, OID_GEN_STATISTICS, &mut statistics), (NDIS_STATUS_SUCCESS, 0x98));
        assert_eq!(ndis::query(NIC, 0x1234, &mut []).0, NDIS_STATUS_NOT_SUPPORTED);
        assert_eq!(ndis::set(NIC, OID_802_3_MULTICAST_LIST, &[0; 7]), NDIS_STATUS_INVALID_LENGTH);
        assert_eq!(ndis::set(NIC, OID_GEN_CURRENT_PACKET_FILTER, &[0, 1, 0, 0]), NDIS_STATUS_INVALID_DATA);
        tear_down();
    });
}

#[test]
fn the_packet_filter_reaches_the_device() {
    everywhere(4, || {
        bring_up();
        let mut stranger = frame(1, 64);
        stranger[5] ^= 1;
        arrive(&stranger);
        kernel::quiesce();
        assert!(ndis::take_received(NIC).is_empty());
        let all = NDIS_PACKET_TYPE_PROMISCUOUS.to_ne_bytes();
        assert_eq!(ndis::set(NIC, OID_GEN_CURRENT_PACKET_FILTER, &all), NDIS_STATUS_SUCCESS);
        arrive(&stranger);
        kernel::quiesce();
        assert_eq!(ndis::take_received(NIC), [stranger]);
        tear_down();
    });
}

#[test]
fn it_sleeps_and_wakes() {
    everywhere(8, || {
        bring_up();
        ndis::pause(NIC);
        assert_eq!(ndis::set(NIC, OID_PNP_SET_POWER, &4_u32.to_ne_bytes()), NDIS_STATUS_SUCCESS);
        kernel::pause();
        assert_eq!(ndis::set(NIC, OID_PNP_SET_POWER, &1_u32.to_ne_bytes()), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis::restart(NIC), NDIS_STATUS_SUCCESS);
        assert!(send(0, &[frame(1, 60)]));
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(1, 60)]);
        tear_down();
    });
}

/// As NDIS 6.30 and later does it with miniports that ask for that (NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND).
#[test]
fn it_sleeps_and_wakes_without_a_pause() {
    everywhere(20, || {
        bring_up();
        assert!(send(0, &[frame(1, 60), frame(2, 60)]));
        arrive(&frame(3, 60));
        assert_eq!(ndis::set(NIC, OID_PNP_SET_POWER, &4_u32.to_ne_bytes()), NDIS_STATUS_SUCCESS);
        assert!(send(10, &[frame(4, 60)]));
        kernel::quiesce();
        let completed = ndis::take_completed(NIC);
        assert!(completed.len() == 3 && completed.contains(&(10, NDIS_STATUS_LOW_POWER_STATE)));
        assert_eq!(ndis::set(NIC, OID_PNP_SET_POWER, &1_u32.to_ne_bytes()), NDIS_STATUS_SUCCESS);
        let before = transmitted().len();
        assert!(before <= 2 && send(20, &[frame(5, 60)]));
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(5, 60)]);
        tear_down();
    });
}

#[test]
fn a_device_that_is_pulled_out_gives_everything_back() {
    everywhere(20, || {
        bring_up();
        assert!(send(0, &[frame(1, 60), frame(2, 60), frame(3, 60)]));
        pull_out();
        ndis::device_event(NIC, NdisDevicePnPEventSurpriseRemoved);
        kernel::quiesce();
        assert_eq!(ndis::take_completed(NIC).len(), 3);
        ndis::pause(NIC);
        ndis::halt(NIC, NdisHaltDeviceSurpriseRemoved);
        ndis::unload();
    });
}

#[test]
fn a_shutdown_stops_the_device() {
    everywhere(4, || {
        bring_up();
        ndis::shut_down(NIC, NdisShutdownPowerOff);
        let is_quiet = kernel::environment(NIC, |nic: &mut I82574, _| nic.is_quiet());
        assert_eq!(is_quiet, Some(true));
        tear_down();
    });
}

/// Whatever fails first, DriverEntry or MiniportInitializeEx undoes what came before it: nothing leaks, nothing stays
/// registered, and the next attempt would find a clean slate.
#[test]
fn every_failure_at_start_up_is_undone() {
    let mut machine = Machine::new();
    for wires in WIRES {
        let mut failures = 0;
        loop {
            let outcome = RefCell::new(None);
            let bench = Bench { fail_allocation: Some(failures), ..Bench::new(wires, failures.into()) };
            let report = bench.run(&mut machine, || {
                let loaded = ndis::load(nic_ndis::driver_entry);
                let started = (loaded >= 0).then(|| ndis::start(NIC, REGISTERS_LEN));
                if started == Some(NDIS_STATUS_SUCCESS) {
                    ndis::halt(NIC, NdisHaltDeviceDisabled);
                }
                ndis::unload();
                outcome.replace(started);
            });
            assert_eq!(report.violation, None, "{wires:?}: failure {failures}");
            if outcome.into_inner() == Some(NDIS_STATUS_SUCCESS) {
                break;
            }
            failures += 1;
        }
        assert!(failures > 50, "{wires:?}: only {failures} things can fail");
    }
}

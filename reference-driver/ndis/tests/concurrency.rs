//! Everybody at once: senders, protocols that return, requests, cancels, resets, pauses, and the wire.

mod common;

use common::*;
use dirql_ddi::ndis::*;
use dirql_sim::{Machine, kernel, ndis};
use i82574_model::I82574;

/// Sends lists of two frames each, one after the other.
fn sender(first: u64, count: u64) {
    for n in first..first + count {
        let (a, b) = (frame(n, 60), frame(n + 1000, 200));
        let frames: [&[&[u8]]; 2] = [&[&a[..14], &a[14..]], &[&b[..]]];
        if !ndis::send(NIC, n, n as usize, &[&frames]) {
            kernel::sleep();
        }
    }
}

fn wire(count: u64) {
    for n in 0..count {
        arrive(&frame(n, 64));
    }
}

/// Every list that was handed down came back once; NDIS checks the rest.
fn account(sent_at_most: usize) {
    let mut completed = ndis::take_completed(NIC);
    completed.sort();
    assert!(completed.len() <= sent_at_most);
    assert!(completed.windows(2).all(|pair| pair[0].0 != pair[1].0));
}

#[test]
fn senders_and_protocols_run_beside_the_wire() {
    everywhere(150, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || sender(0, 4));
            scope.spawn(1, "sender", || sender(100, 4));
            scope.spawn(1, "wire", || wire(8));
            scope.spawn(0, "protocol", || (0..4).for_each(|_| ndis::return_held(NIC)));
        });
        kernel::quiesce();
        assert_eq!(transmitted().len(), 16);
        assert_eq!(ndis::take_received(NIC).len() + lost(), 8);
        let completed = ndis::take_completed(NIC);
        assert!(completed.len() == 8 && completed.iter().all(|&(_, s)| s == NDIS_STATUS_SUCCESS));
        tear_down();
    });
}

/// Frames that the chip's packet buffer had no room for.
fn lost() -> usize {
    kernel::environment(NIC, |nic: &mut I82574, _| nic.statistics().missed as usize).unwrap()
}

#[test]
fn cancels_and_requests_go_between_sends() {
    everywhere(100, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || sender(0, 5));
            scope.spawn(1, "canceller", || (0..5).for_each(|n| ndis::cancel(NIC, n)));
            scope.spawn(1, "requester", || {
                let mut statistics = [0; 0x98];
                for _ in 0..2 {
                    assert_eq!(ndis::query(NIC, OID_GEN_STATISTICS, &mut statistics).0, NDIS_STATUS_SUCCESS);
                    let filter = NDIS_PACKET_TYPE_DIRECTED.to_ne_bytes();
                    assert_eq!(ndis::set(NIC, OID_GEN_CURRENT_PACKET_FILTER, &filter), NDIS_STATUS_SUCCESS);
                }
            });
        });
        kernel::quiesce();
        account(5);
        tear_down();
    });
}

#[test]
fn a_reset_completes_whatever_was_under_way() {
    everywhere(150, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || sender(0, 4));
            scope.spawn(1, "wire", || wire(4));
            scope.spawn(1, "reset", || {
                assert!(!ndis::check_for_hang(NIC));
                assert_eq!(ndis::reset(NIC), Some(NDIS_STATUS_SUCCESS));
            });
        });
        kernel::quiesce();
        account(4);
        let before = transmitted().len();
        assert!(before <= 8);
        assert!(send(50, &[frame(1, 60)]));
        kernel::quiesce();
        assert_eq!(transmitted().len(), 1, "the adapter works after the reset");
        tear_down();
    });
}

#[test]
fn the_device_sleeps_and_wakes_between_sends() {
    everywhere(150, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || sender(0, 4));
            scope.spawn(1, "wire", || wire(4));
            scope.spawn(0, "canceller", || (0..4).for_each(|_| ndis::cancel_request(NIC)));
            scope.spawn(1, "power", || {
                for state in [NdisDeviceStateD3, NdisDeviceStateD0] {
                    let status = ndis::set(NIC, OID_PNP_SET_POWER, &state.to_ne_bytes());
                    assert_eq!(status, NDIS_STATUS_SUCCESS);
                }
            });
        });
        kernel::quiesce();
        account(4);
        tear_down();
    });
}

#[test]
fn a_pause_comes_between_traffic_and_a_restart_after_it() {
    everywhere(150, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || sender(0, 4));
            scope.spawn(1, "wire", || wire(4));
            scope.spawn(1, "protocol", || (0..3).for_each(|_| ndis::return_held(NIC)));
            scope.spawn(0, "pnp", || {
                ndis::pause(NIC);
                assert_eq!(ndis::restart(NIC), NDIS_STATUS_SUCCESS);
            });
        });
        kernel::quiesce();
        account(4);
        tear_down();
    });
}

/// Without a link nothing leaves, so the ring fills up.
fn fill_the_ring() {
    kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(false));
    kernel::quiesce();
    kernel::scope(|scope| {
        scope.spawn(0, "sender", || sender(0, 15));
        scope.spawn(1, "sender", || sender(100, 15));
    });
    kernel::quiesce();
    assert!(ndis::take_completed(NIC).is_empty(), "a frame left without a link");
}

#[test]
fn frames_wait_for_room_in_the_ring() {
    everywhere(60, || {
        bring_up();
        fill_the_ring();
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(true));
        sender(200, 5);
        kernel::quiesce();
        assert_eq!(transmitted().len(), 70);
        assert_eq!(ndis::take_completed(NIC).len(), 35);
        tear_down();
    });
}

#[test]
fn frames_that_wait_come_back_at_a_pause() {
    everywhere(60, || {
        bring_up();
        fill_the_ring();
        kernel::scope(|scope| {
            scope.spawn(1, "wire", || {
                kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(true));
            });
            scope.spawn(0, "canceller", || (0..3).for_each(|n| ndis::cancel(NIC, 10 + n)));
            scope.spawn(0, "pnp", || ndis::pause(NIC));
        });
        let completed = ndis::take_completed(NIC);
        assert_eq!(completed.len(), 30);
        let fates = [NDIS_STATUS_SUCCESS, NDIS_STATUS_PAUSED, NDIS_STATUS_SEND_ABORTED];
        assert!(completed.iter().all(|(_, status)| fates.contains(status)), "{completed:x?}");
        ndis::halt(NIC, NdisHaltDeviceDisabled);
        ndis::unload();
    });
}

/// A frame that finds no room while sends begin to be refused is given back like those that wait.
#[test]
fn a_reset_comes_while_the_ring_is_full() {
    everywhere(300, || {
        ndis::configure(NIC, "*TransmitBuffers", 8);
        bring_up();
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(false));
        sender(0, 3);
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || sender(100, 2));
            scope.spawn(1, "reset", || assert_eq!(ndis::reset(NIC), Some(NDIS_STATUS_SUCCESS)));
        });
        tear_down();
        account(5);
    });
}

#[test]
fn a_halt_follows_traffic_at_once() {
    everywhere(150, || {
        bring_up();
        sender(0, 3);
        wire(3);
        tear_down();
        account(3);
    });
}

#[test]
fn the_card_is_pulled_out_of_the_traffic() {
    everywhere(100, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "sender", || sender(0, 4));
            scope.spawn(1, "wire", || wire(4));
            scope.spawn(1, "pnp", || {
                pull_out();
                ndis::device_event(NIC, NdisDevicePnPEventSurpriseRemoved);
            });
        });
        kernel::quiesce();
        ndis::pause(NIC);
        ndis::halt(NIC, NdisHaltDeviceSurpriseRemoved);
        ndis::unload();
        account(4);
    });
}

/// A device that lies may keep the adapter from starting, lose frames and make up others. Whatever it says, everything
/// is given back.
#[test]
fn a_lying_device_costs_frames_and_nothing_else() {
    let mut machine = Machine::new();
    for wires in WIRES {
        for seed in 0..150 {
            let bench = Bench { hostile: 24, ..Bench::new(wires, seed) };
            let report = bench.run(&mut machine, life_with_a_liar);
            assert_eq!(report.violation, None, "{wires:?} under seed {seed}");
        }
    }
}

fn life_with_a_liar() {
    load();
    if ndis::start(NIC, REGISTERS_LEN) == NDIS_STATUS_SUCCESS {
        if ndis::restart(NIC) == NDIS_STATUS_SUCCESS {
            kernel::scope(|scope| {
                scope.spawn(0, "sender", || sender(0, 4));
                scope.spawn(1, "wire", || wire(4));
                scope.spawn(1, "reset", || {
                    ndis::reset(NIC);
                });
            });
            kernel::quiesce();
            ndis::pause(NIC);
            account(4);
        }
        ndis::halt(NIC, NdisHaltDeviceDisabled);
    }
    ndis::unload();
}

//! The driver from its entry point to unload.

mod common;

use std::cell::{Cell, RefCell};

use common::*;
use dirql_ddi::*;
use dirql_sim::ntoskrnl::{self, Interrupts, PnpState};
use dirql_sim::{Machine, kernel};
use i82574_model::I82574;

#[test]
fn it_loads_and_unloads() {
    everywhere(4, || {
        assert_eq!(ntoskrnl::load(nic_wdm::driver_entry), STATUS_SUCCESS);
        ntoskrnl::unload();
    });
}

#[test]
fn a_device_is_added_and_removed_without_being_started() {
    everywhere(4, || {
        load();
        assert_eq!(ntoskrnl::open(NIC), Err(STATUS_NOT_FOUND));
        ntoskrnl::remove(NIC);
        ntoskrnl::unload();
    });
}

#[test]
fn a_device_is_started_and_removed() {
    everywhere(8, || {
        let file = bring_up();
        assert_eq!(ntoskrnl::pnp_state(NIC), PnpState::Started);
        tear_down(file);
    });
}

#[test]
fn frames_cross_both_ways() {
    everywhere(40, || {
        let file = bring_up();
        (0..3).for_each(|n| ntoskrnl::read(file, n, READ_LEN));
        let out: Vec<_> = (0..6).map(|n| frame(n, 60 + 100 * n as usize)).collect();
        (10..).zip(&out).for_each(|(n, frame)| ntoskrnl::write(file, n, frame));
        let incoming: Vec<_> = (0..3).map(|n| frame(100 + n, 64 + 50 * n as usize)).collect();
        incoming.iter().for_each(|f| arrive(f));
        kernel::quiesce();
        assert_eq!(transmitted(), out);
        let back = completed(file);
        assert!(back.iter().all(|completed| completed.status == STATUS_SUCCESS));
        let read: Vec<_> = back[..3].iter().map(|completed| completed.bytes.clone()).collect();
        assert_eq!(read, incoming);
        let sent: Vec<_> = back[3..].iter().map(|completed| completed.information).collect();
        assert_eq!(sent, out.iter().map(Vec::len).collect::<Vec<_>>());
        tear_down(file);
    });
}

/// Frames wait for readers, a while; a read that is too short gets what fits.
#[test]
fn a_frame_waits_until_it_is_read() {
    everywhere(8, || {
        let file = bring_up();
        let frames = [frame(1, 64), frame(2, 200)];
        frames.iter().for_each(|f| arrive(f));
        kernel::quiesce();
        ntoskrnl::read(file, 1, READ_LEN);
        ntoskrnl::read(file, 2, 100);
        ntoskrnl::read(file, 3, 0);
        let back = completed(file);
        assert_eq!((back[0].status, &back[0].bytes), (STATUS_SUCCESS, &frames[0]));
        assert_eq!((back[1].status, &back[1].bytes[..]), (STATUS_BUFFER_OVERFLOW, &frames[1][..100]));
        assert_eq!(back[2].status, STATUS_INVALID_PARAMETER);
        tear_down(file);
    });
}

#[test]
fn what_is_no_frame_is_not_sent() {
    everywhere(2, || {
        let file = bring_up();
        ntoskrnl::write(file, 1, &[0; 13]);
        ntoskrnl::write(file, 2, &[0; 1519]);
        assert_eq!(statuses(file), [STATUS_INVALID_PARAMETER; 2]);
        tear_down(file);
    });
}

/// More writes than the ring and the staging have places for.
#[test]
fn writes_wait_for_room() {
    everywhere(8, || {
        let file = bring_up();
        let out: Vec<_> = (0..80).map(|n| frame(n, 60 + n as usize)).collect();
        (0..).zip(&out).for_each(|(n, frame)| ntoskrnl::write(file, n, frame));
        kernel::quiesce();
        assert_eq!(transmitted(), out);
        assert_eq!(statuses(file), [STATUS_SUCCESS; 80]);
        tear_down(file);
    });
}

#[test]
fn the_link_and_the_counters_are_told() {
    use nic_shell::control::{IOCTL_NIC_GET_LINK_STATE, IOCTL_NIC_GET_STATISTICS};
    everywhere(4, || {
        let file = bring_up();
        ntoskrnl::write(file, 1, &frame(1, 60));
        kernel::quiesce();
        ntoskrnl::control(file, 2, IOCTL_NIC_GET_LINK_STATE, &[], 12);
        ntoskrnl::control(file, 3, IOCTL_NIC_GET_STATISTICS, &[], 64);
        ntoskrnl::control(file, 4, IOCTL_NIC_GET_STATISTICS, &[], 63);
        ntoskrnl::control(file, 5, 0x1234, &[], 64);
        let back = completed(file);
        assert_eq!(back[1].bytes, [1, 0, 0, 0, 0xe8, 3, 0, 0, 1, 0, 0, 0]);
        assert_eq!((back[2].information, back[2].bytes[8], back[2].bytes[40]), (64, 1, 1));
        assert_eq!(back[3].status, STATUS_BUFFER_TOO_SMALL);
        assert_eq!(back[4].status, STATUS_INVALID_DEVICE_REQUEST);
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(false));
        kernel::quiesce();
        ntoskrnl::control(file, 6, IOCTL_NIC_GET_LINK_STATE, &[], 12);
        assert_eq!(completed(file)[0].bytes, [0; 12]);
        tear_down(file);
    });
}

/// Without a link nothing is sent, so writes stay where they are: in the ring, or waiting for it.
#[test]
fn what_waits_is_cancelled() {
    everywhere(20, || {
        let file = bring_up();
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(false));
        kernel::quiesce();
        (0..3).for_each(|n| ntoskrnl::read(file, n, READ_LEN));
        (10..50).for_each(|n| ntoskrnl::write(file, n, &frame(n, 60)));
        assert!(ntoskrnl::cancel(file, 1) && ntoskrnl::cancel(file, 49));
        assert!(!ntoskrnl::cancel(file, 10), "the device has it");
        assert!(!ntoskrnl::cancel(file, 1), "it came back");
        assert_eq!(statuses(file), [STATUS_CANCELLED; 2]);
        arrive(&frame(1, 64));
        kernel::environment(NIC, |nic: &mut I82574, _| nic.set_link(true));
        kernel::quiesce();
        assert_eq!(transmitted().len(), 39);
        tear_down(file);
    });
}

#[test]
fn a_closed_handle_leaves_nothing_behind() {
    everywhere(20, || {
        let (one, other) = (bring_up(), ntoskrnl::open(NIC).expect("any number may be open"));
        ntoskrnl::read(one, 1, READ_LEN);
        ntoskrnl::read(other, 2, READ_LEN);
        ntoskrnl::close(one);
        assert_eq!(statuses(one), [STATUS_CANCELLED]);
        arrive(&frame(3, 64));
        kernel::quiesce();
        assert_eq!(completed(other)[0].bytes, frame(3, 64));
        tear_down(other);
    });
}

/// PnP gives the device its line instead of its messages, and its messages again; reads and writes wait meanwhile.
#[test]
fn it_is_stopped_and_started_with_other_interrupts() {
    everywhere(20, || {
        let file = bring_up();
        for (round, interrupts) in [(0, Interrupts::Line), (10, Interrupts::Messages)] {
            ntoskrnl::read(file, round, READ_LEN);
            assert!(ntoskrnl::query_stop(NIC));
            ntoskrnl::write(file, round + 1, &frame(round, 60));
            ntoskrnl::stop(NIC);
            ntoskrnl::write(file, round + 2, &frame(round + 1, 60));
            assert_eq!(ntoskrnl::start_device(NIC, REGISTERS_LEN, interrupts), STATUS_SUCCESS);
            arrive(&frame(round + 5, 64));
            kernel::quiesce();
            assert_eq!(transmitted(), [frame(round, 60), frame(round + 1, 60)]);
            let back = completed(file);
            assert_eq!(back[0].bytes, frame(round + 5, 64));
            assert!(back.iter().all(|completed| completed.status == STATUS_SUCCESS));
        }
        tear_down(file);
    });
}

#[test]
fn a_stop_and_a_removal_are_called_off() {
    everywhere(8, || {
        let file = bring_up();
        assert!(ntoskrnl::query_stop(NIC));
        ntoskrnl::write(file, 1, &frame(1, 60));
        kernel::quiesce();
        assert!(transmitted().is_empty(), "it waits");
        ntoskrnl::cancel_stop(NIC);
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(1, 60)]);
        assert!(ntoskrnl::query_remove(NIC));
        ntoskrnl::cancel_remove(NIC);
        ntoskrnl::write(file, 2, &frame(2, 60));
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(2, 60)]);
        tear_down(file);
    });
}

#[test]
fn it_sleeps_and_wakes() {
    everywhere(20, || {
        let file = bring_up();
        ntoskrnl::read(file, 1, READ_LEN);
        assert_eq!(ntoskrnl::set_device_power(NIC, PowerDeviceD3), STATUS_SUCCESS);
        ntoskrnl::write(file, 2, &frame(1, 60));
        kernel::quiesce();
        assert_eq!(ntoskrnl::outstanding(file), 2, "both wait");
        assert_eq!(ntoskrnl::set_device_power(NIC, PowerDeviceD0), STATUS_SUCCESS);
        arrive(&frame(2, 64));
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(1, 60)]);
        assert_eq!(statuses(file), [STATUS_SUCCESS; 2]);
        tear_down(file);
    });
}

/// The driver owns the device's power policy: the device goes where the system goes, and first.
#[test]
fn it_sleeps_and_wakes_with_the_system() {
    everywhere(40, || {
        let file = bring_up();
        ntoskrnl::read(file, 1, READ_LEN);
        assert_eq!(ntoskrnl::query_system_power(NIC, PowerSystemSleeping3), STATUS_SUCCESS);
        assert_eq!(ntoskrnl::reported_power(NIC), PowerDeviceD0, "a question changes nothing");
        assert_eq!(ntoskrnl::set_system_power(NIC, PowerSystemSleeping3), STATUS_SUCCESS);
        assert_eq!(ntoskrnl::reported_power(NIC), PowerDeviceD3);
        ntoskrnl::write(file, 2, &frame(1, 60));
        kernel::quiesce();
        assert_eq!(ntoskrnl::outstanding(file), 2, "both wait");
        assert_eq!(ntoskrnl::set_system_power(NIC, PowerSystemWorking), STATUS_SUCCESS);
        assert_eq!(ntoskrnl::reported_power(NIC), PowerDeviceD0);
        arrive(&frame(2, 64));
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(1, 60)]);
        assert_eq!(statuses(file), [STATUS_SUCCESS; 2]);
        tear_down(file);
    });
}

#[test]
fn a_device_that_is_pulled_out_gives_everything_back() {
    everywhere(20, || {
        let file = bring_up();
        (0..2).for_each(|n| ntoskrnl::read(file, n, READ_LEN));
        (10..50).for_each(|n| ntoskrnl::write(file, n, &frame(n, 60)));
        pull_out();
        ntoskrnl::surprise_remove(NIC);
        ntoskrnl::write(file, 60, &frame(1, 60));
        let back = statuses(file);
        assert_eq!(back.len(), 43);
        assert!(back[..2].iter().all(|&status| status == STATUS_DEVICE_REMOVED));
        assert_eq!(back.last(), Some(&STATUS_DEVICE_REMOVED));
        ntoskrnl::close(file);
        ntoskrnl::remove(NIC);
        ntoskrnl::unload();
    });
}

/// Whoever gets there first has the request: the canceller, the device, the thread that closes the handle.
#[test]
fn cancels_race_with_traffic() {
    everywhere(60, || {
        let file = bring_up();
        kernel::scope(|scope| {
            scope.spawn(1, "writer", || {
                (0..6).for_each(|n| ntoskrnl::read(file, n, READ_LEN));
                (10..50).for_each(|n| ntoskrnl::write(file, n, &frame(n, 60)));
            });
            scope.spawn(0, "canceller", || {
                (0..50).for_each(|n| {
                    ntoskrnl::cancel(file, n % 6);
                    ntoskrnl::cancel(file, n);
                });
            });
            (0..4).for_each(|n| arrive(&frame(n, 64)));
        });
        kernel::quiesce();
        assert!(completed(file).iter().all(|c| [STATUS_SUCCESS, STATUS_CANCELLED].contains(&c.status)));
        tear_down(file);
    });
}

/// A thread that does not care writes and reads on while the device is removed under it.
#[test]
fn requests_race_with_a_removal() {
    everywhere(40, || {
        let file = bring_up();
        kernel::scope(|scope| {
            scope.spawn(1, "writer", || {
                (0..12).for_each(|n| ntoskrnl::write(file, n, &frame(n, 60)));
                (20..24).for_each(|n| ntoskrnl::read(file, n, READ_LEN));
            });
            pull_out();
            ntoskrnl::surprise_remove(NIC);
        });
        assert_eq!(ntoskrnl::outstanding(file), 0);
        ntoskrnl::close(file);
        ntoskrnl::remove(NIC);
        ntoskrnl::unload();
    });
}

/// As drivers above may that have no handle: what they send comes back, or never reaches the driver.
#[test]
fn requests_race_with_the_end_of_the_device() {
    everywhere(60, || {
        let file = bring_up();
        (0..20).for_each(|n| arrive(&frame(n, 64)));
        kernel::quiesce();
        kernel::scope(|scope| {
            scope.spawn(1, "reader", || (0..20).for_each(|n| ntoskrnl::read(file, n, READ_LEN)));
            scope.spawn(0, "writer", || {
                (20..30).for_each(|n| ntoskrnl::write(file, n, &frame(n, 60)));
            });
            assert!(ntoskrnl::query_remove(NIC));
            ntoskrnl::remove(NIC);
        });
        kernel::quiesce();
        assert_eq!(ntoskrnl::outstanding(file), 0);
        ntoskrnl::unload();
    });
}

/// Whatever fails first, the driver undoes what came before it: nothing leaks, nothing stays connected, and the next
/// attempt would find a clean slate.
#[test]
fn every_failure_at_start_up_is_undone() {
    let mut machine = Machine::new();
    for wires in WIRES {
        let mut failures = 0;
        loop {
            let outcome = RefCell::new(None);
            let bench = Bench { fail_allocation: Some(failures), ..Bench::new(wires, failures.into()) };
            let report = bench.run(&mut machine, || {
                assert_eq!(ntoskrnl::load(nic_wdm::driver_entry), STATUS_SUCCESS);
                if NT_SUCCESS(ntoskrnl::add_device(NIC)) {
                    let started = ntoskrnl::start_device(NIC, REGISTERS_LEN, Interrupts::Messages);
                    outcome.replace(Some(started));
                    if NT_SUCCESS(started) {
                        assert!(ntoskrnl::query_remove(NIC));
                    }
                    ntoskrnl::remove(NIC);
                }
                ntoskrnl::unload();
            });
            assert_eq!(report.violation, None, "{wires:?}: failure {failures}");
            if outcome.into_inner() == Some(STATUS_SUCCESS) {
                break;
            }
            failures += 1;
        }
        assert!(failures > 14, "{wires:?}: only {failures} things can fail");
    }
}

/// Sends the device to sleep with the system and wakes it. Says whether both succeeded.
fn sleep_and_wake() -> bool {
    let states = [PowerSystemSleeping3, PowerSystemWorking];
    states.into_iter().all(|state| NT_SUCCESS(ntoskrnl::set_system_power(NIC, state)))
}

/// Whatever fails on the way down or up, the system's request comes back and says so, and the device can be removed.
#[test]
fn every_failure_of_sleep_and_waking_is_told() {
    let mut machine = Machine::new();
    let (mut failures, mut told) = (0, 0);
    loop {
        let outcome = Cell::new(None);
        let bench = Bench { fail_allocation: Some(failures), ..Bench::new(WIRES[0], failures.into()) };
        let report = bench.run(&mut machine, || {
            assert_eq!(ntoskrnl::load(nic_wdm::driver_entry), STATUS_SUCCESS);
            if NT_SUCCESS(ntoskrnl::add_device(NIC)) {
                if NT_SUCCESS(ntoskrnl::start_device(NIC, REGISTERS_LEN, Interrupts::Messages)) {
                    outcome.set(Some(sleep_and_wake()));
                    assert!(ntoskrnl::query_remove(NIC));
                }
                ntoskrnl::remove(NIC);
            }
            ntoskrnl::unload();
        });
        assert_eq!(report.violation, None, "failure {failures}");
        match outcome.get() {
            Some(true) => break,
            Some(false) => told += 1,
            None => {}
        }
        failures += 1;
    }
    assert_eq!(told, 3, "two requests for the device's power, and the work item that wakes it");
}

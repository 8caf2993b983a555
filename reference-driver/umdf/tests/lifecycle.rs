//! The driver from its entry point to unload.

mod common;

use std::cell::Cell;
use std::sync::Arc;

use common::*;
use dirql_ddi::{
    NT_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_NOT_SUPPORTED, STATUS_SUCCESS,
};
use dirql_sim::wdf::{Framework, Io};
use dirql_sim::{Machine, kernel, wdf};
use i82574_model::I82574;
use nic_shell::control::*;

const UP: LinkState = LinkState { is_up: 1, mbps: 1000, is_full_duplex: 1 };
const DOWN: LinkState = LinkState { is_up: 0, mbps: 0, is_full_duplex: 0 };

fn link_state() -> Vec<u8> {
    let answer = control(IOCTL_NIC_GET_LINK_STATE, &[], 12);
    assert_eq!(answer.status, STATUS_SUCCESS);
    answer.data
}

#[test]
fn it_loads_and_unloads() {
    everywhere(4, || {
        assert_eq!(wdf::load(Framework::User, nic_umdf::driver_entry), STATUS_SUCCESS);
        wdf::unload();
    });
}

#[test]
fn the_link_is_watched() {
    everywhere(40, || {
        bring_up();
        kernel::quiesce();
        assert_eq!(link_state(), UP.to_bytes());
        let waiting = [await_link(), await_link()];
        kernel::quiesce();
        assert_eq!(wdf::outstanding(), 2, "nothing has changed");
        set_link(false);
        kernel::quiesce();
        assert!(outcomes(&waiting).iter().all(|c| c.data == DOWN.to_bytes()));
        assert_eq!(link_state(), DOWN.to_bytes());
        tear_down();
    });
}

#[test]
fn who_waits_for_the_link_can_stop_waiting() {
    everywhere(4, || {
        bring_up();
        let waiting = await_link();
        wdf::cancel(waiting);
        assert_eq!(outcomes(&[waiting])[0].status, STATUS_CANCELLED);
        tear_down();
    });
}

#[test]
fn the_phy_is_read_and_written() {
    everywhere(8, || {
        bring_up();
        let phy = |code, register, value| control(code, &PhyRegister { register, value }.to_bytes(), 4);
        let identity = [2, 3].map(|register| phy(IOCTL_NIC_READ_PHY, register, 0).data);
        assert_eq!(identity, [[2, 0, 0x41, 0x01], [3, 0, 0xb1, 0x0c]]);
        assert_eq!(phy(IOCTL_NIC_WRITE_PHY, 4, 0x1234).status, STATUS_SUCCESS);
        assert_eq!(phy(IOCTL_NIC_READ_PHY, 4, 0).data, [4, 0, 0x34, 0x12]);
        assert_eq!(phy(IOCTL_NIC_READ_PHY, 32, 0).status, STATUS_NOT_SUPPORTED);
        assert_eq!(phy(IOCTL_NIC_READ_PHY, 258, 0).status, STATUS_NOT_SUPPORTED);
        assert_eq!(control(IOCTL_NIC_READ_PHY, &[0; 3], 4).status, STATUS_BUFFER_TOO_SMALL);
        tear_down();
    });
}

/// No descriptor is there for what comes in.
#[test]
fn what_goes_by_is_counted() {
    everywhere(8, || {
        bring_up();
        let frame: Arc<[u8]> = vec![0xff; 64].into();
        kernel::environment(NIC, |nic: &mut I82574, _| nic.arrive(Arc::clone(&frame)));
        kernel::quiesce();
        let counters = control(IOCTL_NIC_GET_STATISTICS, &[], 64);
        assert_eq!(counters.data.chunks(8).map(|w| w[0]).collect::<Vec<_>>(), [1, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(control(IOCTL_NIC_GET_STATISTICS, &[], 63).status, STATUS_BUFFER_TOO_SMALL);
        tear_down();
    });
}

#[test]
fn frames_are_not_moved() {
    everywhere(2, || {
        bring_up();
        let refused = [wdf::submit(NIC, &Io::Read(2048)), wdf::submit(NIC, &Io::Write(&[0; 60]))];
        assert!(outcomes(&refused).iter().all(|c| c.status == STATUS_INVALID_DEVICE_REQUEST));
        assert_eq!(control(0x1234, &[], 4).status, STATUS_INVALID_DEVICE_REQUEST);
        tear_down();
    });
}

#[test]
fn it_sleeps_and_wakes_and_is_rebalanced() {
    everywhere(20, || {
        bring_up();
        kernel::quiesce();
        let waiting = await_link();
        wdf::sleep(NIC);
        set_link(false);
        let asleep = wdf::submit(NIC, &Io::Control(IOCTL_NIC_GET_STATISTICS, &[], 64));
        kernel::quiesce();
        assert_eq!(wdf::outstanding(), 2);
        assert_eq!(wdf::wake(NIC), STATUS_SUCCESS);
        kernel::quiesce();
        assert_eq!(outcomes(&[waiting])[0].data, DOWN.to_bytes(), "seen by the start");
        assert_eq!(outcomes(&[asleep])[0].status, STATUS_SUCCESS);
        let waiting = await_link();
        wdf::stop(NIC);
        wdf::grant_messages(NIC, false);
        assert_eq!(wdf::start(NIC, REGISTERS_LEN), STATUS_SUCCESS);
        set_link(true);
        kernel::quiesce();
        assert_eq!(outcomes(&[waiting])[0].data, UP.to_bytes());
        tear_down();
    });
}

#[test]
fn a_device_that_is_pulled_out_gives_everything_back() {
    everywhere(20, || {
        bring_up();
        kernel::quiesce();
        let waiting = await_link();
        pull_out();
        wdf::remove_by_surprise(NIC);
        kernel::quiesce();
        assert_eq!(outcomes(&[waiting])[0].data, DOWN.to_bytes());
        assert!(!NT_SUCCESS(control(IOCTL_NIC_GET_LINK_STATE, &[], 12).status), "nobody is there to ask");
        tear_down();
    });
}

fn asker(register: u16) {
    for value in 0..3 {
        let phy = PhyRegister { register, value };
        control(IOCTL_NIC_WRITE_PHY, &phy.to_bytes(), 4);
        control(IOCTL_NIC_READ_PHY, &phy.to_bytes(), 4);
        let waiting = await_link();
        kernel::pause();
        wdf::cancel(waiting);
    }
}

fn cable() {
    for up in [false, true, false, true] {
        set_link(up);
        kernel::sleep();
    }
}

#[test]
fn everybody_at_once() {
    everywhere(100, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "asker", || asker(4));
            scope.spawn(1, "asker", || asker(9));
            scope.spawn(1, "cable", cable);
            scope.spawn(0, "pnp", || {
                wdf::sleep(NIC);
                assert_eq!(wdf::wake(NIC), STATUS_SUCCESS);
                wdf::stop(NIC);
                assert_eq!(wdf::start(NIC, REGISTERS_LEN), STATUS_SUCCESS);
            });
        });
        kernel::quiesce();
        assert_eq!(wdf::outstanding(), 0);
        assert_eq!(link_state(), UP.to_bytes());
        tear_down();
    });
}

#[test]
fn the_card_is_pulled_out_of_it_all() {
    everywhere(100, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "asker", || asker(4));
            scope.spawn(1, "asker", || asker(9));
            scope.spawn(1, "pnp", || {
                pull_out();
                wdf::remove_by_surprise(NIC);
            });
        });
        kernel::quiesce();
        assert_eq!(wdf::outstanding(), 0);
        tear_down();
    });
}

/// Whatever fails first is undone: nothing leaks, nothing stays connected, and no object is left.
#[test]
fn every_failure_at_start_up_is_undone() {
    let mut machine = Machine::new();
    for wires in WIRES {
        let mut failures = 0;
        loop {
            let has_started = Cell::new(false);
            let bench = Bench { fail_allocation: Some(failures), ..Bench::new(wires, failures.into()) };
            let report = bench.run(&mut machine, || {
                if !NT_SUCCESS(wdf::load(Framework::User, nic_umdf::driver_entry)) {
                    return;
                }
                if NT_SUCCESS(wdf::add(NIC)) {
                    has_started.set(NT_SUCCESS(wdf::start(NIC, REGISTERS_LEN)));
                    wdf::remove(NIC);
                }
                wdf::unload();
            });
            assert_eq!(report.violation, None, "{wires:?}, failure {failures}");
            if has_started.get() {
                break;
            }
            failures += 1;
        }
        assert!(failures > 8, "{wires:?}: only {failures} things can fail");
    }
}

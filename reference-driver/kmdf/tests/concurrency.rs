//! Everybody at once: writers, readers, cancels, control codes, power, PnP, and the wire.

mod common;

use common::*;
use dirql_ddi::{NT_SUCCESS, STATUS_SUCCESS};
use dirql_sim::wdf::Ticket;
use dirql_sim::{Machine, kernel, wdf};
use i82574_model::I82574;
use nic_shell::control::{IOCTL_NIC_GET_LINK_STATE, IOCTL_NIC_GET_STATISTICS};

fn writer(first: u64, count: u64) -> Vec<Ticket> {
    (first..first + count).map(|n| write(&frame(n, 60 + n as usize % 100))).collect()
}

fn reader(count: u64) {
    for _ in 0..count {
        read();
    }
}

fn wire(count: u64) {
    for n in 0..count {
        arrive(&frame(n, 64));
        kernel::sleep();
    }
}

fn canceller() {
    for _ in 0..3 {
        let ticket = write(&frame(7, 60));
        kernel::pause();
        wdf::cancel(ticket);
        let read = read();
        kernel::pause();
        wdf::cancel(read);
    }
}

fn asker() {
    for _ in 0..2 {
        assert_eq!(control(IOCTL_NIC_GET_STATISTICS, &[], 64).status, STATUS_SUCCESS);
        assert_eq!(control(IOCTL_NIC_GET_LINK_STATE, &[], 12).status, STATUS_SUCCESS);
    }
}

/// Frames that the chip's packet buffer had no room for.
fn lost() -> usize {
    kernel::environment(NIC, |nic: &mut I82574, _| nic.statistics().missed as usize).unwrap()
}

#[test]
fn writers_and_readers_run_beside_the_wire() {
    everywhere(100, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "writer", || drop(writer(0, 6)));
            scope.spawn(1, "writer", || drop(writer(100, 6)));
            scope.spawn(1, "wire", || wire(6));
            scope.spawn(0, "reader", || reader(6));
            scope.spawn(1, "asker", asker);
        });
        kernel::quiesce();
        assert_eq!(transmitted().len(), 12);
        assert_eq!(wdf::outstanding(), lost());
        assert!(wdf::take_completed().iter().all(|c| c.status == STATUS_SUCCESS));
        tear_down();
    });
}

#[test]
fn requests_are_cancelled_while_their_frames_are_sent() {
    everywhere(150, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "writer", || drop(writer(0, 4)));
            scope.spawn(1, "canceller", canceller);
            scope.spawn(0, "canceller", canceller);
            scope.spawn(1, "wire", || wire(3));
        });
        kernel::quiesce();
        assert_eq!(wdf::outstanding(), 0);
        tear_down();
    });
}

#[test]
fn it_sleeps_and_wakes_and_is_rebalanced_under_traffic() {
    everywhere(150, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "writer", || drop(writer(0, 5)));
            scope.spawn(0, "reader", || reader(5));
            scope.spawn(1, "canceller", canceller);
            scope.spawn(1, "wire", || wire(4));
            scope.spawn(1, "pnp", || {
                wdf::sleep(NIC);
                assert_eq!(wdf::wake(NIC), STATUS_SUCCESS);
                wdf::stop(NIC);
                wdf::grant_messages(NIC, false);
                assert_eq!(wdf::start(NIC, REGISTERS_LEN), STATUS_SUCCESS);
            });
        });
        kernel::quiesce();
        tear_down();
    });
}

#[test]
fn the_card_is_pulled_out_of_the_traffic() {
    everywhere(150, || {
        bring_up();
        kernel::scope(|scope| {
            scope.spawn(0, "writer", || drop(writer(0, 5)));
            scope.spawn(0, "reader", || reader(3));
            scope.spawn(1, "canceller", canceller);
            scope.spawn(1, "wire", || wire(4));
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

#[test]
fn a_removal_follows_traffic_at_once() {
    everywhere(100, || {
        bring_up();
        writer(0, 3);
        wire(3);
        read();
        tear_down();
    });
}

/// A device that lies may keep itself from starting, lose frames and make up others. Whatever it says, everything is
/// given back.
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
    if NT_SUCCESS(wdf::start(NIC, REGISTERS_LEN)) {
        kernel::scope(|scope| {
            scope.spawn(0, "writer", || drop(writer(0, 4)));
            scope.spawn(0, "reader", || reader(3));
            scope.spawn(1, "wire", || wire(4));
            scope.spawn(1, "power", || {
                wdf::sleep(NIC);
                let _the_device_decides = wdf::wake(NIC);
            });
        });
        kernel::quiesce();
    }
    tear_down();
}

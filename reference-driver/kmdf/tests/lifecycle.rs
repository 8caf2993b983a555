//! The driver from its entry point to unload.

mod common;

use common::*;
use dirql_ddi::{
    NT_SUCCESS, STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED,
    STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, STATUS_REQUEST_ABORTED, STATUS_SUCCESS,
};
use dirql_sim::wdf::{Framework, Io};
use dirql_sim::{Machine, kernel, wdf};
use nic_shell::control::{
    IOCTL_NIC_GET_LINK_STATE, IOCTL_NIC_GET_STATISTICS, IOCTL_NIC_SET_FILTER, LinkState,
};

#[test]
fn it_loads_and_unloads() {
    everywhere(4, || {
        assert_eq!(wdf::load(Framework::Kernel, nic_kmdf::driver_entry), STATUS_SUCCESS);
        wdf::unload();
    });
}

#[test]
fn a_device_starts_and_is_removed() {
    everywhere(8, || {
        bring_up();
        tear_down();
    });
}

#[test]
fn frames_cross_both_ways() {
    everywhere(40, || {
        bring_up();
        let reads: Vec<_> = (0..2).map(|_| read()).collect();
        let out: Vec<_> = (0..6).map(|n| frame(n, 60 + 100 * n as usize)).collect();
        let writes: Vec<_> = out.iter().map(|f| write(f)).collect();
        let incoming: Vec<_> = (0..3).map(|n| frame(100 + n, 64 + 50 * n as usize)).collect();
        incoming.iter().for_each(|f| arrive(f));
        kernel::quiesce();
        assert_eq!(transmitted(), out);
        let sent: Vec<_> = outcomes(&writes).iter().map(|c| (c.status, c.information)).collect();
        assert_eq!(sent, out.iter().map(|f| (STATUS_SUCCESS, f.len())).collect::<Vec<_>>());
        let late = read();
        let received: Vec<_> = outcomes(&[reads, vec![late]].concat()).into_iter().map(|c| c.data).collect();
        assert_eq!(received, incoming);
        tear_down();
    });
}

#[test]
fn a_read_that_is_too_short_says_so() {
    everywhere(2, || {
        bring_up();
        arrive(&frame(1, 100));
        let short = wdf::submit(NIC, &Io::Read(60));
        kernel::quiesce();
        let [got] = &outcomes(&[short])[..] else { unreachable!() };
        assert_eq!((got.status, &got.data[..]), (STATUS_BUFFER_OVERFLOW, &frame(1, 100)[..60]));
        tear_down();
    });
}

#[test]
fn what_is_no_frame_is_refused() {
    everywhere(2, || {
        bring_up();
        let refused = [write(&[0; 13]), write(&[0; 1519])];
        kernel::quiesce();
        assert!(outcomes(&refused).iter().all(|c| c.status == STATUS_INVALID_PARAMETER));
        tear_down();
    });
}

#[test]
fn control_codes_are_answered() {
    everywhere(4, || {
        bring_up();
        kernel::quiesce();
        let link = control(IOCTL_NIC_GET_LINK_STATE, &[], 12);
        let up = LinkState { is_up: 1, mbps: 1000, is_full_duplex: 1 };
        assert_eq!((link.status, &link.data[..]), (STATUS_SUCCESS, &up.to_bytes()[..]));
        write(&frame(1, 60));
        arrive(&frame(2, 60));
        kernel::quiesce();
        let counters = control(IOCTL_NIC_GET_STATISTICS, &[], 64);
        let words: Vec<_> = counters.data.chunks(8).map(|w| w[0]).collect();
        assert_eq!(words, [1, 1, 0, 0, 1, 1, 0, 0]);
        assert_eq!(control(IOCTL_NIC_GET_STATISTICS, &[], 63).status, STATUS_BUFFER_TOO_SMALL);
        arrive(&[9; 60]);
        kernel::quiesce();
        assert_eq!(control(IOCTL_NIC_SET_FILTER, &[1, 0, 0, 0], 0).status, STATUS_SUCCESS);
        arrive(&[8; 60]);
        kernel::quiesce();
        let heard = [read(), read()];
        kernel::quiesce();
        let heard: Vec<_> = outcomes(&heard).into_iter().map(|c| c.data).collect();
        assert_eq!(heard, [frame(2, 60), vec![8; 60]], "one before was for somebody else");
        assert_eq!(control(IOCTL_NIC_SET_FILTER, &[0; 3], 0).status, STATUS_BUFFER_TOO_SMALL);
        assert_eq!(control(0x1234, &[], 4).status, STATUS_INVALID_DEVICE_REQUEST);
        tear_down();
    });
}

/// Without a link nothing leaves: 32 frames are in the device's hands, and the others wait.
#[test]
fn writes_wait_for_places_and_every_request_can_be_cancelled() {
    everywhere(8, || {
        bring_up();
        set_link(false);
        kernel::quiesce();
        let writes: Vec<_> = (0..40).map(|n| write(&frame(n, 60))).collect();
        let reads = [read(), read()];
        kernel::quiesce();
        assert_eq!(wdf::outstanding(), 42);
        [writes[3], writes[35], reads[0]].into_iter().for_each(wdf::cancel);
        assert!(outcomes(&[writes[3], writes[35], reads[0]]).iter().all(|c| c.status == STATUS_CANCELLED));
        set_link(true);
        kernel::quiesce();
        let left: Vec<_> = (0..40).filter(|&n| n != 35).map(|n| frame(n, 60)).collect();
        assert_eq!(transmitted(), left, "the device had the frame of the other one");
        assert_eq!(wdf::outstanding(), 1);
        arrive(&frame(9, 60));
        kernel::quiesce();
        assert_eq!(outcomes(&reads[1..])[0].data, frame(9, 60));
        tear_down();
    });
}

#[test]
fn it_sleeps_and_wakes() {
    everywhere(20, || {
        bring_up();
        set_link(false);
        kernel::quiesce();
        let (interrupted, pending) = (write(&frame(1, 60)), read());
        wdf::sleep(NIC);
        let asleep = write(&frame(2, 60));
        kernel::quiesce();
        assert_eq!(outcomes(&[interrupted])[0].status, STATUS_REQUEST_ABORTED);
        assert_eq!(wdf::outstanding(), 2);
        set_link(true);
        assert_eq!(wdf::wake(NIC), STATUS_SUCCESS);
        arrive(&frame(3, 60));
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(2, 60)]);
        let [sent, got] = &outcomes(&[asleep, pending])[..] else { unreachable!() };
        assert_eq!((sent.status, &got.data), (STATUS_SUCCESS, &frame(3, 60)));
        tear_down();
    });
}

/// The device comes back with the line, where it had messages.
#[test]
fn resources_are_rebalanced() {
    everywhere(20, || {
        bring_up();
        let pending = read();
        write(&frame(1, 60));
        wdf::stop(NIC);
        wdf::grant_messages(NIC, false);
        let waiting = write(&frame(2, 60));
        transmitted();
        assert_eq!(wdf::start(NIC, REGISTERS_LEN), STATUS_SUCCESS);
        arrive(&frame(3, 60));
        kernel::quiesce();
        assert_eq!(transmitted(), [frame(2, 60)]);
        let [sent, got] = &outcomes(&[waiting, pending])[..] else { unreachable!() };
        assert_eq!((sent.status, &got.data), (STATUS_SUCCESS, &frame(3, 60)));
        tear_down();
    });
}

#[test]
fn a_device_that_is_pulled_out_gives_everything_back() {
    everywhere(20, || {
        bring_up();
        set_link(false);
        kernel::quiesce();
        let writes: Vec<_> = (0..40).map(|n| write(&frame(n, 60))).collect();
        let pending = read();
        pull_out();
        wdf::remove_by_surprise(NIC);
        kernel::quiesce();
        let statuses: Vec<_> = outcomes(&writes).iter().map(|c| c.status).collect();
        assert!(statuses.iter().all(|&s| [STATUS_REQUEST_ABORTED, STATUS_CANCELLED].contains(&s)));
        assert_eq!(outcomes(&[pending])[0].status, STATUS_CANCELLED);
        assert!(!NT_SUCCESS(wdf::wait(read()).unwrap().status), "nobody is there to read from");
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
            let has_started = std::cell::Cell::new(false);
            let bench = Bench { fail_allocation: Some(failures), ..Bench::new(wires, failures.into()) };
            let report = bench.run(&mut machine, || {
                if !NT_SUCCESS(wdf::load(Framework::Kernel, nic_kmdf::driver_entry)) {
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
        assert!(failures > 15, "{wires:?}: only {failures} things can fail");
    }
}

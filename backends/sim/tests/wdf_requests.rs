//! Queues and requests of the frameworks, and the order in which a loaded driver is called.
#![allow(non_snake_case, reason = "the names of the framework's callbacks are Microsoft's")]

mod common;
#[path = "common/queue_driver.rs"]
mod queue_driver;

use std::ptr::null_mut;

use common::{ACK, BUTTON, Options, fires, silent};
use dirql_ddi::kmdf::*;
use dirql_ddi::{
    FALSE, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED,
    STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_ENTRIES, STATUS_SUCCESS, TRUE, ULONG,
};
use dirql_sim::wdf::{Framework, Io};
use dirql_sim::{kernel, wdf};
use queue_driver::*;

const STATUS_WDF_PAUSED: NTSTATUS = 0xC020_0203_u32 as i32;

fn options() -> Options {
    Options::default()
}

/// Runs `act` with a device in D0 and its driver, which takes requests and keeps them.
fn with_kept(act: impl Fn()) -> impl Fn() {
    move || {
        start(Plan::KEEP);
        act();
        end();
    }
}

#[test]
fn wdfrequest_fires_for_a_request_that_is_not_the_drivers_to_complete() {
    fires(
        "InvalidHandle",
        &options(),
        with_kept(|| {
            write();
            let [request] = kept()[..] else { unreachable!() };
            complete(request);
            complete(request);
        }),
    );
    fires(
        "WdfRequest",
        &options(),
        with_kept(|| {
            write();
            let [request] = kept()[..] else { unreachable!() };
            forward(request);
            complete(request);
        }),
    );
    fires(
        "WdfRequest",
        &options(),
        with_kept(|| {
            write();
            let [request] = kept()[..] else { unreachable!() };
            mark(request);
            complete(request);
        }),
    );
}

#[test]
fn wdfrequest_fires_for_more_bytes_than_there_is_room_for() {
    fires(
        "WdfRequest",
        &options(),
        with_kept(|| {
            wdf::submit(BUTTON, &Io::Read(4));
            // SAFETY: the request is the driver's.
            unsafe { WdfRequestCompleteWithInformation(kept()[0], STATUS_SUCCESS, 5) };
        }),
    );
}

#[test]
fn wdfrequest_fires_for_marks_and_acknowledgements_without_reason() {
    fires(
        "WdfRequest",
        &options(),
        with_kept(|| {
            write();
            let [request] = kept()[..] else { unreachable!() };
            mark(request);
            mark(request);
        }),
    );
    fires(
        "WdfRequest",
        &options(),
        with_kept(|| {
            write();
            let [request] = kept()[..] else { unreachable!() };
            mark(request);
            forward(request);
        }),
    );
    fires(
        "WdfRequest",
        &options(),
        with_kept(|| {
            write();
            // SAFETY: whatever the request is, the framework says so.
            unsafe { WdfRequestStopAcknowledge(kept()[0], FALSE) };
        }),
    );
}

#[test]
fn wdfrequest_silent_for_requests_from_hand_to_hand() {
    let plan = Plan { io: |request| assert_eq!(forward(request), STATUS_SUCCESS), ..Plan::KEEP };
    silent(&options(), || {
        start(plan);
        let tickets = [write(), write(), write()];
        let first = retrieve().unwrap();
        // SAFETY: the request is the driver's, from a manual queue.
        assert_eq!(unsafe { WdfRequestRequeue(first) }, STATUS_SUCCESS);
        let [first, second, third] = [(); 3].map(|()| retrieve().unwrap());
        assert_eq!(retrieve(), Err(STATUS_NO_MORE_ENTRIES));
        complete(first);
        assert_eq!(mark(second), STATUS_SUCCESS);
        // SAFETY: the request is the driver's.
        assert_eq!(unsafe { WdfRequestUnmarkCancelable(second) }, STATUS_SUCCESS);
        // SAFETY: as above.
        assert_eq!(unsafe { WdfRequestUnmarkCancelable(second) }, STATUS_INVALID_PARAMETER);
        complete(second);
        // SAFETY: as above.
        assert_eq!(unsafe { WdfRequestForwardToIoQueue(third, manual()) }, STATUS_INVALID_DEVICE_REQUEST);
        complete(third);
        assert_eq!(tickets.map(status), [STATUS_SUCCESS; 3]);
        end();
    });
}

#[test]
fn buffers_are_lent_for_what_a_request_is() {
    silent(
        &options(),
        with_kept(|| {
            let tickets =
                [wdf::submit(BUTTON, &Io::Read(8)), write(), wdf::submit(BUTTON, &Io::Control(5, &[7], 4))];
            let [read, write, control] = kept()[..] else { unreachable!() };
            let input = |request, least| {
                let (mut buffer, mut len) = (null_mut(), 0);
                // SAFETY: the request is the driver's; the rest is ours.
                let status =
                    unsafe { WdfRequestRetrieveInputBuffer(request, least, &raw mut buffer, &raw mut len) };
                (status, len)
            };
            let output = |request, least| {
                let (mut buffer, mut len) = (null_mut(), 0);
                // SAFETY: as above.
                let status =
                    unsafe { WdfRequestRetrieveOutputBuffer(request, least, &raw mut buffer, &raw mut len) };
                if status == STATUS_SUCCESS {
                    // SAFETY: the buffer has at least this byte.
                    unsafe { buffer.cast::<u8>().write(9) };
                }
                (status, len)
            };
            assert_eq!(
                (input(read, 1), output(write, 1)),
                ((STATUS_INVALID_DEVICE_REQUEST, 0), (STATUS_INVALID_DEVICE_REQUEST, 0))
            );
            assert_eq!(
                (input(write, 4), input(write, 5)),
                ((STATUS_SUCCESS, 4), (STATUS_BUFFER_TOO_SMALL, 0))
            );
            assert_eq!(
                (input(control, 1), output(control, 4), output(read, 8)),
                ((STATUS_SUCCESS, 1), (STATUS_SUCCESS, 4), (STATUS_SUCCESS, 8))
            );
            for request in [read, write, control] {
                // SAFETY: the request is the driver's.
                unsafe { WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 1) };
            }
            let data = tickets.map(|ticket| wdf::take(ticket).unwrap().data);
            assert_eq!(data, [vec![9], vec![], vec![9]]);
        }),
    );
}

unsafe extern "C-unwind" fn never_called(_: WDFQUEUE, _: WDFREQUEST) {}

#[test]
fn a_queue_is_refused_what_its_kind_has_no_use_for() {
    silent(
        &options(),
        with_kept(|| {
            // SAFETY: the queue is alive.
            let device = unsafe { WdfIoQueueGetDevice(queue()) };
            let create = |kind, callback, presented| {
                let mut config = WDF_IO_QUEUE_CONFIG_INIT(kind);
                config.EvtIoDefault = callback;
                config.NumberOfPresentedRequests = presented;
                let mut queue = null_mut();
                // SAFETY: everything lent is ours for the length of the call.
                unsafe { WdfIoQueueCreate(device, &raw mut config, null_mut(), &raw mut queue) }
            };
            let callback: PFN_WDF_IO_QUEUE_IO_DEFAULT = Some(never_called);
            let [sequential, parallel, manual] =
                [WdfIoQueueDispatchSequential, WdfIoQueueDispatchParallel, WdfIoQueueDispatchManual];
            assert_eq!(create(manual, callback, 0), STATUS_INVALID_PARAMETER);
            assert_eq!(create(manual, None, 1), STATUS_INVALID_PARAMETER);
            assert_eq!(create(sequential, callback, 1), STATUS_INVALID_PARAMETER);
            assert_eq!(create(parallel, callback, 1), STATUS_SUCCESS);
            assert_eq!(create(sequential, callback, 0), STATUS_SUCCESS);
        }),
    );
}

#[test]
fn a_sequential_queue_delivers_the_next_request_after_the_last() {
    let plan = Plan { dispatch: WdfIoQueueDispatchSequential, ..Plan::KEEP };
    silent(&options(), || {
        start(plan);
        let tickets = [write(), write()];
        let [first] = kept()[..] else { panic!("one at a time") };
        complete(first);
        let [second] = kept()[..] else { panic!("then the other") };
        complete(second);
        assert_eq!(tickets.map(status), [STATUS_SUCCESS; 2]);
        end();
    });
}

#[test]
fn a_sequential_queue_does_not_recurse() {
    let plan = Plan { dispatch: WdfIoQueueDispatchSequential, io: complete, ..Plan::KEEP };
    silent(&options(), || {
        start(plan);
        wdf::sleep(BUTTON);
        let tickets: Vec<_> = (0..50).map(|_| write()).collect();
        assert_eq!(wdf::wake(BUTTON), STATUS_SUCCESS);
        assert!(tickets.into_iter().all(|ticket| status(ticket) == STATUS_SUCCESS));
        end();
    });
}

#[test]
fn a_request_that_waits_is_cancelled_by_the_framework() {
    let plan = Plan { io: |request| assert_eq!(forward(request), STATUS_SUCCESS), ..Plan::KEEP };
    silent(&options(), || {
        start(plan);
        let ticket = write();
        wdf::cancel(ticket);
        assert_eq!((status(ticket), retrieve()), (STATUS_CANCELLED, Err(STATUS_NO_MORE_ENTRIES)));
        end();
    });
}

#[test]
fn a_driver_that_wants_to_hear_of_it_completes_what_was_cancelled() {
    unsafe extern "C-unwind" fn cancelled(_: WDFQUEUE, request: WDFREQUEST) {
        complete(request);
    }
    let io = |request| assert_eq!(forward(request), STATUS_SUCCESS);
    let plan = Plan { io, cancelled_on_queue: Some(cancelled), ..Plan::KEEP };
    silent(&options(), || {
        start(plan);
        let ticket = write();
        wdf::cancel(ticket);
        assert_eq!(status(ticket), STATUS_SUCCESS);
        end();
    });
}

#[test]
fn a_cancelable_request_is_ended_by_its_driver_and_once() {
    let (seen, _) = silent(&options(), || {
        start(Plan::KEEP);
        let ticket = write();
        let [request] = kept()[..] else { unreachable!() };
        assert_eq!(mark(request), STATUS_SUCCESS);
        kernel::scope(|scope| {
            scope.spawn(0, "canceller", || wdf::cancel(ticket));
        });
        let by_cancel = status(ticket);
        end();
        by_cancel
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [STATUS_CANCELLED]);
}

#[test]
fn completion_and_cancellation_race() {
    let (seen, _) = silent(&options(), || {
        start(Plan::KEEP);
        let ticket = write();
        let [request] = kept()[..] else { unreachable!() };
        kernel::scope(|scope| {
            scope.spawn(0, "canceller", || wdf::cancel(ticket));
            scope.spawn(1, "driver", || {
                if mark(request) == STATUS_CANCELLED {
                    // SAFETY: the request is the driver's.
                    assert_eq!(unsafe { WdfRequestIsCanceled(request) }, TRUE);
                    complete(request);
                }
            });
        });
        kernel::quiesce();
        let status = wdf::take(ticket).map(|completed| completed.status);
        if status.is_none() {
            // The cancellation came when nobody could take it.
            wdf::cancel(ticket);
        }
        end();
        status
    });
    assert!(seen.contains(&Some(STATUS_CANCELLED)) && seen.contains(&Some(STATUS_SUCCESS)), "{seen:?}");
}

#[test]
fn marking_a_cancelled_request_calls_back_at_once() {
    silent(
        &options(),
        with_kept(|| {
            let ticket = write();
            wdf::cancel(ticket);
            let [request] = kept()[..] else { unreachable!() };
            // SAFETY: the request is the driver's, and the callback takes it.
            unsafe { WdfRequestMarkCancelable(request, Some(complete_cancelled)) };
            assert_eq!(status(ticket), STATUS_CANCELLED);
        }),
    );
}

#[test]
fn a_power_managed_queue_waits_for_d0_and_another_does_not() {
    for (power_managed, delivered) in [(WdfTrue, 0), (WdfFalse, 1)] {
        let plan = Plan { power_managed, ..Plan::KEEP };
        silent(&options(), || {
            start(plan);
            wdf::sleep(BUTTON);
            let ticket = write();
            assert_eq!(retrieve(), Err(STATUS_WDF_PAUSED));
            let early = kept();
            assert_eq!(early.len(), delivered);
            assert_eq!(wdf::wake(BUTTON), STATUS_SUCCESS);
            [early, kept()].concat().into_iter().for_each(complete);
            assert_eq!(status(ticket), STATUS_SUCCESS);
            end();
        });
    }
}

/// Without EvtIoStop the framework waits for what the driver has.
#[test]
fn a_power_down_waits_for_requests() {
    silent(
        &options(),
        with_kept(|| {
            let ticket = write();
            let [request] = kept()[..] else { unreachable!() };
            kernel::scope(|scope| {
                scope.spawn(0, "power", || {
                    wdf::sleep(BUTTON);
                    assert_eq!(status(ticket), STATUS_SUCCESS);
                    assert_eq!(wdf::wake(BUTTON), STATUS_SUCCESS);
                });
                scope.spawn(1, "driver", || complete(request));
            });
        }),
    );
}

#[test]
fn a_driver_that_acknowledges_a_stop_keeps_its_request() {
    unsafe extern "C-unwind" fn stop(_: WDFQUEUE, request: WDFREQUEST, flags: ULONG) {
        assert_eq!(flags, WdfRequestStopActionSuspend | WdfRequestStopRequestCancelable);
        // SAFETY: the framework calls this for a request that the driver has.
        unsafe { WdfRequestStopAcknowledge(request, FALSE) };
    }
    silent(&options(), || {
        start(Plan { stop: Some(stop), ..Plan::KEEP });
        let ticket = write();
        mark(kept()[0]);
        wdf::sleep(BUTTON);
        assert_eq!(wdf::wake(BUTTON), STATUS_SUCCESS);
        assert!(calls().contains(&"EvtIoResume"));
        wdf::cancel(ticket);
        assert_eq!(status(ticket), STATUS_CANCELLED);
        end();
    });
}

#[test]
fn a_request_can_be_given_back_at_a_stop() {
    unsafe extern "C-unwind" fn stop(_: WDFQUEUE, request: WDFREQUEST, _: ULONG) {
        // SAFETY: the framework calls this for a request that the driver has.
        unsafe { WdfRequestStopAcknowledge(request, TRUE) };
    }
    silent(&options(), || {
        start(Plan { stop: Some(stop), ..Plan::KEEP });
        let ticket = write();
        assert_eq!(kept().len(), 1);
        wdf::sleep(BUTTON);
        assert_eq!(wdf::wake(BUTTON), STATUS_SUCCESS);
        complete(kept()[0]);
        assert_eq!(status(ticket), STATUS_SUCCESS);
        end();
    });
}

#[test]
fn a_queue_is_stopped_started_and_purged() {
    silent(
        &options(),
        with_kept(|| {
            // SAFETY: the queue is alive, and this is none of its callbacks; here and below.
            unsafe { WdfIoQueueStopSynchronously(queue()) };
            let waiting = write();
            assert!(kept().is_empty());
            // SAFETY: as above.
            unsafe { WdfIoQueueStart(queue()) };
            let [request] = kept()[..] else { panic!("it was delivered") };
            mark(request);
            // SAFETY: as above.
            unsafe { WdfIoQueuePurgeSynchronously(queue()) };
            assert_eq!(status(waiting), STATUS_CANCELLED);
            assert_eq!(status(write()), STATUS_INVALID_DEVICE_STATE);
            // SAFETY: as above.
            unsafe { WdfIoQueueStart(queue()) };
            let again = write();
            complete(kept()[0]);
            assert_eq!(status(again), STATUS_SUCCESS);
        }),
    );
}

#[test]
fn requests_of_length_zero_are_not_delivered() {
    silent(
        &options(),
        with_kept(|| {
            assert_eq!(status(wdf::submit(BUTTON, &Io::Read(0))), STATUS_SUCCESS);
            assert!(kept().is_empty());
        }),
    );
}

/// PowerD0StartingStartSelfManagedIo, PowerGotoDx, PnpCleanupForRemove and PnpEventRemovedCommonCode.
#[test]
fn a_loaded_driver_is_called_in_the_documented_order() {
    silent(&options(), || {
        start(Plan::KEEP);
        assert_eq!(calls(), ["PrepareHardware", "D0Entry", "SelfManagedIoInit"]);
        wdf::sleep(BUTTON);
        assert_eq!(wdf::wake(BUTTON), STATUS_SUCCESS);
        assert_eq!(calls(), ["SelfManagedIoSuspend", "D0Exit", "D0Entry", "SelfManagedIoRestart"]);
        wdf::stop(BUTTON);
        assert_eq!(wdf::start(BUTTON, 0x1000), STATUS_SUCCESS);
        let stopped = ["SelfManagedIoSuspend", "D0Exit", "ReleaseHardware"];
        assert_eq!(calls(), [&stopped[..], &["PrepareHardware", "D0Entry", "SelfManagedIoRestart"]].concat());
        wdf::remove_by_surprise(BUTTON);
        assert_eq!(calls(), [&["SurpriseRemoval"], &stopped[..], &["SelfManagedIoFlush"]].concat());
        end();
        assert_eq!(calls(), ["SelfManagedIoCleanup", "EvtDriverUnload"]);
    });
}

#[test]
fn wdfstate_fires_for_what_is_created_twice_or_not_at_all() {
    unsafe extern "C-unwind" fn lazy(_: PDRIVER_OBJECT, _: PUNICODE_STRING) -> NTSTATUS {
        STATUS_SUCCESS
    }
    unsafe extern "C-unwind" fn eager(driver: PDRIVER_OBJECT, path: PUNICODE_STRING) -> NTSTATUS {
        // SAFETY: the arguments are DriverEntry's; here and below.
        unsafe { driver_entry(driver, path) };
        // SAFETY: as above.
        unsafe { driver_entry(driver, path) }
    }
    for entry in [lazy, eager] {
        fires("WdfState", &options(), || _ = wdf::load(Framework::Kernel, entry));
    }
    fires("WdfState", &options(), || {
        let added = |mut init| {
            let mut device = null_mut();
            // SAFETY: the structure is gone, which the framework says.
            unsafe { WdfDeviceCreate(&raw mut init, null_mut(), &raw mut device) };
        };
        start(Plan { added, ..Plan::KEEP });
    });
}

#[test]
fn wdfstate_silent_for_a_life_after_a_life() {
    silent(&options(), || {
        for _ in 0..2 {
            start(Plan::KEEP);
            end();
        }
    });
}

#[test]
fn dxaccess_fires_when_a_driver_touches_a_device_that_sleeps() {
    fires(
        "DxAccess",
        &options(),
        with_kept(|| {
            wdf::sleep(BUTTON);
            kernel::write_register(BUTTON, ACK, 1);
        }),
    );
}

#[test]
fn dxaccess_silent_before_and_after() {
    silent(
        &options(),
        with_kept(|| {
            kernel::write_register(BUTTON, ACK, 1);
            wdf::stop(BUTTON);
            assert_eq!(wdf::start(BUTTON, 0x1000), STATUS_SUCCESS);
            kernel::write_register(BUTTON, ACK, 1);
        }),
    );
}

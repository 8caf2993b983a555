//! The I/O and PnP managers: what they do for a driver, and what it must not do.

mod common;
#[path = "common/request_driver.rs"]
mod request_driver;

use common::{BUTTON, Options, fires, silent};
use dirql_ddi::*;
use dirql_sim::kernel;
use dirql_sim::ntoskrnl;
use request_driver::{Mistake, bring_up, cancel_waiting, satisfy, tear_down};

/// A life with a read in it.
fn read_once(mistake: Mistake) {
    let file = bring_up(mistake);
    ntoskrnl::read(file, 1, 100);
    satisfy();
    tear_down(file);
}

/// A life with a read that is cancelled.
fn cancel_once(mistake: Mistake) {
    let file = bring_up(mistake);
    ntoskrnl::read(file, 1, 100);
    assert!(ntoskrnl::cancel(file, 1));
    tear_down(file);
}

#[track_caller]
fn reading_fires(rule: &str, mistake: Mistake) {
    fires(rule, &Options::default(), || read_once(mistake));
}

#[test]
fn irpdoublecomplete_irpleft_irpstatus_irpcancelroutine_markirppending_pendedcompletedrequest_silent_for_a_read_that_waits()
 {
    let (statuses, _) = silent(&Options::default(), || {
        let file = bring_up(Mistake::None);
        ntoskrnl::read(file, 1, 100);
        kernel::scope(|scope| {
            scope.spawn(1, "canceller", || {
                ntoskrnl::cancel(file, 1);
            });
            satisfy();
        });
        let status = ntoskrnl::take_completed(file)[0].status;
        tear_down(file);
        status
    });
    assert_eq!(
        statuses.into_iter().collect::<Vec<_>>(),
        [STATUS_CANCELLED, STATUS_SUCCESS],
        "either is faster"
    );
}

#[test]
fn irpstack_irqlio_cancelspinlock_spinlocksafe_removelock_devicestack_deviceinterface_pnpstatus_silent_for_a_whole_life()
 {
    silent(&Options::default(), || {
        cancel_once(Mistake::None);
        let file = bring_up(Mistake::None);
        assert_eq!(ntoskrnl::set_device_power(BUTTON, PowerDeviceD3), STATUS_SUCCESS);
        assert_eq!(ntoskrnl::set_device_power(BUTTON, PowerDeviceD0), STATUS_SUCCESS);
        ntoskrnl::surprise_remove(BUTTON);
        ntoskrnl::close(file);
        ntoskrnl::remove(BUTTON);
        ntoskrnl::unload();
    });
}

#[test]
fn a_driver_cancels_what_waits() {
    silent(&Options::default(), || {
        let file = bring_up(Mistake::None);
        ntoskrnl::read(file, 1, 100);
        assert!(cancel_waiting());
        assert_eq!(ntoskrnl::take_completed(file)[0].status, STATUS_CANCELLED);
        tear_down(file);
    });
}

#[test]
fn irpdoublecomplete_fires_for_a_second_completion() {
    reading_fires("IrpDoubleComplete", Mistake::CompletesTwice);
}

#[test]
fn irpleft_fires_for_a_write_after_completion_and_for_a_read_that_never_ends() {
    reading_fires("IrpLeft", Mistake::TouchesLater);
    fires("IrpLeft", &Options::default(), || {
        ntoskrnl::read(bring_up(Mistake::NeverCompletes), 1, 100);
    });
}

#[test]
fn irpstack_fires_when_there_is_no_location_left() {
    reading_fires("IrpStack", Mistake::RunsOutOfLocations);
}

#[test]
fn irpstatus_fires_for_results_that_cannot_be() {
    reading_fires("IrpStatus", Mistake::CompletesAsPending);
    reading_fires("IrpStatus", Mistake::MovesTooMuch);
    reading_fires("IrpStatus", Mistake::ReturnsAnotherStatus);
}

#[test]
fn irpcancelroutine_fires_for_a_completion_that_can_be_cancelled() {
    reading_fires("IrpCancelRoutine", Mistake::LeavesCancelRoutine);
}

#[test]
fn markirppending_fires_for_a_request_that_is_not_marked() {
    reading_fires("MarkIrpPending", Mistake::ForgetsToMark);
}

#[test]
fn pendedcompletedrequest_fires_for_what_is_neither_pending_nor_completed() {
    reading_fires("PendedCompletedRequest", Mistake::ReturnsEarly);
    reading_fires("PendedCompletedRequest", Mistake::MarksForNothing);
}

#[test]
fn spinlocksafe_fires_for_a_completion_under_a_lock() {
    reading_fires("SpinLockSafe", Mistake::CompletesUnderLock);
}

#[test]
fn cancelspinlock_fires_for_a_cancel_routine_that_does_not_go_back() {
    for mistake in [Mistake::CancelsToWrongIrql, Mistake::KeepsCancelLock] {
        fires("CancelSpinLock", &Options::default(), || cancel_once(mistake));
    }
}

#[test]
fn removelock_fires_for_a_second_release() {
    reading_fires("RemoveLock", Mistake::ReleasesTwice);
}

#[test]
fn irqlio_fires_above_the_level_of_the_page() {
    reading_fires("IrqlIo", Mistake::CallsAtDirql);
    reading_fires("IrqlIo", Mistake::CreatesAtDispatch);
}

#[test]
fn devicestack_fires_for_what_adddevice_or_removal_leaves_out() {
    let mistakes =
        [Mistake::AttachesNothing, Mistake::StaysInitializing, Mistake::StaysAttached, Mistake::KeepsDevice];
    for mistake in mistakes {
        reading_fires("DeviceStack", mistake);
    }
}

#[test]
fn deviceinterface_fires_for_an_interface_that_stays_enabled() {
    reading_fires("DeviceInterface", Mistake::KeepsInterface);
}

#[test]
fn pnpstatus_fires_for_a_removal_that_is_refused() {
    reading_fires("PnpStatus", Mistake::RefusesRemoval);
}

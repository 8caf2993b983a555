//! The I/O manager: requests on their way down a stack of drivers and up again.

use dirql_ddi::{
    CCHAR, FALSE, IO_STACK_LOCATION, IoMarkIrpPending, NT_SUCCESS, NTSTATUS, PDEVICE_OBJECT, PIRP,
    SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, SL_PENDING_RETURNED,
    STATUS_MORE_PROCESSING_REQUIRED, STATUS_NOT_SUPPORTED, STATUS_PENDING,
};

use super::device_object::{is_device_object, physical_of};
use super::request::{Passage, finish, location_of, note, require_out, status_of};
use super::{bus_driver, driver};
use crate::context::{inert, with};
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};

// --- on the way down ---

fn require_low_level(caller: &str, code: &str) {
    let irql = kernel::irql();
    if irql > DISPATCH {
        fail("IrqlIo", format!("{caller} at IRQL {irql} ({code})"));
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IofCallDriver(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    if inert() {
        return STATUS_NOT_SUPPORTED;
    }
    kernel::pause();
    require_low_level("IofCallDriver", "DV 0xC9/0x10");
    require_out(Irp, "IofCallDriver");
    if !is_device_object(DeviceObject) {
        fail("InvalidHandle", format!("IofCallDriver: {DeviceObject:?} is no device object (DV 0xC9/0x4)"));
    }
    // SAFETY: the request is the caller's.
    let (location, major) = unsafe { descend(DeviceObject, Irp) };
    note(Irp, location, |passage| *passage = Passage::default());
    let irql = kernel::irql();
    let status = match physical_of(DeviceObject) {
        // SAFETY: the request is the bus driver's now.
        Some(device) => unsafe { bus_driver::dispatch(device, Irp) },
        None => match driver::dispatch_routine(major) {
            // SAFETY: the driver gave this routine for its device objects, of which this is one.
            Some(routine) => unsafe { routine(DeviceObject, Irp) },
            None => fail("InvalidHandle", format!("there is no routine for requests of kind {major:#x}")),
        },
    };
    if !inert() {
        check_irql(irql);
        returned(Irp, location, status);
    }
    status
}

/// Makes the next stack location the current one, and returns its number and the major function.
///
/// # Safety
/// The request is the caller's.
unsafe fn descend(device_object: PDEVICE_OBJECT, irp: PIRP) -> (usize, u8) {
    // SAFETY: the caller's promise.
    let irp = unsafe { &mut *irp };
    irp.CurrentLocation -= 1;
    if irp.CurrentLocation <= 0 {
        fail("IrpStack", "a request is handed down with no stack location left (0x35)".into());
    }
    // SAFETY: the I/O manager uses this member of the union; here and below.
    let current = unsafe { &mut irp.Tail.Overlay.CurrentStackLocation };
    *current = current.wrapping_sub(1);
    // SAFETY: as above; the packet has as many locations as the number says.
    let current = unsafe { &mut **current };
    current.DeviceObject = device_object;
    (irp.CurrentLocation as usize, current.MajorFunction)
}

fn check_irql(before: u8) {
    let after = kernel::irql();
    if after != before {
        fail(
            "IrqlReturn",
            format!("a dispatch routine was entered at IRQL {before}, left at {after} (DV 0xC9/0x5)"),
        );
    }
}

/// A dispatch routine has returned. If not STATUS_PENDING, the request has gone up past it.
fn returned(irp: PIRP, location: usize, status: NTSTATUS) {
    let passage = note(irp, location, |passage| passage.returned = Some(status));
    if status != STATUS_PENDING && passage.went_up.is_none() {
        fail(
            "PendedCompletedRequest",
            format!("a dispatch routine returns {status:#010x} and has not completed the request"),
        );
    }
    check_passage(passage);
}

/// What a dispatch routine returns must fit what became of the request.
fn check_passage(passage: Passage) {
    let Passage { returned: Some(returned), went_up: Some((status, was_marked)) } = passage else { return };
    match (returned == STATUS_PENDING, was_marked) {
        (true, false) => {
            fail("MarkIrpPending", "STATUS_PENDING is returned for a request that is not marked".into())
        }
        (false, true) => fail(
            "PendedCompletedRequest",
            format!("{returned:#010x} is returned for a request that is marked pending"),
        ),
        (false, false) if returned != status => fail(
            "IrpStatus",
            format!("{returned:#010x} is returned for a request completed with {status:#010x}"),
        ),
        _ => {}
    }
}

// --- on the way up ---

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IofCompleteRequest(Irp: PIRP, _PriorityBoost: CCHAR) {
    if inert() {
        return;
    }
    kernel::pause();
    require_low_level("IofCompleteRequest", "0xA");
    require_out(Irp, "IofCompleteRequest");
    // SAFETY: the request is the caller's to complete; here and below.
    let irp = unsafe { &*Irp };
    if status_of(&irp.IoStatus) == STATUS_PENDING {
        fail("IrpStatus", "a request is completed with STATUS_PENDING (DV 0xC9/0x6)".into());
    }
    if irp.CancelRoutine.is_some() {
        fail("IrpCancelRoutine", "a request is completed that can be cancelled (DV 0xC9/0x7)".into());
    }
    if with(|core| core.threads[core.running].held != 0) {
        fail("SpinLockSafe", "a request is completed under a lock".into());
    }
    // SAFETY: as above.
    unsafe { ascend(Irp) };
}

/// Takes a request up, past one driver after the other, until one wants it back or it is at its origin.
///
/// # Safety
/// The request is the caller's.
unsafe fn ascend(irp: PIRP) {
    loop {
        // SAFETY: the request is ours until a completion routine keeps it; here and below.
        let current = unsafe { location_of(irp) };
        // SAFETY: as above.
        let packet = unsafe { &mut *irp };
        let location = packet.CurrentLocation as usize;
        let was_marked = current.Control & SL_PENDING_RETURNED != 0;
        packet.PendingReturned = was_marked.into();
        let status = status_of(&packet.IoStatus);
        check_passage(note(irp, location, |passage| passage.went_up = Some((status, was_marked))));
        packet.CurrentLocation += 1;
        // SAFETY: as above.
        let place = unsafe { &mut packet.Tail.Overlay.CurrentStackLocation };
        *place = place.wrapping_add(1);
        let is_at_origin = packet.CurrentLocation > packet.StackCount;
        if wants(&current, status, packet.Cancel != FALSE) {
            // SAFETY: the location is the driver's that set the routine; none is above the first.
            let device = if is_at_origin { core::ptr::null_mut() } else { unsafe { (**place).DeviceObject } };
            let Some(routine) = current.CompletionRoutine else { return };
            // SAFETY: the driver set this routine for this context.
            if unsafe { routine(device, irp, current.Context) } == STATUS_MORE_PROCESSING_REQUIRED {
                return;
            }
        } else if was_marked && !is_at_origin {
            // SAFETY: the request is ours, and has a location here.
            unsafe { IoMarkIrpPending(irp) };
        }
        if is_at_origin {
            return finish(irp);
        }
    }
}

fn wants(location: &IO_STACK_LOCATION, status: NTSTATUS, is_cancelled: bool) -> bool {
    let asked = |flag| location.Control & flag != 0;
    let result = if NT_SUCCESS(status) { asked(SL_INVOKE_ON_SUCCESS) } else { asked(SL_INVOKE_ON_ERROR) };
    location.CompletionRoutine.is_some() && (result || is_cancelled && asked(SL_INVOKE_ON_CANCEL))
}

const _: () = {
    let _ = [IofCallDriver, dirql_ddi::IofCallDriver];
    let _ = [IofCompleteRequest, dirql_ddi::IofCompleteRequest];
};

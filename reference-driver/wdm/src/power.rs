//! IRP_MJ_POWER. The driver owns the device's power policy: when the system changes its state, it asks for the device's,
//! and keeps the system's request until that is done.
//!
//! Down, the driver acts before the lower drivers; up, after them, in a thread: bringing the device up
//! takes PASSIVE_LEVEL, and a completion routine may run at DISPATCH_LEVEL.

use dirql::{Cx, Passive};
use dirql_ddi::*;

use crate::extension::Extension;
use crate::request::Request;
use crate::start::resume;

/// # Safety
/// The power manager calls this for a device object of the driver's; with DO_POWER_PAGABLE, at PASSIVE_LEVEL.
pub(crate) unsafe extern "C-unwind" fn DispatchPower(DeviceObject: PDEVICE_OBJECT, Irp: PIRP) -> NTSTATUS {
    // SAFETY: the arguments are the I/O manager's.
    let (request, extension) = match unsafe { Request::begin(DeviceObject, Irp) } {
        Ok(begun) => begun,
        Err(status) => return status,
    };
    let location = request.location();
    // SAFETY: the request is a power request.
    let power = unsafe { location.Parameters.Power };
    let (minor, is_device) = (location.MinorFunction, power.Type == DevicePowerState);
    match minor {
        IRP_MN_SET_POWER if is_device => {}
        IRP_MN_SET_POWER | IRP_MN_QUERY_POWER if !is_device => return follow(extension, request),
        _ => return request.pass_down(extension),
    }
    // SAFETY: the type says that it is a device's state.
    let state = unsafe { power.State.DeviceState };
    if state == PowerDeviceD0 {
        return wake(extension, request);
    }
    // SAFETY: power requests come at PASSIVE_LEVEL.
    unsafe { Cx::<Passive>::enter(|cx| sleep(cx, extension, state)) };
    request.pass_down(extension)
}

/// Lets the lower drivers have a request about the system's power first.
fn follow(extension: &Extension, request: Request) -> NTSTATUS {
    request.mark_pending();
    let context = request.raw().cast();
    // SAFETY: the request is the driver's, and has a location for the next driver; here and below.
    unsafe { IoCopyCurrentIrpStackLocationToNext(request.raw()) };
    // SAFETY: as above.
    unsafe { IoSetCompletionRoutine(request.raw(), Some(followed), context, TRUE, TRUE, TRUE) };
    // SAFETY: as above.
    unsafe { IofCallDriver(extension.lower, request.raw()) };
    STATUS_PENDING
}

/// Asks for the device's state that goes with the system's: D0 while it works, D3 while it sleeps.
///
/// # Safety
/// The I/O manager calls this for a request of [`follow`], which the driver takes back, at or below DISPATCH_LEVEL.
unsafe extern "C-unwind" fn followed(DeviceObject: PDEVICE_OBJECT, _: PIRP, Context: PVOID) -> NTSTATUS {
    // SAFETY: the request holds the remove lock.
    let extension = unsafe { Extension::of(DeviceObject) };
    // SAFETY: the context is the request.
    let Some(request) = (unsafe { Request::of(Context.cast()) }) else { return STATUS_SUCCESS };
    let location = request.location();
    // SAFETY: the request is a power request about the system's state; here and below.
    let power = unsafe { location.Parameters.Power };
    // SAFETY: as above.
    let works = unsafe { power.State.SystemState } == PowerSystemWorking;
    let state = POWER_STATE { DeviceState: if works { PowerDeviceD0 } else { PowerDeviceD3 } };
    let (device, minor, none) = (extension.physical, location.MinorFunction, core::ptr::null_mut());
    let mut status = request.status();
    if NT_SUCCESS(status) {
        // SAFETY: the device is there while the request holds the remove lock, and the request until it is completed.
        status = unsafe { PoRequestPowerIrp(device, minor, state, Some(device_is_there), Context, none) };
    }
    if status != STATUS_PENDING {
        request.complete(status, 0);
    }
    STATUS_MORE_PROCESSING_REQUIRED
}

/// The device is in the state that [`followed`] asked for, or is not: so is the system's request completed.
///
/// # Safety
/// The power manager calls this with the request of [`followed`], at or below DISPATCH_LEVEL.
unsafe extern "C-unwind" fn device_is_there(
    _: PDEVICE_OBJECT,
    _: UCHAR,
    _: POWER_STATE,
    Context: PVOID,
    IoStatus: *mut IO_STATUS_BLOCK,
) {
    // SAFETY: the context is the request.
    let Some(request) = (unsafe { Request::of(Context.cast()) }) else { return };
    // SAFETY: the power manager passes the status of the device's request; here and below.
    let block = unsafe { &*IoStatus };
    // SAFETY: as above.
    request.complete(unsafe { block.__bindgen_anon_1.Status }, 0);
}

/// Makes the device quiet before its power goes (R90). Writes wait until it is back.
fn sleep(cx: &mut Cx<'_, Passive>, extension: &Extension, state: DEVICE_POWER_STATE) {
    if extension.writes.refusal(cx).is_none() {
        extension.writes.accept(cx, true);
    }
    extension.with_started(cx, |cx, started| started.sleep(cx));
    tell(extension, state);
}

fn tell(extension: &Extension, state: DEVICE_POWER_STATE) {
    // SAFETY: the device object is ours; at PASSIVE_LEVEL.
    unsafe { PoSetPowerState(extension.object, DevicePowerState, POWER_STATE { DeviceState: state }) };
}

/// Lets the lower drivers bring the device's power back first. The request is completed by [`awake`].
fn wake(extension: &Extension, request: Request) -> NTSTATUS {
    // SAFETY: the device object is ours.
    let item = unsafe { IoAllocateWorkItem(extension.object) };
    if item.is_null() {
        return request.complete(STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    // SAFETY: the power manager sends one device power request at a time, and this one has begun.
    unsafe { extension.wake.get().write(item) };
    request.mark_pending();
    let context = request.raw().cast();
    // SAFETY: the request is the driver's, and has a location for the next driver; here and below.
    unsafe { IoCopyCurrentIrpStackLocationToNext(request.raw()) };
    // SAFETY: as above; the routine knows the extension by its device object.
    unsafe { IoSetCompletionRoutine(request.raw(), Some(powered), context, TRUE, TRUE, TRUE) };
    // SAFETY: as above.
    unsafe { IofCallDriver(extension.lower, request.raw()) };
    STATUS_PENDING
}

/// # Safety
/// The I/O manager calls this for a request of [`wake`], which the driver takes back.
unsafe extern "C-unwind" fn powered(DeviceObject: PDEVICE_OBJECT, _: PIRP, Context: PVOID) -> NTSTATUS {
    // SAFETY: the request holds the remove lock.
    let extension = unsafe { Extension::of(DeviceObject) };
    // SAFETY: `wake` put it there, and nobody else uses it until the request is completed.
    let item = unsafe { extension.wake.get().read() };
    // SAFETY: the item is not queued; the context is the request.
    unsafe { IoQueueWorkItem(item, Some(awake), DelayedWorkQueue, Context) };
    STATUS_MORE_PROCESSING_REQUIRED
}

/// # Safety
/// The work item of [`wake`] calls this at PASSIVE_LEVEL, with the request.
unsafe extern "C-unwind" fn awake(DeviceObject: PDEVICE_OBJECT, Context: PVOID) {
    // SAFETY: the request holds the remove lock.
    let extension = unsafe { Extension::of(DeviceObject) };
    // SAFETY: as above; `wake` put the item there.
    let item = unsafe { extension.wake.get().read() };
    // SAFETY: it has been called, so it is not queued.
    unsafe { IoFreeWorkItem(item) };
    // SAFETY: the context is the request.
    let Some(request) = (unsafe { Request::of(Context.cast()) }) else { return };
    // SAFETY: work items run at PASSIVE_LEVEL.
    let status = unsafe { Cx::<Passive>::enter(|cx| bring_back(cx, extension)) };
    request.complete(status, 0);
}

/// Starts the device that has power again, and lets writes go on.
fn bring_back(cx: &mut Cx<'_, Passive>, extension: &Extension) -> NTSTATUS {
    let started = extension.with_started(cx, |cx, started| started.wake(cx));
    if let Some(Err(_)) = started {
        extension.writes.refuse(cx, STATUS_DEVICE_NOT_READY);
        return STATUS_DEVICE_NOT_READY;
    }
    tell(extension, PowerDeviceD0);
    if started.is_some() && extension.writes.refusal(cx).is_none() {
        resume(cx, extension);
    }
    STATUS_SUCCESS
}

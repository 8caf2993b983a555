//! The bus driver below every stack: what it makes of PnP and power requests. It completes them at once, or later, as
//! the scheduler chooses: PnP requests in a thread, power requests in a DPC.

use dirql_ddi::{
    DevicePowerState, IO_STACK_LOCATION, IRP_MJ_PNP, IRP_MJ_POWER, IRP_MN_CANCEL_REMOVE_DEVICE,
    IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_QUERY_POWER, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_QUERY_STOP_DEVICE,
    IRP_MN_READ_CONFIG, IRP_MN_REMOVE_DEVICE, IRP_MN_SET_POWER, IRP_MN_START_DEVICE, IRP_MN_STOP_DEVICE,
    IRP_MN_SURPRISE_REMOVAL, IoMarkIrpPending, IofCompleteRequest, NTSTATUS, PCI_WHICHSPACE_CONFIG, PIRP,
    PowerDeviceD0, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, STATUS_PENDING, STATUS_SUCCESS,
};

use super::request::{location_of, status_of};
use crate::bus::DeviceId;
use crate::kernel;
use crate::pci;
use crate::power::Power;
use crate::routine::Routine;

/// Answers a request to a physical device object.
///
/// # Safety
/// The request is the bus driver's.
pub(super) unsafe fn dispatch(device: DeviceId, irp: PIRP) -> NTSTATUS {
    // SAFETY: the caller's promise; here and below.
    let location = unsafe { location_of(irp) };
    // SAFETY: as above.
    let block = unsafe { &mut (*irp).IoStatus };
    let status = answer(device, &location).unwrap_or(status_of(block));
    block.__bindgen_anon_1.Status = status;
    if kernel::choose(4) == 3 {
        // SAFETY: as above.
        unsafe { complete_later(irp, location.MajorFunction == IRP_MJ_POWER) };
        return STATUS_PENDING;
    }
    // SAFETY: as above.
    unsafe { IofCompleteRequest(irp, 0) };
    status
}

/// Does what is asked. `None`: it means nothing here, and keeps its status.
fn answer(device: DeviceId, location: &IO_STACK_LOCATION) -> Option<NTSTATUS> {
    match (location.MajorFunction, location.MinorFunction) {
        // SAFETY: the request has this member; its buffer is the sender's.
        (IRP_MJ_PNP, IRP_MN_READ_CONFIG) => Some(unsafe { read_configuration(device, location) }),
        (IRP_MJ_PNP, minor) => is_known(minor).then_some(STATUS_SUCCESS),
        (IRP_MJ_POWER, IRP_MN_SET_POWER) => Some(set_power(device, location)),
        (IRP_MJ_POWER, IRP_MN_QUERY_POWER) => Some(STATUS_SUCCESS),
        (IRP_MJ_POWER, _) => None,
        _ => Some(STATUS_INVALID_DEVICE_REQUEST),
    }
}

/// # Safety
/// The request is one of IRP_MN_READ_CONFIG, with a buffer as long as it says.
unsafe fn read_configuration(device: DeviceId, location: &IO_STACK_LOCATION) -> NTSTATUS {
    // SAFETY: the caller's promise; here and below.
    let wanted = unsafe { location.Parameters.ReadWriteConfig };
    let space = pci::configuration(device);
    let range = wanted.Offset as usize..(wanted.Offset as usize).saturating_add(wanted.Length as usize);
    let Some(from) = space.get(range).filter(|_| wanted.WhichSpace == PCI_WHICHSPACE_CONFIG) else {
        return STATUS_INVALID_PARAMETER;
    };
    // SAFETY: as above.
    unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), wanted.Buffer.cast(), from.len()) };
    STATUS_SUCCESS
}

fn is_known(minor: u8) -> bool {
    [
        IRP_MN_START_DEVICE,
        IRP_MN_QUERY_STOP_DEVICE,
        IRP_MN_STOP_DEVICE,
        IRP_MN_CANCEL_STOP_DEVICE,
        IRP_MN_QUERY_REMOVE_DEVICE,
        IRP_MN_CANCEL_REMOVE_DEVICE,
        IRP_MN_REMOVE_DEVICE,
        IRP_MN_SURPRISE_REMOVAL,
    ]
    .contains(&minor)
}

/// Below D0 the device's registers are not there, and it must not interrupt (R90).
fn set_power(device: DeviceId, location: &IO_STACK_LOCATION) -> NTSTATUS {
    // SAFETY: a power request has this member.
    let power = unsafe { location.Parameters.Power };
    if power.Type == DevicePowerState {
        // SAFETY: the type says that it is a device's state.
        let is_d0 = unsafe { power.State.DeviceState } == PowerDeviceD0;
        kernel::set_power(device, if is_d0 { Power::D0 } else { Power::QuietDx });
    }
    STATUS_SUCCESS
}

/// # Safety
/// The request is the bus driver's.
unsafe fn complete_later(irp: PIRP, in_dpc: bool) {
    unsafe fn complete(routine: &Routine) -> u8 {
        // SAFETY: the request was pended below, and is completed once.
        unsafe { IofCompleteRequest(routine.context().cast(), 0) };
        1
    }
    // SAFETY: the caller's promise.
    unsafe { IoMarkIrpPending(irp) };
    // SAFETY: `complete` is made for this context, and is called once.
    let routine = unsafe { Routine::new(complete, core::ptr::null(), irp.cast(), [0; 3]) };
    if in_dpc {
        kernel::insert_dpc(kernel::create_dpc(routine), [0; 2]);
    } else {
        kernel::queue_work_item(kernel::create_work_item(routine));
    }
}

//! The power manager: what it asks of the driver of a device, and what the driver asks of it.

use dirql_ddi::{
    DEVICE_POWER_STATE, DevicePowerState, IO_STACK_LOCATION, IO_STACK_LOCATION_POWER, IRP_MJ_POWER,
    IRP_MN_QUERY_POWER, IRP_MN_SET_POWER, NTSTATUS, PDEVICE_OBJECT, PIRP, POWER_STATE, POWER_STATE_TYPE,
    PREQUEST_POWER_COMPLETE, PVOID, PowerDeviceUnspecified, STATUS_INSUFFICIENT_RESOURCES, STATUS_PENDING,
    SYSTEM_POWER_STATE, SystemPowerState, UCHAR,
};

use super::device_object::{device_behind, is_device_object, top_of};
use super::nt;
use super::pnp::{PnpState, require};
use super::request::{Origin, make, result_of, send, send_and_wait, status_block};
use crate::bus::DeviceId;
use crate::context::inert;
use crate::event::EventId;
use crate::kernel::{self, fail};

/// What a power request says.
fn fill(location: &mut IO_STACK_LOCATION, minor: UCHAR, kind: POWER_STATE_TYPE, state: POWER_STATE) {
    location.MajorFunction = IRP_MJ_POWER;
    location.MinorFunction = minor;
    // SAFETY: all zeros is a value of each of its numbers.
    let zeros: IO_STACK_LOCATION_POWER = unsafe { core::mem::zeroed() };
    location.Parameters.Power = IO_STACK_LOCATION_POWER { Type: kind, State: state, ..zeros };
}

/// Sends a request about the device's power to the top of its stack, and returns what came back.
fn ask(device: DeviceId, minor: UCHAR, state: POWER_STATE) -> NTSTATUS {
    send_and_wait(top_of(device), |location| fill(location, minor, DevicePowerState, state))
}

/// As [`ask`], about the system's power; and sends meanwhile what the driver asks for.
fn ask_of_system(device: DeviceId, minor: UCHAR, state: SYSTEM_POWER_STATE) -> NTSTATUS {
    require_started(device);
    let (top, woken) = (top_of(device), kernel::create_event());
    nt(|nt| nt.power.woken = Some(woken));
    let irp = make(top, Origin::Waiter(woken));
    let state = POWER_STATE { SystemState: state };
    send(top, irp, |location| fill(location, minor, SystemPowerState, state));
    loop {
        if let Some(wanted) = nt(|nt| nt.power.wanted.take()) {
            wanted.serve();
        } else if let Some(status) = result_of(irp) {
            nt(|nt| nt.power.woken = None);
            return status;
        } else {
            kernel::wait_event(woken);
        }
    }
}

fn require_started(device: DeviceId) {
    require(device, &[PnpState::Started, PnpState::StopPending, PnpState::RemovePending]);
}

/// Brings a device into a power state: IRP_MN_SET_POWER. Returns what came back.
pub fn set_device_power(device: DeviceId, state: DEVICE_POWER_STATE) -> NTSTATUS {
    require_started(device);
    ask(device, IRP_MN_SET_POWER, POWER_STATE { DeviceState: state })
}

/// Asks whether the system may go into a power state: IRP_MN_QUERY_POWER. Returns what came back.
pub fn query_system_power(device: DeviceId, state: SYSTEM_POWER_STATE) -> NTSTATUS {
    ask_of_system(device, IRP_MN_QUERY_POWER, state)
}

/// Tells that the system goes into a power state: IRP_MN_SET_POWER. The driver owns the device's power policy, and asks
/// for the device's state. Returns what came back.
pub fn set_system_power(device: DeviceId, state: SYSTEM_POWER_STATE) -> NTSTATUS {
    ask_of_system(device, IRP_MN_SET_POWER, state)
}

/// Returns the state of a device as its driver told last.
pub fn reported_power(device: DeviceId) -> DEVICE_POWER_STATE {
    let reported = nt(|nt| nt.reported[usize::from(device.0)]);
    // SAFETY: all states are numbers of the same length.
    reported.map_or(PowerDeviceUnspecified, |state| unsafe { state.DeviceState })
}

/// The power manager in the middle of a request about the system's power.
#[derive(Default)]
pub(super) struct PowerManager {
    /// Wakes its thread.
    woken: Option<EventId>,
    wanted: Option<Wanted>,
}

/// A request for a device's power that a driver made.
struct Wanted {
    object: PDEVICE_OBJECT,
    minor: UCHAR,
    state: POWER_STATE,
    completion: PREQUEST_POWER_COMPLETE,
    context: PVOID,
}

impl Wanted {
    /// Sends the request and tells the driver what came back. At PASSIVE_LEVEL, as drivers of pageable power want it.
    fn serve(self) {
        let status = ask(device_behind(self.object), self.minor, self.state);
        let mut block = status_block(status, 0);
        if let Some(completion) = self.completion {
            // SAFETY: the driver gave this routine for its context, which it is given once.
            unsafe { completion(self.object, self.minor, self.state, self.context, &raw mut block) };
        }
    }
}

/// Leaves the request to the thread that asks about the system's power.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn PoRequestPowerIrp(
    DeviceObject: PDEVICE_OBJECT,
    MinorFunction: UCHAR,
    PowerState: POWER_STATE,
    CompletionFunction: PREQUEST_POWER_COMPLETE,
    Context: PVOID,
    _Irp: *mut PIRP,
) -> NTSTATUS {
    if inert() || kernel::is_denied() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    check_object(DeviceObject, "PoRequestPowerIrp");
    let wanted = Wanted {
        object: DeviceObject,
        minor: MinorFunction,
        state: PowerState,
        completion: CompletionFunction,
        context: Context,
    };
    let (before, woken) = nt(|nt| (nt.power.wanted.replace(wanted), nt.power.woken));
    match woken.filter(|_| before.is_none()) {
        Some(woken) => kernel::set_event(woken),
        None => fail("PnpStatus", "PoRequestPowerIrp without a request about the system's power".into()),
    }
    STATUS_PENDING
}

fn check_object(object: PDEVICE_OBJECT, caller: &str) {
    if !is_device_object(object) {
        fail("InvalidHandle", format!("{caller}: {object:?} is no device object"));
    }
}

/// Tells the power manager, which here only remembers.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn PoSetPowerState(
    DeviceObject: PDEVICE_OBJECT,
    _Type: POWER_STATE_TYPE,
    State: POWER_STATE,
) -> POWER_STATE {
    if inert() {
        return State;
    }
    check_object(DeviceObject, "PoSetPowerState");
    let device = device_behind(DeviceObject);
    let old = nt(|nt| nt.reported[usize::from(device.0)].replace(State));
    old.unwrap_or(POWER_STATE { DeviceState: PowerDeviceUnspecified })
}

const _: () = {
    let _ = [PoRequestPowerIrp, dirql_ddi::PoRequestPowerIrp];
    let _ = [PoSetPowerState, dirql_ddi::PoSetPowerState];
};

//! Power-up and power-down: which callbacks the framework calls, and when it connects (R63-R68, R81).

use dirql_ddi::wdf::{
    PFN_WDF_DEVICE_D0_ENTRY, PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT, WDF_POWER_DEVICE_STATE, WDFDEVICE,
    WdfPowerDeviceD3, WdfPowerDeviceD3Final,
};
use dirql_ddi::{NTSTATUS, STATUS_SUCCESS};

use super::device::{self, SelfManaged, State};
use super::object::ObjectId;
use super::{connection, interrupt, queue, wake};
use crate::kernel;

/// Brings a device into D0: EvtDeviceD0Entry; each interrupt connected and enabled, in the order of creation;
/// EvtDeviceD0EntryPostInterruptsEnabled (R63). At PASSIVE_LEVEL. Ends EvtDevicePrepareHardware, if that ran.
///
/// Returns the first failure; the interrupts are then disconnected again, and the device is in D3 (R68).
pub fn power_up(device: WDFDEVICE) -> NTSTATUS {
    let id = device::id_of(device);
    let previous = match device::get(id).state {
        State::Preparing => WdfPowerDeviceD3Final,
        State::Dx => WdfPowerDeviceD3,
        state => panic!("power_up of a device that is {state:?}"),
    };
    interrupt::assign_synchronize_irqls(id);
    device::set_state(id, State::Dx);
    match enter_d0(id, previous) {
        Ok(()) => STATUS_SUCCESS,
        Err(status) => status,
    }
}

fn enter_d0(id: ObjectId, previous: WDF_POWER_DEVICE_STATE) -> Result<(), NTSTATUS> {
    let callbacks = device::get(id).callbacks;
    let status = call("calls EvtDeviceD0Entry", callbacks.EvtDeviceD0Entry, id, previous);
    wake::d0_entry_returned(id, status);
    status?;
    let entered = interrupt::of_device(id).into_iter().try_for_each(connection::connect).and_then(|()| {
        let event = callbacks.EvtDeviceD0EntryPostInterruptsEnabled;
        call("calls EvtDeviceD0EntryPostInterruptsEnabled", event, id, previous)
    });
    match entered {
        Ok(()) => start_io(id),
        Err(status) => {
            leave_d0(id, WdfPowerDeviceD3Final);
            Err(status)
        }
    }
}

/// Lets power-managed queues deliver, and self-managed I/O begin (PowerD0StartingStartSelfManagedIo).
fn start_io(id: ObjectId) -> Result<(), NTSTATUS> {
    device::set_state(id, State::D0);
    queue::resume(id);
    let device::Device { callbacks, self_managed, .. } = device::get(id);
    let started = match self_managed {
        SelfManaged::Nothing => {
            call_io("calls EvtDeviceSelfManagedIoInit", callbacks.EvtDeviceSelfManagedIoInit, id)
        }
        _ => call_io("calls EvtDeviceSelfManagedIoRestart", callbacks.EvtDeviceSelfManagedIoRestart, id),
    };
    match started {
        Ok(()) => device::change(id, |device| device.self_managed = SelfManaged::Begun),
        Err(_) => {
            queue::hold(id);
            exit_d0(id, WdfPowerDeviceD3Final);
        }
    }
    started
}

/// As [`power_down`] to D3, with the interrupts armed that can wake the device (R69, R82).
pub fn power_down_armed(device: WDFDEVICE) {
    let id = device::id_of(device);
    interrupt::of_device(id).into_iter().for_each(wake::arm);
    power_down(device, WdfPowerDeviceD3);
}

/// Disconnects everything that its configuration does not leave connected (R69), and calls EvtDeviceD0Exit.
fn leave_d0(id: ObjectId, target: WDF_POWER_DEVICE_STATE) {
    interrupt::of_device(id).into_iter().rev().for_each(|i| connection::leave_d0(i, target));
    // The framework goes on whatever the callback returns.
    let _ignored = call("calls EvtDeviceD0Exit", device::get(id).callbacks.EvtDeviceD0Exit, id, target);
    device::set_state(id, State::Dx);
}

/// Takes a device out of D0: EvtDeviceSelfManagedIoSuspend; power-managed queues held;
/// EvtDeviceD0ExitPreInterruptsDisabled; each interrupt disabled, its DPCs waited for,
/// and mostly disconnected (R69), in reverse; EvtDeviceD0Exit (R64). At PASSIVE_LEVEL.
pub fn power_down(device: WDFDEVICE, target: WDF_POWER_DEVICE_STATE) {
    let id = device::id_of(device);
    let device = device::get(id);
    assert_eq!(device.state, State::D0, "power_down is for a device in D0");
    let suspend = device.callbacks.EvtDeviceSelfManagedIoSuspend;
    // The framework goes on whatever the callback returns.
    let _ignored = call_io("calls EvtDeviceSelfManagedIoSuspend", suspend, id);
    queue::hold(id);
    exit_d0(id, target);
}

fn exit_d0(id: ObjectId, target: WDF_POWER_DEVICE_STATE) {
    let event = device::get(id).callbacks.EvtDeviceD0ExitPreInterruptsDisabled;
    // The framework goes on whatever the callback returns.
    let _ignored = call("calls EvtDeviceD0ExitPreInterruptsDisabled", event, id, target);
    leave_d0(id, target);
}

/// Tells the driver that its device is gone. A power-down follows, as if it were there (R81).
pub fn surprise_removal(device: WDFDEVICE) {
    let id = device::id_of(device);
    if let Some(event) = device::get(id).callbacks.EvtDeviceSurpriseRemoval {
        kernel::note("calls EvtDeviceSurpriseRemoval", 0);
        // SAFETY: the driver gave this callback for its device.
        unsafe { event(id.handle()) };
    }
}

fn call_io(
    note: &'static str,
    event: PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT,
    device: ObjectId,
) -> Result<(), NTSTATUS> {
    let Some(event) = event else { return Ok(()) };
    kernel::note(note, 0);
    // SAFETY: the driver gave this callback for its device.
    let status = unsafe { event(device.handle()) };
    if status < 0 { Err(status) } else { Ok(()) }
}

fn call(
    note: &'static str,
    event: PFN_WDF_DEVICE_D0_ENTRY,
    device: ObjectId,
    state: WDF_POWER_DEVICE_STATE,
) -> Result<(), NTSTATUS> {
    let Some(event) = event else { return Ok(()) };
    kernel::note(note, 0);
    // SAFETY: the driver gave this callback for its device.
    let status = unsafe { event(device.handle(), state) };
    if status < 0 { Err(status) } else { Ok(()) }
}

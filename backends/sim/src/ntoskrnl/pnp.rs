//! The PnP manager: what it asks of the driver of a device, one request at a time, each in the states for
//! it (WDK guide, "State Transitions for PnP Devices").

use dirql_ddi::{
    CM_FULL_RESOURCE_DESCRIPTOR, CM_PARTIAL_RESOURCE_DESCRIPTOR, CM_PARTIAL_RESOURCE_LIST, CM_RESOURCE_LIST,
    DO_DEVICE_INITIALIZING, IO_STACK_LOCATION_START_DEVICE, IRP_MJ_PNP, IRP_MN_CANCEL_REMOVE_DEVICE,
    IRP_MN_CANCEL_STOP_DEVICE, IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_QUERY_STOP_DEVICE, IRP_MN_REMOVE_DEVICE,
    IRP_MN_START_DEVICE, IRP_MN_STOP_DEVICE, IRP_MN_SURPRISE_REMOVAL, NT_SUCCESS, NTSTATUS, PCIBus, UCHAR,
};

use super::device_object::{device_object, top_of};
use super::interrupt::connected_to;
use super::message::MESSAGES_MAX;
use super::request::send_and_wait;
use super::{driver, interface, nt, resources};
use crate::bus::DeviceId;
use crate::kernel::{self, fail};
use crate::moves::DEVICES_MAX;

/// Where a device is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PnpState {
    /// Nobody drives it: not added yet, or removed.
    #[default]
    Alone,
    /// AddDevice succeeded, or a start failed.
    NotStarted,
    /// It works.
    Started,
    /// IRP_MN_QUERY_STOP_DEVICE succeeded.
    StopPending,
    /// Stopped, to get other resources.
    Stopped,
    /// IRP_MN_QUERY_REMOVE_DEVICE succeeded.
    RemovePending,
    /// It is gone; IRP_MN_REMOVE_DEVICE comes when all handles are closed.
    SurpriseRemoved,
}

/// Which interrupts a device is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupts {
    /// Its messages, if it has any, and the line.
    Messages,
    /// The line only.
    Line,
}

/// The states of all devices.
pub(super) type States = [PnpState; DEVICES_MAX];

/// Returns where a device is in its life.
pub fn pnp_state(device: DeviceId) -> PnpState {
    nt(|nt| nt.states[usize::from(device.0)])
}

fn set_state(device: DeviceId, state: PnpState) {
    nt(|nt| nt.states[usize::from(device.0)] = state);
}

pub(super) fn require(device: DeviceId, states: &[PnpState]) {
    let state = pnp_state(device);
    assert!(states.contains(&state), "a device that is {state:?} is asked for what needs {states:?}");
}

/// Gives a device to the loaded driver: AddDevice. Returns its status.
pub fn add_device(device: DeviceId) -> NTSTATUS {
    require(device, &[PnpState::Alone]);
    let status = driver::call_add_device(device_object(device));
    if NT_SUCCESS(status) {
        set_state(device, PnpState::NotStarted);
        check_added(device);
    } else {
        check_alone(device, "AddDevice that fails");
    }
    status
}

/// AddDevice attaches a device object, and says that it is ready.
fn check_added(device: DeviceId) {
    let top = top_of(device);
    // SAFETY: device objects that are attached are there.
    let is_initializing = unsafe { (*top).Flags } & DO_DEVICE_INITIALIZING != 0;
    if top == device_object(device) || is_initializing {
        fail("DeviceStack", "AddDevice attaches nothing, or leaves DO_DEVICE_INITIALIZING set".into());
    }
}

fn check_alone(device: DeviceId, caller: &str) {
    if top_of(device) != device_object(device) {
        fail("DeviceStack", format!("{caller} leaves a device object attached"));
    }
    if interface::is_open(device) {
        fail("DeviceInterface", format!("{caller} leaves the device's interface enabled"));
    }
    if let Some(id) = connected_to(device) {
        fail("InterruptLeft", format!("{caller} leaves interrupt {id} connected"));
    }
}

/// Sends a PnP request to the top of the device's stack, and returns what came back.
fn ask(device: DeviceId, minor: UCHAR) -> NTSTATUS {
    send_and_wait(top_of(device), |location| {
        location.MajorFunction = IRP_MJ_PNP;
        location.MinorFunction = minor;
    })
}

/// Asks for what must not fail.
fn demand(device: DeviceId, minor: UCHAR, what: &str) {
    let status = ask(device, minor);
    if !NT_SUCCESS(status) {
        fail("PnpStatus", format!("{what} comes back with {status:#010x}"));
    }
}

/// What PnP assigned: the registers, and the line or the messages.
#[repr(C, packed(4))]
struct Resources {
    list: CM_RESOURCE_LIST,
    interrupts: [CM_PARTIAL_RESOURCE_DESCRIPTOR; MESSAGES_MAX],
}

fn assigned(device: DeviceId, registers_len: u32) -> Resources {
    let interrupts = resources::interrupt_resources(device);
    let partial = CM_PARTIAL_RESOURCE_LIST {
        Version: 1,
        Revision: 1,
        Count: 1 + interrupts.len() as u32,
        PartialDescriptors: [resources::registers_resource(device, registers_len)],
    };
    let full =
        CM_FULL_RESOURCE_DESCRIPTOR { InterfaceType: PCIBus, BusNumber: 0, PartialResourceList: partial };
    let list = CM_RESOURCE_LIST { Count: 1, List: [full] };
    let mut all = Resources { list, interrupts: [resources::NOTHING; MESSAGES_MAX] };
    all.interrupts[..interrupts.len()].copy_from_slice(&interrupts);
    all
}

/// Starts a device, whose registers are so many bytes: IRP_MN_START_DEVICE. Returns its status; a device that does not
/// start is to be removed next.
pub fn start_device(device: DeviceId, registers_len: u32, interrupts: Interrupts) -> NTSTATUS {
    require(device, &[PnpState::NotStarted, PnpState::Stopped]);
    kernel::grant_messages(device, interrupts == Interrupts::Messages);
    let mut resources = assigned(device, registers_len);
    let list = (&raw mut resources).cast();
    let status = send_and_wait(top_of(device), |location| {
        location.MajorFunction = IRP_MJ_PNP;
        location.MinorFunction = IRP_MN_START_DEVICE;
        location.Parameters.StartDevice =
            IO_STACK_LOCATION_START_DEVICE { AllocatedResources: list, AllocatedResourcesTranslated: list };
    });
    set_state(device, if NT_SUCCESS(status) { PnpState::Started } else { PnpState::NotStarted });
    if !NT_SUCCESS(status)
        && let Some(id) = connected_to(device)
    {
        fail("InterruptLeft", format!("IRP_MN_START_DEVICE that fails leaves interrupt {id} connected"));
    }
    status
}

/// Asks whether a device can be stopped: IRP_MN_QUERY_STOP_DEVICE. If not, or if the driver is asked in vain,
/// [`cancel_stop`] follows.
pub fn query_stop(device: DeviceId) -> bool {
    query(device, IRP_MN_QUERY_STOP_DEVICE, PnpState::StopPending)
}

/// Asks whether a device can be removed: IRP_MN_QUERY_REMOVE_DEVICE, when all handles are closed.
pub fn query_remove(device: DeviceId) -> bool {
    query(device, IRP_MN_QUERY_REMOVE_DEVICE, PnpState::RemovePending)
}

fn query(device: DeviceId, minor: UCHAR, then: PnpState) -> bool {
    require(device, &[PnpState::Started]);
    let can = NT_SUCCESS(ask(device, minor));
    if can {
        set_state(device, then);
    }
    can
}

/// The device stays: IRP_MN_CANCEL_STOP_DEVICE.
pub fn cancel_stop(device: DeviceId) {
    require(device, &[PnpState::Started, PnpState::StopPending]);
    demand(device, IRP_MN_CANCEL_STOP_DEVICE, "IRP_MN_CANCEL_STOP_DEVICE");
    set_state(device, PnpState::Started);
}

/// The device stays: IRP_MN_CANCEL_REMOVE_DEVICE.
pub fn cancel_remove(device: DeviceId) {
    require(device, &[PnpState::Started, PnpState::RemovePending]);
    demand(device, IRP_MN_CANCEL_REMOVE_DEVICE, "IRP_MN_CANCEL_REMOVE_DEVICE");
    set_state(device, PnpState::Started);
}

/// Stops a device, to give it other resources: IRP_MN_STOP_DEVICE. Nothing of the old ones is in use afterwards.
pub fn stop(device: DeviceId) {
    require(device, &[PnpState::StopPending]);
    demand(device, IRP_MN_STOP_DEVICE, "IRP_MN_STOP_DEVICE");
    set_state(device, PnpState::Stopped);
    check_released(device, "IRP_MN_STOP_DEVICE");
}

fn check_released(device: DeviceId, caller: &str) {
    if let Some(id) = connected_to(device) {
        fail("InterruptLeft", format!("{caller} leaves interrupt {id} connected"));
    }
    let mappings = nt(|nt| nt.mappings[usize::from(device.0)]);
    if mappings != 0 {
        fail("MappingLeak", format!("{caller} leaves registers mapped"));
    }
}

/// Tells the driver that its device is gone: IRP_MN_SURPRISE_REMOVAL. [`remove`] comes when all handles are closed.
pub fn surprise_remove(device: DeviceId) {
    use PnpState::{RemovePending, Started, StopPending, Stopped};
    require(device, &[Started, StopPending, Stopped, RemovePending]);
    demand(device, IRP_MN_SURPRISE_REMOVAL, "IRP_MN_SURPRISE_REMOVAL");
    set_state(device, PnpState::SurpriseRemoved);
    check_released(device, "IRP_MN_SURPRISE_REMOVAL");
}

/// Takes a device from its driver: IRP_MN_REMOVE_DEVICE. Nothing of the driver is at the device afterwards.
pub fn remove(device: DeviceId) {
    use PnpState::{NotStarted, RemovePending, SurpriseRemoved};
    require(device, &[NotStarted, RemovePending, SurpriseRemoved]);
    demand(device, IRP_MN_REMOVE_DEVICE, "IRP_MN_REMOVE_DEVICE");
    set_state(device, PnpState::Alone);
    check_alone(device, "IRP_MN_REMOVE_DEVICE");
}

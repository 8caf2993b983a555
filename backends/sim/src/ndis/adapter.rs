//! An adapter's life: initialized, restarted, paused, halted (WDK guide, "Miniport Adapter States and Operations").

use dirql_ddi::ndis::*;
use dirql_ddi::{CM_PARTIAL_RESOURCE_DESCRIPTOR, CM_PARTIAL_RESOURCE_LIST, UCHAR, USHORT};

use super::configuration::Keywords;
use super::driver::Driver;
use super::handle::{adapter_handle, device_of};
use super::oid::{end_turn, take_turn};
use super::{adapter, ndis, offload, oid, receive, send};
use crate::bus::DeviceId;
use crate::context::inert;
use crate::event::EventId;
use crate::kernel::{self, fail};
use crate::ntoskrnl;

/// Where an adapter is in its life. A reset changes nothing about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Not initialized, or halted.
    #[default]
    Halted,
    /// In MiniportInitializeEx.
    Initializing,
    /// Initialized, or paused: no traffic.
    Paused,
    /// In MiniportRestart: receives may be indicated.
    Restarting,
    /// Traffic flows.
    Running,
    /// Being paused: sends still come, and are refused.
    Pausing,
}

impl State {
    pub(super) fn may_indicate(self) -> bool {
        matches!(self, State::Restarting | State::Running | State::Pausing)
    }

    pub(super) fn may_send(self) -> bool {
        matches!(self, State::Running | State::Pausing)
    }
}

/// Which attributes MiniportInitializeEx has set.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Attributes {
    #[default]
    None,
    Registration,
    General,
    Offload,
}

/// What NDIS keeps of an adapter.
#[derive(Default)]
pub(super) struct Adapter {
    pub(super) state: State,
    pub(super) context: usize,
    attributes: Attributes,
    /// What waits for NdisMPauseComplete.
    pausing: Option<EventId>,
    pub(super) resetting: Option<EventId>,
    pub(super) reset_status: NDIS_STATUS,
    /// How many threads are in handlers that traffic calls.
    pub(super) inside: u32,
    pub(super) requesting: bool,
    pub(super) request: Option<oid::Outstanding>,
    pub(super) sends: send::Sends,
    pub(super) receives: receive::Receives,
    pub(super) link: Option<NDIS_LINK_STATE>,
    /// What is switched on, if the miniport offers anything.
    pub(super) offloads: Option<NDIS_OFFLOAD>,
    pub(super) keywords: Keywords,
}

/// Returns an adapter's driver and the context that its handlers take.
pub(super) fn handlers(device: DeviceId) -> (NDIS_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_HANDLE) {
    let Some(Driver { handlers, .. }) = ndis(|ndis| ndis.driver) else {
        fail("MiniportState", "an adapter is used without a driver".into())
    };
    (handlers, core::ptr::with_exposed_provenance_mut(adapter(device, |a| a.context)))
}

/// Returns where an adapter is in its life.
pub fn state(device: DeviceId) -> State {
    adapter(device, |a| a.state)
}

fn enter(device: DeviceId, from: &[State], to: State) {
    let state = state(device);
    assert!(from.contains(&state), "an adapter goes from {state:?} to {to:?}");
    adapter(device, |a| a.state = to);
}

fn header(kind: UCHAR, size: USHORT) -> NDIS_OBJECT_HEADER {
    NDIS_OBJECT_HEADER { Type: kind, Revision: 1, Size: size }
}

/// What PnP assigned: the registers, and the line or the first message.
#[repr(C, packed(4))]
struct Resources {
    list: CM_PARTIAL_RESOURCE_LIST,
    interrupt: CM_PARTIAL_RESOURCE_DESCRIPTOR,
}

fn resources(device: DeviceId, registers_len: u32) -> Resources {
    let registers = ntoskrnl::registers_resource(device, registers_len);
    let list =
        CM_PARTIAL_RESOURCE_LIST { Version: 1, Revision: 1, Count: 2, PartialDescriptors: [registers] };
    Resources { list, interrupt: ntoskrnl::interrupt_resources(device)[0] }
}

/// Starts a device, whose registers are so many bytes: MiniportInitializeEx. Returns its status; with success the
/// adapter is paused. At PASSIVE_LEVEL.
pub fn start(device: DeviceId, registers_len: u32) -> NDIS_STATUS {
    enter(device, &[State::Halted], State::Initializing);
    adapter(device, |a| {
        let keywords = core::mem::take(&mut a.keywords);
        *a = Adapter { state: State::Initializing, keywords, ..Adapter::default() };
    });
    let mut resources = resources(device, registers_len);
    let mut parameters = NDIS_MINIPORT_INIT_PARAMETERS {
        Header: header(
            NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS,
            NDIS_SIZEOF_MINIPORT_INIT_PARAMETER_REVISION_1,
        ),
        Flags: 0,
        AllocatedResources: (&raw mut resources).cast(),
        IMDeviceInstanceContext: core::ptr::null_mut(),
        MiniportAddDeviceContext: core::ptr::null_mut(),
        IfIndex: 1,
        NetLuid: 0,
        DefaultPortAuthStates: core::ptr::null_mut(),
        PciDeviceCustomProperties: core::ptr::null_mut(),
    };
    let Some(Driver { handlers, context }) = ndis(|ndis| ndis.driver) else { return NDIS_STATUS_FAILURE };
    let Some(initialize) = handlers.InitializeHandlerEx else { return NDIS_STATUS_FAILURE };
    // SAFETY: the driver gave this handler for its context; handle and parameters are what it expects.
    let status = unsafe { initialize(adapter_handle(device), context, &raw mut parameters) };
    initialized(device, status);
    status
}

fn initialized(device: DeviceId, status: NDIS_STATUS) {
    let succeeded = status == NDIS_STATUS_SUCCESS;
    if succeeded && adapter(device, |a| a.attributes) < Attributes::General {
        fail("MiniportState", "MiniportInitializeEx succeeds without having set its attributes".into());
    }
    if !succeeded {
        check_gone(device, "MiniportInitializeEx that fails");
    }
    adapter(device, |a| a.state = if succeeded { State::Paused } else { State::Halted });
}

/// R24: no interrupt stays registered; 0x7C/0x08 on Windows.
fn check_gone(device: DeviceId, caller: &str) {
    let left =
        ndis(|ndis| ndis.registrations.iter().any(|r| r.device == device && r.stage != super::Stage::Ended));
    if left {
        fail("R24", format!("{caller} leaves the interrupt registered (0x7C/0x08)"));
    }
}

/// Lets traffic flow: MiniportRestart. Returns its status; without success the adapter stays paused.
pub fn restart(device: DeviceId) -> NDIS_STATUS {
    enter(device, &[State::Paused], State::Restarting);
    let mut parameters = NDIS_MINIPORT_RESTART_PARAMETERS {
        Header: header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_MINIPORT_RESTART_PARAMETERS_REVISION_1),
        RestartAttributes: core::ptr::null_mut(),
        Flags: 0,
    };
    let (handlers, context) = handlers(device);
    let Some(restart) = handlers.RestartHandler else { return NDIS_STATUS_FAILURE };
    // SAFETY: the driver gave this handler for its adapters' contexts.
    let status = unsafe { restart(context, &raw mut parameters) };
    let after = if status == NDIS_STATUS_SUCCESS { State::Running } else { State::Paused };
    enter(device, &[State::Restarting], after);
    status
}

/// Stops traffic: MiniportPause, and NdisMPauseComplete if that is pending. Protocols return what they hold. When
/// this returns, the miniport owns no list of theirs, and they none of its.
pub fn pause(device: DeviceId) {
    enter(device, &[State::Running], State::Pausing);
    let mut parameters = NDIS_MINIPORT_PAUSE_PARAMETERS {
        Header: header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_MINIPORT_PAUSE_PARAMETERS_REVISION_1),
        Flags: 0,
        PauseReason: NDIS_PAUSE_NDIS_INTERNAL,
    };
    let completed = kernel::create_event();
    adapter(device, |a| a.pausing = Some(completed));
    let (handlers, context) = handlers(device);
    let Some(pause) = handlers.PauseHandler else { return };
    // SAFETY: the driver gave this handler for its adapters' contexts.
    let status = unsafe { pause(context, &raw mut parameters) };
    if status == NDIS_STATUS_PENDING {
        receive::return_held(device);
        kernel::wait_event(completed);
    }
    adapter(device, |a| a.pausing = None);
    check_completed(adapter(device, |a| a.sends.handed_over()));
    paused(device);
}

fn check_completed(left: usize) {
    if left != 0 {
        fail(
            "MiniportState",
            format!("the adapter is paused, and {left} NET_BUFFER_LISTs are not completed"),
        );
    }
}

fn paused(device: DeviceId) {
    enter(device, &[State::Pausing], State::Paused);
    while adapter(device, |a| a.inside) != 0 {
        kernel::sleep();
    }
    check_completed(adapter(device, |a| a.sends.outstanding()));
    let held = adapter(device, |a| a.receives.held());
    if held != 0 {
        fail("MiniportState", format!("the adapter is paused, and {held} NET_BUFFER_LISTs are not returned"));
    }
}

/// Halts a paused adapter: MiniportHaltEx, when no OID request is under way. Nothing of it is left when this returns.
pub fn halt(device: DeviceId, action: NDIS_HALT_ACTION) {
    enter(device, &[State::Paused], State::Paused);
    let (handlers, context) = handlers(device);
    let Some(halt) = handlers.HaltHandlerEx else { return };
    take_turn(device);
    while adapter(device, |a| a.inside) != 0 {
        kernel::sleep();
    }
    // SAFETY: the driver gave this handler for its adapters' contexts; nobody uses this one any more.
    unsafe { halt(context, action) };
    check_gone(device, "MiniportHaltEx");
    enter(device, &[State::Paused], State::Halted);
    end_turn(device);
}

/// Tells the miniport of a PnP event: MiniportDevicePnPEventNotify.
pub fn device_event(device: DeviceId, event: NDIS_DEVICE_PNP_EVENT) {
    let mut notice = NET_DEVICE_PNP_EVENT {
        Header: header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_NET_DEVICE_PNP_EVENT_REVISION_1),
        PortNumber: NDIS_DEFAULT_PORT_NUMBER,
        DevicePnPEvent: event,
        InformationBuffer: core::ptr::null_mut(),
        InformationBufferLength: 0,
        NdisReserved: [0; 16],
    };
    let (handlers, context) = handlers(device);
    if let Some(notify) = handlers.DevicePnPEventNotifyHandler {
        // SAFETY: the driver gave this handler for its adapters' contexts.
        unsafe { notify(context, &raw mut notice) };
    }
}

/// The system shuts down: MiniportShutdownEx.
pub fn shut_down(device: DeviceId, action: NDIS_SHUTDOWN_ACTION) {
    let (handlers, context) = handlers(device);
    if let Some(shut_down) = handlers.ShutdownHandlerEx {
        // SAFETY: the driver gave this handler for its adapters' contexts.
        unsafe { shut_down(context, action) };
    }
}

/// Lets `call` be in the miniport, if the adapter is in one of the states for it. Halting waits for it.
pub(super) fn inside<R>(device: DeviceId, may: fn(State) -> bool, call: impl FnOnce() -> R) -> Option<R> {
    let entered = adapter(device, |a| {
        let may = may(a.state);
        a.inside += u32::from(may);
        may
    });
    entered.then(|| {
        let result = call();
        adapter(device, |a| a.inside -= 1);
        result
    })
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMSetMiniportAttributes(
    NdisMiniportHandle: NDIS_HANDLE,
    MiniportAttributes: PNDIS_MINIPORT_ADAPTER_ATTRIBUTES,
) -> NDIS_STATUS {
    kernel::require_passive("MiniportState", "NdisMSetMiniportAttributes");
    let device = device_of(NdisMiniportHandle);
    let attributes = MiniportAttributes.cast::<NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES>();
    // SAFETY: all members of the union begin with a header, which says which it is; here and below.
    let header = unsafe { (*attributes).Header };
    let (set, before) = match (header.Type, header.Revision) {
        (NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1) => {
            // SAFETY: as above.
            let context = unsafe { (*attributes).MiniportAdapterContext };
            adapter(device, |a| a.context = context.expose_provenance());
            (Attributes::Registration, Attributes::None)
        }
        (NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, 2) => {
            (Attributes::General, Attributes::Registration)
        }
        (NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, 1) => {
            // SAFETY: as above; the caller passes its own structures for the length of the call.
            let attributes =
                unsafe { *MiniportAttributes.cast::<NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES>() };
            let offload = attributes.DefaultOffloadConfiguration;
            // SAFETY: as above.
            if !unsafe { offload.as_ref() }.is_some_and(|offload| offload::note(device, *offload)) {
                return NDIS_STATUS_BAD_VERSION;
            }
            (Attributes::Offload, Attributes::General)
        }
        _ => return NDIS_STATUS_BAD_VERSION,
    };
    if adapter(device, |a| (a.state, a.attributes)) != (State::Initializing, before) {
        fail("MiniportState", "attributes are set out of order, or not in MiniportInitializeEx".into());
    }
    if kernel::is_denied() {
        return NDIS_STATUS_RESOURCES;
    }
    adapter(device, |a| a.attributes = set);
    NDIS_STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisMPauseComplete(MiniportAdapterHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    let device = device_of(MiniportAdapterHandle);
    match adapter(device, |a| a.pausing.take()) {
        Some(event) => kernel::set_event(event),
        None => fail("MiniportState", "NdisMPauseComplete without a pause that is pending".into()),
    }
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisMSetMiniportAttributes, ndis::NdisMSetMiniportAttributes];
    let _ = [NdisMPauseComplete, ndis::NdisMPauseComplete];
};

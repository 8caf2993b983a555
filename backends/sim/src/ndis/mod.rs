//! The simulated NDIS.SYS: `dirql_ddi::ndis`, on top of [`kernel`](crate::kernel).
//!
//! A whole miniport driver is loaded, started, used and halted by the functions here that are not DDIs: with them
//! an environment plays NDIS's other sides, the protocols above and the PnP manager. Code that only registers
//! interrupts, maps and allocates needs no driver: it is taken to be in MiniportInitializeEx, and MiniportHaltEx to
//! have ended with the run. NDIS calls the handlers that disable and enable interrupts only
//! when told to, by [`disable_interrupts`] and [`enable_interrupts`].

mod adapter;
mod bus_data;
mod configuration;
mod deregister;
mod diagnostics;
mod dpc;
mod driver;
mod gather;
mod handle;
mod isr;
mod list;
mod memory;
mod offload;
mod oid;
mod power;
mod receive;
mod register;
mod reset;
mod send;
mod status;
mod synchronize;
mod telling;
mod work_item;

pub use crate::ntoskrnl::DriverEntry;
pub use adapter::{State, device_event, halt, pause, restart, shut_down, start, state};
pub use configuration::configure;
pub use diagnostics::{disable_interrupts, enable_interrupts};
pub use driver::{load, unload};
pub use handle::adapter_handle;
pub use offload::{OutOfBand, offloads};
pub use oid::{cancel_request, query, set};
pub use power::{began_set_power_d0, completed_set_power_d3};
pub use receive::{Received, held, return_held, take_indicated, take_received};
pub use reset::{check_for_hang, reset};
pub use send::{List, cancel, send, send_with, take_completed};
pub use status::link_state;
pub use telling::{Telling, take_told};

use dirql_ddi::ULONG;
use dirql_ddi::ndis::{NDIS_HANDLE, NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS};

use crate::bus::DeviceId;
use crate::context::with;
use crate::dpc::DpcId;
use crate::interrupt::InterruptId;
use crate::moves::{CPUS_MAX, DEVICES_MAX};
use crate::ntoskrnl::MessageTable;

/// Where a registration is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// NdisMRegisterInterruptEx has not returned; the ISR can run (R19), but nobody knows the handle.
    Registering,
    /// The handle may be used.
    Registered,
    /// NdisMDeregisterInterruptEx returned, or registering failed.
    Ended,
}

/// One call of NdisMRegisterInterruptEx.
struct Registration {
    device: DeviceId,
    stage: Stage,
    handlers: NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS,
    /// The MiniportInterruptContext.
    context: NDIS_HANDLE,
    /// The line's interrupt object, or one for each message.
    interrupts: Vec<InterruptId>,
    /// The MaxNblsToIndicate of its DPCs.
    limit: ULONG,
    /// A DPC for each of these on each processor (R43).
    slots: Vec<[DpcId; CPUS_MAX]>,
    /// Where the handlers' MessageInfoTable points, if messages were granted.
    table: Option<Box<MessageTable>>,
}

/// What NDIS keeps in one run.
#[derive(Default)]
pub(crate) struct Ndis {
    registrations: Vec<Registration>,
    /// The registered miniport driver.
    driver: Option<driver::Driver>,
    work_items: Vec<work_item::Item>,
    tellings: telling::Tellings,
    /// By the number of their device.
    adapters: [adapter::Adapter; DEVICES_MAX],
}

impl Ndis {
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// R24: MiniportHaltEx ended, with an interrupt registered.
    pub(crate) fn left_over(&self) -> Option<String> {
        let left = self.registrations.iter().find(|r| r.stage != Stage::Ended)?;
        Some(format!("the interrupt of device {} is registered at the end (0x7C/0x08)", left.device.index()))
    }
}

/// Lets `act` use what NDIS keeps.
fn ndis<R>(act: impl FnOnce(&mut Ndis) -> R) -> R {
    with(|core| act(&mut core.ndis))
}

/// Lets `act` use a registration by its number.
fn registration<R>(number: usize, act: impl FnOnce(&mut Registration) -> R) -> R {
    ndis(|ndis| act(&mut ndis.registrations[number]))
}

/// Lets `act` use what NDIS keeps of an adapter.
fn adapter<R>(device: DeviceId, act: impl FnOnce(&mut adapter::Adapter) -> R) -> R {
    ndis(|ndis| act(&mut ndis.adapters[usize::from(device.index())]))
}

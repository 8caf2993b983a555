//! The simulated NDIS.SYS: the part of `dirql_ddi::ndis` that an interrupt backend calls, on top of
//! [`kernel`](crate::kernel).
//!
//! A miniport is taken to be in MiniportInitializeEx while it registers, maps and allocates, and
//! MiniportHaltEx to have ended with the run. NDIS calls the handlers that disable and enable interrupts only
//! when told to, by [`disable_interrupts`] and [`enable_interrupts`].

mod deregister;
mod diagnostics;
mod dpc;
mod handle;
mod isr;
mod memory;
mod power;
mod register;
mod synchronize;

pub use diagnostics::{disable_interrupts, enable_interrupts};
pub use handle::adapter_handle;
pub use power::{began_set_power_d0, completed_set_power_d3};

use dirql_ddi::ULONG;
use dirql_ddi::ndis::{NDIS_HANDLE, NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS};

use crate::bus::DeviceId;
use crate::context::with;
use crate::dpc::DpcId;
use crate::interrupt::InterruptId;
use crate::moves::CPUS_MAX;
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
}

impl Ndis {
    pub(crate) fn reset(&mut self) {
        self.registrations.clear();
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

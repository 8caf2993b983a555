//! The simulated ntoskrnl.exe: the DDIs of `dirql-ddi`, defined on top of [`kernel`](crate::kernel).
//!
//! What a DDI's documentation leaves open is a scheduler choice; misuse with a documented result has that result.
//! Every definition is checked against the declaration's type in its file.

mod active;
mod bus_driver;
mod cancel;
mod device_object;
mod dma;
mod dpc;
mod driver;
mod event;
mod file;
mod interface;
mod interrupt;
mod irp;
mod lock;
mod memory;
mod message;
mod pnp;
mod power;
mod processor;
mod register;
mod remove_lock;
mod request;
mod resources;
mod synchronous;
mod work_item;

pub use device_object::device_object;
pub use driver::{DriverEntry, driver_object, load, unload};
pub use file::{Completed, File, cancel, close, control, open, outstanding, read, take_completed, write};
pub use pnp::{
    Interrupts, PnpState, add_device, cancel_remove, cancel_stop, pnp_state, query_remove, query_stop,
    remove, start_device, stop, surprise_remove,
};
pub use power::{query_system_power, reported_power, set_device_power, set_system_power};
pub use resources::{line_resource, register_space};

pub(crate) use dma::{allocate_buffer, free_buffer};
pub(crate) use driver::{enter, free_extensions};
pub(crate) use interrupt::section;
pub(crate) use memory::{free, map_io_space, unmap_io_space};
pub(crate) use message::{MESSAGES_MAX, MessageTable};
pub(crate) use register::{buffer_address, buffer_at, register_at};
pub(crate) use resources::{interrupt_resources, registers_resource};

use dirql_ddi::POWER_STATE;

use crate::context::with;
use crate::kernel::LockId;
use crate::moves::DEVICES_MAX;

/// Kernel structures of one run that live outside the pool.
#[derive(Default)]
pub(crate) struct Nt {
    connections: interrupt::Connections,
    dpcs: dpc::DpcObjects,
    work_items: work_item::WorkItems,
    driver: Option<Box<driver::Driver>>,
    devices: device_object::DeviceObjects,
    interfaces: Vec<interface::Interface>,
    requests: request::Requests,
    cancel_lock: Option<LockId>,
    /// How many handles were opened.
    files: usize,
    states: pnp::States,
    power: power::PowerManager,
    /// The power states that drivers have told of.
    reported: [Option<POWER_STATE>; DEVICES_MAX],
    /// How often each device's registers are mapped.
    mappings: [i32; DEVICES_MAX],
    /// How many DMA adapters were not given back.
    adapters: i32,
}

impl Nt {
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// What was not undone at the end of a run: the rule, and what it is.
    pub(crate) fn judge(&self) -> Result<(), (&'static str, String)> {
        if let Some(what) = self.requests.left_over() {
            return Err(("IrpLeft", what));
        }
        if self.adapters != 0 {
            return Err(("MappingLeak", "IoGetDmaAdapter without PutDmaAdapter".into()));
        }
        if self.mappings.iter().any(|&count| count != 0) {
            return Err(("MappingLeak", "MmMapIoSpaceEx without MmUnmapIoSpace".into()));
        }
        Ok(())
    }
}

/// Lets `act` use the run's kernel structures.
fn nt<R>(act: impl FnOnce(&mut Nt) -> R) -> R {
    with(|core| act(&mut core.nt))
}

//! The simulated ntoskrnl.exe: the DDIs of `dirql-ddi`, defined on top of [`kernel`](crate::kernel).
//!
//! What a DDI's documentation leaves open is a scheduler choice; misuse with a documented result has that result.
//! Every definition is checked against the declaration's type in its file.

mod active;
mod dma;
mod dpc;
mod driver;
mod interrupt;
mod lock;
mod memory;
mod message;
mod processor;
mod register;
mod resources;
mod work_item;

pub use driver::driver_object;
pub use resources::{device_object, register_space};

pub(crate) use dma::{allocate_buffer, free_buffer};
pub(crate) use driver::free_extensions;
pub(crate) use interrupt::section;
pub(crate) use memory::{free, map_io_space, unmap_io_space};
pub(crate) use message::{MESSAGES_MAX, MessageTable};
pub(crate) use register::{buffer_address, buffer_at, register_at};

use dirql_ddi::{PDEVICE_OBJECT, PVOID};

use crate::bus::DeviceId;
use crate::context::with;
use crate::kernel::fail;
use crate::moves::DEVICES_MAX;

/// Kernel structures of one run that live outside the pool.
#[derive(Default)]
pub(crate) struct Nt {
    connections: interrupt::Connections,
    dpcs: dpc::DpcObjects,
    work_items: work_item::WorkItems,
    mappings: i32,
    /// Driver object extensions, each with the address that names its client.
    extensions: Vec<(PVOID, PVOID)>,
}

impl Nt {
    pub(crate) fn reset(&mut self) {
        self.connections.reset();
        self.dpcs.reset();
        self.work_items.reset();
        self.mappings = 0;
        self.extensions.clear();
    }

    /// What was not undone at the end of a run.
    pub(crate) fn left_over(&self) -> Option<&'static str> {
        (self.mappings != 0).then_some("MmMapIoSpaceEx without MmUnmapIoSpace")
    }
}

/// Returns the device behind a device object, or ends the run.
fn device_of(object: PDEVICE_OBJECT) -> DeviceId {
    let index = (object as usize / resources::OBJECT_STRIDE).wrapping_sub(1);
    if index >= DEVICES_MAX {
        fail("InvalidHandle", format!("{object:?} is no physical device object"));
    }
    DeviceId(index as u8)
}

/// Lets `act` use the run's kernel structures.
fn nt<R>(act: impl FnOnce(&mut Nt) -> R) -> R {
    with(|core| act(&mut core.nt))
}

//! The simulated KMDF and UMDF: the functions of their tables, and what the PnP manager and the framework do around a driver.
//!
//! | What | File |
//! |---|---|
//! | the function tables | `table.rs` |
//! | drivers, loaded and unloaded | `driver.rs` |
//! | what a device is going to be | `init.rs` |
//! | objects, their contexts, parents and ends | `object.rs` |
//! | devices and their resources | `device.rs` |
//! | its bus's interface | `bus.rs` |
//! | starting, stopping and removing them | `pnp.rs` |
//! | queues, and what they call | `queue.rs`, `delivery.rs` |
//! | at which level, and under which lock | `constraints.rs`, `dispatch.rs` |
//! | requests, and their buffers | `request.rs`, `buffer.rs` |
//! | those who make them | `caller.rs` |
//! | interrupt objects | `interrupt.rs` |
//! | connecting them, and what is called then | `connection.rs` |
//! | UMDF's way from the kernel to the host | `host.rs` |
//! | DPCs and work items | `deferred.rs` |
//! | synchronizing with interrupts, enabling and disabling them | `synchronize.rs` |
//! | spin locks and wait locks | `lock.rs` |
//! | memory objects | `memory.rs` |
//! | registers, in UMDF | `hardware.rs` |
//! | DMA enablers and common buffers | `dma.rs` |
//! | power-up and power-down, in the documented order | `power.rs` |
//! | interrupts that wake their device | `wake.rs` |
//!
//! Behaviour is that of the framework's published source (Windows-Driver-Frameworks, `interruptobject.cpp`,
//! `interruptobjectum.cpp`,
//! `fxinterruptapi.cpp`, `powerstatemachine.cpp`), as the rules quote it.

mod buffer;
mod bus;
mod caller;
mod connection;
mod constraints;
mod deferred;
mod delivery;
mod device;
mod dispatch;
mod dma;
mod driver;
mod hardware;
mod host;
mod init;
mod interrupt;
mod lock;
mod memory;
mod object;
mod pnp;
mod power;
mod queue;
mod request;
mod synchronize;
mod table;
mod wake;

pub use caller::{Completed, Io, Ticket, cancel, outstanding, submit, take, take_completed, wait};
pub use device::{
    Framework, add_device, add_user_device, prepare_hardware, release_hardware, remove_device,
    set_power_not_pageable,
};
pub use driver::{DriverEntry, load, unload};
pub use pnp::{add, grant_messages, remove, remove_by_surprise, sleep, start, stop, use_for_paging, wake};
pub use power::{power_down, power_down_armed, power_up, surprise_removal};
pub use wake::wait_for_wake;

use dirql_ddi::NTSTATUS;

use crate::context::with;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};
use caller::Callers;
use dispatch::Handlers;
use init::Init;
use object::{ObjectId, Objects};

/// What of `wdfstatus.h` the functions return.
const STATUS_WDF_PAUSED: NTSTATUS = 0xC020_0203_u32 as i32;
const STATUS_WDF_BUSY: NTSTATUS = 0xC020_0204_u32 as i32;
const STATUS_WDF_OBJECT_ATTRIBUTES_INVALID: NTSTATUS = 0xC020_0209_u32 as i32;
const STATUS_WDF_NO_CALLBACK: NTSTATUS = 0xC020_020B_u32 as i32;
const STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL: NTSTATUS = 0xC020_020C_u32 as i32;
const STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED: NTSTATUS = 0xC020_020F_u32 as i32;
const STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID: NTSTATUS = 0xC020_0210_u32 as i32;
const STATUS_WDF_EXECUTION_LEVEL_INVALID: NTSTATUS = 0xC020_0211_u32 as i32;

/// What the framework has of one run.
#[derive(Default)]
pub(crate) struct Wdf {
    objects: Objects,
    /// Whose DriverEntry runs.
    loading: Option<Framework>,
    driver: Option<ObjectId>,
    /// What EvtDriverDeviceAdd was given.
    init: Option<Init>,
    callers: Callers,
    handlers: Handlers,
}

impl Wdf {
    pub(crate) fn reset(&mut self) {
        self.objects.reset();
        self.callers.reset();
        (self.loading, self.driver, self.init) = (None, None, None);
        self.handlers = Handlers::default();
    }
}

/// Lets `act` use what the framework has.
fn wdf<R>(act: impl FnOnce(&mut Wdf) -> R) -> R {
    with(|core| act(&mut core.wdf))
}

/// Lets `act` use the framework's objects.
fn objects<R>(act: impl FnOnce(&mut Objects) -> R) -> R {
    wdf(|wdf| act(&mut wdf.objects))
}

/// Ends the run if the caller is above DISPATCH_LEVEL.
fn require_dispatch(what: &str) {
    let irql = kernel::irql();
    if irql > DISPATCH {
        fail("WdfIrql", format!("{what} is called at IRQL {irql}"));
    }
}

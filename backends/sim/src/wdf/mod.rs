//! The simulated KMDF and UMDF: the functions of their tables, and what the PnP manager and the framework do around a driver.
//!
//! | What | File |
//! |---|---|
//! | the function tables | `table.rs` |
//! | objects, their contexts, parents and ends | `object.rs` |
//! | devices and their resources | `device.rs` |
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

mod connection;
mod deferred;
mod device;
mod dma;
mod hardware;
mod host;
mod interrupt;
mod lock;
mod memory;
mod object;
mod power;
mod synchronize;
mod table;
mod wake;

pub use device::{
    add_device, add_user_device, prepare_hardware, release_hardware, remove_device, set_power_not_pageable,
};
pub use power::{power_down, power_down_armed, power_up, surprise_removal};
pub use wake::wait_for_wake;

use dirql_ddi::NTSTATUS;

use crate::context::with;
use crate::irql::DISPATCH;
use crate::kernel::{self, fail};
use object::Objects;

/// What of `wdfstatus.h` the functions return.
const STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED: NTSTATUS = 0xC020_020F_u32 as i32;

/// The framework's objects of one run.
#[derive(Default)]
pub(crate) struct Wdf {
    objects: Objects,
}

impl Wdf {
    pub(crate) fn reset(&mut self) {
        self.objects.reset();
    }
}

/// Lets `act` use the framework's objects.
fn objects<R>(act: impl FnOnce(&mut Objects) -> R) -> R {
    with(|core| act(&mut core.wdf.objects))
}

/// Ends the run if the caller is above DISPATCH_LEVEL.
fn require_dispatch(what: &str) {
    let irql = kernel::irql();
    if irql > DISPATCH {
        fail("WdfIrql", format!("{what} is called at IRQL {irql}"));
    }
}

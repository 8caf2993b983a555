#![doc = include_str!("../README.md")]
#![no_std]
#![allow(non_snake_case, reason = "the names of the framework's callbacks are Microsoft's")]

mod adapter;
mod framework;
mod io;

// What both WDF shells have.
#[path = "../../wdf/device.rs"]
mod device;
#[path = "../../wdf/entry.rs"]
mod entry;
#[path = "../../wdf/hardware.rs"]
mod hardware;
#[path = "../../wdf/power.rs"]
mod power;
#[path = "../../wdf/request.rs"]
mod request;

pub use entry::driver_entry;
pub use io::GUID_DEVINTERFACE_NIC_MONITOR;

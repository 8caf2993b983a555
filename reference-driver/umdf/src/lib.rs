#![doc = include_str!("../README.md")]
#![no_std]
#![allow(non_snake_case, reason = "the names of the framework's callbacks are Microsoft's")]

mod device;
mod entry;
mod hardware;
mod io;
mod power;
mod request;

pub use entry::{GUID_DEVINTERFACE_NIC_MONITOR, driver_entry};

#![doc = include_str!("../README.md")]
#![no_std]
#![allow(non_snake_case, reason = "the names of the framework's callbacks are Microsoft's")]

mod bus;
mod device;
mod driver;
mod entry;
mod hardware;
mod io;
mod level;
mod power;
mod reads;
mod request;
mod writes;

pub use entry::{GUID_DEVINTERFACE_NIC_RAW, driver_entry};

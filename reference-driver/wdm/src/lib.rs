#![doc = include_str!("../README.md")]
#![no_std]
#![allow(non_snake_case, reason = "the names of dispatch routines and their parameters are Microsoft's")]

mod add_device;
mod control;
mod driver;
mod entry;
mod extension;
mod gate;
mod open;
mod pnp;
mod power;
mod queue;
mod read;
mod request;
mod start;
mod write;

pub use add_device::GUID_DEVINTERFACE_NIC;
pub use entry::driver_entry;

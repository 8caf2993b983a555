#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod control;
mod driver;
mod fifo;
mod inbox;
mod interrupt;
pub mod pci;
mod pump;
mod staging;
#[cfg(test)]
mod testing;

pub use driver::{Driver, Waiting};
pub use fifo::{Fifo, Linked};
pub use inbox::Inbox;
pub use interrupt::{INTERRUPT, mode};
pub use pump::Pump;
pub use staging::{SLOT_LEN, Staging};

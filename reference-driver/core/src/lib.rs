#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod batch;
mod bringup;
mod configuration;
mod deferred;
mod filter;
mod frame;
mod gate;
mod in_flight;
mod interrupt;
mod lifecycle;
mod link;
mod monitor;
mod nic;
mod offload;
mod phase;
mod phy;
mod receive;
mod registers;
mod ring;
mod settings;
mod statistics;
#[cfg(test)]
mod testing;
mod transmit;
mod upper;
mod wiring;

pub use filter::Filter;
pub use frame::ReceivedFrame;
pub use interrupt::Shared;
pub use link::Link;
pub use monitor::{LinkListener, Monitor};
pub use nic::Nic;
pub use offload::{Checksums, Offload, Transport};
pub use settings::{BufferSize, Memories, ReceiveFormat, Settings, TRANSMIT_DESCRIPTORS_MAX};
pub use statistics::Statistics;
pub use upper::{FRAME_LEN_MAX, FRAME_LEN_MIN, Fragment, SendError, SendStatus, Token, Upper};
pub use wiring::InterruptMode;

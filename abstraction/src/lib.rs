#![doc = include_str!("../README.md")]
#![no_std]

mod config;
mod dma;
mod error;
mod interrupt;
mod level;
mod lock;
mod platform;
mod register;
pub mod sync;

pub use config::{Config, MESSAGES_MAX, Request, Serialize};
pub use dma::DmaMemory;
pub use error::{Error, ErrorKind, SyncError};
pub use interrupt::{
    Budget, DeferredOutcome, Disable, Domain, InterruptHandler, InterruptSync, IsrOutcome, Source,
};
pub use level::{AtMost, Cx, Dispatch, Level, Passive};
pub use lock::{Lock, RawLock};
pub use platform::Platform;
pub use register::{In, ReadEffect, ReadPure, Register, RegisterIo, View, Write};

//! The Windows DDIs that dirql's backends call, in `wdk-sys`'s own names and shapes.
//!
//! Who answers is decided here (`provider.rs`) and nowhere else:
//!
//! 1. with the feature `sim`, symbols that `dirql-sim` defines: the real backend runs, unchanged, on any host;
//! 2. otherwise on Windows targets, the kernel itself, by raw-dylib imports: no WDK and no import library; or, with the
//!    feature `wdk-sys`, by the import libraries of a WDK. `dirql-ddi-wdk` enables that, brings the libraries by
//!    Microsoft's `wdk-sys`, and does not compile unless everything here is as it is there (`docs/wdk.md`);
//! 3. otherwise nobody: the crate type-checks, and linking fails with an undefined symbol.
//!
//! Layouts and prototypes are facts of Microsoft's headers (`wdm.h`, `ndis.h`, `wdf.h`). Beside each structure
//! stands the layout that it has there, asserted (`layout.rs`); the tests ask others what they make of the same
//! headers.
#![no_std]
#![allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    missing_docs,
    clippy::missing_safety_doc,
    reason = "names and contracts are Microsoft's; the reference pages are their documentation"
)]

#[macro_use]
mod provider;
#[macro_use]
mod layout;

mod bus_interface;
mod cancel;
mod device;
mod dma;
mod dpc;
mod driver;
mod event;
mod interrupt;
mod irp;
mod lock;
mod mdl;
mod memory;
pub mod ndis;
mod power;
mod processor;
mod register;
mod remove_lock;
mod resource;
mod thread;
mod types;
mod user;
pub mod wdf;
mod work_item;

pub use bus_interface::*;
pub use cancel::*;
pub use device::*;
pub use dma::*;
pub use dpc::*;
pub use driver::*;
pub use event::*;
pub use interrupt::*;
pub use irp::*;
pub use lock::*;
pub use mdl::*;
pub use memory::*;
pub use power::*;
pub use processor::*;
pub use register::*;
pub use remove_lock::*;
pub use resource::*;
pub use thread::*;
pub use types::*;
pub use user::*;
pub use wdf::{kmdf, umdf};
pub use work_item::*;

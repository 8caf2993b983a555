//! Stands in for the WDF loader under Wine: as WDFLDR.SYS for a KMDF image, and as the host of a UMDF image.
//!
//! It is no framework. It binds an image, takes the WdfDriverCreate of its driver, unloads it, and crashes at anything
//! else. So the loader stubs of the images run, as they ship, against someone who reads what they pass; with offsets of
//! its own, from the headers that `loader.rs` names.
#![no_std]
#![allow(clippy::disallowed_types, reason = "no part of a driver, and never simulated")]

mod framework;
mod host;
mod loader;

use user_image as _;

/// Ends the process, for the trace to show.
pub(crate) extern "C" fn crash() -> ! {
    loop {
        // SAFETY: nothing is at this address, which ends the process.
        unsafe { core::ptr::without_provenance_mut::<u32>(0x57df).write_volatile(0) };
    }
}

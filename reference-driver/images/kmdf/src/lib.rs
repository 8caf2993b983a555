//! nic-kmdf.sys: the KMDF function driver as an image.
#![no_std]

#[cfg(not(feature = "wdk-sys"))]
mod loader;

use dirql_backends::{Backend, COMPILED};
use dirql_ddi::{NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};
#[cfg(all(windows, feature = "wdk-sys"))]
use dirql_ddi_wdk as _;
use kernel_image as _;

const _: () = assert!(matches!(COMPILED, [Backend::Kmdf]), "nic-kmdf.sys has the KMDF backend alone");

/// The image's entry point, by the name that Microsoft's stub has: binds the image, and enters the driver.
///
/// # Safety
/// The system calls it once, with its arguments.
#[cfg(not(feature = "wdk-sys"))]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn FxDriverEntry(object: PDRIVER_OBJECT, path: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the arguments are the system's, and the image is bound when this is called.
    let driver_entry = || unsafe { nic_kmdf::driver_entry(object, path) };
    // SAFETY: the arguments are the system's.
    unsafe { loader::enter(object, path, driver_entry) }
}

/// What Microsoft's stub, WdfDriverEntry.lib, calls once it has bound the image.
///
/// # Safety
/// The stub calls it once, with the system's arguments.
#[cfg(feature = "wdk-sys")]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn DriverEntry(object: PDRIVER_OBJECT, path: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the arguments are the system's, and the image is bound.
    unsafe { nic_kmdf::driver_entry(object, path) }
}

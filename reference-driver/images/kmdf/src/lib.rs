//! nic-kmdf.sys: the KMDF function driver as an image.
#![no_std]

mod loader;

use dirql_backends::{Backend, COMPILED};
use dirql_ddi::{NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};
use kernel_image as _;

const _: () = assert!(matches!(COMPILED, [Backend::Kmdf]), "nic-kmdf.sys has the KMDF backend alone");

/// The image's entry point, by the name that Microsoft's stub has: binds the image, and enters the driver.
///
/// # Safety
/// The system calls it once, with its arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn FxDriverEntry(object: PDRIVER_OBJECT, path: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the arguments are the system's, and the image is bound when this is called.
    let driver_entry = || unsafe { nic_kmdf::driver_entry(object, path) };
    // SAFETY: the arguments are the system's.
    unsafe { loader::enter(object, path, driver_entry) }
}

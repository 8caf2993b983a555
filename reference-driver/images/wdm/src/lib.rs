//! nic-wdm.sys: the WDM function driver as an image.
#![no_std]

use dirql_backends::{Backend, COMPILED};
use dirql_ddi::{NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};
#[cfg(all(windows, feature = "wdk-sys"))]
use dirql_ddi_wdk as _;
use kernel_image as _;

const _: () = assert!(matches!(COMPILED, [Backend::Wdm]), "nic-wdm.sys has the WDM backend alone");

/// The image's entry point.
///
/// # Safety
/// The system calls it once, with its arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn DriverEntry(object: PDRIVER_OBJECT, path: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the arguments are the system's.
    unsafe { nic_wdm::driver_entry(object, path) }
}

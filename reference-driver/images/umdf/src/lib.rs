//! nic-umdf.dll: the UMDF driver as an image. **An experiment**: no Microsoft source documents how the host enters a
//! driver (`loader.rs`).
#![no_std]

mod loader;

use core::ffi::c_void;

use dirql_backends::{Backend, COMPILED};
use dirql_ddi::{NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING};
use user_image as _;

use loader::LoaderInterface;

const _: () = assert!(matches!(COMPILED, [Backend::Umdf]), "nic-umdf.dll has the UMDF backend alone");

/// The image's entry point, by the name that the framework's header gives it (`wdf.h` of UMDF 2.33): binds the image, and
/// enters the driver.
///
/// # Safety
/// The host calls it once, with its arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn FxDriverEntryUm(
    interface: *const LoaderInterface,
    context: *mut c_void,
    object: PDRIVER_OBJECT,
    path: PUNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: the interface and its context are the host's.
    let status = unsafe { loader::bind(interface, context) };
    if !dirql_ddi::NT_SUCCESS(status) {
        return status;
    }
    // SAFETY: the arguments are the host's, and the image is bound.
    unsafe { nic_umdf::driver_entry(object, path) }
}

//! Binds the image to the framework, as Microsoft's WdfDriverStubUm.lib does for a C driver.
//!
//! [`BindInfo`] is of the framework's published source. [`LoaderInterface`] is not: it is what two open hosts of UMDF drivers found (Popax21/synaTudor, `winwdf.h`; a host for Goodix sensors), and so is
//! the component's name. What undoes the binding they did not find; a driver that fails to start is unloaded anyway.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use dirql_ddi::wdf::{PWDF_DRIVER_GLOBALS, WDFFUNC};
use dirql_ddi::{NTSTATUS, STATUS_INFO_LENGTH_MISMATCH, ULONG};
use wdf_binding::{BindInfo, Written, utf16};

/// What the host offers to an image that it loads.
#[repr(C)]
pub struct LoaderInterface {
    size: ULONG,
    version_bind: unsafe extern "C" fn(*mut c_void, *mut BindInfo, *mut PWDF_DRIVER_GLOBALS) -> NTSTATUS,
    /// Unbinding, class extensions, diagnostics.
    _unknown: [*const c_void; 4],
    _flags: ULONG,
}

const _: () = assert!(size_of::<LoaderInterface>() == 0x38);

/// The framework's functions, which `dirql_ddi::umdf` calls.
#[unsafe(no_mangle)]
static WdfFunctions_02015: Written<*const WDFFUNC> = Written::new(null());

/// The framework's word for this driver, which every call passes.
#[unsafe(no_mangle)]
static WdfDriverGlobals: Written<PWDF_DRIVER_GLOBALS> = Written::new(null_mut());

static COMPONENT: [u16; 5] = utf16(b"UMDF\0");
static BIND_INFO: Written<BindInfo> =
    Written::new(BindInfo::new(&COMPONENT, (2, 15), 257, &WdfFunctions_02015));

/// Has the framework write its functions into the image.
///
/// Returns STATUS_INFO_LENGTH_MISMATCH if the interface is shorter than what is known of it.
///
/// # Safety
/// The caller is FxDriverEntryUm, with the host's interface and the host's context for it.
pub(crate) unsafe fn bind(interface: *const LoaderInterface, context: *mut c_void) -> NTSTATUS {
    // SAFETY: every interface begins with its size.
    let size = unsafe { interface.cast::<ULONG>().read() };
    if (size as usize) < size_of::<LoaderInterface>() {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    // SAFETY: it is that long.
    let bind = unsafe { (*interface).version_bind };
    // SAFETY: the context is the host's; the rest is what the host fills in, and stays.
    unsafe { bind(context, BIND_INFO.get(), WdfDriverGlobals.get()) }
}

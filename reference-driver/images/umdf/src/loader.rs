//! Binds the image to the framework, as Microsoft's WdfDriverStubUm.lib does for a C driver.
//!
//! [`BindInfo`] is of the framework's published source (Windows-Driver-Frameworks: `fxldr.h`). [`LoaderInterface`] is not:
//! it is what two open hosts of UMDF drivers found (Popax21/synaTudor, `winwdf.h`; a host for Goodix sensors), and so is
//! the component's name. What undoes the binding they did not find; a driver that fails to start is unloaded anyway.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use dirql_ddi::wdf::{PWDF_DRIVER_GLOBALS, WDFFUNC};
use dirql_ddi::{NTSTATUS, STATUS_INFO_LENGTH_MISMATCH, ULONG};

/// WDF_BIND_INFO: what the framework is told of the image.
#[repr(C)]
pub struct BindInfo {
    size: ULONG,
    component: *const u16,
    major: ULONG,
    minor: ULONG,
    build: ULONG,
    function_count: ULONG,
    functions: *mut *const WDFFUNC,
    /// The host's own.
    module: *mut c_void,
}

/// What the host offers to an image that it loads.
#[repr(C)]
pub struct LoaderInterface {
    size: ULONG,
    version_bind: unsafe extern "C" fn(*mut c_void, *mut BindInfo, *mut PWDF_DRIVER_GLOBALS) -> NTSTATUS,
    /// Unbinding, class extensions, diagnostics.
    _unknown: [*const c_void; 4],
    _flags: ULONG,
}

const _: () = assert!(size_of::<BindInfo>() == 0x30 && size_of::<LoaderInterface>() == 0x38);

// What follows is written before the driver is entered.

/// The framework's functions, which `dirql_ddi::umdf` calls.
#[unsafe(no_mangle)]
static mut WdfFunctions_02015: *const WDFFUNC = null();

/// The framework's word for this driver, which every call passes.
#[unsafe(no_mangle)]
static mut WdfDriverGlobals: PWDF_DRIVER_GLOBALS = null_mut();

/// `UMDF`, in UTF-16.
static COMPONENT: [u16; 5] = [b'U' as u16, b'M' as u16, b'D' as u16, b'F' as u16, 0];

static mut BIND_INFO: BindInfo = BindInfo {
    size: size_of::<BindInfo>() as ULONG,
    component: (&raw const COMPONENT).cast(),
    major: 2,
    minor: 15,
    build: 0,
    function_count: 257,
    functions: &raw mut WdfFunctions_02015,
    module: null_mut(),
};

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
    unsafe { bind(context, &raw mut BIND_INFO, &raw mut WdfDriverGlobals) }
}

//! Binds the image to the framework, as Microsoft's WdfDriverEntry.lib does for a C driver.
//!
//! Layouts and order are those of the framework's published source (Windows-Driver-Frameworks: `fxldr.h`,
//! `fxlibrarycommon.cpp`) and of its headers for KMDF 1.15, which every later framework accepts.

use core::mem::offset_of;
use core::ptr::{null, null_mut};

use dirql_ddi::wdf::{PWDF_DRIVER_GLOBALS, WDFFUNC};
use dirql_ddi::{
    BOOLEAN, DRIVER_OBJECT, FALSE, NT_SUCCESS, NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING,
    STATUS_INVALID_PARAMETER, STATUS_SUCCESS, UNICODE_STRING, USHORT,
};
use wdf_binding::{BindInfo, Written, utf16};

#[link(name = "WDFLDR.SYS", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn WdfVersionBind(
        DriverObject: PDRIVER_OBJECT,
        RegistryPath: PUNICODE_STRING,
        BindInfo: *mut BindInfo,
        ComponentGlobals: *mut PWDF_DRIVER_GLOBALS,
    ) -> NTSTATUS;
    fn WdfVersionUnbind(
        RegistryPath: PUNICODE_STRING,
        BindInfo: *mut BindInfo,
        ComponentGlobals: PWDF_DRIVER_GLOBALS,
    );
}

/// The framework's functions, which `dirql_ddi::kmdf` calls.
#[unsafe(no_mangle)]
static WdfFunctions_01015: Written<*const WDFFUNC> = Written::new(null());

/// The framework's word for this driver, which every call passes.
#[unsafe(no_mangle)]
static WdfDriverGlobals: Written<PWDF_DRIVER_GLOBALS> = Written::new(null_mut());

static COMPONENT: [u16; 12] = utf16(b"KmdfLibrary\0");
static BIND_INFO: Written<BindInfo> =
    Written::new(BindInfo::new(&COMPONENT, (1, 15), 444, &WdfFunctions_01015));

/// Room for the registry path, which unbinding wants too: a service's name has up to 256 characters.
const PATH_LEN: usize = 320;
static PATH_TEXT: Written<[u16; PATH_LEN]> = Written::new([0; PATH_LEN]);
static PATH: Written<UNICODE_STRING> =
    Written::new(UNICODE_STRING { Length: 0, MaximumLength: 0, Buffer: null_mut() });

/// DriverUnload. Nothing unwinds through it: with another ABI the image would need a C++ runtime to end that.
type DriverUnload = Option<unsafe extern "C" fn(PDRIVER_OBJECT)>;

/// The framework's DriverUnload, in whose place [`unload`] is.
static DISPLACED: Written<DriverUnload> = Written::new(None);

/// Binds the image and enters the driver. What fails leaves the image unbound.
///
/// # Safety
/// As for DriverEntry.
pub(crate) unsafe fn enter(
    object: PDRIVER_OBJECT,
    path: PUNICODE_STRING,
    driver_entry: impl FnOnce() -> NTSTATUS,
) -> NTSTATUS {
    // SAFETY: the caller's promise, here and below.
    let mut status = unsafe { bind(object, path) };
    if !NT_SUCCESS(status) {
        return status;
    }
    status = driver_entry();
    if NT_SUCCESS(status) {
        // SAFETY: as above.
        unsafe { displace_unload(object) };
    } else {
        unbind();
    }
    status
}

/// # Safety
/// As for [`enter`].
unsafe fn bind(object: PDRIVER_OBJECT, path: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let status = unsafe { keep(path) };
    if !NT_SUCCESS(status) {
        return status;
    }
    // SAFETY: the object is the system's, the path a copy that stays, and the rest what the loader fills in.
    unsafe { WdfVersionBind(object, PATH.get(), BIND_INFO.get(), WdfDriverGlobals.get()) }
}

/// Keeps the registry path, which unbinding wants too.
///
/// # Safety
/// As for [`enter`].
unsafe fn keep(path: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the path is the system's.
    let path = unsafe { *path };
    if usize::from(path.Length) > 2 * PATH_LEN {
        return STATUS_INVALID_PARAMETER;
    }
    let text = PATH_TEXT.get().cast::<u16>();
    // SAFETY: the text is that long, and fits.
    unsafe { text.copy_from(path.Buffer, usize::from(path.Length) / 2) };
    let kept = UNICODE_STRING { Length: path.Length, MaximumLength: 2 * PATH_LEN as USHORT, Buffer: text };
    // SAFETY: nobody else uses it while the image is entered.
    unsafe { PATH.get().write(kept) };
    STATUS_SUCCESS
}

fn unbind() {
    // SAFETY: written when the image was bound.
    let globals = unsafe { WdfDriverGlobals.get().read() };
    // SAFETY: these are what the image was bound with, and the driver calls the framework no more.
    unsafe { WdfVersionUnbind(PATH.get(), BIND_INFO.get(), globals) };
}

/// Puts [`unload`] in the place of the framework's DriverUnload, if it asks for that.
///
/// # Safety
/// As for [`enter`], and the driver was entered.
unsafe fn displace_unload(object: PDRIVER_OBJECT) {
    /// WDF_DRIVER_GLOBALS.DisplaceDriverUnload.
    const DISPLACE_DRIVER_UNLOAD: usize = 0x30;
    // SAFETY: written when the image was bound.
    let globals = unsafe { WdfDriverGlobals.get().read() };
    let displace = globals.wrapping_byte_add(DISPLACE_DRIVER_UNLOAD).cast::<BOOLEAN>();
    // SAFETY: the globals are the framework's, and as long as in every version.
    if unsafe { displace.read() } == FALSE {
        return;
    }
    // SAFETY: the object is the system's.
    let place = unsafe { object.byte_add(offset_of!(DRIVER_OBJECT, DriverUnload)).cast::<DriverUnload>() };
    // SAFETY: as above.
    let displaced = unsafe { place.replace(Some(unload)) };
    // SAFETY: nobody else uses it while the image is entered.
    unsafe { DISPLACED.get().write(displaced) };
}

/// # Safety
/// The system calls this once, with the driver's object, when no other code of the image runs.
unsafe extern "C" fn unload(object: PDRIVER_OBJECT) {
    // SAFETY: written when the image was entered.
    if let Some(displaced) = unsafe { DISPLACED.get().read() } {
        // SAFETY: the framework set it, for this object.
        unsafe { displaced(object) };
    }
    unbind();
}

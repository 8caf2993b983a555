//! An adapter's keywords in the registry.

use dirql_ddi::ndis::*;

use super::adapter;
use super::handle::device_of;
use crate::bus::DeviceId;
use crate::context::inert;
use crate::kernel::{self, fail};

const TAG: u32 = u32::from_le_bytes(*b"NDcf");

/// A keyword and its value, as an INF file wrote it.
#[derive(Clone, Copy)]
struct Keyword {
    name: &'static str,
    value: u32,
}

/// What an opened configuration is: a block of pool, so that one which is never closed is a leak.
#[repr(C)]
struct Opened {
    device: DeviceId,
    given: *mut Given,
}

/// A parameter that was read, and the one before it. They live until the configuration is closed.
#[repr(C)]
struct Given {
    parameter: NDIS_CONFIGURATION_PARAMETER,
    next: *mut Given,
}

/// An adapter's part of the registry.
#[derive(Default)]
pub(super) struct Keywords(Vec<Keyword>);

impl Keywords {
    /// Names of registry values are compared without case.
    fn find(&self, name: &str) -> Option<u32> {
        self.0.iter().find(|keyword| keyword.name.eq_ignore_ascii_case(name)).map(|keyword| keyword.value)
    }
}

/// Writes a keyword into the registry, as the INF file or the user does.
pub fn configure(device: DeviceId, name: &'static str, value: u32) {
    adapter(device, |a| {
        a.keywords.0.retain(|keyword| !keyword.name.eq_ignore_ascii_case(name));
        a.keywords.0.push(Keyword { name, value });
    });
}

/// Says whether the header is the one of the only revision that there is.
fn is_known(header: NDIS_OBJECT_HEADER) -> bool {
    let (kind, revision) = (NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1);
    let size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    header == NDIS_OBJECT_HEADER { Type: kind, Revision: revision, Size: size }
}

/// Returns pool for a `T`; null if it ran out.
fn allocate<T>() -> *mut T {
    kernel::allocate_pool(size_of::<T>(), TAG).cast()
}

/// Returns the open configuration behind a handle, or ends the run.
fn opened(handle: NDIS_HANDLE, caller: &str) -> *mut Opened {
    kernel::require_passive("MiniportState", caller);
    if kernel::pool_block_len(handle.cast()) != size_of::<Opened>() {
        fail("InvalidHandle", format!("{caller}: {handle:?} is no open configuration"));
    }
    handle.cast()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisOpenConfigurationEx(
    ConfigObject: PNDIS_CONFIGURATION_OBJECT,
    ConfigurationHandle: PNDIS_HANDLE,
) -> NDIS_STATUS {
    if inert() {
        return NDIS_STATUS_FAILURE;
    }
    kernel::require_passive("MiniportState", "NdisOpenConfigurationEx");
    // SAFETY: the caller passes an initialized object.
    let object = unsafe { *ConfigObject };
    if !is_known(object.Header) {
        return NDIS_STATUS_FAILURE;
    }
    let device = device_of(object.NdisHandle);
    let opened = allocate::<Opened>();
    if opened.is_null() {
        return NDIS_STATUS_RESOURCES;
    }
    // SAFETY: the block is new, long enough, and aligned as pool is.
    unsafe { opened.write(Opened { device, given: core::ptr::null_mut() }) };
    // SAFETY: the caller passes a place for the handle.
    unsafe { *ConfigurationHandle = opened.cast() };
    NDIS_STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisReadConfiguration(
    Status: *mut NDIS_STATUS,
    ParameterValue: *mut PNDIS_CONFIGURATION_PARAMETER,
    ConfigurationHandle: NDIS_HANDLE,
    Keyword: PNDIS_STRING,
    ParameterType: NDIS_PARAMETER_TYPE,
) {
    let read = if inert() {
        Err(NDIS_STATUS_FAILURE)
    } else {
        let opened = opened(ConfigurationHandle, "NdisReadConfiguration");
        // SAFETY: the caller passes an initialized string.
        let keyword = unsafe { *Keyword };
        // SAFETY: as above.
        let name = unsafe { text(keyword) };
        // SAFETY: an open configuration, in which its owner has one thread at a time.
        read(unsafe { &mut *opened }, &name, ParameterType)
    };
    // SAFETY: the caller passes a place for the status.
    unsafe { *Status = read.err().unwrap_or(NDIS_STATUS_SUCCESS) };
    if let Ok(parameter) = read {
        // SAFETY: the caller passes a place for the pointer.
        unsafe { *ParameterValue = parameter };
    }
}

/// # Safety
/// The string's buffer is as long as it says.
unsafe fn text(name: NDIS_STRING) -> String {
    // SAFETY: the caller.
    let units = unsafe { core::slice::from_raw_parts(name.Buffer, usize::from(name.Length) / 2) };
    String::from_utf16_lossy(units)
}

fn read(
    opened: &mut Opened,
    name: &str,
    kind: NDIS_PARAMETER_TYPE,
) -> Result<PNDIS_CONFIGURATION_PARAMETER, NDIS_STATUS> {
    let value = adapter(opened.device, |a| a.keywords.find(name));
    let value = value.filter(|_| kind == NdisParameterInteger).ok_or(NDIS_STATUS_FAILURE)?;
    let given = allocate::<Given>();
    if given.is_null() {
        return Err(NDIS_STATUS_RESOURCES);
    }
    let data = NDIS_CONFIGURATION_PARAMETER_DATA { IntegerData: value };
    let parameter = NDIS_CONFIGURATION_PARAMETER { ParameterType: kind, ParameterData: data };
    // SAFETY: the block is new, long enough, and aligned as pool is.
    unsafe { given.write(Given { parameter, next: opened.given }) };
    opened.given = given;
    // SAFETY: as above.
    Ok(unsafe { &raw mut (*given).parameter })
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn NdisCloseConfiguration(ConfigurationHandle: NDIS_HANDLE) {
    if inert() {
        return;
    }
    let opened = opened(ConfigurationHandle, "NdisCloseConfiguration");
    // SAFETY: an open configuration.
    let mut given = unsafe { (*opened).given };
    while !given.is_null() {
        // SAFETY: each was given by `read`, and not freed since.
        let next = unsafe { (*given).next };
        // SAFETY: the caller has ended to use what it read.
        unsafe { kernel::free_pool(given.cast()) };
        given = next;
    }
    // SAFETY: the caller closes a configuration of its own.
    unsafe { kernel::free_pool(opened.cast()) };
}

const _: () = {
    use dirql_ddi::ndis;
    let _ = [NdisOpenConfigurationEx, ndis::NdisOpenConfigurationEx];
    let _ = [NdisReadConfiguration, ndis::NdisReadConfiguration];
    let _ = [NdisCloseConfiguration, ndis::NdisCloseConfiguration];
};

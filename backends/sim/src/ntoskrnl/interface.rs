//! Device interfaces: names by which threads find a device. A name is pool, which the driver frees.

use dirql_ddi::{
    BOOLEAN, FALSE, GUID, NTSTATUS, PDEVICE_OBJECT, PUNICODE_STRING, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_SUCCESS,
};

use super::device_object::device_of;
use super::nt;
use crate::bus::DeviceId;
use crate::context::inert;
use crate::kernel::{self, fail};

const TAG: u32 = u32::from_le_bytes(*b"NtIf");
const NAME_LEN: u16 = 32;

/// A registered interface, which stays registered when the driver frees its name.
pub(super) struct Interface {
    name: *mut u16,
    device: DeviceId,
    is_enabled: bool,
}

/// Says whether a device can be opened.
pub(super) fn is_open(device: DeviceId) -> bool {
    nt(|nt| nt.interfaces.iter().any(|interface| interface.device == device && interface.is_enabled))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoRegisterDeviceInterface(
    PhysicalDeviceObject: PDEVICE_OBJECT,
    _InterfaceClassGuid: *const GUID,
    _ReferenceString: PUNICODE_STRING,
    SymbolicLinkName: PUNICODE_STRING,
) -> NTSTATUS {
    kernel::require_passive("IrqlIo", "IoRegisterDeviceInterface");
    let device = device_of(PhysicalDeviceObject);
    let name: *mut u16 = kernel::allocate_pool(NAME_LEN.into(), TAG).cast();
    if name.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: the caller guarantees a string to write to.
    let string = unsafe { &mut *SymbolicLinkName };
    (string.Length, string.MaximumLength, string.Buffer) = (NAME_LEN, NAME_LEN, name);
    nt(|nt| nt.interfaces.push(Interface { name, device, is_enabled: false }));
    STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn IoSetDeviceInterfaceState(
    SymbolicLinkName: PUNICODE_STRING,
    Enable: BOOLEAN,
) -> NTSTATUS {
    if inert() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    kernel::require_passive("IrqlIo", "IoSetDeviceInterfaceState");
    kernel::pause();
    if Enable != FALSE && kernel::is_denied() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: the caller guarantees a string.
    let name = unsafe { (*SymbolicLinkName).Buffer };
    let set = nt(|nt| {
        let named = nt.interfaces.iter_mut().rfind(|interface| interface.name == name);
        named.map(|interface| interface.is_enabled = Enable != FALSE)
    });
    if set.is_none() {
        fail("InvalidHandle", "IoSetDeviceInterfaceState of a name that is registered for nothing".into());
    }
    STATUS_SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn RtlFreeUnicodeString(UnicodeString: PUNICODE_STRING) {
    // SAFETY: the caller guarantees a string; here and below.
    let string = unsafe { &mut *UnicodeString };
    let buffer = core::mem::replace(&mut string.Buffer, core::ptr::null_mut());
    (string.Length, string.MaximumLength) = (0, 0);
    if !buffer.is_null() {
        // SAFETY: as above: the system allocated it, and nobody uses it any more.
        unsafe { kernel::free_pool(buffer.cast()) };
    }
}

const _: () = {
    let _ = [IoRegisterDeviceInterface, dirql_ddi::IoRegisterDeviceInterface];
    let _ = [IoSetDeviceInterfaceState, dirql_ddi::IoSetDeviceInterfaceState];
    let _ = [RtlFreeUnicodeString, dirql_ddi::RtlFreeUnicodeString];
};

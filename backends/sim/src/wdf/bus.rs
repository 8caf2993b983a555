//! WdfFdoQueryForInterface, for the interface that every bus driver has.

use dirql_ddi::wdf::{PWDF_DRIVER_GLOBALS, WDFDEVICE};
use dirql_ddi::{
    BUS_INTERFACE_STANDARD, GUID, GUID_BUS_INTERFACE_STANDARD, NTSTATUS, PVOID,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_SUCCESS, ULONG,
    USHORT,
};

use super::device;
use super::object::ObjectId;
use crate::kernel::{self, require_passive};
use crate::pci::configuration;

/// PCI_WHICHSPACE_CONFIG.
const CONFIG: ULONG = 0;

/// The context is the device's object.
unsafe extern "C-unwind" fn get_bus_data(
    context: PVOID,
    space: ULONG,
    buffer: PVOID,
    offset: ULONG,
    len: ULONG,
) -> ULONG {
    let device = device::get(ObjectId::of(context)).id;
    let configuration = configuration(device);
    let from = configuration.get(offset as usize..).unwrap_or_default();
    let len = if space == CONFIG { from.len().min(len as usize) } else { 0 };
    // SAFETY: the caller guarantees so many bytes to write to; at most as many are left in the space.
    unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), buffer.cast(), len) };
    len as ULONG
}

/// The interface lasts as long as the device, so nothing is counted.
unsafe extern "C-unwind" fn count_nothing(_: PVOID) {}

pub(super) unsafe extern "C-unwind" fn query_interface(
    _: PWDF_DRIVER_GLOBALS,
    device: WDFDEVICE,
    class: *const GUID,
    interface: PVOID,
    size: USHORT,
    version: USHORT,
    _data: PVOID,
) -> NTSTATUS {
    require_passive("WdfIrql", "WdfFdoQueryForInterface");
    let context = device::id_of(device).handle();
    // SAFETY: the caller passes a GUID.
    if unsafe { *class } != GUID_BUS_INTERFACE_STANDARD {
        return STATUS_NOT_SUPPORTED;
    }
    if (size as usize, version) != (size_of::<BUS_INTERFACE_STANDARD>(), 1) {
        return STATUS_INVALID_PARAMETER;
    }
    if kernel::is_denied() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    let lent = BUS_INTERFACE_STANDARD {
        Size: size,
        Version: version,
        Context: context,
        InterfaceReference: Some(count_nothing),
        InterfaceDereference: Some(count_nothing),
        TranslateBusAddress: core::ptr::null_mut(),
        GetDmaAdapter: core::ptr::null_mut(),
        SetBusData: None,
        GetBusData: Some(get_bus_data),
    };
    // SAFETY: the caller guarantees room for an interface of this size.
    unsafe { interface.cast::<BUS_INTERFACE_STANDARD>().write(lent) };
    STATUS_SUCCESS
}

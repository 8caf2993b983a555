//! Whether messages are MSI or MSI-X: the bus driver reads configuration space.

use dirql::{Error, ErrorKind};
use dirql_ddi::kmdf::{WDFDEVICE, WdfFdoQueryForInterface};
use dirql_ddi::{BUS_INTERFACE_STANDARD, GUID_BUS_INTERFACE_STANDARD, NT_SUCCESS, USHORT};
use nic_shell::pci;

/// PCI_WHICHSPACE_CONFIG.
const CONFIG: u32 = 0;
const VERSION: USHORT = 1;

const NO_INTERFACE: BUS_INTERFACE_STANDARD = BUS_INTERFACE_STANDARD {
    Size: 0,
    Version: 0,
    Context: core::ptr::null_mut(),
    InterfaceReference: None,
    InterfaceDereference: None,
    TranslateBusAddress: core::ptr::null_mut(),
    GetDmaAdapter: core::ptr::null_mut(),
    SetBusData: None,
    GetBusData: None,
};

/// Says whether the device's messages, if it was assigned any, are MSI-X.
///
/// # Safety
/// `device` is being prepared; PASSIVE_LEVEL.
pub(crate) unsafe fn is_msi_x(device: WDFDEVICE) -> Result<bool, Error> {
    let mut bus = NO_INTERFACE;
    let (class, size) = (&GUID_BUS_INTERFACE_STANDARD, size_of::<BUS_INTERFACE_STANDARD>());
    let interface = (&raw mut bus).cast();
    // SAFETY: the caller guarantees device and level; the interface is as long as we say.
    let status = unsafe {
        WdfFdoQueryForInterface(device, class, interface, size as USHORT, VERSION, core::ptr::null_mut())
    };
    if !NT_SUCCESS(status) {
        return Err(ErrorKind::OutOfResources.into());
    }
    let found = pci::is_msi_x(|at, to| read(&bus, at, to));
    if let Some(dereference) = bus.InterfaceDereference {
        // SAFETY: whoever is lent an interface gives it back, with its context.
        unsafe { dereference(bus.Context) };
    }
    Ok(found)
}

fn read(bus: &BUS_INTERFACE_STANDARD, at: u32, to: &mut [u8]) {
    if let Some(get) = bus.GetBusData {
        // SAFETY: the interface was lent for this device; the buffer is as long as we say.
        let _read = unsafe { get(bus.Context, CONFIG, to.as_mut_ptr().cast(), at, to.len() as u32) };
    }
}

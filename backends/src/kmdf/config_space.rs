//! The device's configuration space: the bus driver lends an interface to it.

use core::ptr::null_mut;

use dirql::{Error, ErrorKind};
use dirql_ddi::kmdf::{WDFDEVICE, WdfFdoQueryForInterface};
use dirql_ddi::*;

const VERSION: USHORT = 1;

const NO_INTERFACE: BUS_INTERFACE_STANDARD = BUS_INTERFACE_STANDARD {
    Size: 0,
    Version: 0,
    Context: null_mut(),
    InterfaceReference: None,
    InterfaceDereference: None,
    TranslateBusAddress: null_mut(),
    GetDmaAdapter: null_mut(),
    SetBusData: None,
    GetBusData: None,
};

/// A device's configuration space. It is given back when dropped.
pub struct ConfigSpace(BUS_INTERFACE_STANDARD);

impl ConfigSpace {
    /// # Safety
    /// `device` is being prepared, at PASSIVE_LEVEL, and outlives the result.
    pub(super) unsafe fn open(device: WDFDEVICE) -> Result<Self, Error> {
        let mut bus = NO_INTERFACE;
        let (class, size) = (&GUID_BUS_INTERFACE_STANDARD, size_of::<BUS_INTERFACE_STANDARD>());
        let interface = (&raw mut bus).cast();
        // SAFETY: the caller guarantees device and level; the interface is as long as we say.
        let status =
            unsafe { WdfFdoQueryForInterface(device, class, interface, size as USHORT, VERSION, null_mut()) };
        if NT_SUCCESS(status) { Ok(Self(bus)) } else { Err(ErrorKind::OutOfResources.into()) }
    }

    /// Reads from `offset` on. What cannot be read stays as it was. At or below DISPATCH_LEVEL.
    pub fn read(&self, offset: u32, to: &mut [u8]) {
        let (buffer, len) = (to.as_mut_ptr().cast(), to.len() as ULONG);
        if let Some(get) = self.0.GetBusData {
            // SAFETY: the interface was lent for this device; the buffer is as long as we say.
            unsafe { get(self.0.Context, PCI_WHICHSPACE_CONFIG, buffer, offset, len) };
        }
    }
}

impl Drop for ConfigSpace {
    fn drop(&mut self) {
        if let Some(dereference) = self.0.InterfaceDereference {
            // SAFETY: whoever is lent an interface gives it back, with its context.
            unsafe { dereference(self.0.Context) };
        }
    }
}

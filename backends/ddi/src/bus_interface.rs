//! What a bus driver lends to the drivers of its devices: access to configuration space.

use crate::*;

pub type PINTERFACE_REFERENCE = Option<system_fn!((Context: PVOID))>;
pub type PINTERFACE_DEREFERENCE = PINTERFACE_REFERENCE;
pub type PGET_SET_DEVICE_DATA = Option<
    system_fn!((Context: PVOID, DataType: ULONG, Buffer: PVOID, Offset: ULONG, Length: ULONG) -> ULONG),
>;

/// The interface that every bus driver has; the routines that this workspace does not call are null.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct BUS_INTERFACE_STANDARD {
    pub Size: USHORT,
    pub Version: USHORT,
    pub Context: PVOID,
    pub InterfaceReference: PINTERFACE_REFERENCE,
    pub InterfaceDereference: PINTERFACE_DEREFERENCE,
    pub TranslateBusAddress: PVOID,
    pub GetDmaAdapter: PVOID,
    pub SetBusData: PGET_SET_DEVICE_DATA,
    /// Returns how many bytes it has read. At or below DISPATCH_LEVEL.
    pub GetBusData: PGET_SET_DEVICE_DATA,
}

pub const GUID_BUS_INTERFACE_STANDARD: GUID = GUID {
    Data1: 0x496B_8280,
    Data2: 0x6F25,
    Data3: 0x11D0,
    Data4: [0xBE, 0xAF, 0x08, 0x00, 0x2B, 0xE2, 0x09, 0x2F],
};

// wdm.h.
layout! {
    BUS_INTERFACE_STANDARD: 0x40, align 8 {
        Size: 0x00,
        Version: 0x02,
        Context: 0x08,
        InterfaceReference: 0x10,
        InterfaceDereference: 0x18,
        TranslateBusAddress: 0x20,
        GetDmaAdapter: 0x28,
        SetBusData: 0x30,
        GetBusData: 0x38,
    }
}

//! Hardware resources, as PnP assigns them.

use crate::*;

pub const CmResourceTypeInterrupt: UCHAR = 2;
pub const CmResourceTypeMemory: UCHAR = 3;

pub const CmResourceShareDeviceExclusive: UCHAR = 1;
pub const CmResourceShareShared: UCHAR = 3;

pub const CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE: USHORT = 0;
pub const CM_RESOURCE_INTERRUPT_LATCHED: USHORT = 1;
pub const CM_RESOURCE_INTERRUPT_MESSAGE: USHORT = 2;

/// A PCI device's configuration space, to read from.
pub const PCI_WHICHSPACE_CONFIG: ULONG = 0;

/// A line, or a translated message.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT {
    pub Level: USHORT,
    pub Group: USHORT,
    pub Vector: ULONG,
    pub Affinity: KAFFINITY,
}

/// Device memory, such as a BAR.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY {
    pub Start: PHYSICAL_ADDRESS,
    pub Length: ULONG,
}

#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub union CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT {
    pub Interrupt: CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT,
    pub Memory: CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY,
}

/// `Type` says which member of `u` is there.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct CM_PARTIAL_RESOURCE_DESCRIPTOR {
    pub Type: UCHAR,
    pub ShareDisposition: UCHAR,
    pub Flags: USHORT,
    pub u: CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT,
}

pub type PCM_PARTIAL_RESOURCE_DESCRIPTOR = *mut CM_PARTIAL_RESOURCE_DESCRIPTOR;

/// As many descriptors as it says follow.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct CM_PARTIAL_RESOURCE_LIST {
    pub Version: USHORT,
    pub Revision: USHORT,
    pub Count: ULONG,
    pub PartialDescriptors: [CM_PARTIAL_RESOURCE_DESCRIPTOR; 1],
}

pub type PCM_PARTIAL_RESOURCE_LIST = *mut CM_PARTIAL_RESOURCE_LIST;

/// The resources on one bus.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct CM_FULL_RESOURCE_DESCRIPTOR {
    pub InterfaceType: INTERFACE_TYPE,
    pub BusNumber: ULONG,
    pub PartialResourceList: CM_PARTIAL_RESOURCE_LIST,
}

/// What IRP_MN_START_DEVICE brings. As many descriptors as it says follow; for a device there is one.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct CM_RESOURCE_LIST {
    pub Count: ULONG,
    pub List: [CM_FULL_RESOURCE_DESCRIPTOR; 1],
}

pub type PCM_RESOURCE_LIST = *mut CM_RESOURCE_LIST;

// wdm.h, where these stand under pshpack4.h, with NT_PROCESSOR_GROUPS.
layout! {
    CM_PARTIAL_RESOURCE_DESCRIPTOR: 0x14, align 4 { Type: 0x00, ShareDisposition: 0x01, Flags: 0x02, u: 0x04 }
    CM_PARTIAL_RESOURCE_DESCRIPTOR_INTERRUPT: 0x10, align 4 {
        Level: 0x00,
        Group: 0x02,
        Vector: 0x04,
        Affinity: 0x08,
    }
    CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY: 0x0c, align 4 { Start: 0x00, Length: 0x08 }
    CM_PARTIAL_RESOURCE_LIST: 0x1c, align 4 {
        Version: 0x00,
        Revision: 0x02,
        Count: 0x04,
        PartialDescriptors: 0x08,
    }
    CM_FULL_RESOURCE_DESCRIPTOR: 0x24, align 4 { InterfaceType: 0x00, BusNumber: 0x04, PartialResourceList: 0x08 }
    CM_RESOURCE_LIST: 0x28, align 4 { Count: 0x00, List: 0x04 }
}

union_layout! {
    CM_PARTIAL_RESOURCE_DESCRIPTOR_VARIANT: 0x10, align 4 { Interrupt, Memory }
}

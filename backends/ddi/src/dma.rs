//! DMA adapters and common buffers.

use crate::*;

pub type INTERFACE_TYPE = i32;
pub const PCIBus: INTERFACE_TYPE = 5;
pub const DEVICE_DESCRIPTION_VERSION3: ULONG = 3;

#[repr(C)]
pub struct DEVICE_DESCRIPTION {
    pub Version: ULONG,
    pub Master: BOOLEAN,
    pub ScatterGather: BOOLEAN,
    pub DemandMode: BOOLEAN,
    pub AutoInitialize: BOOLEAN,
    pub Dma32BitAddresses: BOOLEAN,
    pub IgnoreCount: BOOLEAN,
    pub Reserved1: BOOLEAN,
    pub Dma64BitAddresses: BOOLEAN,
    pub BusNumber: ULONG,
    pub DmaChannel: ULONG,
    pub InterfaceType: INTERFACE_TYPE,
    pub DmaWidth: i32,
    pub DmaSpeed: i32,
    pub MaximumLength: ULONG,
    pub DmaPort: ULONG,
    pub DmaAddressWidth: ULONG,
    pub DmaControllerInstance: ULONG,
    pub DmaRequestLine: ULONG,
    pub DeviceAddress: PHYSICAL_ADDRESS,
}

pub type PDEVICE_DESCRIPTION = *mut DEVICE_DESCRIPTION;

#[repr(C)]
pub struct DMA_ADAPTER {
    pub Version: USHORT,
    pub Size: USHORT,
    pub DmaOperations: PDMA_OPERATIONS,
}

pub type PDMA_ADAPTER = *mut DMA_ADAPTER;

pub type PPUT_DMA_ADAPTER = Option<system_fn!((DmaAdapter: PDMA_ADAPTER))>;
pub type PALLOCATE_COMMON_BUFFER = Option<
    system_fn!((
        DmaAdapter: PDMA_ADAPTER,
        Length: ULONG,
        LogicalAddress: *mut PHYSICAL_ADDRESS,
        CacheEnabled: BOOLEAN,
    ) -> PVOID),
>;
pub type PFREE_COMMON_BUFFER = Option<
    system_fn!((
        DmaAdapter: PDMA_ADAPTER,
        Length: ULONG,
        LogicalAddress: PHYSICAL_ADDRESS,
        VirtualAddress: PVOID,
        CacheEnabled: BOOLEAN,
    )),
>;

/// The first members; `Size` says how many there are.
#[repr(C)]
pub struct DMA_OPERATIONS {
    pub Size: ULONG,
    pub PutDmaAdapter: PPUT_DMA_ADAPTER,
    pub AllocateCommonBuffer: PALLOCATE_COMMON_BUFFER,
    pub FreeCommonBuffer: PFREE_COMMON_BUFFER,
}

pub type PDMA_OPERATIONS = *mut DMA_OPERATIONS;

/// A piece of memory as a device sees it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SCATTER_GATHER_ELEMENT {
    pub Address: PHYSICAL_ADDRESS,
    pub Length: ULONG,
    pub Reserved: ULONG_PTR,
}

/// As many elements as it says follow.
#[repr(C)]
pub struct SCATTER_GATHER_LIST {
    pub NumberOfElements: ULONG,
    pub Reserved: ULONG_PTR,
    pub Elements: [SCATTER_GATHER_ELEMENT; 0],
}

pub type PSCATTER_GATHER_LIST = *mut SCATTER_GATHER_LIST;

ntoskrnl! {
    pub fn IoGetDmaAdapter(
        PhysicalDeviceObject: PDEVICE_OBJECT,
        DeviceDescription: PDEVICE_DESCRIPTION,
        NumberOfMapRegisters: *mut ULONG,
    ) -> PDMA_ADAPTER;
}

// wdm.h.
layout! {
    DEVICE_DESCRIPTION: 0x40, align 8 {
        Version: 0x00,
        Master: 0x04,
        ScatterGather: 0x05,
        DemandMode: 0x06,
        AutoInitialize: 0x07,
        Dma32BitAddresses: 0x08,
        IgnoreCount: 0x09,
        Reserved1: 0x0a,
        Dma64BitAddresses: 0x0b,
        BusNumber: 0x0c,
        DmaChannel: 0x10,
        InterfaceType: 0x14,
        DmaWidth: 0x18,
        DmaSpeed: 0x1c,
        MaximumLength: 0x20,
        DmaPort: 0x24,
        DmaAddressWidth: 0x28,
        DmaControllerInstance: 0x2c,
        DmaRequestLine: 0x30,
        DeviceAddress: 0x38,
    }
    DMA_ADAPTER: 0x10, align 8 { Version: 0x00, Size: 0x02, DmaOperations: 0x08 }
    DMA_OPERATIONS: 0x20, align 8 {
        Size: 0x00,
        PutDmaAdapter: 0x08,
        AllocateCommonBuffer: 0x10,
        FreeCommonBuffer: 0x18,
    }
    SCATTER_GATHER_ELEMENT: 0x18, align 8 { Address: 0x00, Length: 0x08, Reserved: 0x10 }
    SCATTER_GATHER_LIST: 0x10, align 8 { NumberOfElements: 0x00, Reserved: 0x08, Elements: 0x10 }
}

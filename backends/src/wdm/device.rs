//! A started device, and the memory that it shares with its driver.

use core::ffi::c_void;
use core::ptr::NonNull;

use dirql::{Cx, Error, ErrorKind, Passive};
use dirql_ddi::*;

use crate::mapped::{self, Release};

pub use crate::mapped::Registers;

/// A started device: its physical device object, mapped registers and DMA adapter.
#[derive(Debug)]
pub struct Device {
    pub(super) physical_device_object: PDEVICE_OBJECT,
    registers: NonNull<c_void>,
    registers_len: u32,
    adapter: NonNull<DMA_ADAPTER>,
}

// SAFETY: the kernel objects behind the pointers may be used from any thread and processor.
unsafe impl Send for Device {}
// SAFETY: as for Send.
unsafe impl Sync for Device {}

impl Device {
    /// Maps the registers and gets the DMA adapter, in IRP_MN_START_DEVICE.
    ///
    /// # Safety
    /// `physical_device_object` is the started device's, and `space` and `len` are those of its translated
    /// memory resource. Nothing made from the device, copies of its registers included, is used or dropped after the
    /// device is.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`]; nothing stays mapped.
    pub unsafe fn start(
        _cx: &mut Cx<'_, Passive>,
        physical_device_object: PDEVICE_OBJECT,
        space: PHYSICAL_ADDRESS,
        len: u32,
    ) -> Result<Self, Error> {
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the caller guarantees the resource.
        let registers = unsafe { MmMapIoSpaceEx(space, len as usize, PAGE_READWRITE | PAGE_NOCACHE) };
        let registers = NonNull::new(registers).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: the caller guarantees the device object.
        match unsafe { dma_adapter(physical_device_object) } {
            Some(adapter) => Ok(Self { physical_device_object, registers, registers_len: len, adapter }),
            None => {
                // SAFETY: mapped above, with this length.
                unsafe { MmUnmapIoSpace(registers.as_ptr(), len as usize) };
                Err(ErrorKind::OutOfResources.into())
            }
        }
    }

    /// Returns the device's registers.
    pub fn registers(&self) -> Registers {
        // SAFETY: the mapping has this length, and outlives its users (`start`).
        unsafe { Registers::new(self.registers, self.registers_len) }
    }

    /// Allocates a zeroed buffer of `len` bytes that the device can reach.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`].
    pub fn allocate(&self, _cx: &mut Cx<'_, Passive>, len: u32) -> Result<CommonBuffer, Error> {
        let mut logical = PHYSICAL_ADDRESS { QuadPart: 0 };
        let operations = self.operations();
        let allocate = operations.AllocateCommonBuffer.ok_or(ErrorKind::Unsupported)?;
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the adapter lives as long as the device.
        let address = unsafe { allocate(self.adapter.as_ptr(), len, &raw mut logical, TRUE) };
        let address = NonNull::new(address.cast()).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: allocated just now.
        Ok(unsafe { CommonBuffer::new(Adapter(self.adapter), address, logical, len) })
    }

    fn operations(&self) -> &DMA_OPERATIONS {
        // SAFETY: the adapter is valid until PutDmaAdapter, in `drop`.
        let operations = unsafe { self.adapter.as_ref() }.DmaOperations;
        // SAFETY: an adapter points to its operations as long as it is valid.
        unsafe { &*operations }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(put) = self.operations().PutDmaAdapter {
            // SAFETY: IoGetDmaAdapter returned it, and everything made from it is gone (`start`).
            unsafe { put(self.adapter.as_ptr()) };
        }
        // SAFETY: mapped in `start` with this length.
        unsafe { MmUnmapIoSpace(self.registers.as_ptr(), self.registers_len as usize) };
    }
}

/// # Safety
/// `device` is a started device's physical device object, and the caller is at PASSIVE_LEVEL.
unsafe fn dma_adapter(device: PDEVICE_OBJECT) -> Option<NonNull<DMA_ADAPTER>> {
    let mut description = DEVICE_DESCRIPTION {
        Version: DEVICE_DESCRIPTION_VERSION3,
        Master: TRUE,
        ScatterGather: TRUE,
        DemandMode: FALSE,
        AutoInitialize: FALSE,
        Dma32BitAddresses: FALSE,
        IgnoreCount: FALSE,
        Reserved1: FALSE,
        Dma64BitAddresses: TRUE,
        BusNumber: 0,
        DmaChannel: 0,
        InterfaceType: PCIBus,
        DmaWidth: 0,
        DmaSpeed: 0,
        MaximumLength: ULONG::MAX,
        DmaPort: 0,
        DmaAddressWidth: 64,
        DmaControllerInstance: 0,
        DmaRequestLine: 0,
        DeviceAddress: PHYSICAL_ADDRESS { QuadPart: 0 },
    };
    let mut map_registers = 0;
    // SAFETY: the caller guarantees the device and the level; both out-parameters are ours.
    NonNull::new(unsafe { IoGetDmaAdapter(device, &raw mut description, &raw mut map_registers) })
}

/// Memory that the device sees too (`AllocateCommonBuffer`). It must be dropped at PASSIVE_LEVEL.
pub type CommonBuffer = mapped::CommonBuffer<Adapter>;

/// The DMA adapter that a common buffer goes back to.
#[derive(Clone, Copy, Debug)]
pub struct Adapter(NonNull<DMA_ADAPTER>);

// SAFETY: an adapter may be used from any thread and processor.
unsafe impl Send for Adapter {}
// SAFETY: as for Send.
unsafe impl Sync for Adapter {}

impl Release for Adapter {
    fn release(&mut self, address: NonNull<u8>, logical: PHYSICAL_ADDRESS, len: u32) {
        // SAFETY: the adapter outlives its buffers (`Device::start`).
        let operations = unsafe { self.0.as_ref() }.DmaOperations;
        // SAFETY: an adapter points to its operations as long as it is valid.
        if let Some(free) = unsafe { (*operations).FreeCommonBuffer } {
            // SAFETY: these are what AllocateCommonBuffer took and returned.
            unsafe { free(self.0.as_ptr(), len, logical, address.as_ptr().cast(), TRUE) };
        }
    }
}

//! A miniport's device: its registers and the memory that it shares.

use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};

use dirql::{Cx, Error, ErrorKind, Passive};
use dirql_ddi::ndis::*;
use dirql_ddi::{TRUE, ULONG};

use crate::mapped::{self, Release};

pub use crate::mapped::Registers;

/// An adapter in initialization or running: its handle and its mapped registers.
#[derive(Debug)]
pub struct Device {
    adapter: NDIS_HANDLE,
    registers: NonNull<c_void>,
    registers_len: u32,
}

// SAFETY: adapter handles and mappings may be used from any thread and processor.
unsafe impl Send for Device {}
// SAFETY: as for Send.
unsafe impl Sync for Device {}

impl Device {
    /// Maps the registers, in MiniportInitializeEx.
    ///
    /// # Safety
    /// `adapter` is the MiniportAdapterHandle that MiniportInitializeEx was given, its attributes are set
    /// (`NdisMSetMiniportAttributes`), and it is registered for bus-master DMA
    /// (`NdisMRegisterScatterGatherDma`) if [`allocate`](Self::allocate) is to be called. `space` and `len`
    /// are those of its translated memory resource. Nothing made from the device, copies of its registers included,
    /// is used or dropped after the device is, and the device is dropped before the adapter has halted.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`]; nothing stays mapped.
    pub unsafe fn start(
        _cx: &mut Cx<'_, Passive>,
        adapter: NDIS_HANDLE,
        space: NDIS_PHYSICAL_ADDRESS,
        len: u32,
    ) -> Result<Self, Error> {
        let mut registers = null_mut();
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the caller guarantees adapter and resource.
        let status = unsafe { NdisMMapIoSpace(&raw mut registers, adapter, space, len) };
        match NonNull::new(registers) {
            Some(registers) if status == NDIS_STATUS_SUCCESS => {
                Ok(Self { adapter, registers, registers_len: len })
            }
            _ => Err(ErrorKind::OutOfResources.into()),
        }
    }

    /// Returns the device's registers.
    pub fn registers(&self) -> Registers {
        // SAFETY: the mapping has this length, and outlives its users (`start`).
        unsafe { Registers::new(self.registers, self.registers_len) }
    }

    /// Reads the device's configuration space from `offset` on. What cannot be read stays as it was. Any IRQL.
    pub fn read_config(&self, offset: u32, to: &mut [u8]) {
        let (buffer, len) = (to.as_mut_ptr().cast(), to.len() as ULONG);
        // SAFETY: the adapter outlives the device (`start`); the buffer is ours and that long.
        unsafe { NdisMGetBusData(self.adapter, PCI_WHICHSPACE_CONFIG, offset, buffer, len) };
    }

    /// Allocates a zeroed buffer of `len` bytes that the device can reach, in MiniportInitializeEx.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`].
    pub fn allocate(&self, _cx: &mut Cx<'_, Passive>, len: u32) -> Result<CommonBuffer, Error> {
        let mut address = null_mut();
        let mut physical = NDIS_PHYSICAL_ADDRESS { QuadPart: 0 };
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the adapter outlives the device, and can do DMA (`start`).
        unsafe {
            NdisMAllocateSharedMemory(self.adapter, len, TRUE, &raw mut address, &raw mut physical);
        }
        let address = NonNull::new(address.cast()).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: allocated just now.
        Ok(unsafe { CommonBuffer::new(Adapter(self.adapter), address, physical, len) })
    }

    pub(super) fn adapter(&self) -> NDIS_HANDLE {
        self.adapter
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: mapped in `start` with this length, and everything made from the device is gone.
        unsafe { NdisMUnmapIoSpace(self.adapter, self.registers.as_ptr(), self.registers_len) };
    }
}

/// Memory that the device sees too (`NdisMAllocateSharedMemory`). It must be dropped at PASSIVE_LEVEL.
pub type CommonBuffer = mapped::CommonBuffer<Adapter>;

/// The adapter that shared memory goes back to.
#[derive(Clone, Copy, Debug)]
pub struct Adapter(NDIS_HANDLE);

// SAFETY: as for `Device`.
unsafe impl Send for Adapter {}
// SAFETY: as for `Device`.
unsafe impl Sync for Adapter {}

impl Release for Adapter {
    fn release(&mut self, address: NonNull<u8>, physical: NDIS_PHYSICAL_ADDRESS, len: u32) {
        // SAFETY: these are what NdisMAllocateSharedMemory took and returned; the adapter outlives its memory
        // (`Device::start`).
        unsafe { NdisMFreeSharedMemory(self.0, len, TRUE, address.as_ptr().cast(), physical) };
    }
}

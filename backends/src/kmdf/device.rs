//! A device between EvtDevicePrepareHardware and EvtDeviceReleaseHardware: its resources, and DMA.

use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};

use dirql::{Cx, Error, ErrorKind, Passive};
use dirql_ddi::kmdf::*;
use dirql_ddi::*;

use super::{ConfigSpace, Kmdf};
use crate::mapped::{self, Registers, Release};
use crate::wdf::{Resources, error_of};

/// A prepared device: its handle, its resource lists, mapped registers and DMA enabler.
#[derive(Debug)]
pub struct Device {
    handle: WDFDEVICE,
    resources: Resources<Kmdf>,
    registers: NonNull<c_void>,
    registers_len: u32,
    enabler: WDFDMAENABLER,
}

// SAFETY: framework handles and the mapping may be used from any thread and processor.
unsafe impl Send for Device {}
// SAFETY: as for Send.
unsafe impl Sync for Device {}

impl Device {
    /// Maps the registers, which are the first memory resource, and creates a DMA enabler for 64-bit addresses.
    ///
    /// # Safety
    /// The caller is the device's EvtDevicePrepareHardware, with its own arguments. Everything made from the
    /// result, and then the result, is dropped in EvtDeviceReleaseHardware, or here on the way to a failure; copies of
    /// its registers are not used after that.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] if there is no memory resource; [`ErrorKind::OutOfResources`]; nothing stays mapped.
    pub unsafe fn prepare(
        _cx: &mut Cx<'_, Passive>,
        device: WDFDEVICE,
        raw: WDFCMRESLIST,
        translated: WDFCMRESLIST,
    ) -> Result<Self, Error> {
        // SAFETY: the caller guarantees the lists, and that they outlive the device.
        let resources = unsafe { Resources::new(raw, translated) };
        let memory = resources.memory().ok_or(ErrorKind::Device)?;
        let (space, registers_len) = (memory.Start, memory.Length);
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the resource is the device's.
        let registers =
            unsafe { MmMapIoSpaceEx(space, registers_len as usize, PAGE_READWRITE | PAGE_NOCACHE) };
        let registers = NonNull::new(registers).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: the caller guarantees the device.
        match unsafe { create_enabler(device) } {
            Ok(enabler) => Ok(Self { handle: device, resources, registers, registers_len, enabler }),
            Err(error) => {
                // SAFETY: mapped above, with this length.
                unsafe { MmUnmapIoSpace(registers.as_ptr(), registers_len as usize) };
                Err(error)
            }
        }
    }

    /// Returns the device's registers.
    pub fn registers(&self) -> Registers {
        // SAFETY: the mapping has this length, and outlives its users (`prepare`).
        unsafe { Registers::new(self.registers, self.registers_len) }
    }

    /// Returns the device's configuration space, to be given back before EvtDevicePrepareHardware returns.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`] if the bus driver lends none.
    pub fn config_space(&self, _cx: &mut Cx<'_, Passive>) -> Result<ConfigSpace, Error> {
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the device is prepared.
        unsafe { ConfigSpace::open(self.handle) }
    }

    /// Allocates a zeroed buffer of `len` bytes that the device can reach.
    ///
    /// # Errors
    /// [`ErrorKind::OutOfResources`]; [`ErrorKind::Unsupported`] if `len` is 0.
    pub fn allocate(&self, _cx: &mut Cx<'_, Passive>, len: u32) -> Result<CommonBuffer, Error> {
        let mut buffer = null_mut();
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the enabler lives as long as the device.
        let status =
            unsafe { WdfCommonBufferCreate(self.enabler, len as usize, null_mut(), &raw mut buffer) };
        if !NT_SUCCESS(status) {
            return Err(error_of(status));
        }
        let owner = Buffer(buffer);
        // SAFETY: created just now.
        let address = unsafe { WdfCommonBufferGetAlignedVirtualAddress(buffer) };
        // SAFETY: as above.
        let logical = unsafe { WdfCommonBufferGetAlignedLogicalAddress(buffer) };
        let address = NonNull::new(address.cast()).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: the framework allocated this for us.
        Ok(unsafe { CommonBuffer::new(owner, address, logical, len) })
    }

    pub(super) fn handle(&self) -> WDFDEVICE {
        self.handle
    }

    pub(super) fn resources(&self) -> &Resources<Kmdf> {
        &self.resources
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: everything made from the enabler is gone (`prepare`).
        unsafe { WdfObjectDelete(self.enabler.cast()) };
        // SAFETY: mapped in `prepare` with this length.
        unsafe { MmUnmapIoSpace(self.registers.as_ptr(), self.registers_len as usize) };
    }
}

/// # Safety
/// `device` is a device, and the caller is at PASSIVE_LEVEL.
unsafe fn create_enabler(device: WDFDEVICE) -> Result<WDFDMAENABLER, Error> {
    let mut config = WDF_DMA_ENABLER_CONFIG_INIT(WdfDmaProfileScatterGather64, SIZE_T::from(u16::MAX));
    let mut enabler = null_mut();
    // SAFETY: the caller guarantees the device and the level; the rest is ours.
    let status = unsafe { WdfDmaEnablerCreate(device, &raw mut config, null_mut(), &raw mut enabler) };
    if NT_SUCCESS(status) { Ok(enabler) } else { Err(error_of(status)) }
}

/// Memory that the device sees too (`WdfCommonBufferCreate`). It must be dropped at PASSIVE_LEVEL.
pub type CommonBuffer = mapped::CommonBuffer<Buffer>;

/// The framework object that a common buffer belongs to.
#[derive(Debug)]
pub struct Buffer(WDFCOMMONBUFFER);

// SAFETY: framework handles may be used from any thread and processor.
unsafe impl Send for Buffer {}
// SAFETY: as for Send.
unsafe impl Sync for Buffer {}

impl Release for Buffer {
    fn release(&mut self, _: NonNull<u8>, _: PHYSICAL_ADDRESS, _: u32) {
        // SAFETY: created by `Device::allocate`, and released once.
        unsafe { WdfObjectDelete(self.0.cast()) };
    }
}

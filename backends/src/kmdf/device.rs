//! A device between EvtDevicePrepareHardware and EvtDeviceReleaseHardware: its resources, and DMA.

use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};

use dirql::{Cx, Error, ErrorKind, Passive};
use dirql_ddi::kmdf::*;
use dirql_ddi::*;

use super::callbacks::error_of;
use crate::Granted;
use crate::mapped::{self, Registers, Release};

/// A prepared device: its handle, its resource lists, mapped registers and DMA enabler.
#[derive(Debug)]
pub struct Device {
    handle: WDFDEVICE,
    raw: WDFCMRESLIST,
    translated: WDFCMRESLIST,
    registers: NonNull<c_void>,
    registers_len: u32,
    enabler: WDFDMAENABLER,
}

// SAFETY: framework handles and the mapping may be used from any thread and processor.
unsafe impl Send for Device {}
// SAFETY: as for Send.
unsafe impl Sync for Device {}

/// The descriptors of one interrupt, in the lists that the framework handed out.
#[derive(Clone, Copy)]
pub(super) struct Resource {
    pub(super) raw: PCM_PARTIAL_RESOURCE_DESCRIPTOR,
    pub(super) translated: PCM_PARTIAL_RESOURCE_DESCRIPTOR,
    message: bool,
}

impl Device {
    /// Maps the registers, which are the first memory resource, and creates a DMA enabler for 64-bit addresses.
    ///
    /// # Safety
    /// The caller is the device's EvtDevicePrepareHardware, with its own arguments. Everything made from the
    /// result, and then the result, is dropped in EvtDeviceReleaseHardware, or here on the way to a failure.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] if there is no memory resource; [`ErrorKind::OutOfResources`]; nothing stays mapped.
    pub unsafe fn prepare(
        _cx: &mut Cx<'_, Passive>,
        device: WDFDEVICE,
        raw: WDFCMRESLIST,
        translated: WDFCMRESLIST,
    ) -> Result<Self, Error> {
        // SAFETY: the caller guarantees the list.
        let memory = unsafe { memory(translated) }.ok_or(ErrorKind::Device)?;
        let (space, registers_len) = (memory.Start, memory.Length);
        // SAFETY: `_cx` proves PASSIVE_LEVEL; the resource is the device's.
        let registers =
            unsafe { MmMapIoSpaceEx(space, registers_len as usize, PAGE_READWRITE | PAGE_NOCACHE) };
        let registers = NonNull::new(registers).ok_or(ErrorKind::OutOfResources)?;
        // SAFETY: the caller guarantees the device.
        match unsafe { create_enabler(device) } {
            Ok(enabler) => Ok(Self { handle: device, raw, translated, registers, registers_len, enabler }),
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

    /// Returns what the device was assigned: messages, or the line.
    pub(super) fn assigned(&self) -> Option<Granted> {
        match self.interrupts().filter(|resource| resource.message).count() {
            0 => self.interrupts().next().map(|_| Granted::Line),
            n => Some(Granted::Messages(n as u16)),
        }
    }

    /// Returns the descriptors of interrupts, in order. A device has messages or a line, never both.
    pub(super) fn interrupts(&self) -> impl Iterator<Item = Resource> {
        // SAFETY: the lists live until EvtDeviceReleaseHardware ends (`prepare`).
        let count = unsafe { WdfCmResourceListGetCount(self.translated) };
        (0..count).filter_map(|index| self.interrupt(index))
    }

    fn interrupt(&self, index: ULONG) -> Option<Resource> {
        // SAFETY: as above; both lists have the same descriptors, in the same order.
        let raw = unsafe { WdfCmResourceListGetDescriptor(self.raw, index) };
        // SAFETY: as above.
        let translated = unsafe { WdfCmResourceListGetDescriptor(self.translated, index) };
        // SAFETY: a descriptor lives as long as its list.
        let descriptor = unsafe { translated.as_ref() }?;
        let message = descriptor.Flags & CM_RESOURCE_INTERRUPT_MESSAGE != 0;
        (descriptor.Type == CmResourceTypeInterrupt).then_some(Resource { raw, translated, message })
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
/// `list` is a live list of translated resources.
unsafe fn memory(list: WDFCMRESLIST) -> Option<CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY> {
    // SAFETY: the caller guarantees the list.
    let count = unsafe { WdfCmResourceListGetCount(list) };
    (0..count).find_map(|index| {
        // SAFETY: as above.
        let descriptor = unsafe { WdfCmResourceListGetDescriptor(list, index) };
        // SAFETY: a descriptor lives as long as its list.
        let descriptor = unsafe { descriptor.as_ref() }.filter(|d| d.Type == CmResourceTypeMemory)?;
        // SAFETY: `Type` says that this member is there.
        Some(unsafe { descriptor.u.Memory })
    })
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

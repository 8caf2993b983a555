//! A device between EvtDevicePrepareHardware and EvtDeviceReleaseHardware: its resources, and its registers.

use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};

use dirql::{Cx, DmaMemory, Error, ErrorKind, Passive, RegisterIo};
use dirql_ddi::umdf::*;
use dirql_ddi::*;

use super::Umdf;
use crate::wdf::{Resources, error_of};

/// A prepared device: its handle, its resource lists and mapped registers.
#[derive(Debug)]
pub struct Device {
    resources: Resources<Umdf>,
    registers: Registers,
}

// SAFETY: framework handles and the mapping may be used from any thread of the host.
unsafe impl Send for Device {}
// SAFETY: as for Send.
unsafe impl Sync for Device {}

impl Device {
    /// Maps the registers, which are the first memory resource. The INF must have
    /// `UmdfDirectHardwareAccess=AllowDirectHardwareAccess` (R88).
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
        let CM_PARTIAL_RESOURCE_DESCRIPTOR_MEMORY { Start, Length: len } =
            resources.memory().ok_or(ErrorKind::Device)?;
        let mut base = null_mut();
        // SAFETY: the caller guarantees the device; the resource is its own.
        let status = unsafe { WdfDeviceMapIoSpace(device, Start, len as usize, MmNonCached, &raw mut base) };
        if !NT_SUCCESS(status) {
            return Err(error_of(status));
        }
        let base = NonNull::new(base).ok_or(ErrorKind::OutOfResources)?;
        Ok(Self { resources, registers: Registers { device, base, len } })
    }

    /// Returns the device's registers.
    pub fn registers(&self) -> Registers {
        self.registers
    }

    pub(super) fn handle(&self) -> WDFDEVICE {
        self.registers.device
    }

    pub(super) fn resources(&self) -> &Resources<Umdf> {
        &self.resources
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let Registers { device, base, len } = self.registers;
        // SAFETY: mapped in `prepare` with this length; what was made from the device is gone.
        unsafe { WdfDeviceUnmapIoSpace(device, base.as_ptr(), len as usize) };
    }
}

/// The mapped registers of a device. The base is a pseudo address: only the framework can use it.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    device: WDFDEVICE,
    base: NonNull<c_void>,
    len: u32,
}

// SAFETY: the framework's register functions may be called from any thread of the host.
unsafe impl Send for Registers {}
// SAFETY: as for Send.
unsafe impl Sync for Registers {}

impl Registers {
    fn at(&self, offset: u32) -> Option<*mut ULONG> {
        let inside = offset.is_multiple_of(4) && offset < self.len && self.len - offset >= 4;
        inside.then(|| self.base.as_ptr().wrapping_byte_add(offset as usize).cast())
    }
}

impl RegisterIo for Registers {
    fn read_u32(&self, offset: u32) -> u32 {
        let read = |register| {
            // SAFETY: `at` keeps inside the mapping, which outlives its users (`Device::prepare`).
            unsafe { WDF_READ_REGISTER_ULONG(self.device, register) }
        };
        self.at(offset).map_or(u32::MAX, read)
    }

    fn write_u32(&self, offset: u32, value: u32) {
        if let Some(register) = self.at(offset) {
            // SAFETY: as in `read_u32`.
            unsafe { WDF_WRITE_REGISTER_ULONG(self.device, register, value) };
        }
    }
}

/// Memory shared with a device, which no UMDF driver has.
#[derive(Clone, Copy, Debug)]
pub enum NoDma {}

impl DmaMemory for NoDma {
    fn device_address(&self) -> u64 {
        match *self {}
    }

    fn len(&self) -> u32 {
        match *self {}
    }

    fn read_u32(&self, _: u32) -> u32 {
        match *self {}
    }

    fn write_u32(&self, _: u32, _: u32) {
        match *self {}
    }

    fn read_bytes(&self, _: u32, _: &mut [u8]) {
        match *self {}
    }

    fn write_bytes(&self, _: u32, _: &[u8]) {
        match *self {}
    }

    fn publish(&self) {
        match *self {}
    }
}

//! Device memory that a kernel framework mapped: registers, and buffers that the device sees too.
//!
//! WDM, KMDF and NDIS differ in who maps and who frees; what lies between is the same.

use core::ffi::c_void;
use core::ptr::NonNull;

use dirql::{DmaMemory, RegisterIo};
use dirql_ddi::{
    KeMemoryBarrier, PHYSICAL_ADDRESS, READ_REGISTER_ULONG, ULONG, WRITE_REGISTER_ULONG, dma_read_bytes,
    dma_read_u32, dma_write_bytes, dma_write_u32,
};

/// The mapped registers of a device.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    base: NonNull<c_void>,
    len: u32,
}

// SAFETY: register accesses are single instructions that any processor may execute.
unsafe impl Send for Registers {}
// SAFETY: as for Send.
unsafe impl Sync for Registers {}

impl Registers {
    /// # Safety
    /// `base` is a mapping of `len` bytes of registers, which outlives the result and its copies.
    pub(crate) const unsafe fn new(base: NonNull<c_void>, len: u32) -> Self {
        Self { base, len }
    }

    fn at(&self, offset: u32) -> Option<*mut ULONG> {
        let inside = offset.is_multiple_of(4) && offset < self.len && self.len - offset >= 4;
        inside.then(|| self.base.as_ptr().wrapping_byte_add(offset as usize).cast())
    }
}

impl RegisterIo for Registers {
    fn read_u32(&self, offset: u32) -> u32 {
        // SAFETY: `at` keeps inside the mapping, which is alive (`new`).
        self.at(offset).map_or(u32::MAX, |register| unsafe { READ_REGISTER_ULONG(register) })
    }

    fn write_u32(&self, offset: u32, value: u32) {
        if let Some(register) = self.at(offset) {
            // SAFETY: as in `read_u32`.
            unsafe { WRITE_REGISTER_ULONG(register, value) };
        }
    }
}

/// Gives a common buffer back to the framework that allocated it.
pub trait Release: Send + Sync {
    /// Frees the buffer of `len` bytes at `address`, which the device sees at `logical`. Called once, when
    /// nobody uses the buffer any more.
    fn release(&mut self, address: NonNull<u8>, logical: PHYSICAL_ADDRESS, len: u32);
}

/// Memory that the device sees too. It must be dropped at PASSIVE_LEVEL.
pub struct CommonBuffer<R: Release> {
    owner: R,
    address: NonNull<u8>,
    logical: PHYSICAL_ADDRESS,
    len: u32,
}

// SAFETY: the buffer is plain memory, reached by atomic accesses only; its owner is Send.
unsafe impl<R: Release> Send for CommonBuffer<R> {}
// SAFETY: as for Send; its owner is Sync.
unsafe impl<R: Release> Sync for CommonBuffer<R> {}

impl<R: Release> CommonBuffer<R> {
    /// Takes a buffer over, and zeroes it.
    ///
    /// # Safety
    /// `owner` allocated `len` bytes at `address`, which the device sees at `logical`, for the result alone.
    pub(crate) unsafe fn new(owner: R, address: NonNull<u8>, logical: PHYSICAL_ADDRESS, len: u32) -> Self {
        let buffer = Self { owner, address, logical, len };
        buffer.zero();
        buffer
    }

    fn at(&self, offset: u32, len: usize) -> Option<*mut u8> {
        let end = (offset as usize).checked_add(len)?;
        (end <= self.len as usize).then(|| self.address.as_ptr().wrapping_add(offset as usize))
    }

    fn word(&self, offset: u32) -> Option<*mut u32> {
        self.at(offset, 4).filter(|_| offset.is_multiple_of(4)).map(<*mut u8>::cast)
    }

    fn zero(&self) {
        const ZEROS: [u8; 256] = [0; 256];
        let mut offset = 0;
        while offset < self.len {
            let len = (self.len - offset).min(ZEROS.len() as u32);
            if let Some(part) = ZEROS.get(..len as usize) {
                self.write_bytes(offset, part);
            }
            offset += len;
        }
    }
}

impl<R: Release> DmaMemory for CommonBuffer<R> {
    fn device_address(&self) -> u64 {
        // SAFETY: the union has one member.
        unsafe { self.logical.QuadPart as u64 }
    }

    fn len(&self) -> u32 {
        self.len
    }

    fn read_u32(&self, offset: u32) -> u32 {
        // SAFETY: `word` keeps inside the buffer.
        self.word(offset).map_or(0, |word| unsafe { dma_read_u32(word) })
    }

    fn write_u32(&self, offset: u32, value: u32) {
        if let Some(word) = self.word(offset) {
            // SAFETY: `word` keeps inside the buffer.
            unsafe { dma_write_u32(word, value) };
        }
    }

    fn read_bytes(&self, offset: u32, to: &mut [u8]) {
        match self.at(offset, to.len()) {
            // SAFETY: `at` keeps inside the buffer; `to` is the caller's.
            Some(from) => unsafe { dma_read_bytes(from, to.as_mut_ptr(), to.len()) },
            None => to.fill(0),
        }
    }

    fn write_bytes(&self, offset: u32, from: &[u8]) {
        if let Some(to) = self.at(offset, from.len()) {
            // SAFETY: `at` keeps inside the buffer; `from` is the caller's.
            unsafe { dma_write_bytes(to, from.as_ptr(), from.len()) };
        }
    }

    fn publish(&self) {
        // SAFETY: a barrier has no requirement.
        unsafe { KeMemoryBarrier() };
    }
}

impl<R: Release> Drop for CommonBuffer<R> {
    fn drop(&mut self) {
        self.owner.release(self.address, self.logical, self.len);
    }
}

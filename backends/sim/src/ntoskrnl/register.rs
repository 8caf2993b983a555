//! Register and DMA accesses by address.
//!
//! A mapping is a number, not memory: device and offset for registers, buffer and offset for common buffers.

use dirql_ddi::ULONG;

use super::resources::SPACE_SIZE;
use crate::bus::DeviceId;
use crate::kernel::{self, fail};
use crate::memory::BufferId;
use crate::moves::DEVICES_MAX;

pub(super) const REGISTERS_AT: usize = 0xffff_9000_0000_0000;
const BUFFERS_AT: usize = 0xffff_a000_0000_0000;
const BUFFER_STRIDE: usize = 1 << 32;

/// Returns the address at which a buffer is mapped.
pub(crate) fn buffer_address(buffer: BufferId) -> usize {
    BUFFERS_AT + (buffer.0 as usize) * BUFFER_STRIDE
}

/// Returns the buffer and the offset behind an address.
pub(crate) fn buffer_at(address: usize) -> (BufferId, u32) {
    match address.checked_sub(BUFFERS_AT) {
        Some(at) => (BufferId((at / BUFFER_STRIDE) as u32), (at % BUFFER_STRIDE) as u32),
        None => fail("InvalidHandle", format!("{address:#x} is in no common buffer")),
    }
}

/// Returns the device and the offset behind a mapped address.
pub(crate) fn register_at(address: usize) -> (DeviceId, u32) {
    let size = SPACE_SIZE as usize;
    match address.checked_sub(REGISTERS_AT) {
        Some(at) if at / size < DEVICES_MAX => (DeviceId((at / size) as u8), (at % size) as u32),
        _ => fail("InvalidHandle", format!("{address:#x} is no mapped register")),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn READ_REGISTER_ULONG(Register: *mut ULONG) -> ULONG {
    let (device, offset) = register_at(Register as usize);
    kernel::read_register(device, offset)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn WRITE_REGISTER_ULONG(Register: *mut ULONG, Value: ULONG) {
    let (device, offset) = register_at(Register as usize);
    kernel::write_register(device, offset, Value);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn KeMemoryBarrier() {
    kernel::publish();
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dirql_dma_read_u32(from: *const u32) -> u32 {
    let (buffer, offset) = buffer_at(from as usize);
    kernel::read_dma(buffer, offset)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dirql_dma_write_u32(to: *mut u32, value: u32) {
    let (buffer, offset) = buffer_at(to as usize);
    kernel::write_dma(buffer, offset, value);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dirql_dma_read_bytes(from: *const u8, to: *mut u8, len: usize) {
    let (buffer, offset) = buffer_at(from as usize);
    // SAFETY: the caller guarantees `len` bytes of its own at `to` (ddi).
    let to = unsafe { core::slice::from_raw_parts_mut(to, len) };
    kernel::read_dma_bytes(buffer, offset, to);
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dirql_dma_write_bytes(to: *mut u8, from: *const u8, len: usize) {
    let (buffer, offset) = buffer_at(to as usize);
    // SAFETY: the caller guarantees `len` bytes of its own at `from` (ddi).
    let from = unsafe { core::slice::from_raw_parts(from, len) };
    kernel::write_dma_bytes(buffer, offset, from);
}

const _: () = {
    let _ = [READ_REGISTER_ULONG, dirql_ddi::READ_REGISTER_ULONG];
    let _ = [WRITE_REGISTER_ULONG, dirql_ddi::WRITE_REGISTER_ULONG];
    let _ = [KeMemoryBarrier, dirql_ddi::KeMemoryBarrier];
    let _ = [dirql_dma_read_u32, dirql_ddi::dma_read_u32];
    let _ = [dirql_dma_write_u32, dirql_ddi::dma_write_u32];
    let _ = [dirql_dma_read_bytes, dirql_ddi::dma_read_bytes];
    let _ = [dirql_dma_write_bytes, dirql_ddi::dma_write_bytes];
};

//! Accesses to device registers and to memory shared with a device.
//!
//! The register routines are inline in Microsoft's headers, on x64 and on arm64, and have no export, so they are
//! written here. The `dma_` functions are no DDIs: they are the accesses that a C driver writes as plain loads and
//! stores, named so that a simulation can see them. They are atomic, since a device, and in safe code another
//! processor, may access the same bytes at the same time; on x64 and arm64 an atomic access of this kind is a plain
//! instruction.

use crate::*;

#[cfg(not(feature = "sim"))]
mod shared;
#[cfg(not(feature = "sim"))]
use core::sync::atomic::{Ordering, compiler_fence, fence};

/// Reads a register. x64: no barrier, the load is strongly ordered by its uncached mapping. arm64: a full
/// barrier first.
///
/// # Safety
/// `Register` is an aligned address in a mapping made by `MmMapIoSpaceEx`.
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn READ_REGISTER_ULONG(Register: *mut ULONG) -> ULONG {
    if cfg!(target_arch = "aarch64") {
        fence(Ordering::SeqCst);
    } else {
        compiler_fence(Ordering::SeqCst);
    }
    // SAFETY: the caller guarantees a mapped, aligned register.
    unsafe { Register.read_volatile() }
}

/// Writes a register. x64: a full barrier after the store. arm64: a full barrier before it.
///
/// # Safety
/// As for [`READ_REGISTER_ULONG`].
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn WRITE_REGISTER_ULONG(Register: *mut ULONG, Value: ULONG) {
    if cfg!(target_arch = "aarch64") {
        fence(Ordering::SeqCst);
    } else {
        compiler_fence(Ordering::SeqCst);
    }
    // SAFETY: the caller guarantees a mapped, aligned register.
    unsafe { Register.write_volatile(Value) };
    if cfg!(not(target_arch = "aarch64")) {
        fence(Ordering::SeqCst);
    }
}

/// Orders all accesses before it with all after it (`KeMemoryBarrier`, inline).
///
/// # Safety
/// None is needed; it is unsafe only because the simulation's is a foreign function.
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn KeMemoryBarrier() {
    fence(Ordering::SeqCst);
}

/// Reads a word that others may write at the same time; later accesses stay behind it.
///
/// # Safety
/// `from` is an aligned address in a live common buffer.
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn dma_read_u32(from: *const u32) -> u32 {
    // SAFETY: the caller guarantees an aligned word of a live buffer.
    let value = unsafe { shared::load(from) };
    fence(Ordering::Acquire);
    value
}

/// Writes a word that others may access at the same time.
///
/// # Safety
/// As for [`dma_read_u32`].
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn dma_write_u32(to: *mut u32, value: u32) {
    // SAFETY: the caller guarantees an aligned word of a live buffer.
    unsafe { shared::store(to, value) };
}

/// Copies `len` bytes out of a common buffer, of which others may write any at the same time.
///
/// # Safety
/// `from` is valid for `len` bytes in a live common buffer, `to` for `len` bytes of the caller's own.
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn dma_read_bytes(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller guarantees both ranges.
    unsafe { shared::copy_out(from, to, len) };
}

/// Copies `len` bytes into a common buffer.
///
/// # Safety
/// As for [`dma_read_bytes`], the other way round.
#[cfg(not(feature = "sim"))]
#[inline]
pub unsafe fn dma_write_bytes(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller guarantees both ranges.
    unsafe { shared::copy_in(to, from, len) };
}

#[cfg(feature = "sim")]
unsafe extern "C-unwind" {
    pub fn READ_REGISTER_ULONG(Register: *mut ULONG) -> ULONG;
    pub fn WRITE_REGISTER_ULONG(Register: *mut ULONG, Value: ULONG);
    pub fn KeMemoryBarrier();
    #[link_name = "dirql_dma_read_u32"]
    pub fn dma_read_u32(from: *const u32) -> u32;
    #[link_name = "dirql_dma_write_u32"]
    pub fn dma_write_u32(to: *mut u32, value: u32);
    #[link_name = "dirql_dma_read_bytes"]
    pub fn dma_read_bytes(from: *const u8, to: *mut u8, len: usize);
    #[link_name = "dirql_dma_write_bytes"]
    pub fn dma_write_bytes(to: *mut u8, from: *const u8, len: usize);
}

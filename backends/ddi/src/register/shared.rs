//! Accesses to memory that others change at the same time: relaxed atomics, of words where the address is one of a
//! word, else of bytes.

#![allow(clippy::disallowed_types, reason = "what a simulation sees is `dma_read_u32` and its like")]

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

const WORD: usize = size_of::<u32>();

/// # Safety
/// `from` is aligned and valid for reads; others access the word only by single instructions.
pub(super) unsafe fn load(from: *const u32) -> u32 {
    // SAFETY: the caller guarantees the word.
    unsafe { AtomicU32::from_ptr(from.cast_mut()) }.load(Relaxed)
}

/// # Safety
/// As for [`load`], for writes.
pub(super) unsafe fn store(to: *mut u32, value: u32) {
    // SAFETY: the caller guarantees the word.
    unsafe { AtomicU32::from_ptr(to) }.store(value, Relaxed);
}

/// Returns how long the next piece of a copy is that begins at `address`.
fn step(address: usize, rest: usize) -> usize {
    if address.is_multiple_of(WORD) && rest >= WORD { WORD } else { 1 }
}

/// Copies out of shared memory.
///
/// # Safety
/// `from` is valid for reads of `len` bytes, `to` for writes, and nobody else accesses `to`.
pub(super) unsafe fn copy_out(mut from: *const u8, mut to: *mut u8, len: usize) {
    let end = from.wrapping_add(len);
    while from != end {
        let step = step(from as usize, end as usize - from as usize);
        if step == WORD {
            // SAFETY: an aligned word of the caller's range.
            let word = unsafe { load(from.cast()) };
            // SAFETY: as far into the other range.
            unsafe { to.cast::<u32>().write_unaligned(word) };
        } else {
            // SAFETY: a byte of the caller's range.
            let byte = unsafe { AtomicU8::from_ptr(from.cast_mut()) }.load(Relaxed);
            // SAFETY: as far into the other range.
            unsafe { to.write(byte) };
        }
        (from, to) = (from.wrapping_add(step), to.wrapping_add(step));
    }
}

/// Copies into shared memory.
///
/// # Safety
/// `to` is valid for writes of `len` bytes, `from` for reads, and nobody else accesses `from`.
pub(super) unsafe fn copy_in(mut to: *mut u8, mut from: *const u8, len: usize) {
    let end = to.wrapping_add(len);
    while to != end {
        let step = step(to as usize, end as usize - to as usize);
        if step == WORD {
            // SAFETY: as far into the caller's own range.
            let word = unsafe { from.cast::<u32>().read_unaligned() };
            // SAFETY: an aligned word of the caller's range.
            unsafe { store(to.cast(), word) };
        } else {
            // SAFETY: as far into the caller's own range.
            let byte = unsafe { from.read() };
            // SAFETY: a byte of the caller's range.
            unsafe { AtomicU8::from_ptr(to) }.store(byte, Relaxed);
        }
        (to, from) = (to.wrapping_add(step), from.wrapping_add(step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(4))]
    struct Shared([u8; 32]);

    #[test]
    fn a_copy_is_whole_whatever_its_place_and_length() {
        for place in 0..5 {
            for len in 0..=24 {
                let own: [u8; 24] = core::array::from_fn(|i| i as u8 + 1);
                let mut shared = Shared([0; 32]);
                // SAFETY: both ranges are inside of their arrays.
                unsafe { copy_in(shared.0.as_mut_ptr().wrapping_add(place), own.as_ptr(), len) };
                assert_eq!(shared.0[place..place + len], own[..len]);
                assert!(shared.0[..place].iter().chain(&shared.0[place + len..]).all(|&byte| byte == 0));
                let mut back = [0; 24];
                // SAFETY: as above.
                unsafe { copy_out(shared.0.as_ptr().wrapping_add(place), back.as_mut_ptr(), len) };
                assert_eq!(back[..len], own[..len]);
                assert!(back[len..].iter().all(|&byte| byte == 0));
            }
        }
    }
}

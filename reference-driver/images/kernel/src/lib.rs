//! What every kernel-mode image needs besides its shell: the panic handler, and the routines that the compiler calls
//! by itself, which a C driver has from its runtime library and ntoskrnl.exe exports too.
#![no_std]

use core::panic::PanicInfo;

#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn KeBugCheckEx(
        code: u32,
        parameter1: usize,
        parameter2: usize,
        parameter3: usize,
        parameter4: usize,
    ) -> !;
}

// What an image does not call it does not import.
#[allow(dead_code, reason = "the compiler calls them")]
#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8;
    fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32;
    fn __chkstk();
}

/// MANUALLY_INITIATED_CRASH1, which Windows raises by itself only when an administrator asks for it.
const CODE: u32 = 0xDEAD_DEAD;

/// Stops the machine. The parameters are the address and the length of the source file's name, line and column.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let (file, line, column) = info.location().map_or(("", 0, 0), |at| (at.file(), at.line(), at.column()));
    // SAFETY: callable at every IRQL, and its parameters are numbers to it.
    unsafe { KeBugCheckEx(CODE, file.as_ptr().addr(), file.len(), line as usize, column as usize) }
}

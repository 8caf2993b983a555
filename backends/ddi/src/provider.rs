//! Who answers a call: the one place that knows how a DDI is linked.
//!
//! In the simulation a panic of the driver is a finding and unwinds to the machine, through every frame between. On
//! a target panics abort: what the system exports does not unwind, and saying so keeps landing pads, and with them
//! the panic that ends an unwinding, out of every caller. Callbacks, which the system calls, have the ABI `C-unwind`
//! everywhere: a function pays nothing for an unwinding that it does not do.

/// Declares exports of ntoskrnl.exe, from whoever provides them.
#[cfg(feature = "sim")]
macro_rules! ntoskrnl {
    ($($item:item)*) => { unsafe extern "C-unwind" { $($item)* } };
}

/// Declares exports of ntoskrnl.exe, from whoever provides them.
#[cfg(not(feature = "sim"))]
macro_rules! ntoskrnl {
    ($($item:item)*) => {
        #[cfg_attr(
            all(windows, not(feature = "wdk-sys")),
            link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")
        )]
        #[cfg_attr(all(windows, feature = "wdk-sys"), link(name = "ntoskrnl"))]
        unsafe extern "C" { $($item)* }
    };
}

/// Declares exports of NDIS.SYS, from whoever provides them.
#[cfg(feature = "sim")]
macro_rules! ndis {
    ($($item:item)*) => { unsafe extern "C-unwind" { $($item)* } };
}

/// Declares exports of NDIS.SYS, from whoever provides them.
#[cfg(not(feature = "sim"))]
macro_rules! ndis {
    ($($item:item)*) => {
        #[cfg_attr(
            all(windows, not(feature = "wdk-sys")),
            link(name = "NDIS.SYS", kind = "raw-dylib", modifiers = "+verbatim")
        )]
        #[cfg_attr(all(windows, feature = "wdk-sys"), link(name = "ndis"))]
        unsafe extern "C" { $($item)* }
    };
}

/// Declares exports of kernel32.dll, from whoever provides them. In the simulation their symbols have a prefix: a host
/// program may need the real ones.
#[cfg(feature = "sim")]
macro_rules! kernel32 {
    ($($item:item)*) => { unsafe extern "C-unwind" { $($item)* } };
}

/// Declares exports of kernel32.dll, from whoever provides them.
#[cfg(not(feature = "sim"))]
macro_rules! kernel32 {
    ($($item:item)*) => {
        #[cfg_attr(windows, link(name = "kernel32", kind = "raw-dylib"))]
        unsafe extern "C" { $($item)* }
    };
}

/// The type of a function of the system's that drivers reach by a pointer: a DMA operation, an entry of a
/// framework's table.
#[cfg(feature = "sim")]
macro_rules! system_fn {
    (($($parameters:tt)*) $(-> $result:ty)?) => { unsafe extern "C-unwind" fn($($parameters)*) $(-> $result)? };
}

/// The type of a function of the system's that drivers reach by a pointer: a DMA operation, an entry of a
/// framework's table.
#[cfg(not(feature = "sim"))]
macro_rules! system_fn {
    (($($parameters:tt)*) $(-> $result:ty)?) => { unsafe extern "C" fn($($parameters)*) $(-> $result)? };
}

//! Layouts, asserted beside the types they are of.
//!
//! x64 and arm64 lay these structures out alike: both have 8-byte pointers and natural alignment. So one set of
//! numbers serves both, and every 64-bit host too.
//!
//! In front of each block stands the header that its numbers are from. `wdm.h`, `ntdef.h`, `ndis.h` and `ntddndis.h`
//! are the WDK's, as microsoft/wdkmetadata (a4041452) carries them, laid out by clang 14 for
//! x86_64-pc-windows-msvc, and `wdm.h` for aarch64 too. `wdf*.h` are those of microsoft/Windows-Driver-Frameworks
//! (b6191d9), KMDF 1.15 to 1.33 and UMDF 2.15 to 2.33.

/// Asserts a structure's size and alignment in bytes, and the offset of each of its fields. It does not compile
/// with a field left out.
macro_rules! layout {
    ($($name:ident: $size:literal, align $align:literal { $($field:ident: $offset:literal),* $(,)? })*) => {$(
        const _: () = {
            assert!(size_of::<$name>() == $size);
            assert!(align_of::<$name>() == $align);
            $(assert!(core::mem::offset_of!($name, $field) == $offset);)*
        };
        const _: fn($name) = |every_field| {
            let $name { $($field: _),* } = every_field;
        };
    )*};
}

/// As `layout`, of unions, whose fields all begin where the union does.
macro_rules! union_layout {
    ($($name:ident: $size:literal, align $align:literal { $($field:ident),* })*) => {$(
        const _: () = {
            assert!(size_of::<$name>() == $size);
            assert!(align_of::<$name>() == $align);
            $(assert!(core::mem::offset_of!($name, $field) == 0);)*
        };
    )*};
}

//! Layouts, values and prototypes, as others read the same headers.
//!
//! Beside each structure the crate itself asserts the numbers of the header. Here they meet a second opinion:
//! `windows_sys.rs` and `prototypes.rs` are what Microsoft's own generator made of them, `mingw.rs` what a C compiler
//! makes of mingw-w64's headers, `published.rs` the values that neither of the two has. `every_item.rs` sees to it
//! that nothing has only itself as a witness.

mod every_item;
mod mingw;
mod miniport;
mod prototypes;
mod published;
mod windows_sys;

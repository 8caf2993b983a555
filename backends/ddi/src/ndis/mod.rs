//! NDIS 6, as a miniport's interrupt backend uses it.
//!
//! Prototypes, offsets and values are those of `ndis.h` and `ntddndis.h` for NDIS 6.20 and later; IRQLs are
//! those of the reference pages. Before NDIS 6.20 the DPC handlers' last two parameters were reserved, and
//! there was no `NdisMQueueDpcEx`.

mod interrupt;
mod lock;
mod memory;
mod types;

pub use interrupt::*;
pub use lock::*;
pub use memory::*;
pub use types::*;

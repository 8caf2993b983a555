//! NDIS 6, as a miniport and its interrupt backend use it.
//!
//! Prototypes, offsets and values are those of `ndis.h` and `ntddndis.h` for NDIS 6.20 and later; IRQLs are
//! those of the reference pages. Before NDIS 6.20 the DPC handlers' last two parameters were reserved, and
//! there was no `NdisMQueueDpcEx`.
//!
//! There is no `NdisMConfigMSIXTableEntry`: it moves table entries between processors, and the 82574's causes are mapped
//! to messages in its own IVAR.

mod adapter;
mod buffer;
mod configuration;
mod dma;
mod interrupt;
mod lock;
mod memory;
mod miniport;
mod offload;
mod oid;
mod status;
mod types;
mod work_item;

pub use adapter::*;
pub use buffer::*;
pub use configuration::*;
pub use dma::*;
pub use interrupt::*;
pub use lock::*;
pub use memory::*;
pub use miniport::*;
pub use offload::*;
pub use oid::*;
pub use status::*;
pub use types::*;
pub use work_item::*;

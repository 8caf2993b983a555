//! The Windows Driver Frameworks: types that KMDF and UMDF share, and the functions of both.
//!
//! A framework's functions have no symbols. The loader stub in a driver's image binds to the framework and is
//! given a table; a function is an index into it, the same in all versions that have it, and another one in each
//! framework. So [`kmdf`] and [`umdf`] have functions of equal names. The tables come
//! from whoever links: `dirql-sim` in the simulation, else the image with its stub (`WdfVersionBind`).
//!
//! There are no WDFWORKITEM, WDFDPC and WDFTIMER: nobody here uses them, since an interrupt object has a DPC or a work
//! item of its own.
//!
//! Layouts, indices and prototypes are those of Microsoft's public headers (Windows-Driver-Frameworks,
//! `src/publicinc/wdf`): KMDF 1.15 to 1.33 and UMDF 2.15 to 2.33, where none of those below ever changed.

mod dma;
mod driver;
mod functions;
mod hardware;
mod interrupt;
mod memory;
mod object;
mod power;
mod queue;
mod request;

pub use dma::*;
pub use driver::*;
pub use functions::*;
pub use hardware::*;
pub use interrupt::*;
pub use memory::*;
pub use object::*;
pub use power::*;
pub use queue::*;
pub use request::*;

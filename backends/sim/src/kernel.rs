//! What code on the machine can do: the operations behind the mock backend and behind the simulated DDIs.
//!
//! Each one is a preemption point first and then one access. All of them must be called from code that runs on a
//! machine; while a panic of that code unwinds, they do nothing.

mod devices;
mod dpcs;
mod environment;
mod interrupts;
mod level;
mod locks;
mod pool;
mod threads;
mod work_items;

pub use devices::*;
pub use dpcs::*;
pub use environment::*;
pub use interrupts::*;
pub use level::*;
pub use locks::*;
pub use pool::*;
pub use threads::*;
pub use work_items::*;

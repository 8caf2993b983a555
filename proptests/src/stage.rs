//! The machine that properties run on; the backends on it are [`dirql_fuzz::stage`]'s.

use dirql_sim::{DeviceId, Ordering, Seeded, Setup, Strategy};

pub use dirql_fuzz::stage::{DmaStage, Stage, at_passive};

/// The device under test.
pub const DEVICE: DeviceId = DeviceId::new(0);

/// Sets a machine up that records neither schedule nor trace.
pub fn setup(cpus: usize, ordering: Ordering, strategy: Strategy, seed: u64) -> Setup {
    Setup {
        cpus,
        ordering,
        scheduler: Box::new(Seeded::new(strategy, seed)),
        step_limit: 500_000,
        fail_allocation: None,
        record_schedule: false,
        record_trace: false,
    }
}

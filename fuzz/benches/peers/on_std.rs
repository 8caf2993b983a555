//! The workload on the operating system's threads: what happens is up to the machine.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "this is what is compared")]

use crate::job::{Job, Run};
use crate::tally::Tally;

crate::threads::on_threads!(std);

/// Runs the job until it fails or is done.
pub fn run(job: Job) -> Run {
    Tally::of(|tally| {
        for _ in 0..job.executions {
            tally.count(|| execute(job, 0));
        }
    })
}

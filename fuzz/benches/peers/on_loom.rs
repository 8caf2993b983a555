//! The workload on loom. Loom has no seed: instead the actors start in another order.

use loom::model::Builder;

use crate::job::{Job, Run};
use crate::tally::Tally;

crate::threads::on_threads!(loom);

/// Runs the job with a bound on preemptions, or without, until it fails, is done, or loom has run everything.
pub fn run(bound: Option<usize>, job: Job) -> Run {
    let mut builder = Builder::new();
    builder.preemption_bound = bound;
    builder.max_branches = 100_000;
    // Loom looks at its limit before it counts the execution, and only so often.
    builder.max_permutations = Some(job.executions as usize + 1);
    builder.checkpoint_interval = 1;
    Tally::of(|tally| builder.check(move || tally.count(|| execute(job, job.seed as usize))))
}

//! The workload on shuttle, in one runner for all executions, as its users do.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};

use crate::job::{Job, Run};
use crate::tally::Tally;

crate::threads::on_threads!(shuttle);

/// Runs the job with shuttle's random scheduler, or with PCT of a depth.
pub fn run(pct: Option<usize>, job: Job) -> Run {
    let executions = job.executions as usize;
    match pct {
        None => in_runner(RandomScheduler::new_from_seed(job.seed, executions), job),
        Some(depth) => in_runner(PctScheduler::new_from_seed(job.seed, depth, executions), job),
    }
}

fn in_runner(scheduler: impl Scheduler + 'static, job: Job) -> Run {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    Tally::of(|tally| {
        Runner::new(scheduler, config).run(move || tally.count(|| execute(job, 0)));
    })
}

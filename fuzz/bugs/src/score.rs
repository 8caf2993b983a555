//! What a bug takes to be found.

use std::path::Path;
use std::thread;

use dirql_bench::Spread;

use crate::campaign::{Campaign, Failure, Outcome};
use crate::shrunk::{Shrunk, shrink};

/// The schedulers that are compared; the first is the default.
pub const SCHEDULERS: [&str; 3] = ["portfolio", "random", "pct5"];

/// Executions of each scenario on each backend that are compared with the clean driver's.
const COMPARED: u32 = 40;

/// What one bug did.
#[derive(Clone, Debug)]
pub struct Score {
    /// Scenarios on backends, of all, in which the bug changes what the same cases do.
    pub reached: (usize, usize),
    /// For each of [`SCHEDULERS`].
    pub tries: Vec<Try>,
}

/// One scheduler's campaigns, a seed each.
#[derive(Clone, Debug)]
pub struct Try {
    /// How many there were.
    pub seeds: u64,
    /// Those that found it.
    pub found: Vec<Detection>,
}

/// A campaign that found the bug.
#[derive(Clone, Debug)]
pub struct Detection {
    /// Executions until then.
    pub executions: u64,
    /// Seconds until then.
    pub seconds: f64,
    /// By which rule.
    pub rule: String,
    /// What its case shrinks to, if that was tried and it failed again.
    pub shrunk: Option<Shrunk>,
}

impl Try {
    /// Returns how many executions it took.
    pub fn executions(&self) -> Option<Spread> {
        Spread::of(self.found.iter().map(|detection| detection.executions as f64))
    }

    /// Returns how many seconds it took.
    pub fn seconds(&self) -> Option<Spread> {
        Spread::of(self.found.iter().map(|detection| detection.seconds))
    }

    /// Returns what its failures shrink to.
    pub fn shrunk(&self) -> impl Iterator<Item = Shrunk> {
        self.found.iter().filter_map(|detection| detection.shrunk)
    }

    /// Says whether every seed found it.
    pub fn is_sure(&self) -> bool {
        self.found.len() as u64 == self.seeds
    }

    /// Returns the rules that noticed it, each once.
    pub fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = self.found.iter().map(|detection| &*detection.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

/// Runs what is compared with another build: the same cases, of one seed, all of them.
///
/// # Errors
/// As [`Campaign::run`].
pub fn compared(dirql: &Path) -> Result<Outcome, String> {
    Campaign { scheduler: SCHEDULERS[0], seed: 1, executions: COMPARED, to_the_end: true }.run(dirql)
}

/// Measures the bug that is in the command `dirql`, with the seeds from 1.
///
/// # Errors
/// As [`Campaign::run`].
pub fn measure(dirql: &Path, clean: &Outcome, seeds: u64, executions: u32) -> Result<Score, String> {
    let planted = compared(dirql)?;
    let differ = clean.work.iter().zip(&planted.work).filter(|(clean, planted)| clean != planted).count();
    let [default, others @ ..] = SCHEDULERS;
    let mut tries = vec![attempt(dirql, default, seeds, executions)?];
    // Of these only executions are told, which no other process changes.
    let others = thread::scope(|scope| {
        let attempts =
            others.map(|scheduler| scope.spawn(move || attempt(dirql, scheduler, seeds, executions)));
        attempts.map(|attempt| attempt.join().expect("an attempt does not panic"))
    });
    for attempt in others {
        tries.push(attempt?);
    }
    Ok(Score { reached: (differ, clean.work.len()), tries })
}

fn attempt(dirql: &Path, scheduler: &str, seeds: u64, executions: u32) -> Result<Try, String> {
    let mut found = Vec::new();
    for seed in 1..=seeds {
        let campaign = Campaign { scheduler, seed, executions, to_the_end: false };
        let outcome = campaign.run(dirql)?;
        if let Some(failure) = outcome.failure {
            let shrunk = if scheduler == SCHEDULERS[0] { shrunk(dirql, &failure)? } else { None };
            let Failure { rule, seconds, artifact: _ } = failure;
            found.push(Detection { executions: outcome.executions, seconds, rule, shrunk });
        }
    }
    Ok(Try { seeds, found })
}

fn shrunk(dirql: &Path, failure: &Failure) -> Result<Option<Shrunk>, String> {
    failure.artifact.as_ref().map_or(Ok(None), |artifact| shrink(dirql, artifact))
}

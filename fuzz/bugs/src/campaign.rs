//! One campaign of the `dirql` command, as its JSON tells of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'c> {
    /// The scheduler's name.
    pub scheduler: &'c str,
    /// The seed.
    pub seed: u64,
    /// The most executions of each scenario on each backend.
    pub executions: u32,
    /// Whether to go on after the first failure.
    pub to_the_end: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// How many executions there were.
    pub executions: u64,
    /// The first failure.
    pub failure: Option<Failure>,
    /// What was done in each scenario on each backend, to compare with another build.
    pub work: Vec<Work>,
}

/// A failure, and when it was found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Failure {
    /// The rule that was broken.
    pub rule: String,
    /// Seconds from the start of the campaign.
    pub seconds: f64,
    /// Where its case is kept.
    pub artifact: Option<PathBuf>,
}

/// What the executions of one scenario on one backend did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Work {
    backend: String,
    scenario: String,
    points: u64,
    pairs: u64,
    frames_sent: u64,
    frames_received: u64,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Object {
    Result {
        #[serde(flatten)]
        work: Work,
        failures: Vec<Failure>,
    },
    Summary {
        executions: u64,
    },
}

impl Campaign<'_> {
    /// Runs the campaign with one worker.
    ///
    /// # Errors
    /// If the command cannot be run, or says what it should not.
    pub fn run(&self, dirql: &Path) -> Result<Outcome, String> {
        let mut command = Command::new(dirql);
        command.args(["fuzz", "--jobs", "1", "--json", "--no-shrink", "--scheduler", self.scheduler]);
        command.args(["--seed", &self.seed.to_string(), "--executions", &self.executions.to_string()]);
        command.args((!self.to_the_end).then_some("--first"));
        let artifacts = dirql.with_file_name(format!("artifacts-{}", self.scheduler));
        let output = command.arg("--artifacts").arg(artifacts).stderr(Stdio::null()).output();
        let output = output.map_err(|e| format!("{}: {e}", dirql.display()))?;
        read(&String::from_utf8_lossy(&output.stdout))
    }
}

fn read(text: &str) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let mut failures = Vec::new();
    for line in text.lines() {
        match serde_json::from_str(line).map_err(|e| format!("dirql says {line}: {e}"))? {
            Object::Result { work, failures: found } => {
                outcome.work.push(work);
                failures.extend(found);
            }
            Object::Summary { executions } => outcome.executions = executions,
        }
    }
    outcome.failure = failures.into_iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    if outcome.executions == 0 { Err("dirql ran no execution".into()) } else { Ok(outcome) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_in_time_counts() {
        let item = |failures: &str| {
            format!(
                r#"{{"kind":"result","backend":"wdm","scenario":"link","points":5,"pairs":1,"frames_sent":0,"frames_received":0,"failures":[{failures}]}}"#
            )
        };
        let found = |rule: &str, seconds: f64| format!(r#"{{"rule":"{rule}","seconds":{seconds}}}"#);
        let text =
            [item(&found("R2", 2.5)), item(&found("R1", 0.5)), r#"{"kind":"summary","executions":7}"#.into()];
        let outcome = read(&text.join("\n")).unwrap();
        assert_eq!((outcome.executions, outcome.failure.unwrap().rule), (7, "R1".into()));
        assert!(read("").is_err());
        assert!(read("oops").unwrap_err().contains("oops"));
    }
}

//! `dirql replay`: runs a stored case again and says whether it still fails.

use clap::Args;
use serde::Serialize;

use super::stored::{Source, StoredCase};
use super::{DIVERGED, FAILURE_FOUND, NOTHING_FOUND, Program, print};
use crate::backend::Backend;
use crate::isolate::Task;
use crate::outcome::{Failure, Outcome, Record};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Print JSON, one object per backend.
    #[arg(long)]
    json: bool,
}

/// What became of a stored failure, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Fixed,
    Diverged,
    StillFails,
}

/// One backend's replay.
#[derive(Serialize)]
struct Replayed<'r> {
    kind: &'static str,
    backend: Backend,
    verdict: Verdict,
    /// The rule that the file says was broken.
    expected: Option<&'r str>,
    /// What failed now.
    failure: Option<&'r Failure>,
    /// Whether the stored schedule is no longer the one that fails, but one close to it.
    moved: bool,
    points: u64,
    misfits: u64,
}

/// Replays on each backend; the worst verdict is the exit code.
pub(super) fn run(arguments: &Arguments, program: &Program) -> Result<u8, String> {
    let stored = arguments.source.load()?;
    let mut worst = Verdict::Fixed;
    for &backend in &stored.backends {
        let outcome = stored.run(program, backend, Record::Nothing)?;
        let moved = outcome.failure.is_none() && fails_nearby(&stored, program, backend)?;
        let replayed = Replayed::new(&stored, backend, &outcome, moved);
        worst = worst.max(replayed.verdict);
        print(&if arguments.json { replayed.json()? } else { replayed.text() })?;
    }
    Ok(worst.exit_code())
}

/// Says whether the rule that was stored is broken under a schedule close to the stored one.
fn fails_nearby(stored: &StoredCase, program: &Program, backend: Backend) -> Result<bool, String> {
    let Some(rule) = stored.rule() else { return Ok(false) };
    let nearby = stored.ask(program, backend, Task::Nearby { rule: rule.into() })?;
    Ok(nearby.unwrap_or_else(|death| death.rule == rule))
}

impl Verdict {
    /// Compares an outcome with the rule that was broken, if that is known; `moved` says that it is still broken, under
    /// another schedule.
    fn of(outcome: &Outcome, rule: Option<&str>, moved: bool) -> Self {
        match (&outcome.failure, rule) {
            (None, _) if moved => Self::StillFails,
            (Some(failure), Some(rule)) if failure.rule != rule => Self::Diverged,
            (Some(_), _) => Self::StillFails,
            // The recorded schedule no longer fits the code: that nothing failed says little. A fuzzer's
            // schedule was never recorded and seldom fits.
            (None, Some(_)) if outcome.misfits > 0 => Self::Diverged,
            (None, _) => Self::Fixed,
        }
    }

    fn exit_code(self) -> u8 {
        match self {
            Self::Fixed => NOTHING_FOUND,
            Self::StillFails => FAILURE_FOUND,
            Self::Diverged => DIVERGED,
        }
    }
}

impl<'r> Replayed<'r> {
    fn new(stored: &'r StoredCase, backend: Backend, outcome: &'r Outcome, moved: bool) -> Self {
        Self {
            kind: "replay",
            backend,
            verdict: Verdict::of(outcome, stored.rule(), moved),
            expected: stored.rule(),
            failure: outcome.failure.as_ref(),
            moved,
            points: outcome.points,
            misfits: outcome.misfits,
        }
    }

    fn json(&self) -> Result<String, String> {
        serde_json::to_string(self).map(|line| line + "\n").map_err(|e| e.to_string())
    }

    fn text(&self) -> String {
        let backend = self.backend;
        let mut text = match (self.verdict, self.expected) {
            (Verdict::StillFails, Some(rule)) if self.moved => format!(
                "still fails on {backend}: not under the stored schedule, since the code has changed, but under one close \
                 to it {rule} is broken; fuzz the scenario again for a schedule that fits\n"
            ),
            (Verdict::StillFails, _) => format!("still fails on {backend}\n"),
            (Verdict::Fixed, Some(rule)) => {
                format!("fixed: {rule} is no longer broken on {backend}, nor under schedules close by\n")
            }
            (Verdict::Fixed, None) => format!("nothing found on {backend}\n"),
            (Verdict::Diverged, _) => self.how_it_diverged(),
        };
        if let Some(failure) = self.failure {
            text += &format!("  {failure}\n");
        }
        text
    }

    fn how_it_diverged(&self) -> String {
        let (backend, expected) = (self.backend, self.expected.unwrap_or("no rule"));
        match self.failure {
            Some(_) => format!("diverged on {backend}: it broke {expected} and now fails otherwise\n"),
            None => format!(
                "diverged on {backend}: it no longer breaks {expected}, but {} switches of its schedule did not fit \
                 the code any more; fuzz the scenario again before calling it fixed\n",
                self.misfits
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(rule: Option<&str>, misfits: u64) -> Outcome {
        let failure = |rule: &str| Failure {
            rule: rule.into(),
            message: String::new(),
            source: String::new(),
            on_windows: None,
        };
        Outcome { failure: rule.map(failure), misfits, ..Outcome::default() }
    }

    #[test]
    fn fixed_failing_and_diverged_are_told_apart() {
        let verdict = |now, misfits, then| Verdict::of(&outcome(now, misfits), then, false);
        assert_eq!(verdict(Some("R1"), 0, Some("R1")), Verdict::StillFails);
        assert_eq!(verdict(Some("R1"), 9, Some("R1")), Verdict::StillFails);
        assert_eq!(verdict(Some("R2"), 0, Some("R1")), Verdict::Diverged);
        assert_eq!(verdict(None, 1, Some("R1")), Verdict::Diverged);
        assert_eq!(verdict(None, 0, Some("R1")), Verdict::Fixed);
        assert_eq!(verdict(None, 1, None), Verdict::Fixed);
        assert_eq!(verdict(Some("R2"), 1, None), Verdict::StillFails);
        assert_eq!(Verdict::of(&outcome(None, 1), Some("R1"), true), Verdict::StillFails);
    }
}

//! `dirql shrink`: makes a stored failure smaller.

use std::path::PathBuf;

use clap::Args;

use super::stored::{Source, StoredCase};
use super::{DIVERGED, NOTHING_FOUND, Program, print, summary};
use crate::artifact::Artifact;
use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::fatal::HANG;
use crate::isolate::Task;
use crate::outcome::{Failure, Record};
use crate::shrink::{Effort, Shrinker};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// File to write the smaller failure to [default: FILE with the extension .shrunk.json].
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

/// Shrinks on the first backend on which the case fails, and writes an artifact.
pub(super) fn run(arguments: &Arguments, program: &Program) -> Result<u8, String> {
    let stored = arguments.source.load()?;
    let Some((backend, failure)) = failing(&stored, program)? else {
        print("nothing to shrink: it does not fail as it did; see what `dirql replay` says\n")?;
        return Ok(DIVERGED);
    };
    let Some(case) = smallest(&stored, program, backend, &failure.rule)? else {
        return Err(format!("a second run of the case did not fail by {} again", failure.rule));
    };
    let smaller = stored.with(case);
    // The message must be that of the case that is kept.
    let last = smaller.run(program, backend, Record::Nothing)?;
    let output = arguments.output.clone().unwrap_or_else(|| arguments.source.sibling("shrunk.json"));
    artifact(&smaller, backend, &last.failure.unwrap_or(failure))?
        .write(&output)
        .map_err(|e| format!("cannot write {}: {e}; choose another file with -o", output.display()))?;
    let in_short = |case| {
        let (script, schedule) = summary(case);
        format!("{schedule}, {script}")
    };
    let (before, after, file) = (in_short(&stored.case), in_short(&smaller.case), output.display());
    print(&format!(
        "before  {before}\nafter   {after}\nwritten to {file}\nreplay  {} replay {file}\n",
        program.called
    ))?;
    Ok(NOTHING_FOUND)
}

/// Returns the first backend on which the case fails by the rule that was stored, or by any if none was.
fn failing(stored: &StoredCase, program: &Program) -> Result<Option<(Backend, Failure)>, String> {
    for &backend in &stored.backends {
        let outcome = stored.run(program, backend, Record::Nothing)?;
        let same = |failure: &Failure| stored.rule().is_none_or(|rule| failure.rule == rule);
        if let Some(failure) = outcome.failure.filter(same) {
            return Ok(Some((backend, failure)));
        }
    }
    Ok(None)
}

fn smallest(
    stored: &StoredCase,
    program: &Program,
    backend: Backend,
    rule: &str,
) -> Result<Option<Case>, String> {
    if rule == HANG {
        return Err("a run without an end cannot be shrunk: each try would have to be waited for".into());
    }
    match stored.ask(program, backend, Task::Shrink { rule: rule.into() })? {
        Ok(case) => Ok(case),
        // The process died of this case, or of a smaller one: from now on, each run gets its own.
        Err(_) => smallest_apart(stored, program, backend, rule),
    }
}

fn smallest_apart(
    stored: &StoredCase,
    program: &Program,
    backend: Backend,
    rule: &str,
) -> Result<Option<Case>, String> {
    let frames = stored.frames()?;
    let run = |case: &Case, record| {
        // A process that cannot be started tells nothing about the case.
        stored.with(case.clone()).run(program, backend, record).unwrap_or_default()
    };
    Ok(Shrinker::new(run, rule, &frames, Effort::APART).shrink(&stored.case))
}

fn artifact(stored: &StoredCase, backend: Backend, failure: &Failure) -> Result<Artifact, String> {
    let frames: Frames = stored.frames()?;
    let artifact = Artifact::new(backend, failure, frames.identity().clone(), stored.case.clone());
    Ok(match &stored.artifact {
        Some(found) => artifact.found_as(found),
        None => artifact,
    })
}

//! The report as JSON: one object per backend and scenario, then a summary, each on a line.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, per_second};
use crate::artifact::hex;
use crate::backend::Backend;
use crate::reach::{Counter, Reach};
use crate::scenario::Scenario;
use crate::scheduler::Selection;
use crate::tally::{Found, ItemTally};

#[derive(Serialize)]
struct ItemResult<'r> {
    kind: &'static str,
    backend: Backend,
    scenario: Scenario,
    scheduler: Selection,
    seed: String,
    executions: u64,
    points: u64,
    seconds: f64,
    executions_per_s: f64,
    points_per_s: f64,
    frames_sent: u64,
    frames_received: u64,
    pairs: u64,
    reach: &'r Reach,
    failures: Vec<FailureObject<'r>>,
}

#[derive(Serialize)]
struct FailureObject<'r> {
    rule: &'r str,
    message: &'r str,
    artifact: Option<String>,
    source: &'r str,
    on_windows: Option<&'r str>,
    /// The first execution that failed so.
    index: u64,
    /// Seconds of the campaign until then.
    seconds: f64,
    count: u64,
    replay: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    kind: &'static str,
    scheduler: Selection,
    seed: String,
    jobs: usize,
    executions: u64,
    points: u64,
    seconds: f64,
    executions_per_s: f64,
    points_per_s: f64,
    frames_sent: u64,
    frames_received: u64,
    pairs: u64,
    failures: usize,
    missed: Vec<Missed>,
    interrupted: bool,
    incomplete: bool,
}

/// Counters that should have been reached and were not.
#[derive(Serialize)]
struct Missed {
    backend: Backend,
    scenario: Scenario,
    counters: Vec<Counter>,
}

/// Prints the report.
pub(crate) fn print(report: &Report<'_>, mut out: impl Write) -> io::Result<()> {
    for tally in &report.ended.tally.items {
        writeln!(out, "{}", serde_json::to_string(&item_result(report, tally))?)?;
    }
    writeln!(out, "{}", serde_json::to_string(&summary(report))?)
}

fn item_result<'r>(report: &'r Report<'_>, tally: &'r ItemTally) -> ItemResult<'r> {
    let (totals, seconds) = (&tally.totals, report.seconds(tally));
    ItemResult {
        kind: "result",
        backend: tally.item.backend,
        scenario: tally.item.scenario,
        scheduler: report.plan.selection,
        seed: hex(report.plan.seed),
        executions: totals.executions,
        points: totals.points,
        seconds,
        executions_per_s: per_second(totals.executions, seconds),
        points_per_s: per_second(totals.points, seconds),
        frames_sent: totals.frames_sent,
        frames_received: totals.frames_received,
        pairs: tally.pairs.count(),
        reach: &totals.reach,
        failures: tally.failures.values().filter_map(|found| failure_object(report, found)).collect(),
    }
}

fn failure_object<'r>(report: &Report<'_>, found: &'r Found) -> Option<FailureObject<'r>> {
    let first = found.first.as_ref()?;
    Some(FailureObject {
        rule: &first.failure.rule,
        message: &first.failure.message,
        artifact: first.artifact.as_ref().map(|path| path.display().to_string()),
        source: &first.failure.source,
        on_windows: first.failure.on_windows.as_deref(),
        index: first.index,
        seconds: first.seconds,
        count: found.count(),
        replay: report.replay_command(first),
    })
}

fn summary(report: &Report<'_>) -> Summary {
    let (ended, totals) = (report.ended, report.ended.tally.totals());
    let missed = report.missed().into_iter().map(|(item, counters)| Missed {
        backend: item.backend,
        scenario: item.scenario,
        counters,
    });
    Summary {
        kind: "summary",
        scheduler: report.plan.selection,
        seed: hex(report.plan.seed),
        jobs: report.jobs,
        executions: totals.executions,
        points: totals.points,
        seconds: ended.seconds,
        executions_per_s: per_second(totals.executions, ended.seconds),
        points_per_s: per_second(totals.points, ended.seconds),
        frames_sent: totals.frames_sent,
        frames_received: totals.frames_received,
        pairs: ended.tally.pairs(),
        failures: report.failures(),
        missed: missed.collect(),
        interrupted: ended.interrupted,
        incomplete: ended.incomplete,
    }
}

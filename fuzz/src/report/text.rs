//! The report as text: what ran, what was covered, what failed, and the verdict.

use std::io::{self, Write};

use indicatif::HumanCount;

use super::{Report, per_second};
use crate::artifact::hex;
use crate::reach::REACHED_WITHIN;
use crate::tally::{Found, ItemTally};

/// Prints the report.
pub(crate) fn print(report: &Report<'_>, mut out: impl Write) -> io::Result<()> {
    table(report, &mut out)?;
    missed(report, &mut out)?;
    for tally in &report.ended.tally.items {
        for found in tally.failures.values() {
            failure(report, tally, found, &mut out)?;
        }
    }
    verdict(report, &mut out)
}

fn table(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<11} {:<16} {:>11} {:>9} {:>14} {:>9} {:>7} {:>11} {:>11} {:>9}",
        "backend",
        "scenario",
        "executions",
        "per s",
        "points",
        "M per s",
        "pairs",
        "frames out",
        "frames in",
        "failures"
    )?;
    report.ended.tally.items.iter().try_for_each(|tally| row(report, tally, out))
}

fn row(report: &Report<'_>, tally: &ItemTally, out: &mut impl Write) -> io::Result<()> {
    let (totals, seconds) = (&tally.totals, report.seconds(tally));
    writeln!(
        out,
        "{:<11} {:<16} {:>11} {:>9} {:>14} {:>9.2} {:>7} {:>11} {:>11} {:>9}",
        tally.item.backend,
        tally.item.scenario,
        grouped(totals.executions),
        grouped(per_second(totals.executions, seconds) as u64),
        grouped(totals.points),
        per_second(totals.points, seconds) / 1e6,
        grouped(tally.pairs.count()),
        grouped(totals.frames_sent),
        grouped(totals.frames_received),
        tally.failures.len(),
    )
}

fn missed(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    for (item, counters) in report.missed() {
        let names: Vec<_> = counters.iter().map(|counter| counter.name()).collect();
        let within = grouped(REACHED_WITHIN);
        writeln!(out, "blind: {item} did not reach {} in {within} executions or more", names.join(", "))?;
    }
    Ok(())
}

fn failure(report: &Report<'_>, tally: &ItemTally, found: &Found, out: &mut impl Write) -> io::Result<()> {
    let Some(first) = &found.first else { return Ok(()) };
    let failure = &first.failure;
    writeln!(out, "\nFAILURE {} on {}: {}", failure.rule, tally.item, failure.message)?;
    writeln!(out, "  source    {}", failure.source)?;
    writeln!(out, "  Windows   {}", failure.windows())?;
    let seed = hex(report.plan.seed);
    writeln!(
        out,
        "  seen      {} times, first in execution {} of seed {seed}",
        grouped(found.count()),
        first.index
    )?;
    if let (Some(path), Some(replay)) = (&first.artifact, report.replay_command(first)) {
        writeln!(out, "  artifact  {}", path.display())?;
        writeln!(out, "  replay    {replay}")?;
    }
    Ok(())
}

fn verdict(report: &Report<'_>, out: &mut impl Write) -> io::Result<()> {
    let (ended, totals) = (report.ended, report.ended.tally.totals());
    let verdict = match report.failures() {
        0 => "nothing found".to_owned(),
        1 => "1 failure found".to_owned(),
        n => format!("{n} failures found"),
    };
    let how = match (ended.interrupted, ended.incomplete) {
        (true, _) => " (interrupted)",
        (_, true) => " (incomplete)",
        _ => "",
    };
    writeln!(
        out,
        "\n{verdict}{how}: {} executions, {} preemption points, {} access pairs, {:.1} s, seed {}",
        grouped(totals.executions),
        grouped(totals.points),
        grouped(ended.tally.pairs()),
        ended.seconds,
        hex(report.plan.seed),
    )
}

/// Spells a number with separators, ready to be padded.
fn grouped(number: u64) -> String {
    HumanCount(number).to_string()
}

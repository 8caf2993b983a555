//! `dirql explain`: draws a stored case as a timeline.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::stored::{Source, StoredCase};
use super::{NOTHING_FOUND, Program, print, summary};
use crate::backend::Backend;
use crate::case::Case;
use crate::isolate::Task;
use crate::outcome::{Outcome, Record};
use crate::timeline::{self, Extent, Section, Timeline};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// What to draw: text, or a page of HTML with a picture, for a browser.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// File to write to [default: standard output].
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Show everything: a long run is cut to its end otherwise.
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Html,
}

/// Runs the case with its trace on, tries it without each of its switches, and draws what happened.
pub(super) fn run(arguments: &Arguments, program: &Program) -> Result<u8, String> {
    let stored = arguments.source.load()?;
    let extent = if arguments.all { Extent::All } else { Extent::End };
    let mut runs = Vec::new();
    for &backend in &stored.backends {
        runs.push((backend, explained(&stored, program, backend)?));
    }
    let drawn = match arguments.format {
        Format::Text => runs.iter().map(|(backend, run)| text(&stored.case, *backend, run, extent)).collect(),
        Format::Html => {
            let sections: Vec<_> =
                runs.iter().map(|(backend, run)| section(&stored.case, *backend, run)).collect();
            timeline::page(&sections, extent)
        }
    };
    match &arguments.output {
        None => print(&drawn)?,
        Some(path) => std::fs::write(path, drawn)
            .map_err(|e| format!("cannot write {}: {e}; choose another file with -o", path.display()))?,
    }
    Ok(NOTHING_FOUND)
}

/// Runs the case with its trace on.
fn explained(stored: &StoredCase, program: &Program, backend: Backend) -> Result<Outcome, String> {
    let outcome = match stored.ask::<Outcome>(program, backend, Task::Explain)? {
        Ok(outcome) => outcome,
        // The process died of a try without some switch; the run itself may still be drawn.
        Err(_) => stored.run(program, backend, Record::Trace)?,
    };
    Ok(Outcome { trace: outcome.trace.map(Timeline::folded), ..outcome })
}

fn text(case: &Case, backend: Backend, outcome: &Outcome, extent: Extent) -> String {
    let mut text = heading(case, backend);
    if let Some(failure) = &outcome.failure {
        text += &format!("fails: {}: {}\n", failure.rule, failure.message);
    }
    match &outcome.trace {
        Some(timeline) => text += &format!("\n{}", timeline::text(timeline, extent)),
        None => text += "\nthe run left no trace: its process died\n",
    }
    text + "\n" + &ending(outcome)
}

fn section<'o>(case: &Case, backend: Backend, outcome: &'o Outcome) -> Section<'o> {
    let mut facts: Vec<_> = facts(case).into();
    let failure = outcome.failure.as_ref();
    if let Some(failure) = failure {
        facts.extend([("source", failure.source.clone()), ("on Windows", failure.windows().into())]);
    }
    Section {
        title: format!("{} on {backend}", case.scenario),
        facts,
        failure: failure.map(|failure| format!("{}: {}", failure.rule, failure.message)),
        timeline: outcome.trace.as_ref(),
    }
}

fn heading(case: &Case, backend: Backend) -> String {
    let facts: String = facts(case).iter().map(|(name, value)| format!("{name:9}  {value}\n")).collect();
    format!("{} on {backend}\n{facts}", case.scenario)
}

fn facts(case: &Case) -> [(&'static str, String); 4] {
    let s = &case.settings;
    let (script, schedule) = summary(case);
    [
        (
            "machine",
            format!(
                "{} processors, {} memory, {} interrupts, locks {}",
                s.cpus, s.memory, s.interrupt, s.serialize
            ),
        ),
        (
            "adapter",
            format!(
                "rings of {} and {} descriptors (TX, RX), receive buffers of {} bytes, DPC budget {}, hostility {}",
                s.tx_descriptors, s.rx_descriptors, s.rx_buffer_size, s.budget, s.hostile
            ),
        ),
        ("script", script),
        ("schedule", schedule),
    ]
}

fn ending(outcome: &Outcome) -> String {
    match &outcome.failure {
        None => format!("no failure in {} preemption points\n", outcome.points),
        Some(failure) => format!("{failure}\n"),
    }
}

//! `dirql explain`: draws a stored case as a timeline.

use clap::Args;

use super::stored::{Source, StoredCase};
use super::{NOTHING_FOUND, Program, print};
use crate::backend::Backend;
use crate::case::{Case, Schedule};
use crate::outcome::{Outcome, Record};
use crate::timeline::{self, Extent};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Show everything: a long run is cut to its end otherwise.
    #[arg(long)]
    all: bool,
}

/// Runs the case with its trace on, and prints what happened.
pub(super) fn run(arguments: &Arguments, program: &Program) -> Result<u8, String> {
    let stored = arguments.source.load()?;
    let extent = if arguments.all { Extent::All } else { Extent::End };
    for &backend in &stored.backends {
        let outcome = stored.run(program, backend, Record::Trace)?;
        print(&text(&stored, backend, &outcome, extent))?;
    }
    Ok(NOTHING_FOUND)
}

fn text(stored: &StoredCase, backend: Backend, outcome: &Outcome, extent: Extent) -> String {
    let mut text = heading(&stored.case, backend);
    if let Some(failure) = &outcome.failure {
        text += &format!("fails: {}: {}\n", failure.rule, failure.message);
    }
    match &outcome.trace {
        Some(timeline) => text += &format!("\n{}", timeline::text(timeline, extent)),
        None => text += "\nthe run left no trace: its process died\n",
    }
    text + "\n" + &ending(outcome)
}

fn heading(case: &Case, backend: Backend) -> String {
    let s = &case.settings;
    format!(
        "{} on {backend}: {} processors, {} memory, {} interrupts, locks {}\n\
         rings of {} and {} descriptors (TX, RX), receive buffers of {} bytes, DPC budget {}, hostility {}\n\
         {} sends, {} controls, {} events on the wire, {}\n",
        case.scenario,
        s.cpus,
        s.memory,
        s.interrupt,
        s.serialize,
        s.tx_descriptors,
        s.rx_descriptors,
        s.rx_buffer_size,
        s.budget,
        s.hostile,
        case.sends.len(),
        case.controls.len(),
        case.wire.len(),
        schedule(&case.schedule),
    )
}

fn schedule(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Seeded { scheduler, seed } => {
            format!("{scheduler} scheduler with seed {}", crate::artifact::hex(*seed))
        }
        Schedule::Switches(switches) => format!("{} switches", switches.len()),
    }
}

fn ending(outcome: &Outcome) -> String {
    match &outcome.failure {
        None => format!("no failure in {} preemption points\n", outcome.points),
        Some(failure) => format!("{failure}\n"),
    }
}

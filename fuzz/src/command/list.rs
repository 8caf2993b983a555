//! `dirql list`: the names that the other commands take and give.

use clap::{Args, ValueEnum};

use super::{NOTHING_FOUND, print};
use crate::backend::Backend;
use crate::rules;
use crate::scenario::Scenario;
use crate::scheduler::{Scheduler, Selection};

#[derive(Args)]
pub(super) struct Arguments {
    /// What to list.
    #[arg(value_enum)]
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Backends,
    Scenarios,
    Schedulers,
    Rules,
}

/// Prints a list, one name with its summary on a line.
pub(super) fn run(arguments: &Arguments) -> Result<u8, String> {
    let lines: Vec<(String, String)> = match arguments.what {
        What::Backends => Backend::ALL.iter().map(|b| line(b.name(), b.summary())).collect(),
        What::Scenarios => Scenario::ALL.iter().map(|&s| scenario(s)).collect(),
        What::Schedulers => schedulers(),
        What::Rules => rules::all().map(|(name, summary)| line(name, summary)).collect(),
    };
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let text: String = lines.iter().map(|(name, summary)| format!("{name:width$}  {summary}\n")).collect();
    print(&text)?;
    Ok(NOTHING_FOUND)
}

fn line(name: &str, summary: &str) -> (String, String) {
    (name.into(), summary.into())
}

/// Says also where a scenario runs, if that is not everywhere.
fn scenario(scenario: Scenario) -> (String, String) {
    let backends: Vec<_> = scenario.backends().map(Backend::name).collect();
    let everywhere = backends.len() == Backend::ALL.len();
    let only = if everywhere { String::new() } else { format!(" Only on: {}.", backends.join(", ")) };
    (scenario.name().into(), scenario.summary().to_owned() + &only)
}

fn schedulers() -> Vec<(String, String)> {
    let portfolio = line(Selection::PORTFOLIO, "Rotates over the others, by execution (default).");
    std::iter::once(portfolio).chain(Scheduler::ALL.iter().map(|s| line(s.name(), s.summary()))).collect()
}

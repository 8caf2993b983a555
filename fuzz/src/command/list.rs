//! `dirql list`: the names that the other commands take and give.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use dirql_sim::{Kind, Rule};
use serde::Serialize;

use super::{NOTHING_FOUND, print};
use crate::backend::Backend;
use crate::scenario::Scenario;
use crate::scheduler::{Scheduler, Selection};

#[derive(Args)]
pub(super) struct Arguments {
    /// What to list.
    #[arg(value_enum)]
    what: What,
    /// Print JSON, one object per name.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Backends,
    Scenarios,
    Schedulers,
    Rules,
}

/// A name, what it stands for, and what else there is to say, by its heading.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    summary: &'static str,
    #[serde(flatten)]
    more: BTreeMap<&'static str, String>,
}

/// Prints a list: a name with its summary on a line, and what else there is below it.
pub(super) fn run(arguments: &Arguments) -> Result<u8, String> {
    let entries: Vec<Entry> = match arguments.what {
        What::Backends => Backend::ALL.iter().map(|b| Entry::new(b.name(), b.summary())).collect(),
        What::Scenarios => Scenario::ALL.iter().map(|&s| scenario(s)).collect(),
        What::Schedulers => schedulers(),
        What::Rules => dirql_sim::rules().iter().map(rule).collect(),
    };
    print(&if arguments.json { json(&entries)? } else { text(&entries) })?;
    Ok(NOTHING_FOUND)
}

fn json(entries: &[Entry]) -> Result<String, String> {
    let line = |entry| serde_json::to_string(entry).map(|json| json + "\n").map_err(|e| e.to_string());
    entries.iter().map(line).collect()
}

fn text(entries: &[Entry]) -> String {
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Entry { name, summary, more } in entries {
        text += &format!("{name:width$}  {summary}\n");
        for (heading, what) in more {
            text += &format!("{:width$}    {heading}: {what}\n", "");
        }
    }
    text
}

impl Entry {
    const fn new(name: &'static str, summary: &'static str) -> Self {
        Self { name, summary, more: BTreeMap::new() }
    }

    fn with(mut self, heading: &'static str, what: impl Into<String>) -> Self {
        self.more.insert(heading, what.into());
        self
    }
}

/// Says also where a scenario runs, if that is not everywhere.
fn scenario(scenario: Scenario) -> Entry {
    let entry = Entry::new(scenario.name(), scenario.summary());
    let backends: Vec<_> = scenario.backends().map(Backend::name).collect();
    if backends.len() == Backend::ALL.len() { entry } else { entry.with("only on", backends.join(", ")) }
}

fn schedulers() -> Vec<Entry> {
    let portfolio = Entry::new(
        Selection::PORTFOLIO,
        "Shares executions among the others, by what each newly covers (default).",
    );
    std::iter::once(portfolio)
        .chain(Scheduler::ALL.iter().map(|s| Entry::new(s.name(), s.summary())))
        .collect()
}

/// Says also what the machine makes of a rule, where it is documented, and what Windows does to an offender.
fn rule(rule: &Rule) -> Entry {
    let entry = Entry::new(rule.id, rule.says).with("is", kind(rule.kind)).with("source", rule.source);
    match rule.on_windows {
        Some(consequence) => entry.with("on Windows", consequence),
        None => entry,
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Checker => "a checker: a run that breaks it ends there".into(),
        Kind::Scenario => "a checker: the campaign's scenarios judge it".into(),
        Kind::Behaviour => "a behaviour: the machine does so".into(),
        Kind::Choice => "a choice: the scheduler picks among the outcomes".into(),
        Kind::NotApplicable(why) => format!("not applicable: {why}"),
    }
}

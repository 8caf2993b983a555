//! Names of the schedulers, and which one an execution gets.

use std::fmt;
use std::str::FromStr;

crate::names::named! {
    /// A seeded scheduler.
    pub enum Scheduler {
        Random = "random", "Any possible move, uniformly, at every preemption point.";
        Sticky = "sticky", "Stays with whoever runs and switches now and then, with a drawn period.";
        Pct2 = "pct2", "Priorities with one change point: every bug of depth 2 has a fair chance.";
        Pct3 = "pct3", "Priorities with two change points.";
        Pct5 = "pct5", "Priorities with four change points.";
        RunToCompletion = "run-to-completion", "Switches only when whoever runs cannot go on.";
        Pct = "pct", "Priorities in rounds of drawn depths and lengths: as sharp late in a long run as early.";
        Pos = "pos", "Partial-order sampling: each step waits with a priority of its own.";
    }
}

/// How a campaign picks the scheduler of each execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Selection {
    /// Shares executions among all schedulers, by what each newly covers: none of them wins on every bug.
    Portfolio,
    /// The same one always.
    Only(Scheduler),
}

/// How many schedulers there are.
pub(crate) const SCHEDULERS: usize = Scheduler::ALL.len();

impl Scheduler {
    /// Returns how much of a portfolio it gets before anything is known: those that find the most get the most.
    pub(crate) const fn share(self) -> u64 {
        match self {
            Self::Sticky => 5,
            Self::Random | Self::Pct => 3,
            Self::Pct2 | Self::Pct3 | Self::Pct5 | Self::RunToCompletion | Self::Pos => 1,
        }
    }
}

impl Selection {
    /// The name of [`Selection::Portfolio`].
    pub const PORTFOLIO: &'static str = "portfolio";
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Portfolio => f.pad(Self::PORTFOLIO),
            Self::Only(scheduler) => scheduler.fmt(f),
        }
    }
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name == Self::PORTFOLIO {
            return Ok(Self::Portfolio);
        }
        let known = Scheduler::ALL.iter().find(|s| s.name() == name);
        known.map(|&s| Self::Only(s)).ok_or_else(|| {
            let names: Vec<_> = Scheduler::ALL.iter().map(|s| s.name()).collect();
            format!("no such scheduler; known are {}, {}", Self::PORTFOLIO, names.join(", "))
        })
    }
}

impl From<Selection> for String {
    fn from(selection: Selection) -> Self {
        selection.to_string()
    }
}

impl TryFrom<String> for Selection {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_parsed_from_its_own_name() {
        for selection in [Selection::Portfolio, Selection::Only(Scheduler::RunToCompletion)] {
            assert_eq!(selection.to_string().parse(), Ok(selection));
        }
        assert!("pct9".parse::<Selection>().unwrap_err().contains("portfolio, random"));
    }
}

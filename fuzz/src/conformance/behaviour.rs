//! A behaviour: what every backend does alike, and how it is tried.

use std::collections::BTreeSet;

use dirql_sim::{Machine, Strategy};
use serde::{Deserialize, Serialize};

use super::run::{Platform, Scene, play};
use crate::backend::Backend;

/// Under how many schedules at most a behaviour is tried until what it wants to see was seen.
const SCHEDULES_MAX: u64 = 5_000;

const NO_MESSAGES: &str = "a passive-level interrupt is a line: messages are for ISRs at DIRQL";

/// What a behaviour is called, and what it asks for.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name, in the matrix.
    pub name: &'static str,
    /// What a backend does that has it.
    pub says: &'static str,
    /// The rules and differences that it covers.
    pub rules: &'static str,
    /// What is allowed and must be seen under some schedule.
    pub reach: &'static [&'static str],
}

/// Something that all backends do alike. Its scene is played under many schedules.
pub(super) trait Behaviour: Scene + Sync {
    const ABOUT: About;
    const PLATFORM: Platform = Platform::LINE;
    /// Whether it is about messages, and not only tried with them.
    const OF_MESSAGES: bool = Self::PLATFORM.messages > 0;
    /// Under how many schedules it is tried; more, if it takes a rare one to break it.
    const SCHEDULES: u64 = 200;
    /// Whether it needs every thread to get on at last. Priorities can starve one.
    const FAIR: bool = false;
}

/// What became of a behaviour on a backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The backend has it.
    Ok,
    /// The framework has nothing of the kind, for this reason.
    NotApplicable(String),
    /// The backend does something else.
    Differs {
        /// What happened.
        message: String,
        /// The schedule's number; `None` if there is no single one, or if the process did not survive it.
        schedule: Option<u64>,
    },
}

/// A behaviour of the suite.
pub struct Entry {
    /// Its name, and what it asks for.
    pub about: About,
    check: fn(&mut Machine, Backend) -> Verdict,
}

impl Entry {
    pub(super) const fn new<B: Behaviour + Default>() -> Self {
        Self { about: B::ABOUT, check: check::<B> }
    }

    /// Tries the behaviour on a backend. Equal calls give equal verdicts.
    pub fn check(&self, machine: &mut Machine, backend: Backend) -> Verdict {
        (self.check)(machine, backend)
    }
}

/// Returns how the `schedule`-th run is scheduled.
fn strategy(schedule: u64, fair: bool) -> Strategy {
    match (fair, schedule % 2) {
        (false, _) => Strategy::rotate(schedule),
        (true, 0) => Strategy::Random,
        (true, _) => Strategy::Sticky,
    }
}

fn check<B: Behaviour + Default>(machine: &mut Machine, backend: Backend) -> Verdict {
    if B::OF_MESSAGES && !backend.has_messages() {
        return Verdict::NotApplicable(NO_MESSAGES.into());
    }
    let behaviour = B::default();
    let mut missing: BTreeSet<&str> = B::ABOUT.reach.iter().copied().collect();
    for schedule in 0..SCHEDULES_MAX {
        if schedule >= B::SCHEDULES && missing.is_empty() {
            break;
        }
        let by = (strategy(schedule, B::FAIR), schedule);
        let seen = play(machine, backend, B::PLATFORM, &behaviour, by);
        let violation = seen.report.violation.as_ref().map(ToString::to_string);
        if let Some(message) = violation.or(seen.run.wrong()) {
            return Verdict::Differs { message, schedule: Some(schedule) };
        }
        if let Some(why) = seen.run.is_not_applicable() {
            return Verdict::NotApplicable(why.into());
        }
        missing.retain(|what| !seen.run.reached().contains(what));
    }
    match missing.first() {
        None => Verdict::Ok,
        Some(what) => Verdict::Differs { message: format!("never seen: {what}"), schedule: None },
    }
}

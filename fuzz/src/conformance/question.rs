//! A question to a backend whose answer a driver can see.

use std::collections::BTreeSet;

use dirql_sim::{Machine, Strategy};

use super::run::{Platform, Scene, play};
use crate::backend::Backend;

/// How many schedules a question is asked under. Rare answers come once in a hundred.
const SCHEDULES: u64 = 1_000;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Its name, in the report.
    pub name: &'static str,
    /// The question.
    pub asks: &'static str,
    /// The rules and differences that it is about.
    pub rules: &'static str,
    /// All answers that a backend gives under some schedule, if no difference says otherwise. In alphabetical
    /// order.
    pub usual: &'static [&'static str],
}

/// A question whose scene answers once or more under each schedule.
pub(super) trait Question: Scene {
    const ASKED: Asked;
    const PLATFORM: Platform = Platform::LINE;
    /// Whether it is about messages, and not only tried with them.
    const OF_MESSAGES: bool = Self::PLATFORM.messages > 0;
}

/// A question of the suite.
pub struct Inquiry {
    /// What is asked.
    pub asked: Asked,
    of_messages: bool,
    answers: fn(&mut Machine, Backend) -> Result<BTreeSet<String>, String>,
}

impl Inquiry {
    pub(super) const fn new<Q: Question + Default>() -> Self {
        Self { asked: Q::ASKED, of_messages: Q::OF_MESSAGES, answers: answers::<Q> }
    }

    /// Says whether a backend can be asked. Of messages those are not that have none.
    pub fn is_for(&self, backend: Backend) -> bool {
        backend.has_messages() || !self.of_messages
    }

    /// Returns all answers of a backend, none if it cannot be asked. Equal calls return equal answers.
    ///
    /// # Errors
    /// Returns what rule a run broke.
    pub fn answers(&self, machine: &mut Machine, backend: Backend) -> Result<BTreeSet<String>, String> {
        if self.is_for(backend) { (self.answers)(machine, backend) } else { Ok(BTreeSet::new()) }
    }
}

fn answers<Q: Question + Default>(
    machine: &mut Machine,
    backend: Backend,
) -> Result<BTreeSet<String>, String> {
    let mut answers = BTreeSet::new();
    for schedule in 0..SCHEDULES {
        let by = (Strategy::rotate(schedule), schedule);
        let seen = play(machine, backend, Q::PLATFORM, &Q::default(), by);
        if let Some(violation) = seen.report.violation {
            return Err(format!("{violation}, schedule {schedule}"));
        }
        answers.extend(seen.run.answers());
    }
    Ok(answers)
}

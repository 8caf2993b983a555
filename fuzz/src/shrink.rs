//! Makes a failing case smaller, so that a person can read it: fewer operations, fewer switches, the same rule.

use std::ops::Range;

use crate::backend::Backend;
use crate::case::{Case, Schedule};
use crate::execute::Execute;
use crate::outcome::{Outcome, Record, Switch};

/// How many simulated steps shrinking one failure may cost: about a second.
const STEPS_MAX: u64 = 4_000_000;
/// How many executions it may cost.
const EXECUTIONS_MAX: u32 = 2_000;

/// Shrinks the failures of one engine.
pub(crate) struct Shrinker<'e, E> {
    engine: &'e mut E,
    backend: Backend,
    rule: &'e str,
    steps_left: u64,
    executions_left: u32,
}

impl<'e, E: Execute> Shrinker<'e, E> {
    pub(crate) fn new(engine: &'e mut E, backend: Backend, rule: &'e str) -> Self {
        Self { engine, backend, rule, steps_left: STEPS_MAX, executions_left: EXECUTIONS_MAX }
    }

    /// Returns `case` with its schedule as switches, or nothing if it does not fail by the rule again.
    pub(crate) fn record(&mut self, case: &Case) -> Option<Case> {
        let recorded = self.recorded(case)?;
        // Only a schedule that replays without misfits is the same run.
        let replayed = self.run(&recorded, Record::Nothing);
        (self.fails(&replayed) && replayed.misfits == 0).then_some(recorded)
    }

    /// Returns the smallest case that it finds within its budget and that still fails by the rule.
    pub(crate) fn shrink(&mut self, case: Case) -> Case {
        let mut best = case;
        loop {
            let before = size(&best);
            for list in [SENDS, WIRE, CONTROLS, SWITCHES] {
                best = self.without_runs_of(list, best);
            }
            if size(&best) == before || self.is_spent() {
                return best;
            }
        }
    }

    /// Leaves out ever shorter runs of one list.
    fn without_runs_of(&mut self, list: List, mut best: Case) -> Case {
        let mut run = (list.len)(&best);
        while run > 0 {
            let mut at = 0;
            while at < (list.len)(&best) && !self.is_spent() {
                let mut candidate = best.clone();
                (list.cut)(&mut candidate, at..(at + run).min((list.len)(&best)));
                match self.smaller(&candidate, &best) {
                    Some(smaller) => best = smaller,
                    None => at += run,
                }
            }
            run /= 2;
        }
        best
    }

    /// Returns the candidate, with the schedule it really ran, if it fails alike and is smaller than `best`.
    fn smaller(&mut self, candidate: &Case, best: &Case) -> Option<Case> {
        self.recorded(candidate).filter(|case| size(case) < size(best))
    }

    fn recorded(&mut self, case: &Case) -> Option<Case> {
        let outcome = self.run(case, Record::Schedule);
        let fails = self.fails(&outcome);
        let switches = outcome.schedule.filter(|_| fails)?;
        Some(Case { schedule: Schedule::Switches(switches), ..case.clone() })
    }

    fn run(&mut self, case: &Case, record: Record) -> Outcome {
        let outcome = self.engine.run(self.backend, case, record);
        self.steps_left = self.steps_left.saturating_sub(outcome.steps);
        self.executions_left = self.executions_left.saturating_sub(1);
        outcome
    }

    fn fails(&self, outcome: &Outcome) -> bool {
        outcome.failure.as_ref().is_some_and(|failure| failure.rule == self.rule)
    }

    fn is_spent(&self) -> bool {
        self.steps_left == 0 || self.executions_left == 0
    }
}

/// Orders cases by how much a reader has to follow: operations first, then switches.
fn size(case: &Case) -> (usize, usize) {
    (case.sends.len() + case.controls.len() + case.wire.len(), switches(case).len())
}

/// One of the lists of a case, and how to cut a piece out of it.
#[derive(Clone, Copy)]
struct List {
    len: fn(&Case) -> usize,
    cut: fn(&mut Case, Range<usize>),
}

const SENDS: List = List { len: |case| case.sends.len(), cut: |case, range| drop(case.sends.drain(range)) };
const WIRE: List = List { len: |case| case.wire.len(), cut: |case, range| drop(case.wire.drain(range)) };
const CONTROLS: List =
    List { len: |case| case.controls.len(), cut: |case, range| drop(case.controls.drain(range)) };
const SWITCHES: List = List { len: |case| switches(case).len(), cut: cut_switches };

fn switches(case: &Case) -> &[Switch] {
    match &case.schedule {
        Schedule::Seeded { .. } => &[],
        Schedule::Switches(switches) => switches,
    }
}

/// Cuts switches out so that those behind keep their place in the run: each takes one decision after its gap.
fn cut_switches(case: &mut Case, range: Range<usize>) {
    let Schedule::Switches(switches) = &mut case.schedule else { return };
    let decisions =
        switches.drain(range.clone()).fold(0_u32, |sum, s| sum.saturating_add(s.gap).saturating_add(1));
    if let Some(next) = switches.get_mut(range.start) {
        next.gap = next.gap.saturating_add(decisions);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::capture::Frames;
    use crate::case::Wire;
    use crate::outcome::Failure;
    use crate::scenario::Scenario;
    use crate::scheduler::Scheduler;

    /// Fails if the case removes the device and decision 5 goes to 1; it ignores all else, and decides 10 times.
    struct Toy;

    impl Toy {
        fn decisions(case: &Case) -> [u8; 10] {
            let mut decisions = [0; 10];
            let mut at = 0;
            for switch in switches(case) {
                at += switch.gap as usize;
                if let Some(decision) = decisions.get_mut(at) {
                    *decision = switch.pick;
                }
                at += 1;
            }
            match case.schedule {
                Schedule::Seeded { .. } => [1; 10],
                Schedule::Switches(_) => decisions,
            }
        }

        fn sparse(decisions: [u8; 10]) -> Vec<Switch> {
            let mut gap = 0;
            let mut switches = Vec::new();
            for pick in decisions {
                if pick == 0 {
                    gap += 1;
                } else {
                    switches.push(Switch { gap: std::mem::take(&mut gap), pick });
                }
            }
            switches
        }
    }

    impl Execute for Toy {
        fn new(_: Arc<Frames>) -> Self {
            Self
        }

        fn run(&mut self, _: Backend, case: &Case, _: Record) -> Outcome {
            let decisions = Self::decisions(case);
            let fails = decisions[5] == 1 && case.wire.contains(&Wire::Remove);
            let failure = Failure {
                rule: "R1".into(),
                message: String::new(),
                source: String::new(),
                on_windows: None,
            };
            Outcome {
                steps: 10,
                failure: fails.then_some(failure),
                schedule: Some(Self::sparse(decisions)),
                ..Outcome::default()
            }
        }

        fn take_pairs(&mut self) -> Vec<u64> {
            Vec::new()
        }
    }

    #[test]
    fn a_failure_shrinks_to_what_it_needs() {
        let case = Case::generate(Scenario::Removal, 1, 1, Scheduler::Random);
        let mut toy = Toy;
        let mut shrinker = Shrinker::new(&mut toy, Backend::Mock, "R1");
        let recorded = shrinker.record(&case).expect("it fails again");
        let shrunk = shrinker.shrink(recorded);
        assert_eq!((shrunk.sends.len(), shrunk.controls.len()), (0, 0));
        assert_eq!(shrunk.wire, [Wire::Remove]);
        assert_eq!(shrunk.schedule, Schedule::Switches(vec![Switch { gap: 5, pick: 1 }]));
    }

    #[test]
    fn another_rule_is_not_the_same_failure() {
        let case = Case::generate(Scenario::Removal, 1, 1, Scheduler::Random);
        assert_eq!(Shrinker::new(&mut Toy, Backend::Mock, "R2").record(&case), None);
    }
}

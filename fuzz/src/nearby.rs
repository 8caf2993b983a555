//! Schedules close to a stored one. Where code has changed, each switch may belong some decisions earlier or later, and
//! a failure that only moved is not fixed.

use crate::case::{Case, Schedule};
use crate::outcome::{Outcome, Record, Switch};
use crate::rng::Rng;

/// How many schedules are tried.
pub(crate) const SCHEDULES: usize = 1_000;
/// How far switches are moved, in decisions.
const FAR: i64 = 8;

/// Returns whether `case` fails by `rule` under a schedule close to its own. `run` runs a case.
pub(crate) fn fails_nearby(mut run: impl FnMut(&Case, Record) -> Outcome, case: &Case, rule: &str) -> bool {
    let Schedule::Switches(switches) = &case.schedule else { return false };
    schedules(switches).any(|switches| {
        let moved = Case { schedule: Schedule::Switches(switches), ..case.clone() };
        run(&moved, Record::Nothing).failure.is_some_and(|failure| failure.rule == rule)
    })
}

/// Lists schedules: first those with one switch moved, and all behind it, a little further each time; then those with
/// every switch moved by chance.
fn schedules(switches: &[Switch]) -> impl Iterator<Item = Vec<Switch>> {
    let one = (1..=FAR).flat_map(move |far| {
        (0..switches.len())
            .flat_map(move |at| [far, -far].map(|by| moved(switches, |n| by * i64::from(n == at))))
    });
    let mut rng = Rng::from_words(&[]);
    let all =
        std::iter::repeat_with(move || moved(switches, |_| i64::from(rng.range(0, 2 * FAR as u32)) - FAR));
    one.chain(all).take(if switches.is_empty() { 0 } else { SCHEDULES })
}

fn moved(switches: &[Switch], mut by: impl FnMut(usize) -> i64) -> Vec<Switch> {
    let gap = |gap: u32, by: i64| (i64::from(gap) + by).clamp(0, u32::MAX.into()) as u32;
    switches.iter().enumerate().map(|(n, s)| Switch { gap: gap(s.gap, by(n)), ..*s }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Failure;

    /// Breaks a rule if two switches are where the code has them now.
    fn changed_code(case: &Case, _: Record) -> Outcome {
        let now = Schedule::Switches(vec![Switch { gap: 13, pick: 1 }, Switch { gap: 4, pick: 2 }]);
        let failure = Failure { rule: "R1".into(), ..Failure::default() };
        Outcome { failure: (case.schedule == now).then_some(failure), ..Outcome::default() }
    }

    fn recorded(gaps: [u32; 2]) -> Case {
        let switches = vec![Switch { gap: gaps[0], pick: 1 }, Switch { gap: gaps[1], pick: 2 }];
        Case { schedule: Schedule::Switches(switches), ..Case::default() }
    }

    #[test]
    fn a_failure_that_moved_is_found() {
        assert!(fails_nearby(changed_code, &recorded([10, 4]), "R1"));
        assert!(fails_nearby(changed_code, &recorded([12, 5]), "R1"));
    }

    #[test]
    fn a_failure_that_is_gone_is_not_found() {
        assert!(!fails_nearby(changed_code, &recorded([10, 4]), "R2"));
        assert!(!fails_nearby(changed_code, &recorded([90, 4]), "R1"));
        assert!(!fails_nearby(changed_code, &Case::default(), "R1"));
    }
}

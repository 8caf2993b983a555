//! New cases out of old ones, for fuzzers: another schedule, the same operations.

use crate::case::{Case, SWITCHES_MAX, Schedule};
use crate::outcome::Switch;
use crate::rng::Rng;
use crate::scheduler::Scheduler;

/// How far a switch is moved, in decisions.
const FAR: u32 = 16;
/// How far behind the last switch one is added: about the length of a run.
const BEYOND: u32 = 256;
/// How many changes are made at once.
const CHANGES_MAX: u32 = 3;

/// A switch by its place in the run: how many decisions come before it.
type Placed = (u32, u8);

/// Returns `case` with one to three switches moved, added or dropped, or with another seed.
pub fn mutated(case: &Case, seed: u64) -> Case {
    let mut rng = Rng::from_words(&[seed]);
    let schedule = match &case.schedule {
        Schedule::Seeded { .. } if rng.one_in(2) => {
            Schedule::Seeded { scheduler: rng.pick(Scheduler::ALL), seed: rng.next() }
        }
        Schedule::Seeded { .. } => changed(Vec::new(), &mut rng),
        Schedule::Switches(switches) => changed(placed(switches), &mut rng),
    };
    Case { schedule, ..case.clone() }
}

/// Returns `case` with its own schedule up to some decision, and that of `other` from there on. Of a seeded schedule
/// there are no parts: then it is the other's whole one.
pub fn spliced(case: &Case, other: &Case, seed: u64) -> Case {
    let mut rng = Rng::from_words(&[seed]);
    let schedule = match (&case.schedule, &other.schedule) {
        (Schedule::Switches(first), Schedule::Switches(then)) => {
            let (mut first, then) = (placed(first), placed(then));
            let end = first.last().max(then.last()).map_or(0, |last| last.0);
            let at = rng.range(0, end);
            first.retain(|switch| switch.0 < at);
            first.extend(then.into_iter().filter(|switch| switch.0 >= at));
            Schedule::Switches(sparse(first))
        }
        (_, schedule) => schedule.clone(),
    };
    Case { schedule, ..case.clone() }
}

fn changed(mut switches: Vec<Placed>, rng: &mut Rng) -> Schedule {
    for _ in 0..rng.range(1, CHANGES_MAX) {
        let any = switches.len().checked_sub(1).map(|last| rng.range(0, last as u32) as usize);
        match (rng.range(0, 3), any) {
            (0, Some(any)) => _ = switches.remove(any),
            (1, Some(any)) => {
                switches[any].0 = switches[any].0.saturating_add(rng.range(0, 2 * FAR)).saturating_sub(FAR)
            }
            (2, Some(any)) => switches[any].1 = rng.next() as u8,
            _ => {
                let end = switches.last().map_or(0, |last| last.0).saturating_add(BEYOND);
                switches.push((rng.range(0, end), rng.next() as u8));
            }
        }
    }
    Schedule::Switches(sparse(switches))
}

fn placed(switches: &[Switch]) -> Vec<Placed> {
    let mut next = 0_u32;
    let place = |switch: &Switch| {
        let at = next.saturating_add(switch.gap);
        next = at.saturating_add(1);
        (at, switch.pick)
    };
    switches.iter().map(place).collect()
}

/// Puts switches into order; of two at one place the first stays.
fn sparse(mut switches: Vec<Placed>) -> Vec<Switch> {
    switches.sort_by_key(|switch| switch.0);
    switches.dedup_by_key(|switch| switch.0);
    switches.truncate(SWITCHES_MAX);
    let mut next = 0;
    let gap = |(at, pick): Placed| {
        let gap = at - next;
        next = at.saturating_add(1);
        Switch { gap, pick }
    };
    switches.into_iter().map(gap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn switched(gaps: &[u32]) -> Case {
        let switches = gaps.iter().map(|&gap| Switch { gap, pick: gap as u8 }).collect();
        let case = Case::generate(Scenario::Traffic, 1, 1, Scheduler::Random);
        Case { schedule: Schedule::Switches(switches), ..case }
    }

    fn places(case: &Case) -> Vec<Placed> {
        match &case.schedule {
            Schedule::Switches(switches) => placed(switches),
            Schedule::Seeded { .. } => Vec::new(),
        }
    }

    #[test]
    fn a_mutation_changes_a_few_switches_and_no_operation() {
        let case = switched(&[10, 20, 30, 40, 50]);
        let mut lengths = [false; 9];
        for seed in 0..5_000 {
            let other = mutated(&case, seed);
            assert_eq!(Case { schedule: case.schedule.clone(), ..other.clone() }, case);
            assert_eq!(other.validate(), Ok(()));
            let kept = places(&other).iter().filter(|place| places(&case).contains(place)).count();
            assert!(kept >= 2, "at most three of five are touched");
            lengths[places(&other).len()] = true;
        }
        assert_eq!(lengths, [false, false, true, true, true, true, true, true, true]);
    }

    #[test]
    fn mutations_of_a_seeded_case_are_of_both_kinds() {
        let case = Case::generate(Scenario::Link, 1, 1, Scheduler::Pct3);
        let seeded =
            (0..100).filter(|&seed| matches!(mutated(&case, seed).schedule, Schedule::Seeded { .. }));
        assert!((30..70).contains(&seeded.count()));
    }

    #[test]
    fn a_splice_begins_like_one_and_ends_like_the_other() {
        let (case, other) = (switched(&[10, 10, 10]), switched(&[13, 13, 13]));
        let mixed = |seed| {
            let both = places(&spliced(&case, &other, seed));
            let first = both.iter().take_while(|place| places(&case).contains(place)).count();
            assert!(both[first..].iter().all(|place| places(&other).contains(place)), "{both:?}");
            0 < first && first < both.len()
        };
        assert!((0..100).filter(|&seed| mixed(seed)).count() > 30);
        assert_eq!(spliced(&case, &other, 1).sends, case.sends);
    }

    #[test]
    fn places_at_the_end_of_numbers_do_no_harm() {
        let case = switched(&[u32::MAX, 3, u32::MAX]);
        for seed in 0..200 {
            assert_eq!(mutated(&case, seed).validate(), Ok(()));
            assert_eq!(spliced(&case, &switched(&[7]), seed).validate(), Ok(()));
        }
    }
}

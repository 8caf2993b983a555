//! Shrinking a failure whose need is known.

use super::*;
use crate::capture::Frames;
use crate::case::{Settings, Wire};
use crate::outcome::{Failure, Switch};
use crate::scenario::Scenario;
use crate::scheduler::Scheduler;

/// Fails if the case removes the device and decision 5 goes to 1; it ignores all else, and decides 10 times.
struct Toy;

impl Toy {
    fn decisions(case: &Case) -> [u8; 10] {
        let mut decisions = [0; 10];
        let mut at = 0;
        let Schedule::Switches(switches) = &case.schedule else { return [1; 10] };
        for switch in switches {
            at += switch.gap as usize;
            if let Some(decision) = decisions.get_mut(at) {
                *decision = switch.pick;
            }
            at += 1;
        }
        decisions
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

impl Toy {
    fn run(case: &Case, _: Record) -> Outcome {
        let decisions = Self::decisions(case);
        let fails = decisions[5] == 1 && case.wire.contains(&Wire::Remove);
        let failure = Failure { rule: "R1".into(), ..Failure::default() };
        Outcome {
            points: 10,
            steps: 10,
            failure: fails.then_some(failure),
            schedule: Some(Self::sparse(decisions)),
            ..Outcome::default()
        }
    }
}

fn shrunk(case: &Case, rule: &str) -> Option<Case> {
    Shrinker::new(Toy::run, rule, &Frames::builtin(), Effort::CAMPAIGN).shrink(case)
}

fn removal() -> Case {
    Case::generate(Scenario::Removal, 1, 1, Scheduler::Random)
}

#[test]
fn a_failure_shrinks_to_what_it_needs() {
    let shrunk = shrunk(&removal(), "R1").expect("it fails again");
    assert_eq!(shrunk.schedule, Schedule::Switches(vec![Switch { gap: 5, pick: 1 }]));
    assert_eq!((shrunk.sends.len(), shrunk.controls.len()), (0, 0));
    assert_eq!(shrunk.wire, [Wire::Remove]);
    let device_seed = removal().settings.device_seed;
    assert_eq!(shrunk.settings, Settings { device_seed, ..plain::SETTINGS });
}

#[test]
fn frames_that_stay_become_short_and_whole() {
    let mut case = removal();
    let run = |case: &Case, record| {
        let failure = Toy::run(case, record).failure.filter(|_| case.sends.len() > 1);
        Outcome { failure, ..Toy::run(case, record) }
    };
    case.sends.truncate(2);
    let frames = Frames::builtin();
    let shrunk = Shrinker::new(run, "R1", &frames, Effort::CAMPAIGN).shrink(&case).expect("it fails");
    let shortest = (0..frames.len() as u16).map(|n| frames.get(n).len()).min();
    assert!(shrunk.sends.iter().all(|send| Some(frames.get(send.frame).len()) == shortest));
    assert!(shrunk.sends.iter().all(|send| send.fragments == 1));
}

#[test]
fn another_rule_is_not_the_same_failure() {
    assert_eq!(shrunk(&removal(), "R2"), None);
}

#[test]
fn a_failure_shrinks_to_the_same_case_each_time() {
    assert_eq!(shrunk(&removal(), "R1"), shrunk(&removal(), "R1"));
}

//! Exploration against brute force: on small random programs both see the same interleavings.
//!
//! Brute force takes every possible turn, and knows nothing of what conflicts. What a program's contexts log (the order
//! of their accesses to each object and on each processor, and all values) tells the interleavings apart.

#![allow(unreachable_pub, reason = "the modules are this test's own")]

#[path = "exploration/brute_force.rs"]
mod brute_force;
#[path = "exploration/program.rs"]
mod program;

use std::collections::BTreeSet;

use brute_force::BruteForce;
use dirql_sim::{Exploration, Machine, Rng, Scheduler};
use program::{Class, Program};

/// Brute force gives up after so many runs.
const RUNS_MAX: u32 = 1_000;

/// Runs a program under every schedule there is; `None` if there are too many.
fn by_brute_force(machine: &mut Machine, program: &Program) -> Option<BTreeSet<Class>> {
    let all = BruteForce::default();
    let mut classes = BTreeSet::new();
    for _ in 0..RUNS_MAX {
        classes.insert(program.run(machine, Box::new(all.clone())).expect("brute force gives no run up"));
        if !all.advance() {
            return Some(classes);
        }
    }
    None
}

fn explored(machine: &mut Machine, program: &Program, exploration: &Exploration) -> BTreeSet<Class> {
    let mut classes = BTreeSet::new();
    while !exploration.is_finished() {
        let scheduler: Box<dyn Scheduler> = Box::new(exploration.clone());
        classes.extend(program.run(machine, scheduler));
    }
    classes
}

#[test]
fn exploration_sees_what_brute_force_sees() {
    let mut machine = Machine::new();
    let mut compared = 0;
    for seed in 0.. {
        let program = Program::draw(&mut Rng::new(seed));
        let Some(wanted) = by_brute_force(&mut machine, &program) else { continue };
        let exploration = Exploration::new();
        let found = explored(&mut machine, &program, &exploration);
        assert_eq!(found, wanted, "seed {seed}: {program:?}");
        compared += 1;
        if compared == 1_000 {
            break;
        }
    }
}

#[test]
fn a_bound_that_is_never_reached_leaves_all_schedules() {
    let mut machine = Machine::new();
    for seed in 0..200 {
        let program = Program::draw(&mut Rng::new(seed));
        let Some(wanted) = by_brute_force(&mut machine, &program) else { continue };
        assert_eq!(explored(&mut machine, &program, &Exploration::bounded(1_000)), wanted, "{program:?}");
        let few = explored(&mut machine, &program, &Exploration::bounded(1));
        assert!(few.is_subset(&wanted), "{program:?}");
    }
}

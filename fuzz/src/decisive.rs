//! Which switches of a schedule a failure needs: those without which it vanishes.

use crate::case::{Case, Schedule};
use crate::outcome::{Outcome, Record};
use crate::shrink::without_switches;

/// Of a longer schedule, nobody wants to know: it is to be shrunk first.
const SWITCHES_MAX: usize = 2_000;

/// Runs `case` with its trace on, and marks the decisive switches there. `run` runs a case.
pub(crate) fn explain(mut run: impl FnMut(&Case, Record) -> Outcome, case: &Case) -> Outcome {
    let recorded = run(case, Record::Schedule);
    let Some(switches) = recorded.schedule.clone() else { return run(case, Record::Trace) };
    let count = switches.len();
    let case = Case { schedule: Schedule::Switches(switches), ..case.clone() };
    let mut outcome = run(&case, Record::Trace);
    if let (Some(trace), Some(failure)) = (&mut outcome.trace, &recorded.failure)
        && count <= SWITCHES_MAX
    {
        let mut without = |at| run(&without_switches(&case, at..at + 1), Record::Nothing);
        let vanishes = |outcome: Outcome| outcome.failure.is_none_or(|left| left.rule != failure.rule);
        let decisive: Vec<bool> = (0..count).map(|at| vanishes(without(at))).collect();
        trace.mark(&decisive);
    }
    // What did not fit was tidied up by recording it.
    Outcome { misfits: recorded.misfits, ..outcome }
}

//! Makes a failing case smaller, so that a person can read it: fewer switches, fewer operations, plainer values, and
//! the same rule.
//!
//! | What gets smaller | File |
//! |---|---|
//! | lists: switches and operations are left out | `lists.rs` |
//! | schedules: others with fewer switches are drawn | `search.rs` |
//! | values: faults, settings, frames, fragments | `plain.rs` |
//! | what is smaller than what | `size.rs` |

mod lists;
mod plain;
mod search;
mod size;
#[cfg(test)]
mod tests;

use crate::capture::Frames;
use crate::case::{Case, Schedule};
use crate::outcome::{Outcome, Record};
use crate::rng::Rng;

pub(crate) use lists::without_switches;
use lists::{CONTROLS, List, SENDS, SWITCHES, WIRE};
use search::{BARE_SCHEDULES, FEW, MANY, SCHEDULES};
use size::{Size, switches};

/// How much shrinking one failure may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effort {
    steps: u64,
    executions: u32,
}

impl Effort {
    /// What a campaign spends on each failure that it reports: half a second or so.
    pub(crate) const CAMPAIGN: Self = Self { steps: 8_000_000, executions: 12_000 };
    /// What is spent on a failure that somebody wants to read: a second or so.
    pub(crate) const THOROUGH: Self = Self { steps: 16_000_000, executions: 30_000 };
    /// What is spent if each run needs a process of its own, which takes ten milliseconds or so.
    pub(crate) const APART: Self = Self { steps: u64::MAX, executions: 600 };
}

/// After so many rounds without success there is no more: what is tried is partly drawn, so one is not enough. With more
/// switches than most bugs need, the effort decides.
const IDLE_MAX: u32 = 3;

/// What bare scenes are without, the barest first.
const BARE: [&[List]; 7] = [
    &[SENDS, WIRE, CONTROLS],
    &[WIRE, CONTROLS],
    &[SENDS, CONTROLS],
    &[SENDS, WIRE],
    &[CONTROLS],
    &[WIRE],
    &[SENDS],
];

/// Shrinks a failure. `R` runs a case.
pub(crate) struct Shrinker<'e, R> {
    run: R,
    rule: &'e str,
    frames: &'e Frames,
    left: Effort,
    rng: Rng,
    /// How many decisions the last failing run took, about.
    decisions: u32,
}

impl<'e, R: FnMut(&Case, Record) -> Outcome> Shrinker<'e, R> {
    /// Makes a shrinker of failures by `rule`, which ends when it has spent `effort`.
    pub(crate) fn new(run: R, rule: &'e str, frames: &'e Frames, effort: Effort) -> Self {
        // What is drawn depends on nothing, so that the same failure shrinks to the same case.
        let rng = Rng::from_words(&[]);
        Self { run, rule, frames, left: effort, rng, decisions: 0 }
    }

    /// Returns the smallest case that it finds and that still fails by the rule; nothing if `case` itself does not, or
    /// does not again.
    pub(crate) fn shrink(&mut self, case: &Case) -> Option<Case> {
        let recorded = self.recorded(case)?;
        // Only a schedule that replays without misfits is the same run.
        let replayed = self.run(&recorded, Record::Nothing);
        (self.fails(&replayed) && replayed.misfits == 0).then(|| self.smallest(recorded))
    }

    fn smallest(&mut self, case: Case) -> Case {
        let mut best = self.with_few_switches(case);
        if switches(&best) > MANY {
            best = self.with_a_bare_scene(best);
            best = self.with_a_smaller_scene(best);
        }
        let mut idle = 0;
        while (idle < IDLE_MAX || switches(&best) > FEW) && !self.is_spent() {
            let before = self.size(&best);
            best = self.with_few_switches(best);
            best = self.with_another_scheduler(best);
            best = self.with_a_turned_switch(best);
            best = self.without_runs_of(SWITCHES, best);
            best = self.with_nudged_switches(best);
            best = self.with_pushed_switches(best);
            for list in [SENDS, WIRE, CONTROLS] {
                best = self.without_runs_of(list, best);
            }
            best = self.with_plainer_values(best);
            idle = if self.size(&best) < before { 0 } else { idle + 1 };
        }
        best
    }

    /// Leaves out whole lists of operations, the most first, if the rest fails under some schedule. Many a failure of a
    /// rich scene needs little of it, and runs of a bare one are short.
    fn with_a_bare_scene(&mut self, best: Case) -> Case {
        for lists in BARE {
            let mut bare = best.clone();
            for list in lists {
                let all = 0..(list.len)(&bare);
                (list.cut)(&mut bare, all);
            }
            if self.size(&bare) < self.size(&best)
                && let Some(fails) = self.under_any_schedule(bare, BARE_SCHEDULES)
            {
                return fails;
            }
        }
        best
    }

    /// Leaves out operations as long as the rest fails under some schedule, whichever: in a long run, switches are
    /// dear to leave out.
    fn with_a_smaller_scene(&mut self, mut best: Case) -> Case {
        for list in [SENDS, WIRE, CONTROLS] {
            best = self.cut(list, best, |me, best, candidate| {
                me.under_any_schedule(candidate, SCHEDULES).unwrap_or(best)
            });
        }
        best
    }

    /// Leaves out what one list can spare.
    fn without_runs_of(&mut self, list: List, best: Case) -> Case {
        self.cut(list, best, Self::smaller_or_slid)
    }

    /// Cuts ever shorter runs out of one list, from its end: what comes before then stays as it is. Of a case and the
    /// same without a run, `better` returns one.
    fn cut(&mut self, list: List, mut best: Case, better: impl Fn(&mut Self, Case, Case) -> Case) -> Case {
        let mut run = (list.len)(&best);
        while run > 0 {
            let mut end = (list.len)(&best);
            while end > 0 && !self.is_spent() {
                let begin = end.saturating_sub(run);
                let mut candidate = best.clone();
                (list.cut)(&mut candidate, begin..end);
                best = better(self, best, candidate);
                end = begin.min((list.len)(&best));
            }
            run /= 2;
        }
        best
    }

    /// Makes settings plain, then frames: all at once, then each alone.
    fn with_plainer_values(&mut self, mut best: Case) -> Case {
        for simplify in plain::SIMPLIFICATIONS {
            let mut candidate = best.clone();
            simplify(&mut candidate.settings);
            best = self.smaller_of(best, candidate);
        }
        let frames = plain::frames(&best);
        for which in std::iter::once(0..frames).chain((0..frames).map(|at| at..at + 1)) {
            let mut candidate = best.clone();
            plain::shorten(&mut candidate, which, self.frames);
            best = self.smaller_of(best, candidate);
        }
        best
    }

    /// Returns the candidate, with the schedule that it really ran, if it fails alike and is smaller; `best` if not.
    fn smaller_of(&mut self, best: Case, candidate: Case) -> Case {
        if self.is_spent() || self.size(&candidate) >= self.size(&best) {
            return best;
        }
        self.recorded(&candidate).filter(|case| self.size(case) < self.size(&best)).unwrap_or(best)
    }

    /// Runs the case. If it fails by the rule, returns it with the schedule that it ran; the schedule of a process that
    /// died is the one it was given.
    fn recorded(&mut self, case: &Case) -> Option<Case> {
        let outcome = self.run(case, Record::Schedule);
        let fails = self.fails(&outcome);
        if fails {
            self.decisions = outcome.points as u32;
        }
        let schedule = outcome.schedule.map_or_else(|| case.schedule.clone(), Schedule::Switches);
        fails.then(|| Case { schedule, ..case.clone() })
    }

    fn run(&mut self, case: &Case, record: Record) -> Outcome {
        let outcome = (self.run)(case, record);
        self.left.steps = self.left.steps.saturating_sub(outcome.steps);
        self.left.executions = self.left.executions.saturating_sub(1);
        outcome
    }

    fn fails(&self, outcome: &Outcome) -> bool {
        outcome.failure.as_ref().is_some_and(|failure| failure.rule == self.rule)
    }

    fn size(&self, case: &Case) -> Size {
        Size::of(case, self.frames)
    }

    fn is_spent(&self) -> bool {
        self.left.steps == 0 || self.left.executions == 0
    }
}

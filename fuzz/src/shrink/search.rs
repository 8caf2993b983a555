//! Other schedules with fewer switches. Leaving switches out one by one ends where each of them holds up the next;
//! a schedule that was drawn afresh, or pushed a little, gets past that.

use super::Shrinker;
use super::lists::{SWITCHES, without_switches};
use super::size::switches;
use crate::case::{Case, Schedule};
use crate::outcome::{Outcome, Record, Switch};
use crate::scheduler::Scheduler;

/// The most switches that are tried at random places: most bugs need no more.
pub(super) const FEW: usize = 4;
/// How many schedules are tried with each number of switches.
const TRIES: u32 = 120;
/// How close together switches are that belong together, in decisions.
const CLOSE: u32 = 6;
/// With more switches than these it is worth to look at what other schedulers do.
pub(super) const MANY: usize = 16;
/// How many seeds each of them gets.
const SEEDS: u64 = 25;
/// How often the switches are slid to where they belong in a run that got shorter, shared out among them.
const SLIDES: u32 = 64;
/// How many schedules a smaller scene is tried under.
pub(super) const SCHEDULES: u32 = 10;
/// How many a bare one is, whose runs are short.
pub(super) const BARE_SCHEDULES: u32 = 60;
/// How far a nudge moves a switch, in decisions.
const NUDGE_MAX: i32 = 4;
/// How many pushes are tried in a row without success.
const PUSHES: u32 = 120;
/// How far a push moves a switch, in decisions.
const PUSH_MAX: u32 = 12;

impl<R: FnMut(&Case, Record) -> Outcome> Shrinker<'_, R> {
    /// Tries schedules of no, one, two .. switches anywhere in the run.
    pub(super) fn with_few_switches(&mut self, mut best: Case) -> Case {
        for count in 0..=FEW {
            let tries = if count == 0 { 1 } else { TRIES };
            for _ in 0..tries {
                if switches(&best) <= count || self.is_spent() {
                    return best;
                }
                let schedule = Schedule::Switches(self.scattered(count));
                best = self.smaller_of(best.clone(), Case { schedule, ..best });
            }
        }
        best
    }

    /// Tries the schedulers that seldom switch.
    pub(super) fn with_another_scheduler(&mut self, mut best: Case) -> Case {
        for scheduler in [Scheduler::RunToCompletion, Scheduler::Pct2, Scheduler::Pct3, Scheduler::Sticky] {
            for seed in 0..SEEDS {
                if switches(&best) <= MANY || self.is_spent() {
                    return best;
                }
                let schedule = Schedule::Seeded { scheduler, seed };
                best = self.smaller_of(best.clone(), Case { schedule, ..best });
            }
        }
        best
    }

    /// Returns the case with a schedule under which it fails alike: its own, or one of `tries` that are drawn.
    pub(super) fn under_any_schedule(&mut self, case: Case, tries: u32) -> Option<Case> {
        if let Some(recorded) = self.recorded(&case) {
            return Some(recorded);
        }
        (0..tries).find_map(|_| {
            let scheduler = self.rng.pick(Scheduler::ALL);
            let schedule = Schedule::Seeded { scheduler, seed: self.rng.next() };
            self.recorded(&Case { schedule, ..case.clone() })
        })
    }

    /// As [`smaller_of`](Self::smaller_of). If the candidate does not fail because its run is shorter, so that its
    /// switches come too late, they are slid towards the beginning.
    pub(super) fn smaller_or_slid(&mut self, best: Case, candidate: Case) -> Case {
        let before = self.size(&best);
        let mut best = self.smaller_of(best, candidate.clone());
        let mut tries = match switches(&candidate) {
            count @ 1..=MANY => SLIDES / count as u32,
            _ => 0,
        };
        while tries > 0 && self.size(&best) == before {
            let slid = self.slid(&candidate);
            best = self.smaller_of(best, slid);
            tries -= 1;
        }
        best
    }

    /// Moves one switch, mostly the first, and with it all behind it, to an earlier place.
    fn slid(&mut self, case: &Case) -> Case {
        let mut slid = case.clone();
        if let Schedule::Switches(switches) = &mut slid.schedule {
            let last = switches.len().saturating_sub(1) as u32;
            let at = if self.rng.one_in(3) { self.rng.range(0, last) } else { 0 };
            if let Some(Switch { gap, .. }) = switches.get_mut(at as usize) {
                let far = if self.rng.one_in(2) { PUSH_MAX } else { u32::MAX };
                *gap = self.rng.range(gap.saturating_sub(far), *gap);
            }
        }
        slid
    }

    /// Draws `count` switches anywhere in the run, every other one close behind the one before: what belongs together
    /// mostly is together.
    fn scattered(&mut self, count: usize) -> Vec<Switch> {
        let mut places: Vec<u32> = Vec::with_capacity(count);
        for _ in 0..count {
            places.push(match places.last() {
                Some(&last) if self.rng.one_in(2) => self.rng.range(last + 1, last + CLOSE),
                _ => self.rng.range(0, self.decisions),
            });
        }
        places.sort_unstable();
        let mut next = 0;
        let mut switch = |place: u32| {
            let gap = place.saturating_sub(next);
            next = place + 1;
            // A pick that is not possible is reduced to one that is: any number will do.
            Switch { gap, pick: self.rng.next() as u8 }
        };
        places.into_iter().map(&mut switch).collect()
    }

    /// Keeps the first of many switches, and turns the last of these to somebody else: who goes on from there by default
    /// may need no more switches.
    pub(super) fn with_a_turned_switch(&mut self, mut best: Case) -> Case {
        for _ in 0..TRIES {
            if switches(&best) <= FEW || self.is_spent() {
                return best;
            }
            let all = (SWITCHES.len)(&best);
            let kept = self.rng.range(1, all.min(MANY) as u32) as usize;
            let mut turned = without_switches(&best, kept..all);
            if let Schedule::Switches(switches) = &mut turned.schedule
                && let Some(last) = switches.last_mut()
            {
                last.pick = self.rng.next() as u8;
            }
            best = self.smaller_of(best, turned);
        }
        best
    }

    /// Leaves each switch out and moves those behind it a little: often it did no more than to hold them up.
    pub(super) fn with_nudged_switches(&mut self, mut best: Case) -> Case {
        let mut at = (SWITCHES.len)(&best);
        while (1..=MANY).contains(&at) && !self.is_spent() {
            at -= 1;
            let before = switches(&best);
            for by in (1..=NUDGE_MAX).flat_map(|by| [-by, by]) {
                let candidate = nudged(without_switches(&best, at..at + 1), at, by);
                best = self.smaller_of(best, candidate);
                if switches(&best) < before {
                    at = (SWITCHES.len)(&best);
                    break;
                }
            }
        }
        best
    }

    /// Leaves some switches out and pushes others a little, as long as that leads anywhere.
    pub(super) fn with_pushed_switches(&mut self, mut best: Case) -> Case {
        let mut tries = 0;
        while tries < PUSHES && switches(&best) > 1 && !self.is_spent() {
            let before = switches(&best);
            let candidate = self.pushed(&best);
            best = self.smaller_of(best, candidate);
            tries = if switches(&best) < before { 0 } else { tries + 1 };
        }
        best
    }

    fn pushed(&mut self, best: &Case) -> Case {
        let mut candidate = best.clone();
        let lost = self.rng.range(1, 3);
        for _ in 0..lost {
            if let Some(last) = (SWITCHES.len)(&candidate).checked_sub(1) {
                let at = self.rng.range(0, last as u32) as usize;
                (SWITCHES.cut)(&mut candidate, at..at + 1);
            }
        }
        let Schedule::Switches(left) = &mut candidate.schedule else { return candidate };
        if lost > 1 && self.rng.one_in(2) {
            let at = self.rng.range(0, left.len() as u32) as usize;
            let gap = left.get(at).map_or(self.decisions, |next| next.gap);
            let gap = self.rng.range(0, gap);
            if let Some(next) = left.get_mut(at) {
                next.gap = next.gap.saturating_sub(gap + 1);
            }
            left.insert(at, Switch { gap, pick: self.rng.next() as u8 });
        }
        if let Some(last) = left.len().checked_sub(1) {
            let pushed = &mut left[self.rng.range(0, last as u32) as usize];
            let by = self.rng.range(0, 2 * PUSH_MAX);
            pushed.gap = (pushed.gap + by).saturating_sub(PUSH_MAX);
        }
        candidate
    }
}

/// Moves switch `at`, and all behind it, by some decisions.
fn nudged(mut case: Case, at: usize, by: i32) -> Case {
    if let Schedule::Switches(switches) = &mut case.schedule
        && let Some(next) = switches.get_mut(at)
    {
        next.gap = next.gap.saturating_add_signed(by);
    }
    case
}

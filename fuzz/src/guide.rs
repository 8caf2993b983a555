//! What a campaign has learned of an item: which schedulers cover access pairs there that are new.
//!
//! It changes between generations only, and by what the executions of earlier ones covered. So the case of an execution
//! is still a function of seed, backend, scenario and number, however many workers there are.

use std::array;

use serde::{Deserialize, Serialize};

use crate::campaign::{Item, Plan};
use crate::case::Case;
use crate::pairs::Pairs;
use crate::rng::Rng;
use crate::scheduler::{SCHEDULERS, Scheduler, Selection};

/// What the shares of all schedulers add up to, about.
const WHOLE: u64 = 1024;
/// What each gets whatever it covers: a bug needs no new pair.
const FLOOR: u64 = WHOLE / 32;
/// Rates are compared in executions of so many that cover something new.
const PER: u64 = 10_000;

/// How the schedulers of a generation are drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guide {
    /// How much each scheduler gets, in the order of [`Scheduler::ALL`].
    shares: [u64; SCHEDULERS],
}

/// What a scheduler did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) executions: u64,
    /// Those that covered something that earlier generations had not.
    pub(crate) covering: u64,
}

/// The same for each scheduler, in the order of [`Scheduler::ALL`].
pub(crate) type Trials = [Tried; SCHEDULERS];

impl Guide {
    /// Shares out by what a scheduler is known for, and by how often it covers something new here, relative to the
    /// others: one that never does gets half of what it would else.
    fn new(trials: &Trials) -> Self {
        let known: [u64; SCHEDULERS] = array::from_fn(|s| Scheduler::ALL[s].share());
        let rates = trials.map(|tried| tried.covering * PER / tried.executions.max(1));
        let mean = known.iter().zip(rates).map(|(share, rate)| share * rate).sum::<u64>()
            / known.iter().sum::<u64>();
        let weights: [u64; SCHEDULERS] = array::from_fn(|s| known[s] * (mean + rates[s] + 1));
        let all: u64 = weights.iter().sum();
        Self { shares: weights.map(|weight| FLOOR + (WHOLE - FLOOR * SCHEDULERS as u64) * weight / all) }
    }

    /// Returns the case of execution `index` of `item`, and the scheduler that runs it.
    pub(crate) fn case(&self, plan: &Plan, item: Item, index: u64) -> (Case, Scheduler) {
        let scheduler = match plan.selection {
            Selection::Portfolio => self.draw(plan.seed, item, index),
            Selection::Only(scheduler) => scheduler,
        };
        (Case::generate(item.scenario, plan.seed, index, scheduler), scheduler)
    }

    fn draw(&self, seed: u64, item: Item, index: u64) -> Scheduler {
        let mut rng = Rng::from_words(&[seed, item.backend as u64, item.scenario as u64, index]);
        let drawn = u64::from(rng.range(1, self.shares.iter().sum::<u64>() as u32));
        let up_to = |s: usize| self.shares[..=s].iter().sum::<u64>();
        let at = (0..SCHEDULERS).find(|&s| drawn <= up_to(s));
        Scheduler::ALL[at.expect("it is at most the sum of all")]
    }
}

/// What the supervisor knows of an item.
pub(crate) struct Learner {
    guide: Guide,
    /// Older generations count less: half for each since.
    trials: Trials,
    known: Pairs,
    /// The same, in the order in which they were covered, generation by generation.
    log: Vec<u16>,
    /// What the generation under way has covered, in any order.
    fresh: Vec<u16>,
}

impl Default for Learner {
    fn default() -> Self {
        let trials = Trials::default();
        let guide = Guide::new(&trials);
        Self { guide, trials, known: Pairs::default(), log: Vec::new(), fresh: Vec::new() }
    }
}

impl Learner {
    /// Returns how the generation under way is drawn.
    pub(crate) fn guide(&self) -> &Guide {
        &self.guide
    }

    /// Returns what earlier generations have covered.
    pub(crate) fn known(&self) -> &[u16] {
        &self.log
    }

    /// Takes in what a stretch of the generation under way did.
    pub(crate) fn hear(&mut self, trials: &Trials, pairs: &[u16]) {
        for (mine, more) in self.trials.iter_mut().zip(trials) {
            mine.executions += more.executions;
            mine.covering += more.covering;
        }
        self.fresh.extend(pairs);
    }

    /// Makes use of the generation, which is complete.
    pub(crate) fn learn(&mut self) {
        self.log.extend(self.known.insert_new(&mut self.fresh));
        self.guide = Guide::new(&self.trials);
        for tried in &mut self.trials {
            *tried = Tried { executions: tried.executions / 2, covering: tried.covering / 2 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::scenario::Scenario;

    const ITEM: Item = Item { backend: Backend::Wdm, scenario: Scenario::Msix };

    fn of(guide: &Guide, scheduler: Scheduler) -> usize {
        (0..10_000).filter(|&index| guide.draw(7, ITEM, index) == scheduler).count()
    }

    fn one_covers(scheduler: Scheduler) -> Guide {
        let mut trials = [Tried { executions: 100, covering: 0 }; SCHEDULERS];
        trials[scheduler as usize].covering = 50;
        Guide::new(&trials)
    }

    #[test]
    fn who_covers_more_gets_more_and_nobody_starves() {
        let before = Guide::new(&Trials::default());
        for &scheduler in Scheduler::ALL {
            let guide = one_covers(scheduler);
            assert!(of(&guide, scheduler) > of(&before, scheduler) * 5 / 4, "{scheduler}");
            assert!(Scheduler::ALL.iter().all(|&other| of(&guide, other) > 250));
        }
    }

    #[test]
    fn equal_rates_leave_what_is_known() {
        let trials = [Tried { executions: 200, covering: 20 }; SCHEDULERS];
        let (before, after) = (Guide::new(&Trials::default()), Guide::new(&trials));
        let close = |(a, b): (&u64, &u64)| a.abs_diff(*b) <= 1;
        assert!(before.shares.iter().zip(&after.shares).all(close), "{before:?} {after:?}");
    }

    #[test]
    fn the_order_in_which_stretches_are_heard_of_does_not_matter() {
        let mut trials = [Trials::default(); 2];
        trials[0][1] = Tried { executions: 16, covering: 7 };
        trials[1][4] = Tried { executions: 16, covering: 1 };
        let pairs: [&[u16]; 2] = [&[9, 2], &[4, 2, 700]];
        let learned = |order: [usize; 2]| {
            let mut learner = Learner::default();
            order.into_iter().for_each(|n| learner.hear(&trials[n], pairs[n]));
            learner.learn();
            (learner.guide().clone(), learner.known().to_vec())
        };
        assert_eq!(learned([0, 1]), learned([1, 0]));
        assert_eq!(learned([0, 1]).1, [2, 4, 9, 700]);
        assert_ne!(learned([0, 1]).0, Learner::default().guide);
    }
}

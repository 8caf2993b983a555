//! The sums of a campaign, item by item. They do not depend on the order in which workers report.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::campaign::{Item, Plan};
use crate::outcome::Failure;
use crate::pairs::Pairs;
use crate::protocol::{Finding, Slice, Totals};

/// What a campaign knows so far.
pub(crate) struct Tally {
    pub(crate) items: Vec<ItemTally>,
}

/// What is known of one item.
pub(crate) struct ItemTally {
    pub(crate) item: Item,
    pub(crate) totals: Totals,
    /// Seconds of all workers together.
    pub(crate) worker_seconds: f64,
    pub(crate) pairs: Pairs,
    /// By rule.
    pub(crate) failures: BTreeMap<String, Found>,
}

/// The failures by one rule: how many, and the first of them.
#[derive(Default)]
pub(crate) struct Found {
    count: u64,
    pub(crate) first: Option<First>,
}

/// The failure that is kept.
pub(crate) struct First {
    pub(crate) index: u64,
    pub(crate) failure: Failure,
    /// Seconds of the campaign until the rule was first broken.
    pub(crate) seconds: f64,
    /// Where it was written; nothing if that failed.
    pub(crate) artifact: Option<PathBuf>,
}

impl Tally {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { items: plan.items.iter().copied().map(ItemTally::new).collect() }
    }

    /// Adds what a worker did.
    pub(crate) fn add(&mut self, slice: &Slice) {
        let tally = &mut self.items[slice.item];
        tally.totals.add(&slice.totals);
        tally.worker_seconds += slice.seconds;
        tally.pairs.insert(&slice.pairs);
        for (rule, count) in &slice.failures {
            tally.failures.entry(rule.clone()).or_default().count += count;
        }
    }

    /// Adds an execution that killed its worker, which could not count it.
    pub(crate) fn add_fatal(&mut self, item: usize, rule: &str) {
        let tally = &mut self.items[item];
        tally.totals.executions += 1;
        tally.failures.entry(rule.to_owned()).or_default().count += 1;
    }

    /// Returns whether `finding` is to be kept: no earlier execution failed by the same rule.
    pub(crate) fn is_first(&self, finding: &Finding) -> bool {
        let found = self.items[finding.item].failures.get(&finding.failure.rule);
        found.and_then(|found| found.first.as_ref()).is_none_or(|first| finding.index <= first.index)
    }

    /// Keeps a finding that came after so many seconds, and returns whether it is the first by its rule.
    pub(crate) fn keep(&mut self, finding: Finding, artifact: Option<PathBuf>, seconds: f64) -> bool {
        let failures = &mut self.items[finding.item].failures;
        let found = failures.entry(finding.failure.rule.clone()).or_default();
        let before = found.first.as_ref().map(|first| first.seconds);
        let seconds = before.unwrap_or(seconds);
        found.first = Some(First { index: finding.index, failure: finding.failure, seconds, artifact });
        before.is_none()
    }

    /// Returns the sums over all items.
    pub(crate) fn totals(&self) -> Totals {
        let mut sum = Totals::default();
        self.items.iter().for_each(|item| sum.add(&item.totals));
        sum
    }

    /// Returns how many access pairs were covered by any item.
    pub(crate) fn pairs(&self) -> u64 {
        let mut union = Pairs::default();
        self.items.iter().for_each(|item| union.union(&item.pairs));
        union.count()
    }

    /// Returns how many distinct failures there are: by backend, scenario and rule.
    pub(crate) fn distinct_failures(&self) -> usize {
        self.items.iter().map(|item| item.failures.len()).sum()
    }
}

impl Found {
    /// Returns how many executions failed so. One whose worker's share was given up was never counted.
    pub(crate) fn count(&self) -> u64 {
        self.count.max(1)
    }
}

impl ItemTally {
    fn new(item: Item) -> Self {
        Self {
            item,
            totals: Totals::default(),
            worker_seconds: 0.0,
            pairs: Pairs::default(),
            failures: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::campaign::{Limit, Share};
    use crate::capture::Frames;
    use crate::case::Case;
    use crate::scenario::Scenario;
    use crate::scheduler::{Scheduler, Selection};

    fn plan() -> Plan {
        Plan {
            seed: 1,
            selection: Selection::Portfolio,
            items: Item::all(&[Backend::Mock], &[Scenario::Traffic]),
            limit: Limit::Executions(10),
            share: Share::WHOLE,
            pcap: None,
            frames: Frames::builtin().identity().clone(),
        }
    }

    fn finding(plan: &Plan, index: u64) -> Finding {
        let failure = Failure {
            rule: "R3".into(),
            message: format!("at {index}"),
            source: String::new(),
            on_windows: None,
        };
        let case = Case::generate(plan.items[0].scenario, plan.seed, index, Scheduler::Random);
        Finding { item: 0, index, failure, case }
    }

    #[test]
    fn the_lowest_execution_is_kept_in_any_order() {
        for order in [[4, 2, 7], [7, 4, 2], [2, 7, 4]] {
            let mut tally = Tally::new(&plan());
            let mut news = 0;
            for index in order {
                let finding = finding(&plan(), index);
                if tally.is_first(&finding) {
                    news += usize::from(tally.keep(finding, None, 1.0));
                }
            }
            assert_eq!(tally.items[0].failures["R3"].first.as_ref().unwrap().failure.message, "at 2");
            assert_eq!((news, tally.distinct_failures()), (1, 1));
        }
    }

    #[test]
    fn slices_and_deaths_add_up() {
        let mut tally = Tally::new(&plan());
        let mut slice = Slice { pairs: vec![1, 2], seconds: 0.5, ..Slice::default() };
        slice.totals.executions = 3;
        slice.failures.insert("R3".into(), 2);
        tally.add(&slice);
        tally.add(&slice);
        tally.add_fatal(0, "crash");
        assert_eq!((tally.totals().executions, tally.pairs()), (7, 2));
        assert_eq!(tally.items[0].failures["R3"].count, 4);
        assert_eq!(tally.distinct_failures(), 2);
    }
}

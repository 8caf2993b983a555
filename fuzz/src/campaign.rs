//! What a campaign runs: its items, its numbered executions, and how they are shared out.
//!
//! Execution `i` of an item is a function of seed, scenario, backend and `i`. Shards take every n-th, workers a stretch
//! at a time, so the results together do not depend on how many of them there are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::capture::Identity;
use crate::scenario::Scenario;
use crate::scheduler::Selection;

/// One backend with one scenario: what results are kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) backend: Backend,
    pub(crate) scenario: Scenario,
}

/// When a campaign ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Limit {
    /// After so many executions of each item, over all shards.
    Executions(u64),
    /// After so many seconds in all.
    Seconds(f64),
}

/// Every `stride`-th execution, from `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) first: u64,
    pub(crate) stride: u64,
}

/// A campaign, as the user asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) selection: Selection,
    pub(crate) items: Vec<Item>,
    pub(crate) limit: Limit,
    pub(crate) share: Share,
    pub(crate) pcap: Option<PathBuf>,
    pub(crate) frames: Identity,
}

impl Plan {
    /// Returns how many executions of each item there are at most.
    pub(crate) fn len(&self) -> u64 {
        match self.limit {
            Limit::Executions(n) => self.share.len_below(n),
            Limit::Seconds(_) => u64::MAX,
        }
    }
}

impl Share {
    /// All executions.
    pub(crate) const WHOLE: Self = Self { first: 0, stride: 1 };

    /// Returns part `k` (from 0) of `n` equal parts of this share.
    pub(crate) const fn part(self, k: u64, n: u64) -> Self {
        Self { first: self.first + k * self.stride, stride: self.stride * n }
    }

    /// Returns the index of the share's `nth` execution, from 0.
    pub(crate) const fn index(self, nth: u64) -> u64 {
        self.first + nth * self.stride
    }

    /// Returns how many executions below `limit` belong to the share.
    pub(crate) const fn len_below(self, limit: u64) -> u64 {
        if limit <= self.first { 0 } else { (limit - self.first).div_ceil(self.stride) }
    }
}

impl Item {
    /// Returns the items of all pairs that there are, scenario by scenario.
    pub(crate) fn all(backends: &[Backend], scenarios: &[Scenario]) -> Vec<Self> {
        let of = |scenario: &Scenario| {
            let there = backends.iter().filter(|&&backend| scenario.runs_on(backend));
            there.map(|&backend| Self { backend, scenario: *scenario }).collect::<Vec<_>>()
        };
        scenarios.iter().flat_map(of).collect()
    }
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.backend, self.scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices(share: Share, limit: u64) -> Vec<u64> {
        (0..share.len_below(limit)).map(|nth| share.index(nth)).collect()
    }

    #[test]
    fn shards_of_shards_cover_every_execution_once() {
        let mut all: Vec<u64> = Vec::new();
        for shard in 0..3 {
            for part in 0..4 {
                all.extend(indices(Share::WHOLE.part(shard, 3).part(part, 4), 1_001));
            }
        }
        all.sort_unstable();
        assert_eq!(all, (0..1_001).collect::<Vec<u64>>());
    }

    #[test]
    fn a_share_beyond_the_limit_is_empty() {
        assert_eq!(Share::WHOLE.part(4, 8).len_below(4), 0);
        assert_eq!(Share::WHOLE.part(4, 8).len_below(5), 1);
    }
}

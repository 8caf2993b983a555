//! Reach counters: the situations that a scenario exists for. One that stays 0 says that the fuzzing is blind there.

use std::collections::BTreeMap;
use std::ops::{AddAssign, Index, IndexMut};

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::scenario::Scenario;

crate::names::named! {
    /// A situation that is counted.
    pub enum Counter {
        FramesOut = "frames_out", "A frame of the driver reached the far end.";
        FramesIn = "frames_in", "A frame of the far end reached the driver's receiver.";
        FragmentedFrames = "fragmented_frames", "A frame went out over several descriptors.";
        TxRingFull = "tx_ring_full", "A send found too few free TX descriptors.";
        RxOutOfDescriptors = "rx_out_of_descriptors", "A frame arrived and the device had no RX descriptor.";
        SectionContended = "section_contended", "A synchronized section or ISR had to wait for the interrupt lock.";
        IsrNestedOverDpc = "isr_nested_over_dpc", "An ISR ran on top of a DPC.";
        IsrOverSectionOtherLock = "isr_over_section_other_lock", "An ISR ran while a section held another lock.";
        DpcOnTwoCpus = "dpc_on_two_cpus", "DPCs of the driver ran on two processors at once.";
        CauseWhileMasked = "cause_while_masked", "A cause was set while its interrupt was masked.";
        CauseDuringUnmask = "cause_during_unmask", "A cause was set between the DPC's last look and its unmask.";
        InterruptsThrottled = "interrupts_throttled", "An interrupt waited for the end of its interval.";
        VlanTags = "vlan_tags", "The device put a VLAN tag into a frame, or took one out.";
        ChecksumOffloads = "checksum_offloads", "The device filled in a frame's checksums, or checked them.";
        BudgetExhausted = "budget_exhausted", "A DPC ran out of budget and was queued again.";
        PhyRequests = "phy_requests", "A register of the PHY was read or written.";
        LinkChanges = "link_changes", "The link changed while the driver ran.";
        Hangs = "hangs", "The device ceased to send, which the driver noticed.";
        Resets = "resets", "The driver was reset under traffic.";
        Restarts = "restarts", "The driver was stopped and started again.";
        Removal = "removal", "The device was removed by surprise.";
        RemovalInMidDma = "removal_in_mid_dma", "The device was removed in the middle of a transfer.";
        NeighbourInterrupts = "neighbour_interrupts", "The other device on the line interrupted.";
        NotMine = "not_mine", "The ISR declined an interrupt.";
        LiesTold = "lies_told", "The device gave a value that it must not give.";
        PostedWrites = "posted_writes", "A register write was on its way while others went on.";
        LateStoresSeen = "late_stores_seen", "The device read memory while a store to it was still on its way: the driver let it.";
        Sleeps = "sleeps", "The adapter went to D3 and was woken.";
        Reinitializations = "reinitializations", "The device was given up and started again: halted and initialized, or stopped for other resources.";
        SendsAborted = "sends_aborted", "A list or request came back unsent: cancelled, or overtaken by a pause, a reset, a sleep or a removal.";
        IsrInDx = "isr_in_dx", "The driver's ISR was called while its device was in D3, for the other device on the line.";
        InterruptsKept = "interrupts_kept", "The framework left the device's interrupts connected on the way to D3.";
        InterruptsInactive = "interrupts_inactive", "The framework made the device's interrupts inactive on the way to D3.";
        AllocationsFailed = "allocations_failed", "The driver was refused what it wanted to allocate, and did not start.";
    }
}

/// One count for each [`Counter`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Counter, u64>", into = "BTreeMap<Counter, u64>")]
pub struct Reach([u64; Counter::ALL.len()]);

impl Default for Reach {
    fn default() -> Self {
        Self([0; Counter::ALL.len()])
    }
}

impl Reach {
    /// Counts `counter` once more.
    #[inline]
    pub fn hit(&mut self, counter: Counter) {
        self[counter] += 1;
    }

    /// Returns all counters with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> + '_ {
        Counter::ALL.iter().copied().zip(self.0)
    }
}

impl Index<Counter> for Reach {
    type Output = u64;

    #[inline]
    fn index(&self, counter: Counter) -> &u64 {
        &self.0[counter as usize]
    }
}

impl IndexMut<Counter> for Reach {
    #[inline]
    fn index_mut(&mut self, counter: Counter) -> &mut u64 {
        &mut self.0[counter as usize]
    }
}

impl AddAssign<&Reach> for Reach {
    fn add_assign(&mut self, other: &Reach) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }
}

impl From<BTreeMap<Counter, u64>> for Reach {
    fn from(counts: BTreeMap<Counter, u64>) -> Self {
        let mut reach = Self::default();
        for (counter, count) in counts {
            reach[counter] = count;
        }
        reach
    }
}

impl From<Reach> for BTreeMap<Counter, u64> {
    fn from(reach: Reach) -> Self {
        reach.iter().collect()
    }
}

/// How many executions of a scenario must have reached every counter that is expected of it.
pub const REACHED_WITHIN: u64 = 10_000;

/// Returns the counters that must not stay 0 over [`REACHED_WITHIN`] executions of `scenario` on `backend`.
pub const fn expected(backend: Backend, scenario: Scenario) -> &'static [Counter] {
    match (backend, scenario) {
        (Backend::Kmdf, Scenario::DriverLifecycle) => EXPECTED_OF_REQUESTS,
        (Backend::Wdm, Scenario::DriverLifecycle) => EXPECTED_OF_REQUESTS.split_at(OF_KMDF).1,
        (Backend::Umdf | Backend::WdmPassive, _) => expected_without_dma(scenario),
        _ => expected_with_dma(scenario),
    }
}

/// How many of the following are KMDF's: what becomes of interrupts in D3 is a WDM driver's own business.
const OF_KMDF: usize = 2;

/// Of a whole driver that moves frames by read and write requests: one request, one fragment; and no resets.
const EXPECTED_OF_REQUESTS: &[Counter] = &[
    Counter::InterruptsKept,
    Counter::InterruptsInactive,
    Counter::IsrInDx,
    Counter::FramesOut,
    Counter::FramesIn,
    Counter::SectionContended,
    Counter::IsrNestedOverDpc,
    Counter::CauseDuringUnmask,
    Counter::Sleeps,
    Counter::Reinitializations,
    Counter::SendsAborted,
    Counter::AllocationsFailed,
    Counter::Removal,
    Counter::NeighbourInterrupts,
    Counter::LiesTold,
];

/// Of the driver's register half.
const fn expected_without_dma(scenario: Scenario) -> &'static [Counter] {
    use Counter::*;
    match scenario {
        Scenario::Traffic => &[
            PhyRequests,
            RxOutOfDescriptors,
            SectionContended,
            CauseWhileMasked,
            CauseDuringUnmask,
            PostedWrites,
        ],
        Scenario::SharedLine => &[PhyRequests, SectionContended, NeighbourInterrupts, NotMine],
        Scenario::Msix => &[PhyRequests, CauseDuringUnmask],
        Scenario::Lifecycle => &[PhyRequests, Resets, Restarts, SectionContended, NeighbourInterrupts],
        Scenario::Link => &[PhyRequests, LinkChanges],
        Scenario::Removal => &[PhyRequests, Removal, NeighbourInterrupts, NotMine],
        Scenario::Hostile => &[PhyRequests, LiesTold],
        Scenario::DriverLifecycle => &[
            PhyRequests,
            Sleeps,
            Reinitializations,
            AllocationsFailed,
            Removal,
            NeighbourInterrupts,
            LiesTold,
        ],
    }
}

const fn expected_with_dma(scenario: Scenario) -> &'static [Counter] {
    use Counter::*;
    match scenario {
        Scenario::Traffic => &[
            FramesOut,
            FramesIn,
            FragmentedFrames,
            TxRingFull,
            RxOutOfDescriptors,
            SectionContended,
            IsrNestedOverDpc,
            CauseWhileMasked,
            CauseDuringUnmask,
            InterruptsThrottled,
            VlanTags,
            ChecksumOffloads,
            BudgetExhausted,
            PostedWrites,
        ],
        Scenario::SharedLine => &[FramesOut, FramesIn, SectionContended, NeighbourInterrupts, NotMine],
        Scenario::Msix => &[FramesOut, FramesIn, DpcOnTwoCpus, IsrOverSectionOtherLock, CauseDuringUnmask],
        Scenario::Lifecycle => {
            &[FramesOut, FramesIn, Resets, Restarts, SectionContended, NeighbourInterrupts]
        }
        Scenario::Link => &[FramesOut, FramesIn, LinkChanges],
        Scenario::Removal => &[FramesOut, FramesIn, Removal, RemovalInMidDma, NeighbourInterrupts, NotMine],
        Scenario::Hostile => &[FramesOut, LiesTold],
        Scenario::DriverLifecycle => &[
            FramesOut,
            FramesIn,
            FragmentedFrames,
            SectionContended,
            IsrNestedOverDpc,
            CauseDuringUnmask,
            InterruptsThrottled,
            VlanTags,
            ChecksumOffloads,
            Hangs,
            Resets,
            Restarts,
            Sleeps,
            IsrInDx,
            Reinitializations,
            SendsAborted,
            AllocationsFailed,
            Removal,
            NeighbourInterrupts,
            LiesTold,
        ],
    }
}

/// Returns the expected counters of `scenario` on `backend` that are still 0, once that says something.
pub fn missed(backend: Backend, scenario: Scenario, executions: u64, reach: &Reach) -> Vec<Counter> {
    let candidates = if executions >= REACHED_WITHIN { expected(backend, scenario) } else { &[] };
    candidates.iter().copied().filter(|&counter| reach[counter] == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_survive_json() {
        let mut reach = Reach::default();
        reach.hit(Counter::NotMine);
        reach += &reach.clone();
        let json = serde_json::to_string(&reach).unwrap();
        assert!(json.contains(r#""not_mine":2"#), "{json}");
        assert_eq!(serde_json::from_str::<Reach>(&json).unwrap(), reach);
    }

    #[test]
    fn a_short_run_misses_nothing_and_a_long_one_tells() {
        let mut reach = Reach::default();
        assert!(missed(Backend::Mock, Scenario::Link, REACHED_WITHIN - 1, &reach).is_empty());
        reach.hit(Counter::FramesIn);
        reach.hit(Counter::FramesOut);
        let missing = |backend| missed(backend, Scenario::Link, REACHED_WITHIN, &reach);
        assert_eq!(missing(Backend::Mock), [Counter::LinkChanges]);
        assert_eq!(missing(Backend::Umdf), [Counter::PhyRequests, Counter::LinkChanges]);
    }
}

//! Both tools of the benchmark run the same workload: they find nothing in the clean one and each planted bug.
#![allow(missing_docs, unreachable_pub, dead_code, reason = "the benchmark's modules, shared with its test")]

#[path = "../benches/ring_workload/on_dirql.rs"]
mod on_dirql;
#[path = "../benches/ring_workload/on_shuttle.rs"]
mod on_shuttle;
#[path = "../benches/ring_workload/workload.rs"]
mod workload;

use std::panic::catch_unwind;

use dirql_sim::Strategy;
use workload::Bug;

const EXECUTIONS: usize = 4_000;

/// Returns how many executions dirql needs to find `bug`, within the rotation of the portfolio.
fn dirql_finds(bug: Bug) -> Option<usize> {
    let mut tool = on_dirql::OnDirql::new(Strategy::rotate, 1);
    (0..EXECUTIONS).find(|_| tool.execute(bug).violation.is_some())
}

#[test]
fn the_clean_workload_is_clean() {
    assert_eq!(dirql_finds(Bug::None), None);
    on_shuttle::execute(on_shuttle::Strategy::Random, 1, EXECUTIONS, Bug::None);
}

#[test]
fn dirql_finds_every_bug() {
    for bug in Bug::ALL {
        assert!(dirql_finds(bug).is_some(), "{bug:?} is not found in {EXECUTIONS} executions");
    }
}

#[test]
fn shuttle_finds_every_bug() {
    for bug in Bug::ALL {
        let strategy = on_shuttle::Strategy::Pct(3);
        let found = catch_unwind(|| on_shuttle::execute(strategy, 1, EXECUTIONS, bug)).is_err();
        assert!(found, "{bug:?} is not found in {EXECUTIONS} executions");
    }
}

/// Returns how many inequivalent interleavings of the clean workload there are.
fn interleavings(packets: u32, reads_conflict: bool) -> u64 {
    let (exploration, violation) = on_dirql::explore(Bug::None, packets, reads_conflict);
    assert_eq!(violation, None);
    exploration.counts().complete
}

/// The numbers are those that a plain search with sleep sets counts on a model of the workload, without a machine.
#[test]
fn all_interleavings_are_counted() {
    assert_eq!([1, 2].map(|packets| interleavings(packets, true)), [6, 925]);
    assert_eq!([1, 2].map(|packets| interleavings(packets, false)), [3, 91]);
}

#[test]
fn exploring_two_packets_finds_the_lost_wakeup_and_the_stale_cause() {
    for bug in [Bug::LostWakeup, Bug::StaleCause] {
        let (exploration, violation) = on_dirql::explore(bug, 2, true);
        assert!(violation.is_some(), "{bug:?}: {exploration}");
    }
}

//! All tools of the benchmark run the same workload: they find nothing in the clean one, and each planted bug if they
//! can.
#![allow(missing_docs, unreachable_pub, dead_code, reason = "the benchmark's modules, shared with its test")]

#[path = "../benches/peers/job.rs"]
mod job;
#[path = "../benches/peers/on_dirql.rs"]
mod on_dirql;
#[path = "../benches/peers/on_loom.rs"]
mod on_loom;
#[path = "../benches/peers/on_shuttle.rs"]
mod on_shuttle;
#[path = "../benches/peers/on_std.rs"]
mod on_std;
#[path = "../benches/peers/tally.rs"]
mod tally;
#[path = "../benches/peers/threads.rs"]
mod threads;
#[path = "../benches/peers/tools.rs"]
mod tools;
#[path = "../benches/peers/workload.rs"]
mod workload;

use job::Job;
use workload::{Bug, Size};

fn finds(tool: &str, bug: Bug) -> bool {
    let peer = tools::peer(tool).expect("a tool of that name");
    (peer.run)(Job { bug, size: Size::USUAL, seed: 1, executions: 4_000 }).failed
}

#[test]
fn the_clean_workload_is_clean() {
    for peer in tools::PEERS {
        let run = (peer.run)(Job { bug: Bug::None, size: Size::USUAL, seed: 1, executions: 300 });
        assert_eq!((run.failed, run.executions), (false, 300), "{}", peer.name);
        assert!((300 * 90..300 * 200).contains(&run.points), "{}: {} points", peer.name, run.points);
    }
}

#[test]
fn dirql_finds_every_bug() {
    for bug in Bug::ALL {
        assert!(finds("dirql, default", bug), "{bug:?} is not found");
    }
}

#[test]
fn shuttle_finds_every_bug() {
    for bug in Bug::ALL {
        assert!(finds("shuttle, PCT 3", bug), "{bug:?} is not found");
    }
}

#[test]
fn loom_finds_what_takes_two_preemptions() {
    for bug in [Bug::LostWakeup, Bug::LateTake, Bug::FullIsEmpty, Bug::StaleCause] {
        assert!(finds("loom, bound 2", bug), "{bug:?} is not found");
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

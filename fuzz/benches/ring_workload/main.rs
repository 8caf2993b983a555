//! One workload on two tools: executions per second of `dirql-sim` and of shuttle, and their ratio.
//!
//! The workload is the interrupt logic of a transmit ring of 8 descriptors: 8 packets in chains of 2, with a sender,
//! a device that also takes the interrupts, and a DPC, judged at rest. Every register access and every acquired
//! lock is a preemption point on both sides.
//!
//! Where the tools differ: shuttle makes its registers atomics and its lock a mutex, on `dirql-sim` they are a
//! device's registers and a KSPIN_LOCK, whose release is a point too; shuttle keeps one runner for all executions
//! of a measurement, as its users do.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "modules of a benchmark are nobody else's interface"
)]
#![allow(clippy::disallowed_types, reason = "a benchmark looks at the clock")]

mod on_dirql;
mod on_shuttle;
mod workload;

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use dirql_sim::Strategy;
use on_dirql::Strategies;
use workload::Bug;

/// Executions in one measurement of a pair.
const EXECUTIONS: u64 = 5_000;
/// Pairs, of which the median counts: the host is never quiet.
const PAIRS: usize = 9;

/// What is compared. The portfolio, which a campaign uses by default, has no counterpart: it is set beside what
/// a user of shuttle starts with.
const SCHEDULERS: [(&str, Strategies, on_shuttle::Strategy); 3] = [
    ("random", |_| Strategy::Random, on_shuttle::Strategy::Random),
    ("PCT 3", |_| Strategy::Pct { depth: 3 }, on_shuttle::Strategy::Pct(3)),
    ("default", Strategy::rotate, on_shuttle::Strategy::Random),
];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for (name, ours, theirs) in SCHEDULERS {
        let mut group = criterion.benchmark_group(format!("ring workload, {name}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function("dirql", |b| b.iter_custom(|n| dirql(ours, n).0));
        group.bench_function("shuttle", |b| b.iter_custom(|n| shuttle(theirs, n).0));
        group.finish();
    }
    criterion.final_summary();
    for (name, ours, theirs) in SCHEDULERS {
        compare(name, ours, theirs);
    }
    exhaust();
}

/// Explores the workload in small, whose interleavings can all be run, and prints how many there are and how long that
/// took.
fn exhaust() {
    for (packets, reads_conflict) in [(1, true), (2, true), (3, true), (1, false), (2, false), (3, false)] {
        let start = Instant::now();
        let (exploration, violation) = on_dirql::explore(Bug::None, packets, reads_conflict);
        assert_eq!(violation, None, "the workload is clean");
        let reads = if reads_conflict { "conflict" } else { "commute" };
        let seconds = start.elapsed().as_secs_f64();
        println!("{packets} packets, reads {reads}: {exploration}; {seconds:.2} s");
    }
}

/// Prints both rates and their ratio, measured in pairs.
fn compare(name: &str, ours: Strategies, theirs: on_shuttle::Strategy) {
    let mut pairs: Vec<_> =
        (0..PAIRS).map(|_| (dirql(ours, EXECUTIONS), shuttle(theirs, EXECUTIONS))).collect();
    let ratio = |(d, s): &((Duration, u64), (Duration, u64))| s.0.as_secs_f64() / d.0.as_secs_f64();
    pairs.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    let median = &pairs[PAIRS / 2];
    for (tool, (time, points)) in [("dirql", median.0), ("shuttle", median.1)] {
        let seconds = time.as_secs_f64();
        println!(
            "{name:7} {tool:7} {:>9.0} executions/s  {:>6.1} M points/s  {:.0} points each",
            EXECUTIONS as f64 / seconds,
            points as f64 / seconds / 1e6,
            points as f64 / EXECUTIONS as f64,
        );
    }
    println!("{name:7} ratio    {:.2}", ratio(median));
}

fn dirql(strategy: Strategies, executions: u64) -> (Duration, u64) {
    let mut tool = on_dirql::OnDirql::new(strategy, 1);
    let start = Instant::now();
    let points = (0..executions).map(|_| tool.execute(Bug::None).points).sum();
    (start.elapsed(), points)
}

fn shuttle(strategy: on_shuttle::Strategy, executions: u64) -> (Duration, u64) {
    let start = Instant::now();
    let points = on_shuttle::execute(strategy, 1, executions as usize, Bug::None);
    (start.elapsed(), points)
}

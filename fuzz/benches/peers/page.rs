//! The page with the results.
#![allow(clippy::disallowed_types, reason = "a benchmark looks at the clock")]

use std::io;
use std::time::Instant;

use dirql_bench::{Spread, Table, median, where_and_when, write_page};

use crate::aims;
use crate::child::{self, EXECUTIONS_MAX, Rate};
use crate::job::Job;
use crate::on_dirql;
use crate::tools::PEERS;
use crate::workload::{Bug, Size};

/// How often the tools are measured, in turns: the host is never quiet, and what counts is the median of ratios.
const ROUNDS: usize = 5;
/// The most executions of an exhaustive run.
const EXHAUSTIVE_MAX: u64 = 20_000;

/// What is divided by what.
const RATIOS: [(&str, &str); 4] = [
    ("dirql, random", "shuttle, random"),
    ("dirql, PCT 3", "shuttle, PCT 3"),
    ("dirql, PCT 5", "shuttle, PCT 5"),
    ("dirql, default", "shuttle, random"),
];

/// Measures everything and writes `docs/bench/peers.md`.
pub fn write() -> io::Result<()> {
    let (rates, found) = (rates()?, found()?);
    let page = format!(
        "# One workload on several tools\n\nWritten by `cargo bench -p dirql-fuzz --bench peers`: {}.\n\n{}\n\
         ## Speed\n\nIn turns, {ROUNDS} times, each in a process of its own; medians.\n\n{}\n\
         {}\n## What missed its aim\n\nThe aims: 5 times shuttle's random scheduler, 10 times its PCT 3; and each bug is found \
         by the default, in at most 5 times as many executions as the best randomized scheduler needs.\n\n{}\n\
         ## Executions until a bug is found\n\n\
         Median *(found by so many seeds)*, at most {EXECUTIONS_MAX} executions. Loom has no seed; there the actors start \
         in the 6 possible orders. Threads have none either; there it is just 10 tries.\n\n{}\n\
         ## All interleavings\n\nPackets one by one, without idle polls. Of interleavings that differ only in the order \
         of what is independent dirql runs one; whether two reads of a register are, is a choice.\n\n{}\n\
         With 2 packets, reads in conflict, it finds {}.\n\nLoom, with the actors started in each of the 6 orders, at \
         most {} executions:\n\n{}",
        where_and_when(),
        ABOUT,
        speed(&rates),
        ratios(&rates),
        aims::missed(&rates, &found),
        detection(&found),
        explored(),
        found_exploring(),
        EXHAUSTIVE_MAX,
        exhaustive(),
    );
    let path = write_page("peers.md", &page)?;
    println!("{page}\nwritten to {}", path.display());
    Ok(())
}

const ABOUT: &str = "\
The workload (`fuzz/benches/peers/workload.rs`) is the transmit ring of a network adapter: 8 descriptors, 8 packets in \
chains of 2, the registers ICR, IMS, TDT, TDH and the word of a queued DPC; a sender, a device that takes the interrupts, \
and a DPC. Every register access and every acquired lock is a preemption point on every tool. At rest each packet must \
have been completed exactly once.\n\n\
The tools are not alike. On shuttle, loom and the standard library registers are atomics, the lock is a mutex and actors \
are threads; on dirql they are a device's registers, a spin lock of the machine, whose release is a point too, and threads \
on three processors. Shuttle has one runner for all executions of a measurement. Loom also varies what atomics may \
return, which the others do not. Schedulers of priorities expect the longest run so far, on both tools that have them. \
dirql's default rotates over eight schedulers, which no other tool does; it stands beside shuttle's random. A campaign \
begins with the same shares, and moves them by what each scheduler covers.\n";

/// Returns the rates of each peer, round by round.
fn rates() -> io::Result<Vec<Vec<Rate>>> {
    let mut rates = vec![Vec::new(); PEERS.len()];
    for _ in 0..ROUNDS {
        for (peer, rates) in PEERS.iter().zip(&mut rates) {
            rates.push(child::measure(peer)?);
        }
    }
    Ok(rates)
}

fn speed(rates: &[Vec<Rate>]) -> Table {
    let mut table = Table::new(["tool", "executions/s", "M points/s", "peak memory, MB"]);
    for (peer, rates) in PEERS.iter().zip(rates) {
        let of = |what: fn(&Rate) -> f64| median(rates.iter().map(what)).unwrap_or_default();
        table.row([
            peer.name.into(),
            format!("{:.0}", of(|rate| rate.executions)),
            format!("{:.1}", of(|rate| rate.points) / 1e6),
            format!("{:.1}", of(|rate| rate.peak) / 1e6),
        ]);
    }
    table
}

fn ratios(rates: &[Vec<Rate>]) -> Table {
    let mut table = Table::new(["executions/s", "ratio", "least", "most"]);
    for (ours, theirs) in RATIOS {
        let Some(Spread { min, median, max }) = aims::ratio(rates, ours, theirs) else { continue };
        let cells = [median, min, max].map(|ratio| format!("{ratio:.1}"));
        table.row(std::iter::once(format!("{ours} to {theirs}")).chain(cells));
    }
    table
}

/// Returns a row of cells for each peer, one for each bug.
fn found() -> io::Result<Vec<Vec<String>>> {
    PEERS.iter().map(child::find).collect()
}

fn detection(found: &[Vec<String>]) -> Table {
    let mut table = Table::new([
        "tool",
        "B1 torn tail",
        "B2 lost wakeup",
        "B3 ISR order",
        "B4 full = empty",
        "B5 depth 3",
    ]);
    for (peer, cells) in PEERS.iter().zip(found) {
        table.row(std::iter::once(peer.name.into()).chain(cells.iter().cloned()));
    }
    table
}

/// How long everything takes that there is, where each class of equivalent interleavings runs once.
fn explored() -> Table {
    let mut table = Table::new(["dirql", "1 packet", "2 packets", "3 packets", "seconds for 3"]);
    for (name, reads_conflict) in [("reads conflict", true), ("reads commute", false)] {
        let mut row = vec![name.into()];
        let mut seconds = 0.0;
        for packets in 1..=3 {
            let start = Instant::now();
            let (exploration, violation) = on_dirql::explore(Bug::None, packets, reads_conflict);
            assert_eq!(violation, None, "the workload is clean");
            seconds = start.elapsed().as_secs_f64();
            row.push(exploration.counts().complete.to_string());
        }
        row.push(format!("{seconds:.1}"));
        table.row(row);
    }
    table
}

/// Says which bugs turn up while two packets are explored.
fn found_exploring() -> String {
    let found = Bug::ALL.iter().zip(1..).filter_map(|(&bug, number)| {
        let (exploration, violation) = on_dirql::explore(bug, 2, true);
        violation.map(|_| format!("B{number} in execution {}", exploration.counts().complete + 1))
    });
    found.collect::<Vec<String>>().join(", ")
}

fn exhaustive() -> Table {
    let mut table = Table::new(["loom", "1 packet", "2 packets"]);
    for (name, bound) in [("bound 2", Some(2)), ("bound 3", Some(3)), ("no bound", None)] {
        let cells = [1, 2].map(|packets| interleavings(bound, packets));
        table.row(std::iter::once(name.into()).chain(cells));
    }
    table
}

fn interleavings(bound: Option<usize>, packets: u32) -> String {
    let job = |seed| Job { bug: Bug::None, size: Size::small(packets), seed, executions: EXHAUSTIVE_MAX };
    let runs = (0..6).map(|order| crate::on_loom::run(bound, job(order)).executions as f64);
    match Spread::of(runs) {
        Some(Spread { max, .. }) if max >= EXHAUSTIVE_MAX as f64 => "unfinished".into(),
        Some(Spread { min, max, .. }) => format!("{min:.0} to {max:.0}"),
        None => String::new(),
    }
}

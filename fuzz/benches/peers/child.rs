//! What is measured in processes of their own: how fast a tool is and how much memory it takes, a short while at a time,
//! and what it finds, since tools have their own ways to tell of a failure.
#![allow(clippy::disallowed_types, reason = "a benchmark looks at the clock")]

use std::io;
use std::process::{Command, Stdio};
use std::time::Instant;

use dirql_bench::median;

use crate::job::{Job, Run};
use crate::tools::Peer;
use crate::workload::{Bug, Size};

/// The arguments by which this program measures one peer, and lets it look for bugs.
pub const MEASURE: &str = "measure";
/// As [`MEASURE`].
pub const FIND: &str = "find";
/// After so many executions a bug counts as not found.
pub const EXECUTIONS_MAX: u64 = 4_000;
/// Seconds that one measurement takes, or a little more.
const SECONDS: f64 = 0.3;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Executions in each second.
    pub executions: f64,
    /// Preemption points in each second.
    pub points: f64,
    /// The most memory that was resident, in bytes.
    pub peak: f64,
}

/// Measures a peer in a new process.
///
/// # Errors
/// If that process cannot be started, or does not say what it should.
pub fn measure(peer: &Peer) -> io::Result<Rate> {
    let line = said(MEASURE, peer)?;
    let numbers: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [executions, points, peak] => Ok(Rate { executions, points, peak }),
        _ => Err(io::Error::other(format!("measuring {} printed {line:?}", peer.name))),
    }
}

/// Lets a peer look for each bug in a new process. Returns what to say of it.
///
/// # Errors
/// If that process cannot be started.
pub fn find(peer: &Peer) -> io::Result<Vec<String>> {
    Ok(said(FIND, peer)?.split('|').map(Into::into).collect())
}

/// Returns the last line that a new process prints.
fn said(what: &str, peer: &Peer) -> io::Result<String> {
    let mut child = Command::new(std::env::current_exe()?);
    let output = child.args([what, peer.name]).stderr(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().into())
}

/// Measures a peer in this process, and prints the result.
pub fn measure_here(peer: &Peer) {
    let (mut executions, mut points) = (0, 0);
    let start = Instant::now();
    let mut batch = 100;
    while start.elapsed().as_secs_f64() < SECONDS {
        let run = (peer.run)(Job { bug: Bug::None, size: Size::USUAL, seed: executions, executions: batch });
        assert!(!run.failed, "the clean workload fails on {}", peer.name);
        executions += run.executions;
        points += run.points;
        // A new runner for each batch costs something: let there be few.
        batch *= 4;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{} {} {}", executions as f64 / seconds, points as f64 / seconds, peak());
}

/// Lets a peer look for each bug in this process, and prints what to say of it.
pub fn find_here(peer: &Peer) {
    println!("{}", Bug::ALL.map(|bug| found(peer, bug)).join("|"));
}

fn found(peer: &Peer, bug: Bug) -> String {
    let run = |seed| (peer.run)(Job { bug, size: Size::USUAL, seed, executions: EXECUTIONS_MAX });
    let runs: Vec<Run> = (1..=peer.seeds).map(run).collect();
    let found = runs.iter().filter(|run| run.failed).count();
    let executions = |run: &Run| if run.failed { run.executions as f64 } else { f64::INFINITY };
    match median(runs.iter().map(executions)) {
        Some(median) if median.is_finite() => format!("{median:.0} ({found}/{})", peer.seeds),
        _ => format!("- ({found}/{})", peer.seeds),
    }
}

/// Returns the most memory that this process had resident, in bytes; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kb| kb * 1024)
}

//! A machine outlives the failures of what runs on it. Alone in its file: it watches the memory of its process.

mod common;

use core::cell::Cell;

use common::drivers::{MISDEEDS, busy};
use common::{Options, run};
use dirql_sim::Machine;

/// Returns how much memory of this process is resident, in KiB; 0 where the host does not say.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn ten_thousand_failures_in_a_row_leave_the_machine_well() {
    let mut machine = Machine::new();
    let options = Options::default();
    let mut fail = |seed: u64| {
        let (rule, misdeed) = MISDEEDS[seed as usize % MISDEEDS.len()];
        assert_eq!(run(&mut machine, &options, seed, misdeed).violation.unwrap().rule, rule, "seed {seed}");
    };
    (0..1000).for_each(&mut fail);
    let before = resident_kib();
    (1000..10_000).for_each(&mut fail);
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 4 * 1024, "{grown} KiB more");
    let report = run(&mut machine, &options, 0, || busy(&Cell::new(0)));
    assert_eq!(report.violation, None);
}

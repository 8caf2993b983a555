//! Whatever the interleaving, the state that ISRs and sections share is as some serial order of them leaves it.

use std::cell::RefCell;

use dirql::Serialize;
use dirql_backends::{kmdf::Kmdf, mock::Mock, ndis::Ndis, wdm::Wdm};
use dirql_proptests::config;
use dirql_proptests::ledger::{Entry, History, Program, Who};
use dirql_proptests::stage::DmaStage;
use dirql_sim::{Machine, Strategy as Schedule};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::default();
}

fn program() -> impl Strategy<Value = Program> {
    let serialize = select(vec![Serialize::PerSource, Serialize::AllSources]);
    let interrupts = (0..=3_u16, serialize, vec(0..3_u16, 0..6));
    let threads = vec(vec(0..3_u16, 1..5), 1..=3);
    let schedules = select(Schedule::PORTFOLIO.to_vec());
    (1..=3_usize, interrupts, threads, schedules, any::<u64>()).prop_map(
        |(cpus, (messages, serialize, rings), threads, strategy, seed)| Program {
            cpus,
            messages,
            serialize,
            rings,
            threads,
            strategy,
            seed,
        },
    )
}

/// Runs a program on a machine that has run others, and requires that no rule was broken.
fn run<S: DmaStage>(program: &Program) -> Result<History, TestCaseError> {
    let (report, history) = MACHINE.with_borrow_mut(|machine| program.run::<S>(machine, false));
    prop_assert_eq!(report.violation, None);
    Ok(history)
}

/// A domain's log is a serial order if every access to it is in there once, right after those that it saw; and it
/// is one that the program allows if everyone's own entries are in their order.
fn check_serial(program: &Program, history: &History) -> Result<(), TestCaseError> {
    let entries: usize = history.logs.iter().map(|(_, log)| log.len()).sum();
    prop_assert_eq!(entries, history.accesses.len(), "an access left no entry: {:?}", history);
    for (domain, log) in &history.logs {
        for access in history.accesses.iter().filter(|access| access.domain == *domain) {
            prop_assert_eq!(log.get(access.before), Some(&access.entry), "{:?}", history);
        }
        prop_assert!(each_in_order(log), "{:?}", log);
    }
    let sections = history.accesses.iter().filter(|a| matches!(a.entry.0, Who::Thread(_))).count();
    prop_assert_eq!(sections, program.threads.iter().map(Vec::len).sum::<usize>());
    Ok(())
}

fn each_in_order(log: &[Entry]) -> bool {
    log.iter().enumerate().all(|(at, (who, number))| log[..at].iter().all(|(w, n)| w != who || n < number))
}

/// A line interrupts as often as it was asserted; messages may merge, but the last one is always served (R51).
fn check_interrupts(program: &Program, history: &History) -> Result<(), TestCaseError> {
    let isrs = history.accesses.iter().filter(|a| matches!(a.entry.0, Who::Isr(_))).count();
    let deferred = history.accesses.iter().filter(|a| matches!(a.entry.0, Who::Deferred(_))).count();
    prop_assert!(deferred <= isrs, "a deferred routine ran that nobody queued (R27)");
    prop_assert_eq!(deferred == 0, isrs == 0);
    prop_assert_eq!(isrs == 0, program.rings.is_empty());
    if program.messages == 0 {
        prop_assert_eq!(isrs, program.rings.len());
    } else {
        prop_assert!(isrs <= program.rings.len());
    }
    Ok(())
}

fn check<S: DmaStage>(program: &Program) -> Result<(), TestCaseError> {
    let history = run::<S>(program)?;
    check_serial(program, &history)?;
    check_interrupts(program, &history)
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn on_the_mock_every_interleaving_is_some_serial_order(program in program()) {
        check::<Mock>(&program)?;
    }

    #[test]
    fn on_wdm_every_interleaving_is_some_serial_order(program in program()) {
        check::<Wdm>(&program)?;
    }

    #[test]
    fn on_ndis_every_interleaving_is_some_serial_order(program in program()) {
        check::<Ndis>(&program)?;
    }

    #[test]
    fn on_kmdf_every_interleaving_is_some_serial_order(program in program()) {
        check::<Kmdf>(&program)?;
    }

    #[test]
    fn a_program_run_twice_leaves_the_same_trace(program in program()) {
        let traced = |machine: &mut Machine| {
            let (report, history) = program.run::<Wdm>(machine, true);
            (report.trace, report.points, history)
        };
        let fresh = traced(&mut Machine::new());
        prop_assert!(fresh.0.as_ref().is_some_and(|trace| !trace.is_empty()));
        let used = MACHINE.with_borrow_mut(|machine| (traced(machine), traced(machine)));
        prop_assert_eq!(&used.0, &fresh);
        prop_assert_eq!(&used.1, &fresh);
    }
}

/// The property can fail: accesses that lose an entry, or see another order, are told.
#[test]
fn a_history_that_is_not_serial_is_told() {
    let program = Program {
        cpus: 2,
        messages: 0,
        serialize: Serialize::PerSource,
        rings: vec![],
        threads: vec![vec![0], vec![0]],
        strategy: Schedule::Random,
        seed: 1,
    };
    let sound = run::<Mock>(&program).unwrap();
    assert!(check_serial(&program, &sound).is_ok());
    let mut lost = sound.clone();
    lost.logs[0].1.pop();
    assert!(check_serial(&program, &lost).is_err());
    let mut swapped = sound;
    swapped.logs[0].1.swap(0, 1);
    assert!(check_serial(&program, &swapped).is_err());
}

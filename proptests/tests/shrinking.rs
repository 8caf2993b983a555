//! A property over cases that fails shrinks to a small case, which `dirql replay` takes as an artifact or as bytes.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use dirql_fuzz::artifact::Artifact;
use dirql_fuzz::backend::Backend;
use dirql_fuzz::capture::Frames;
use dirql_fuzz::case::{Case, Memory, Schedule};
use dirql_fuzz::execute::Execute;
use dirql_fuzz::outcome::{Failure, Outcome, Record};
use dirql_fuzz::reach::Counter;
use dirql_fuzz::run::Runner;
use dirql_proptests::cases::short_case;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use serde_json::Value;

fn runner() -> Runner {
    Runner::new(Arc::new(Frames::builtin()))
}

/// Returns the smallest case that proptest finds in which `counter` is reached: the property that it never is
/// fails on purpose.
fn smallest_that_reaches(counter: Counter, backend: Backend) -> Case {
    let config =
        Config { cases: 2_000, max_shrink_iters: 20_000, failure_persistence: None, ..Config::default() };
    let mut machine = runner();
    let machine = std::cell::RefCell::new(&mut machine);
    let never = |case: Case| {
        let outcome = machine.borrow_mut().run(backend, &case, Record::Nothing);
        let reached = outcome.reach[counter];
        if reached == 0 { Ok(()) } else { Err(TestCaseError::fail(format!("{counter} is {reached}"))) }
    };
    match TestRunner::new_with_rng(config, deterministic()).run(&short_case(), never) {
        Err(TestError::Fail(_, case)) => case,
        other => panic!("{counter} is not reached: {other:?}"),
    }
}

/// The same cases in every run of this test.
fn deterministic() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

/// Fixes the schedule of a case as the switches that it took.
fn recorded(backend: Backend, case: Case) -> (Case, Outcome) {
    let outcome = runner().run(backend, &case, Record::Schedule);
    let switches = outcome.schedule.clone().expect("it was to be recorded");
    (Case { schedule: Schedule::Switches(switches), ..case }, outcome)
}

/// Runs `dirql replay FILE --json` and returns its exit code and the objects that it printed.
fn replay(file: &Path, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dirql-again"));
    let output = command
        .args([OsStr::new("replay"), file.as_ref(), OsStr::new("--json")])
        .args(more)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn a_failing_property_shrinks_to_a_case_that_replays() {
    for &backend in Backend::WITH_DMA {
        let case = smallest_that_reaches(Counter::FragmentedFrames, backend);
        assert_eq!((case.sends.len(), case.sends[0].fragments), (1, 2), "{case:?}");
        assert_eq!((case.controls.len(), case.wire.len()), (0, 0), "{case:?}");
        assert_eq!((case.settings.cpus, case.settings.memory), (2, Memory::X64), "{case:?}");
        let (case, outcome) = recorded(backend, case);
        check_artifact(backend, &case, &outcome);
        check_bytes(backend, &case, &outcome);
    }
}

/// The shipped driver breaks no rule, so that the failure of the property, which no rule of the machine is, counts
/// as fixed: the point is that the very same run took place.
fn check_artifact(backend: Backend, case: &Case, outcome: &Outcome) {
    let failure = Failure {
        rule: "NoFragments".into(),
        message: "a frame is fragmented".into(),
        source: "tests/shrinking.rs".into(),
        on_windows: None,
    };
    let artifact = Artifact::new(backend, &failure, Frames::builtin().identity().clone(), case.clone());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(artifact.file_name());
    artifact.write(&file).unwrap();
    let (code, objects) = replay(&file, &[]);
    assert_eq!((code, objects.len()), (Some(0), 1));
    assert_eq!((&objects[0]["verdict"], &objects[0]["expected"]), (&"fixed".into(), &"NoFragments".into()));
    assert_same_run(&objects[0], outcome);
}

fn check_bytes(backend: Backend, case: &Case, outcome: &Outcome) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crash-of-libfuzzer");
    std::fs::write(&file, case.to_bytes()).unwrap();
    let (code, objects) = replay(&file, &["--backend", backend.name()]);
    assert_eq!((code, objects.len()), (Some(0), 1));
    assert_same_run(&objects[0], outcome);
}

fn assert_same_run(replayed: &Value, outcome: &Outcome) {
    assert_eq!(replayed["misfits"], 0, "{replayed}");
    assert_eq!(replayed["points"], outcome.points, "{replayed}");
    assert!(outcome.points > 0);
}

//! A run is a function of its case: on a fresh machine, on a used one, and replayed.

use std::sync::Arc;

use dirql_fuzz::backend::Backend;
use dirql_fuzz::capture::Frames;
use dirql_fuzz::case::{Case, Schedule};
use dirql_fuzz::execute::Execute;
use dirql_fuzz::outcome::{Outcome, Record};
use dirql_fuzz::run::Runner;
use dirql_proptests::cases::{miniport_case, short_case};
use dirql_proptests::config;
use proptest::prelude::*;
use proptest::sample::select;

fn runner() -> Runner {
    Runner::new(Arc::new(Frames::builtin()))
}

fn recorded(runner: &mut Runner, backend: Backend, case: &Case) -> Outcome {
    runner.run(backend, case, Record::Schedule)
}

/// What two runs of one schedule have in common, however the schedule was given. Only a replay has misfits.
fn of_the_run(outcome: Outcome) -> Outcome {
    Outcome { misfits: 0, ..outcome }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_used_machine_runs_a_case_as_a_fresh_one(
        case in short_case(),
        before in prop::collection::vec((short_case(), select(Backend::ALL)), 1..4),
        backend in select(Backend::ALL),
    ) {
        let fresh = recorded(&mut runner(), backend, &case);
        let mut used = runner();
        for (case, backend) in &before {
            used.run(*backend, case, Record::Nothing);
        }
        prop_assert_eq!(recorded(&mut used, backend, &case), fresh.clone());
        prop_assert_eq!(recorded(&mut used, backend, &case), fresh);
    }

    #[test]
    fn a_recorded_schedule_replays_without_a_misfit(case in short_case(), backend in select(Backend::ALL)) {
        let mut runner = runner();
        let first = recorded(&mut runner, backend, &case);
        let switches = first.schedule.clone().expect("it was to be recorded");
        let replay = Case { schedule: Schedule::Switches(switches), ..case };
        let again = recorded(&mut runner, backend, &replay);
        prop_assert_eq!(again.misfits, 0);
        prop_assert_eq!(of_the_run(again), of_the_run(first));
    }

    #[test]
    fn a_whole_driver_replays_on_a_used_machine(case in miniport_case(), before in miniport_case()) {
        let first = recorded(&mut runner(), Backend::Ndis, &case);
        let switches = first.schedule.clone().expect("it was to be recorded");
        let mut used = runner();
        used.run(Backend::Ndis, &before, Record::Nothing);
        let replay = Case { schedule: Schedule::Switches(switches), ..case };
        let again = recorded(&mut used, Backend::Ndis, &replay);
        prop_assert_eq!(again.misfits, 0);
        prop_assert_eq!(of_the_run(again), of_the_run(first));
    }

    #[test]
    fn recording_changes_nothing(case in short_case(), backend in select(Backend::ALL)) {
        let mut runner = runner();
        let quiet = runner.run(backend, &case, Record::Nothing);
        let recorded = recorded(&mut runner, backend, &case);
        prop_assert_eq!(Outcome { schedule: None, ..recorded }, quiet);
    }

}

proptest! {
    // Drawing a timeline takes far longer than the run.
    #![proptest_config(config(24))]

    #[test]
    fn a_run_twice_gives_an_equal_trace(case in short_case(), backend in select(Backend::ALL)) {
        let mut runner = runner();
        let first = runner.run(backend, &case, Record::Trace).trace;
        prop_assert!(first.as_ref().is_some_and(|trace| !trace.rows.is_empty()));
        prop_assert_eq!(runner.run(backend, &case, Record::Trace).trace, first);
    }

    #[test]
    fn a_case_runs_alike_from_its_bytes(case in short_case(), backend in select(Backend::ALL)) {
        let mut runner = runner();
        let decoded = Case::from_bytes(&case.to_bytes());
        let direct = recorded(&mut runner, backend, &case);
        prop_assert_eq!(recorded(&mut runner, backend, &decoded), direct);
    }
}

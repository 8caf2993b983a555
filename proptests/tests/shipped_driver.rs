//! The shipped driver breaks no rule, whatever case is drawn; and the cases that once said otherwise.

use std::sync::Arc;

use dirql_fuzz::backend::Backend;
use dirql_fuzz::capture::Frames;
use dirql_fuzz::case::{Case, Control, Schedule, Send, Wire};
use dirql_fuzz::execute::Execute;
use dirql_fuzz::outcome::{Failure, Record};
use dirql_fuzz::run::Runner;
use dirql_fuzz::scenario::Scenario;
use dirql_fuzz::scheduler::Scheduler;
use dirql_proptests::cases::{miniport_case, short_case};
use dirql_proptests::config;
use proptest::prelude::*;
use proptest::sample::select;

fn failure(backend: Backend, case: &Case) -> Option<Failure> {
    Runner::new(Arc::new(Frames::builtin())).run(backend, case, Record::Nothing).failure
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn the_shipped_driver_breaks_no_rule(case in short_case(), backend in select(Backend::ALL)) {
        prop_assert_eq!(failure(backend, &case), None);
    }

    #[test]
    fn the_shipped_miniport_breaks_no_rule(case in miniport_case()) {
        prop_assert_eq!(failure(Backend::Ndis, &case), None);
    }
}

/// Runs a case under every scheduler with a few seeds, on every backend.
fn passes_everywhere(case: &Case) {
    for &backend in Backend::ALL {
        for &scheduler in Scheduler::ALL {
            for seed in 0..20 {
                let case = Case { schedule: Schedule::Seeded { scheduler, seed }, ..case.clone() };
                assert_eq!(failure(backend, &case), None, "{backend}, {scheduler}, seed {seed}");
            }
        }
    }
}

/// With the cable out for good a frame waits in the ring for ever, as it should: the 82574 sends it when the link
/// comes back. The judge took it for lost. Since then the cable is plugged in before anything is judged.
#[test]
fn a_link_that_is_left_down_loses_no_frame() {
    passes_everywhere(&Case {
        sends: vec![Send { sender: 0, frame: 0, fragments: 1 }],
        controls: vec![Control::Reset],
        wire: vec![Wire::Link(false)],
        ..Case::default()
    });
}

/// A device that lies about its reset keeps the driver from starting, also the second time, which the lifecycle
/// scenario did not allow for.
#[test]
fn a_lying_device_need_not_start_again() {
    let mut case = Case { scenario: Scenario::Lifecycle, ..Case::default() };
    for hostile in [1, 20, 115, 255] {
        case.settings.hostile = hostile;
        passes_everywhere(&case);
    }
}

/// Traffic was judged between its rounds also if the cable was out then, or the device lied: frames were missing, as
/// they may be.
#[test]
fn traffic_is_judged_in_between_only_if_nothing_else_happens() {
    let mut case = Case {
        sends: vec![Send { sender: 0, frame: 0, fragments: 1 }; 4],
        wire: vec![Wire::Frame(0); 4],
        ..Case::default()
    };
    // Six rounds.
    case.settings.device_seed |= 3 << 36;
    passes_everywhere(&case);
    passes_everywhere(&Case { wire: vec![Wire::Link(false), Wire::Frame(0)], ..case.clone() });
    case.settings.hostile = 7;
    passes_everywhere(&Case { controls: vec![Control::Reset], ..case });
}

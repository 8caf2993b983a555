//! Run to completion, the same case gives the same frames on every backend that moves any.

use std::sync::Arc;

use dirql_fuzz::backend::Backend;
use dirql_fuzz::capture::Frames;
use dirql_fuzz::case::Case;
use dirql_fuzz::execute::Execute;
use dirql_fuzz::outcome::{Outcome, Record};
use dirql_fuzz::reach::Counter;
use dirql_fuzz::run::Runner;
use dirql_proptests::cases::calm_case;
use dirql_proptests::config;
use proptest::prelude::*;

fn run(backend: Backend, case: &Case) -> Outcome {
    Runner::new(Arc::new(Frames::builtin())).run(backend, case, Record::Nothing)
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn frames_sent_and_received_do_not_depend_on_the_backend(case in calm_case()) {
        let first = run(Backend::WITH_DMA[0], &case);
        prop_assert_eq!(&first.failure, &None);
        // What goes beyond the case is the probe at the end of each of the driver's lives.
        prop_assert!((0..=2).contains(&(first.frames_sent - case.sends.len() as u64)));
        for &backend in &Backend::WITH_DMA[1..] {
            let other = run(backend, &case);
            prop_assert_eq!(&other.failure, &None, "{}", backend);
            let frames = |outcome: &Outcome| (outcome.frames_sent, outcome.frames_received);
            prop_assert_eq!(frames(&other), frames(&first), "{}", backend);
            for counter in [Counter::FragmentedFrames, Counter::NeighbourInterrupts] {
                prop_assert_eq!(other.reach[counter], first.reach[counter], "{}, {}", backend, counter);
            }
        }
    }
}

//! A case survives its two forms: bytes, for fuzzers, and JSON, for people and artifacts.

use dirql_fuzz::artifact::{Artifact, Stored};
use dirql_fuzz::backend::Backend;
use dirql_fuzz::capture::Frames;
use dirql_fuzz::case::Case;
use dirql_fuzz::outcome::Failure;
use dirql_proptests::cases::any_case;
use dirql_proptests::config;
use proptest::prelude::*;
use proptest::sample::select;

proptest! {
    #![proptest_config(config(1024))]

    #[test]
    fn a_drawn_case_is_valid_and_survives_its_bytes(case in any_case()) {
        prop_assert_eq!(case.validate(), Ok(()));
        prop_assert_eq!(Case::from_bytes(&case.to_bytes()), case);
    }

    #[test]
    fn a_drawn_case_survives_json(case in any_case()) {
        let json = serde_json::to_string(&case).unwrap();
        prop_assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), case);
    }

    #[test]
    fn every_byte_string_is_a_case(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let case = Case::from_bytes(&bytes);
        prop_assert_eq!(case.validate(), Ok(()));
        prop_assert_eq!(Case::from_bytes(&case.to_bytes()), case);
    }

    /// Surplus bytes behind a seeded schedule say nothing, and missing ones are zeros.
    #[test]
    fn bytes_after_the_end_are_zeros(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let case = Case::from_bytes(&bytes);
        let mut padded = case.to_bytes();
        if let dirql_fuzz::case::Schedule::Seeded { .. } = case.schedule {
            padded.extend([0; 16]);
        }
        prop_assert_eq!(Case::from_bytes(&padded), case);
    }

    #[test]
    fn two_cases_with_equal_bytes_are_equal(a in any_case(), b in any_case()) {
        prop_assert_eq!(a == b, a.to_bytes() == b.to_bytes());
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn an_artifact_is_read_back_as_written(
        case in any_case(),
        backend in select(Backend::ALL),
        rule in "[A-Za-z0-9]{1,12}",
        message in ".{0,80}",
        found in any::<(u64, u64)>(),
    ) {
        let failure = Failure { rule, message, source: String::new(), on_windows: None };
        let frames = Frames::builtin().identity().clone();
        let artifact = Artifact::new(backend, &failure, frames, case).found_by(found.0, found.1);
        prop_assert_eq!(&artifact.seed, &format!("{:#018x}", found.0));
        prop_assert_eq!(artifact.index, found.1);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(artifact.file_name());
        artifact.write(&path).unwrap();
        prop_assert_eq!(Stored::read(&path), Ok(Stored::Artifact(Box::new(artifact))));
    }
}

//! Every backend has every behaviour, or its framework has nothing of the kind.

use dirql_fuzz::backend::Backend;
use dirql_fuzz::conformance::{BEHAVIOURS, Verdict};
use dirql_sim::Machine;

/// Tries all behaviours on a backend, and says of each that it does not have what it does instead.
fn differing(backend: Backend) -> Vec<String> {
    let mut machine = Machine::new();
    let tried = BEHAVIOURS.iter().map(|entry| (entry.about.name, entry.check(&mut machine, backend)));
    tried
        .filter_map(|(name, verdict)| match verdict {
            Verdict::Differs { message, schedule } => {
                Some(format!("{name}, schedule {schedule:?}: {message}"))
            }
            Verdict::Ok | Verdict::NotApplicable(_) => None,
        })
        .collect()
}

#[test]
fn every_backend_has_every_behaviour() {
    for &backend in Backend::ALL {
        assert_eq!(differing(backend), [""; 0], "{backend}");
    }
}

/// A behaviour that no framework has would be one of nobody.
#[test]
fn every_behaviour_is_one_of_some_backend() {
    let mut machine = Machine::new();
    for entry in BEHAVIOURS {
        let has = |&backend| entry.check(&mut machine, backend) == Verdict::Ok;
        assert!(Backend::ALL.iter().any(has), "{}", entry.about.name);
    }
}

#[test]
fn verdicts_do_not_change_from_machine_to_machine() {
    let mut used = Machine::new();
    for &backend in Backend::ALL {
        for entry in BEHAVIOURS {
            let fresh = entry.check(&mut Machine::new(), backend);
            assert_eq!(entry.check(&mut used, backend), fresh, "{} on {backend}", entry.about.name);
        }
    }
}

#[test]
fn behaviours_have_names_of_their_own() {
    for (n, entry) in BEHAVIOURS.iter().enumerate() {
        let name = entry.about.name;
        assert!(!name.is_empty() && !entry.about.says.is_empty() && !entry.about.rules.is_empty(), "{name}");
        assert!(BEHAVIOURS[..n].iter().all(|other| other.about.name != name), "{name} is there twice");
    }
}

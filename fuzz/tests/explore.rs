//! `dirql explore`: what it claims, what it refuses, and that it finds a bug that is there.

mod common;

use std::path::Path;

use common::{Said, run};

fn dirql_in(folder: &Path, arguments: &str) -> Said {
    run(Path::new(env!("CARGO_BIN_EXE_dirql")), folder, arguments)
}

fn dirql(arguments: &str) -> Said {
    dirql_in(tempfile::tempdir().unwrap().path(), arguments)
}

#[test]
fn a_driver_that_starts_and_stops_is_run_in_all_interleavings() {
    let said = dirql("explore --frames-in 0");
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(
        said.out.starts_with("traffic on mock: 2 processors, x64 memory, line interrupts; 0 sends"),
        "{}",
        said.out
    );
    assert!(said.out.contains(" inequivalent interleavings were run"), "{}", said.out);
    assert_eq!(dirql("explore --frames-in 0").out, said.out, "it is a function of the case");
}

#[test]
fn a_limit_ends_it_and_no_more_is_claimed() {
    let said = dirql("explore --executions 50 --json");
    assert_eq!(said.code, 3);
    let object = &said.objects()[0];
    assert_eq!((&object["runs"], &object["finished"]), (&50.into(), &false.into()));
    assert!(
        object["statement"].as_str().unwrap().contains("interleavings were run, and not all"),
        "{object}"
    );
}

#[test]
fn a_bound_is_part_of_the_statement_and_allowed_everywhere() {
    for backend in ["mock", "wdm", "ndis"] {
        let said = dirql(&format!("explore --frames-in 0 --backend {backend} --preemptions 0"));
        assert_eq!(said.code, 0, "{backend}: {}{}", said.out, said.err);
        assert!(said.out.contains(" schedules with at most 0 preemptions were run"), "{}", said.out);
    }
}

#[test]
fn what_cannot_be_claimed_is_refused() {
    let refused = dirql("explore --backend ndis");
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("known on mock only") && refused.err.contains("--preemptions K"),
        "{}",
        refused.err
    );
    assert_eq!(dirql("explore no-such-file").code, 2);
    assert_eq!(dirql("explore some-file --frames-in 3").code, 2);
}

#[test]
fn the_operations_of_a_stored_case_are_explored() {
    let folder = tempfile::tempdir().unwrap();
    dirql_in(folder.path(), "corpus seeds");
    let said = dirql_in(folder.path(), "explore seeds/traffic-1 --executions 20 --json");
    assert_eq!(said.code, 3, "{}", said.err);
    assert_eq!(said.objects()[0]["case"]["scenario"], "traffic");
}

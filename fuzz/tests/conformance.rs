//! `dirql conformance` as shipped: the matrix, two backends side by side, JSON.

mod common;

use std::path::Path;

use common::{Said, run};
use dirql_fuzz::backend::Backend;
use dirql_fuzz::conformance::{BEHAVIOURS, DIFFERENCES, QUESTIONS};

fn dirql(arguments: &str) -> Said {
    run(Path::new(env!("CARGO_BIN_EXE_dirql")), tempfile::tempdir().unwrap().path(), arguments)
}

#[test]
fn the_matrix_has_every_behaviour_on_every_backend() {
    let said = dirql("conformance");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    for entry in BEHAVIOURS {
        let row = said.out.lines().find(|line| line.starts_with(&format!("{} ", entry.about.name)));
        let words = row.unwrap_or_default().split_whitespace().skip(1).take(Backend::ALL.len());
        let verdicts: Vec<&str> = words.collect();
        assert!(verdicts.contains(&"ok") && verdicts.iter().all(|v| ["ok", "n/a"].contains(v)), "{row:?}");
    }
    assert!(said.out.contains("\nall as written: "), "{}", said.out);
}

#[test]
fn two_backends_are_compared_for_a_porter() {
    let said = dirql("conformance --backend kmdf,ndis");
    assert_eq!(said.code, 0);
    assert!(said.out.lines().next().unwrap().ends_with("ndis     kmdf     rules"), "{}", said.out);
    assert!(said.out.contains("\n  ndis: 0 1 2\n  kmdf: 2 1 0\n    kmdf, why: "), "{}", said.out);
    let advice = said.out.matches("\n    porting: ").count();
    let entries = DIFFERENCES.iter().filter(|d| [Backend::Ndis, Backend::Kmdf].contains(&d.backend));
    assert_eq!(advice, entries.count(), "{}", said.out);
    assert!(said.out.lines().all(|line| line.chars().count() <= 110), "{}", said.out);
}

/// A backend beside itself: nothing differs, and of one alone it is told what is unusual.
#[test]
fn one_backend_is_compared_with_the_usual() {
    assert!(!dirql("conformance --backend wdm,wdm").out.contains("after-register"));
    let said = dirql("conformance --backend kmdf");
    assert!(said.out.contains("after-register") && !said.out.contains("budget-of-a-run"), "{}", said.out);
}

#[test]
fn json_has_one_object_for_each_behaviour_and_question_and_a_summary() {
    let said = dirql("conformance --backend ndis,kmdf --json");
    assert_eq!(said.code, 0);
    let objects = said.objects();
    let of = |kind: &str| objects.iter().filter(|object| object["kind"] == kind).collect::<Vec<_>>();
    let (behaviours, questions) = (of("behaviour"), of("question"));
    assert_eq!((behaviours.len(), questions.len()), (BEHAVIOURS.len(), QUESTIONS.len()));
    assert!(behaviours.iter().all(|object| object["verdicts"]["kmdf"]["verdict"] == "ok"), "{}", said.out);
    assert!(behaviours.iter().any(|object| object["verdicts"]["ndis"]["why"].is_string()), "{}", said.out);
    let budget = questions.iter().find(|object| object["name"] == "budget-of-a-run").unwrap();
    assert_eq!(budget["answers"]["ndis"]["answers"], serde_json::json!(["1", "4"]));
    assert_eq!(budget["answers"]["kmdf"]["why"], serde_json::Value::Null);
    assert_eq!(budget["rules"], serde_json::json!(["R45", "B25"]));
    let summary = objects.last().unwrap();
    assert_eq!((&summary["kind"], &summary["failures"]), (&"summary".into(), &0.into()));
    assert_eq!(said.out, dirql("conformance --backend ndis,kmdf --json").out, "it is a function of nothing");
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in ["conformance --backend dos", "conformance wdm"] {
        let said = dirql(arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments}: {}", said.err);
    }
}

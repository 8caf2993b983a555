//! The command as shipped: what it prints, what it refuses, and its exit codes.

mod common;

use std::path::Path;

use common::{Said, run};
use dirql_fuzz::backend::Backend;
use dirql_fuzz::scenario::Scenario;

fn dirql_in(folder: &Path, arguments: &str) -> Said {
    run(Path::new(env!("CARGO_BIN_EXE_dirql")), folder, arguments)
}

fn dirql(arguments: &str) -> Said {
    dirql_in(tempfile::tempdir().unwrap().path(), arguments)
}

/// Runs `dirql` in a folder that holds `file`.
fn dirql_with(file: &str, bytes: &[u8], arguments: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), bytes).unwrap();
    dirql_in(folder.path(), arguments)
}

const LAN: &[u8] = include_bytes!("../captures/lan.pcap");

#[test]
fn a_campaign_finds_nothing_in_the_shipped_driver() {
    let said = dirql("fuzz --executions 20 --jobs 2 --seed 1");
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    let executions = 20 * Scenario::ALL.iter().flat_map(|scenario| scenario.backends()).count();
    assert!(said.out.contains(&format!("nothing found: {executions} executions")), "{}", said.out);
    assert!(said.err.contains("seed 0x0000000000000001"), "{}", said.err);
}

#[test]
fn json_has_one_object_for_each_backend_and_scenario_and_a_summary() {
    let said = dirql("fuzz --executions 20 --backend wdm,mock --scenario link,traffic --seed 0xab --json");
    let objects = said.objects();
    let names: Vec<_> =
        objects.iter().map(|o| format!("{} {} {}", o["kind"], o["backend"], o["scenario"])).collect();
    assert_eq!(
        names,
        [
            r#""result" "mock" "traffic""#,
            r#""result" "wdm" "traffic""#,
            r#""result" "mock" "link""#,
            r#""result" "wdm" "link""#,
            r#""summary" null null"#
        ]
    );
    let keys: Vec<_> = objects[0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "kind",
        "backend",
        "scenario",
        "scheduler",
        "seed",
        "executions",
        "points",
        "seconds",
        "executions_per_s",
        "points_per_s",
        "frames_sent",
        "frames_received",
        "pairs",
        "reach",
        "failures",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(objects[0]["seed"], "0x00000000000000ab");
    assert_eq!(objects[0]["executions"], 20);
    assert!(objects[0]["frames_sent"].as_u64().unwrap() > 0);
    assert_eq!(objects[4]["executions"], 80);
}

#[test]
fn equal_seeds_give_equal_results_on_any_number_of_workers() {
    let fuzz = "fuzz --executions 60 --seed 3 --json";
    let alone = dirql(&format!("{fuzz} --jobs 1"));
    assert_eq!(alone.timeless(), dirql(&format!("{fuzz} --jobs 2")).timeless());
    assert_eq!(alone.timeless(), dirql(&format!("{fuzz} --jobs 1")).timeless());
    let other = dirql("fuzz --executions 60 --seed 4 --json --jobs 2");
    assert_ne!(alone.timeless()[0]["points"], other.timeless()[0]["points"]);
}

/// The first turns are the shortest, so that a campaign has tried everything before it is long.
#[test]
fn every_item_has_its_turn_at_once() {
    let said = dirql("fuzz --seconds 2 --jobs 1 --json");
    let mut results = said.objects();
    let summary = results.pop().unwrap();
    let turns: Vec<_> = results.iter().map(|result| result["executions"].as_u64().unwrap()).collect();
    assert!(turns.iter().all(|&n| 0 < n && n <= turns[0]), "{turns:?}");
    assert!(summary["seconds"].as_f64().unwrap() < 10.0);
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_wrong() {
    for (arguments, told) in [
        ("fuzz --executions 5 --seconds 5", "cannot be used with"),
        ("fuzz --executions 0", "0 is not in"),
        ("fuzz --seconds -1", "give a positive number of seconds"),
        ("fuzz --backend dos", "mock"),
        ("fuzz --scenario lunch", "shared-line"),
        ("fuzz --scheduler pct9", "portfolio, random"),
        ("fuzz --shard 3/2 --seed 1", "K/N"),
        ("fuzz --shard 1/2", "--seed"),
        ("fuzz --jobs 0", "0 is not in"),
        ("fuzz --seed many", "0x"),
        ("list lunch", "backends"),
        ("replay no-such-file", "check the path"),
        ("explain no-such-file", "check the path"),
        ("fuzz --pcap no-such-file", "check the path given with --pcap"),
        ("lunch", "unrecognized subcommand"),
    ] {
        let said = dirql(arguments);
        assert_eq!(said.code, 2, "{arguments}");
        assert!(said.err.contains(told), "{arguments}: {}", said.err);
        assert_eq!(said.out, "", "{arguments}");
    }
}

#[test]
fn a_bad_capture_is_refused_with_the_offset() {
    let fuzz = "fuzz --executions 1 --pcap a.pcap";
    for (bytes, told) in [
        (&b""[..], "at byte 0: the file is empty"),
        (&LAN[..24], "at byte 24: the file ends without a frame"),
        (&LAN[..100], "at byte 82: cut short"),
        (b"not a capture, but long enough", "at byte 0: neither a pcap nor a pcapng file"),
    ] {
        let said = dirql_with("a.pcap", bytes, fuzz);
        assert_eq!(said.code, 2);
        assert!(said.err.contains("capture a.pcap: ") && said.err.contains(told), "{}", said.err);
    }
    assert_eq!(dirql_with("a.pcap", LAN, &format!("{fuzz} --seed 1")).code, 0);
}

#[test]
fn artifacts_must_be_a_folder() {
    let said = dirql_with("taken", b"", "fuzz --executions 1 --artifacts taken");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("taken is not a folder; choose another with --artifacts"), "{}", said.err);
}

#[test]
fn a_libfuzzer_input_is_replayed_on_every_backend() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(dirql_in(folder.path(), "corpus seeds").code, 0);
    let said = dirql_in(folder.path(), "replay seeds/traffic-0");
    let on_each: String = Backend::ALL.iter().map(|b| format!("nothing found on {b}\n")).collect();
    assert_eq!((said.code, said.out), (0, on_each));
    assert_eq!(dirql_in(folder.path(), "replay seeds/traffic-0 --backend wdm").out, "nothing found on wdm\n");
}

#[test]
fn a_run_without_failure_is_explained_too() {
    let folder = tempfile::tempdir().unwrap();
    dirql_in(folder.path(), "corpus seeds");
    let said = dirql_in(folder.path(), "explain seeds/shared-line-0 --backend wdm");
    assert_eq!(said.code, 0);
    assert!(said.out.starts_with("shared-line on wdm\n"), "{}", said.out);
    assert!(said.out.contains("no failure in "), "{}", said.out);
}

#[test]
fn foreign_artifacts_are_refused_politely() {
    for (text, told) in [
        (r#"{"format":"dirql-case","version":2}"#, "its version is 2, this one reads 1"),
        (r#"{"format":"dirql-case","version":1}"#, "damaged artifact"),
        (r#"{"a":"b"}"#, "not a dirql artifact"),
        ("", "the file is empty"),
    ] {
        let said = dirql_with("a.json", text.as_bytes(), "replay a.json");
        assert_eq!(said.code, 2);
        assert!(said.err.contains(told), "{}", said.err);
    }
}

#[test]
fn lists_name_everything_once() {
    for (what, name) in [("backends", "wdm"), ("scenarios", "shared-line"), ("schedulers", "portfolio")] {
        let said = dirql(&format!("list {what}"));
        assert_eq!(said.code, 0);
        let named = said.out.lines().filter(|line| line.split_whitespace().next() == Some(name));
        assert_eq!(named.count(), 1, "{}", said.out);
    }
}

#[test]
fn each_rule_is_listed_with_what_is_made_of_it_and_its_source() {
    let said = dirql("list rules --json");
    assert_eq!(said.code, 0);
    let rules: Vec<serde_json::Value> = said.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for number in 1..=92 {
        let rule = &rules[number - 1];
        assert_eq!(rule["name"], format!("R{number}"));
        assert!(rule["is"].is_string() && rule["source"].is_string(), "{rule}");
    }
    let r10 = "is: a checker: a run that breaks it ends there\n";
    assert!(dirql("list rules").out.contains(r10));
}

#[test]
fn the_committed_seed_corpus_is_what_the_command_writes() {
    let folder = tempfile::tempdir().unwrap();
    for target in Backend::ALL.iter().map(|backend| backend.name()) {
        dirql_in(folder.path(), &format!("corpus {target} --backend {target}"));
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        for entry in std::fs::read_dir(folder.path().join(target)).unwrap() {
            let fresh = entry.unwrap().path();
            let stored = std::fs::read(committed.join(fresh.file_name().unwrap())).unwrap();
            let hint =
                "the case format changed: run `dirql corpus fuzz/corpus/mock --backend mock`, and so on";
            assert_eq!(stored, std::fs::read(&fresh).unwrap(), "{hint}");
        }
    }
}

/// Whole drivers are simulated under their frameworks only.
#[test]
fn a_scenario_that_is_not_there_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    dirql_in(folder.path(), "corpus seeds");
    let told = "the scenario driver-lifecycle is not there on mock yet; give --backend wdm,ndis,kmdf,umdf";
    for arguments in [
        "fuzz --backend mock --scenario driver-lifecycle --executions 1",
        "replay seeds/driver-lifecycle-0 --backend mock",
        "explain seeds/driver-lifecycle-0 --backend mock",
    ] {
        let said = dirql_in(folder.path(), arguments);
        assert_eq!((said.code, said.err.contains(told)), (2, true), "{arguments}: {}", said.err);
    }
    let listed = dirql("list scenarios").out;
    let below = listed.lines().skip_while(|line| !line.starts_with("driver-lifecycle")).nth(1);
    assert!(below.is_some_and(|line| line.ends_with("only on: wdm, ndis, kmdf, umdf")), "{listed}");
}

#[test]
fn the_whole_driver_is_replayed_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    dirql_in(folder.path(), "corpus seeds");
    for case in ["driver-lifecycle-0", "driver-lifecycle-1"] {
        assert_eq!(
            dirql_in(folder.path(), &format!("replay seeds/{case} --backend ndis")).out,
            "nothing found on ndis\n"
        );
        let said = dirql_in(folder.path(), &format!("explain --all seeds/{case} --backend ndis"));
        for drawn in ["driver-lifecycle on ndis", "loads the driver", "82574L", "unloads the driver"] {
            assert!(said.out.contains(drawn), "{case}: no {drawn} in\n{}", said.out);
        }
    }
}

/// Runs each case of the seed corpus and draws it.
#[test]
fn any_case_can_be_explained() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/wdm");
    let mut files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let said = dirql(&format!("explain --all --backend wdm {}", file.display()));
        assert_eq!(said.code, 0, "{}: {}", file.display(), said.err);
        for drawn in ["CPU 0", "82574L", "# starts the ", "TCTL ←", "switch"] {
            assert!(said.out.contains(drawn), "{}: no {drawn} in\n{}", file.display(), said.out);
        }
        assert!(!said.out.contains('\x1b'), "there are no colours where there is no terminal");
    }
}

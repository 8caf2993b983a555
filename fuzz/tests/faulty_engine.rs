//! The whole command, worker processes included, on an engine that fails on purpose: what it does about failures,
//! deaths and hangs must be seen even while the driver has none.
//!
//! This program is both the tests and the command under test: with a command line it acts as `dirql`.

mod common;

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use common::{Said, run};
use dirql_fuzz::backend::Backend;
use dirql_fuzz::capture::Frames;
use dirql_fuzz::case::{Case, Schedule, Wire};
use dirql_fuzz::command;
use dirql_fuzz::execute::Execute;
use dirql_fuzz::explore::{Explored, Extent};
use dirql_fuzz::outcome::{Failure, Outcome, Record, Switch};
use dirql_fuzz::reach::Counter;
use dirql_fuzz::scenario::Scenario;
use dirql_fuzz::scheduler::Scheduler;
use dirql_fuzz::timeline::{Column, Row, Timeline};
use libtest_mimic::{Arguments, Failed, Trial};

/// Fails in one execution of thirty or so, in a way that depends on the scenario.
struct Faulty {
    runs: u64,
    pairs: Vec<u64>,
}

impl Execute for Faulty {
    /// Dies of a capture with a single frame, before any execution.
    fn new(frames: Arc<Frames>) -> Self {
        assert!(frames.len() > 1, "this engine cannot start");
        Self { runs: 0, pairs: vec![0; 1024] }
    }

    fn run(&mut self, backend: Backend, case: &Case, record: Record) -> Outcome {
        self.runs += 1;
        self.pairs[case.settings.device_seed as usize % 1024] |= 1 << case.sends.len();
        let mut outcome = Outcome { points: case.sends.len() as u64, steps: 100, ..Outcome::default() };
        outcome.reach.hit(Counter::FramesOut);
        outcome.failure = self.rule(backend, case).map(failure);
        outcome.schedule = (record == Record::Schedule).then(|| vec![Switch { gap: 3, pick: 1 }]);
        outcome.trace = (record == Record::Trace).then(timeline);
        outcome
    }

    /// Has ten interleavings, of which the seventh is the worst.
    fn explore(
        &mut self,
        _: Backend,
        case: &Case,
        _: Extent,
        each: &mut dyn FnMut(&Explored, Outcome) -> ControlFlow<()>,
    ) -> Option<Explored> {
        let mut explored = Explored::default();
        while explored.runs < 10 {
            explored.runs += 1;
            explored.is_finished = explored.runs == 10;
            explored.statement = format!("{} were run", explored.runs);
            let seventh = explored.runs == 7;
            if seventh && case.wire.len() > 1 {
                std::process::abort();
            }
            let failure = (seventh && case.wire.len() == 1).then(|| failure("R60"));
            let schedule = Some(vec![Switch { gap: 3, pick: 1 }]);
            if each(&explored, Outcome { failure, schedule, ..Outcome::default() }).is_break() {
                break;
            }
        }
        Some(explored)
    }

    fn take_pairs(&mut self) -> Vec<u64> {
        std::mem::replace(&mut self.pairs, vec![0; 1024])
    }
}

impl Faulty {
    fn rule(&self, backend: Backend, case: &Case) -> Option<&'static str> {
        let unlucky = case.settings.device_seed.is_multiple_of(30);
        let seeded = matches!(case.schedule, Schedule::Seeded { .. });
        match case.scenario {
            Scenario::SharedLine if unlucky && backend == Backend::Wdm => {
                case.wire.contains(&Wire::Neighbour).then_some("R60")
            }
            Scenario::Msix if unlucky && backend == Backend::Wdm => Some("R48"),
            Scenario::Msix if unlucky => Some("R49"),
            // Dies of being shrunk: a smaller case does worse.
            Scenario::Traffic if unlucky && backend == Backend::Wdm && seeded => Some("R13"),
            Scenario::Traffic if !seeded => std::process::abort(),
            Scenario::Lifecycle if unlucky => std::process::abort(),
            Scenario::Link if unlucky => endless(),
            Scenario::Removal => std::process::abort(),
            // Depends on the history of the process: a defect of the engine, not of the driver.
            Scenario::Hostile if unlucky && seeded && self.runs > 1 => Some("R1"),
            _ => None,
        }
    }
}

fn timeline() -> Timeline {
    let column = |title: &str| Column { title: title.into(), cast: Vec::new() };
    let row = Row { text: "reads a register".into(), ..Row::default() };
    Timeline { columns: vec![column("CPU 0"), column("device")], locks: Vec::new(), rows: vec![row] }
}

fn endless() -> ! {
    loop {
        std::thread::park();
    }
}

fn failure(rule: &'static str) -> Failure {
    Failure {
        rule: rule.into(),
        message: format!("{rule} was broken"),
        source: "a page".into(),
        on_windows: Some("bug check 0x0F".into()),
    }
}

fn main() -> ExitCode {
    let commands = ["fuzz", "replay", "shrink", "explain", "explore", "explored", "worker", "once"];
    if std::env::args().nth(1).is_some_and(|argument| commands.contains(&argument.as_str())) {
        return command::main::<Faulty>(std::env::args_os());
    }
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn(&Folder)| {
        Trial::test(name, move || {
            test(&Folder::new());
            Ok::<(), Failed>(())
        })
    };
    vec![
        trial("a_sound_engine_leaves_nothing_behind", a_sound_engine_leaves_nothing_behind),
        trial("a_failure_is_told_kept_and_replayed", a_failure_is_told_kept_and_replayed),
        trial("a_kept_case_has_been_shrunk", a_kept_case_has_been_shrunk),
        trial("a_stored_failure_is_shrunk", a_stored_failure_is_shrunk),
        trial("a_failure_that_kills_its_process_is_shrunk", a_failure_that_kills_its_process_is_shrunk),
        trial("what_does_not_fail_is_not_shrunk", what_does_not_fail_is_not_shrunk),
        trial("the_first_failure_can_end_a_campaign", the_first_failure_can_end_a_campaign),
        trial("a_case_can_be_kept_as_it_was_found", a_case_can_be_kept_as_it_was_found),
        trial("replay_tells_fixed_and_diverged_apart", replay_tells_fixed_and_diverged_apart),
        trial("a_dead_worker_is_a_failure", a_dead_worker_is_a_failure),
        trial(
            "a_failure_that_does_not_survive_shrinking_is_kept_as_found",
            a_failure_that_does_not_survive_shrinking,
        ),
        trial("a_hung_worker_is_a_failure", a_hung_worker_is_a_failure),
        trial("too_many_deaths_end_a_share", too_many_deaths_end_a_share),
        trial("the_number_of_workers_changes_nothing", the_number_of_workers_changes_nothing),
        trial("shards_add_up", shards_add_up),
        trial("what_does_not_fail_again_is_marked", what_does_not_fail_again_is_marked),
        trial("an_exploration_ends_with_all_or_a_failure", an_exploration_ends_with_all_or_a_failure),
        trial("an_exploration_that_dies_is_a_failure", an_exploration_that_dies_is_a_failure),
        trial("a_worker_that_cannot_start_ends_the_campaign", a_worker_that_cannot_start_ends_the_campaign),
        trial(
            "a_case_wants_the_capture_that_it_was_made_with",
            a_case_wants_the_capture_that_it_was_made_with,
        ),
        trial("ctrl_c_ends_with_the_summary_so_far", ctrl_c_ends_with_the_summary_so_far),
    ]
}

/// A folder of its own for one test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn dirql(&self, arguments: &str) -> Said {
        run(&this_program(), self.0.path(), arguments)
    }

    fn artifacts(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path().join("artifacts")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn artifact(&self, name: &str) -> serde_json::Value {
        let text = std::fs::read_to_string(self.0.path().join("artifacts").join(name)).expect("the artifact");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("this test's own file")
}

fn a_sound_engine_leaves_nothing_behind(folder: &Folder) {
    let said = folder.dirql("fuzz --backend mock --scenario traffic --executions 50 --jobs 2 --seed 1");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("nothing found: 50 executions"), "{}", said.out);
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 0);
}

fn a_failure_is_told_kept_and_replayed(folder: &Folder) {
    let said = folder.dirql("fuzz --scenario shared-line --executions 300 --jobs 2 --seed 1");
    assert_eq!(said.code, 1);
    for told in
        ["FAILURE R60 on wdm/shared-line: R60 was broken", "a page", "bug check 0x0F", "1 failure found"]
    {
        assert!(said.out.contains(told), "{told} is missing from:\n{}", said.out);
    }
    assert_eq!(folder.artifacts(), ["wdm-shared-line-R60-0x0000000000000001.json"]);
    let command =
        said.out.lines().find_map(|line| line.trim().strip_prefix("replay ")).expect("a replay command");
    let replayed =
        Command::new("sh").args(["-c", command.trim()]).current_dir(folder.0.path()).output().unwrap();
    assert_eq!(replayed.status.code(), Some(1), "{replayed:?}");
    let file = "artifacts/wdm-shared-line-R60-0x0000000000000001.json";
    let explained = folder.dirql(&format!("explain {file}"));
    assert_eq!(explained.code, 0);
    assert!(explained.out.contains("reads a register"), "{}", explained.out);
}

fn a_kept_case_has_been_shrunk(folder: &Folder) {
    folder.dirql("fuzz --scenario shared-line --executions 300 --jobs 1 --seed 1");
    let case = &folder.artifact("wdm-shared-line-R60-0x0000000000000001.json")["case"];
    assert_eq!(case["wire"], serde_json::json!(["neighbour"]));
    assert_eq!(case["sends"], serde_json::json!([]));
    assert_eq!(case["schedule"], serde_json::json!({"switches": [[3, 1]]}));
}

/// Writes an artifact of another rule and case into the folder, made of one that a campaign wrote.
fn edited(folder: &Folder, name: &str, edit: impl FnOnce(&mut serde_json::Value)) {
    folder.dirql("fuzz --backend wdm --scenario shared-line --executions 300 --jobs 1 --seed 1");
    let mut artifact = folder.artifact("wdm-shared-line-R60-0x0000000000000001.json");
    edit(&mut artifact);
    std::fs::write(folder.0.path().join(name), artifact.to_string()).unwrap();
}

fn a_stored_failure_is_shrunk(folder: &Folder) {
    edited(folder, "big.json", |artifact| {
        artifact["case"]["sends"] = serde_json::json!([{"sender": 0, "frame": 9, "fragments": 3}]);
        artifact["case"]["wire"] = serde_json::json!(["neighbour", {"frame": 7}, "neighbour"]);
    });
    let said = folder.dirql("shrink big.json -o small.json");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("after   1 switch, 0 sends, 0 controls, 1 event on"), "{}", said.out);
    let small = folder.artifact("../small.json");
    assert_eq!(small["case"]["wire"], serde_json::json!(["neighbour"]));
    assert_eq!((&small["seed"], &small["rule"]), (&"0x0000000000000001".into(), &"R60".into()));
    assert_eq!(folder.dirql("replay small.json").code, 1);
    assert_eq!(folder.dirql("shrink big.json").code, 0);
    assert_eq!(folder.artifact("../big.shrunk.json"), small);
}

fn a_failure_that_kills_its_process_is_shrunk(folder: &Folder) {
    edited(folder, "fatal.json", |artifact| {
        artifact["rule"] = "crash".into();
        artifact["case"]["scenario"] = "removal".into();
        artifact["case"]["controls"] = serde_json::json!(["statistics", "reset"]);
    });
    let said = folder.dirql("shrink fatal.json -o small.json");
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(folder.artifact("../small.json")["case"]["controls"], serde_json::json!([]));
}

fn what_does_not_fail_is_not_shrunk(folder: &Folder) {
    edited(folder, "other.json", |artifact| artifact["rule"] = "R61".into());
    let said = folder.dirql("shrink other.json");
    assert_eq!((said.code, said.out.contains("nothing to shrink")), (3, true));
}

fn the_first_failure_can_end_a_campaign(folder: &Folder) {
    let fuzz = "fuzz --backend wdm,mock --scenario msix --executions 9000 --jobs 1 --seed 1 --first --json";
    let said = folder.dirql(fuzz);
    let objects = said.objects();
    let [mock, wdm, summary] = &objects[..] else { panic!("{objects:?}") };
    let found: Vec<_> = [mock, wdm].iter().flat_map(|item| item["failures"].as_array().unwrap()).collect();
    let [failure] = found[..] else { panic!("{found:?}") };
    assert!(failure["index"].as_u64() < summary["executions"].as_u64());
    assert_eq!(
        folder.dirql(fuzz).timeless(),
        said.timeless(),
        "one worker's campaign is a function of the seed"
    );
    assert!(failure["seconds"].as_f64().unwrap() <= summary["seconds"].as_f64().unwrap());
    let said = folder.dirql("fuzz --scenario lifecycle --executions 9000 --jobs 1 --seed 1 --first --json");
    assert_eq!(said.objects().last().unwrap()["failures"], 1, "a death counts");
}

fn a_case_can_be_kept_as_it_was_found(folder: &Folder) {
    folder.dirql("fuzz --scenario shared-line --executions 300 --jobs 1 --seed 1 --no-shrink");
    let case = &folder.artifact("wdm-shared-line-R60-0x0000000000000001.json")["case"];
    assert!(case["schedule"]["seeded"].is_object(), "{case}");
}

fn replay_tells_fixed_and_diverged_apart(folder: &Folder) {
    folder.dirql("fuzz --backend wdm --scenario shared-line,msix --executions 300 --seed 1");
    let shared = "artifacts/wdm-shared-line-R60-0x0000000000000001.json";
    let msix = "artifacts/wdm-msix-R48-0x0000000000000001.json";
    assert_eq!(folder.dirql(&format!("replay {shared}")).code, 1);
    let fixed = folder.dirql(&format!("replay {shared} --backend mock"));
    assert_eq!((fixed.code, fixed.out.contains("fixed")), (0, true));
    let diverged = folder.dirql(&format!("replay {msix} --backend mock --json"));
    assert_eq!(diverged.code, 3);
    let object = &diverged.objects()[0];
    assert_eq!((&object["verdict"], &object["failure"]["rule"]), (&"diverged".into(), &"R49".into()));
}

fn a_dead_worker_is_a_failure(folder: &Folder) {
    let said =
        folder.dirql("fuzz --backend mock --scenario lifecycle --executions 100 --jobs 1 --seed 1 --json");
    assert_eq!(said.code, 1);
    let result = &said.objects()[0];
    assert_eq!(result["executions"], 100, "those that died count, those behind them run");
    let failure = &result["failures"][0];
    assert_eq!(failure["rule"], "crash");
    assert!(failure["message"].as_str().unwrap().contains("signal: 6"), "{failure}");
    let artifact = failure["artifact"].as_str().unwrap();
    let replayed = folder.dirql(&format!("replay {artifact}"));
    assert_eq!(replayed.code, 1, "{}", replayed.out);
    assert!(folder.dirql(&format!("explain {artifact}")).out.contains("left no trace"));
}

fn a_failure_that_does_not_survive_shrinking(folder: &Folder) {
    let said =
        folder.dirql("fuzz --backend wdm --scenario traffic --executions 200 --jobs 1 --seed 1 --json");
    assert_eq!(said.code, 1);
    let result = &said.objects()[0];
    assert_eq!(result["executions"], 200);
    assert_eq!(result["failures"].as_array().unwrap().len(), 1, "{result}");
    let unlucky = (0..200).filter(|&index| {
        let case = Case::generate(Scenario::Traffic, 1, index, Scheduler::Random);
        case.settings.device_seed.is_multiple_of(30)
    });
    assert_eq!(result["failures"][0]["count"], unlucky.count());
    let artifact = folder.artifact("wdm-traffic-R13-0x0000000000000001.json");
    assert!(artifact["case"]["schedule"]["seeded"].is_object(), "{artifact}");
}

fn a_hung_worker_is_a_failure(folder: &Folder) {
    let said = folder
        .dirql("fuzz --backend mock --scenario link --executions 40 --jobs 2 --seed 1 --json --patience 1");
    assert_eq!(said.code, 1, "{}", said.err);
    let result = &said.objects()[0];
    assert_eq!(result["executions"], 40);
    assert_eq!(result["failures"][0]["rule"], "hang");
}

fn too_many_deaths_end_a_share(folder: &Folder) {
    let said =
        folder.dirql("fuzz --backend mock --scenario removal --executions 200 --jobs 1 --seed 1 --json");
    assert_eq!(said.code, 1);
    let objects = said.objects();
    assert_eq!(objects[0]["executions"], 65, "a worker and its 64 replacements ran one each");
    assert_eq!(objects[0]["failures"][0]["index"], 0);
    assert_eq!(objects[1]["incomplete"], true);
    assert!(said.err.contains("what is left of mock/removal is given up"), "{}", said.err);
}

fn the_number_of_workers_changes_nothing(folder: &Folder) {
    let fuzz = "fuzz --scenario traffic,shared-line,msix,lifecycle --executions 200 --seed 7 --json";
    let alone = folder.dirql(&format!("{fuzz} --jobs 1"));
    let artifacts: Vec<_> = folder.artifacts().iter().map(|name| folder.artifact(name)).collect();
    let together = folder.dirql(&format!("{fuzz} --jobs 3"));
    assert_eq!((alone.code, together.code), (1, 1));
    for (one, other) in alone.timeless().iter().zip(together.timeless()) {
        assert_eq!(*one, other);
    }
    let again: Vec<_> = folder.artifacts().iter().map(|name| folder.artifact(name)).collect();
    assert_eq!(artifacts, again);
    assert!(artifacts.len() >= 5);
}

fn shards_add_up(folder: &Folder) {
    let fuzz = "fuzz --backend mock --scenario msix --executions 201 --seed 7 --json";
    let count = |said: &Said, key: &str| said.objects()[0][key].as_u64().unwrap();
    let failures = |said: &Said| said.objects()[0]["failures"][0]["count"].as_u64().unwrap();
    let whole = folder.dirql(fuzz);
    let shards = [folder.dirql(&format!("{fuzz} --shard 1/2")), folder.dirql(&format!("{fuzz} --shard 2/2"))];
    assert_eq!(shards.each_ref().map(|said| count(said, "executions")), [101, 100]);
    assert_eq!(shards.iter().map(|said| count(said, "points")).sum::<u64>(), count(&whole, "points"));
    assert_eq!(shards.iter().map(failures).sum::<u64>(), failures(&whole));
}

fn what_does_not_fail_again_is_marked(folder: &Folder) {
    let said =
        folder.dirql("fuzz --backend mock --scenario hostile --executions 100 --jobs 1 --seed 1 --json");
    assert_eq!(said.code, 1);
    let failure = &said.objects()[0]["failures"][0];
    assert!(failure["message"].as_str().unwrap().contains("did not fail alike"), "{failure}");
}

fn an_exploration_ends_with_all_or_a_failure(folder: &Folder) {
    let all = folder.dirql("explore --frames-in 0");
    assert_eq!((all.code, all.out.contains("10 were run")), (0, true), "{}{}", all.out, all.err);
    let said = folder.dirql("explore --frames-in 1");
    assert_eq!(said.code, 1);
    for told in ["FAILURE R60: R60 was broken", "bug check 0x0F", "7 were run"] {
        assert!(said.out.contains(told), "{told} is missing from:\n{}", said.out);
    }
    assert_eq!(folder.artifacts(), ["mock-traffic-R60-no-seed.json"]);
    let case = &folder.artifact("mock-traffic-R60-no-seed.json")["case"];
    assert_eq!(case["schedule"], serde_json::json!({"switches": [[3, 1]]}));
    assert_eq!(folder.dirql("explore --frames-in 1 --executions 6").code, 3);
}

fn an_exploration_that_dies_is_a_failure(folder: &Folder) {
    let said = folder.dirql("explore --frames-in 2 --json");
    assert_eq!(said.code, 1, "{}", said.err);
    let object = &said.objects()[0];
    assert_eq!(
        (&object["failure"]["rule"], &object["artifact"]),
        (&"crash".into(), &serde_json::Value::Null)
    );
}

const LAN: &[u8] = include_bytes!("../captures/lan.pcap");

/// A header and `frames` small frames, cut from the built-in capture.
fn small_capture(folder: &Folder, name: &str, frames: usize) {
    // The capture begins with two ARP packets of 42 bytes.
    std::fs::write(folder.0.path().join(name), &LAN[..24 + frames * (16 + 42)]).unwrap();
}

fn a_worker_that_cannot_start_ends_the_campaign(folder: &Folder) {
    small_capture(folder, "one.pcap", 1);
    let said = folder.dirql("fuzz --executions 10 --jobs 2 --pcap one.pcap");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("ended outside of an execution"), "{}", said.err);
}

fn a_case_wants_the_capture_that_it_was_made_with(folder: &Folder) {
    small_capture(folder, "mine.pcap", 2);
    folder.dirql("fuzz --backend mock --scenario msix --executions 300 --seed 1 --pcap mine.pcap");
    let replay = "replay artifacts/mock-msix-R49-0x0000000000000001.json";
    assert_eq!(folder.dirql(replay).code, 1);
    std::fs::rename(folder.0.path().join("mine.pcap"), folder.0.path().join("moved.pcap")).unwrap();
    let lost = folder.dirql(replay);
    assert_eq!((lost.code, lost.err.contains("mine.pcap")), (2, true));
    assert_eq!(folder.dirql(&format!("{replay} --pcap moved.pcap")).code, 1);
    std::fs::write(folder.0.path().join("mine.pcap"), LAN).unwrap();
    let other = folder.dirql(replay);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("the capture differs from the artifact's (2 frames"), "{}", other.err);
}

fn ctrl_c_ends_with_the_summary_so_far(folder: &Folder) {
    let mut child = Command::new(this_program())
        .args(["fuzz", "--backend", "mock", "--scenario", "traffic", "--seconds", "600", "--jobs", "2"])
        .current_dir(folder.0.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first progress line says that the handler is in place.
    let mut progress = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(progress.any(|line| line.unwrap().contains("executions")));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, 0);
    assert!(said.out.contains("nothing found (interrupted)"), "{}", said.out);
}

//! Backends differ where the list says so, and nowhere else.

use std::cell::RefCell;

use dirql::{Request, Serialize};
use dirql_fuzz::backend::Backend;
use dirql_fuzz::conformance::{DIFFERENCES, Difference, History, Program, QUESTIONS, Step};
use dirql_proptests::config;
use dirql_sim::Machine;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::default();
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u16).prop_map(Step::Ring),
        2 => (0..4_u16).prop_map(Step::Section),
        1 => Just(Step::LineSection),
        1 => Just(Step::Interlude),
    ]
}

fn program() -> impl Strategy<Value = Program> {
    let request = prop_oneof![
        1 => Just(Request::Line),
        3 => (1..5_u16).prop_map(|max| Request::Messages { max }),
    ];
    let serialize = prop_oneof![Just(Serialize::PerSource), Just(Serialize::AllSources)];
    let platform = (1..=3_usize, 0..=3_u16, request, serialize);
    let driver = (option::weighted(0.2, 0..3_u16), any::<bool>());
    let life = (vec(step(), 0..6), any::<bool>(), 1..=2_u8);
    (platform, driver, life).prop_map(|((cpus, messages, request, serialize), (refuses, again), life)| {
        let (steps, gone, lives) = life;
        // A device that has gone does not come back.
        let lives = if gone { 1 } else { lives };
        Program { cpus, messages, request, serialize, refuses, again, steps, gone, lives }
    })
}

/// Runs a program on every backend, each under a schedule of its own.
fn histories(program: &Program, seed: u64) -> Result<Vec<(Backend, History)>, String> {
    MACHINE.with_borrow_mut(|machine| {
        let run = |&backend: &Backend| {
            let own = seed.wrapping_add(backend as u64);
            program.run(machine, backend, own).map(|h| (backend, h)).map_err(|e| format!("{backend}: {e}"))
        };
        Backend::ALL.iter().map(run).collect()
    })
}

/// Says where two backends' histories of a program differ, and no entry of `list` allows it.
fn disagreement(list: &[&Difference], program: &Program, seed: u64) -> Result<Option<String>, String> {
    let histories = histories(program, seed)?;
    let pairs =
        histories.iter().enumerate().flat_map(|(n, a)| histories[n + 1..].iter().map(move |b| (a, b)));
    let mut wrong = pairs.filter(|(a, b)| !Difference::agree(list, program, (a.0, &a.1), (b.0, &b.1)));
    Ok(wrong.next().map(|(a, b)| format!("{}:\n{}\n{}:\n{}", a.0, a.1, b.0, b.1)))
}

/// Says whose answer to which question is none that `list` allows.
fn wrong_answer(list: &[&Difference]) -> Option<String> {
    let mut machine = Machine::new();
    for question in QUESTIONS {
        for &backend in Backend::ALL.iter().filter(|&&backend| question.is_for(backend)) {
            let expected = Difference::expected(list, &question.asked, backend);
            let answers = question.answers(&mut machine, backend);
            if answers.as_ref() != Ok(&expected) {
                return Some(format!("{} on {backend}: {answers:?}, not {expected:?}", question.asked.name));
            }
        }
    }
    None
}

fn all() -> Vec<&'static Difference> {
    DIFFERENCES.iter().collect()
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn a_program_gives_the_same_history_on_every_backend(program in program(), seed in any::<u64>()) {
        let found = disagreement(&all(), &program, seed).map_err(TestCaseError::fail)?;
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    }
}

#[test]
fn every_answer_is_the_usual_one_or_in_the_list() {
    assert_eq!(wrong_answer(&all()), None);
}

/// Each entry is needed: without it the answers are wrong.
#[test]
fn each_difference_shows() {
    for (n, entry) in DIFFERENCES.iter().enumerate() {
        let mut others = all();
        others.remove(n);
        let told = wrong_answer(&others).unwrap_or_default();
        let wanted = format!("{} on {}", entry.question, entry.backend);
        assert!(told.starts_with(&wanted), "{wanted} is not told: {told:?}");
    }
}

/// Those of which a history can tell are also told by some program's.
#[test]
fn each_difference_that_a_history_shows_is_needed_for_it() {
    let mut runner = TestRunner::deterministic();
    let programs: Vec<Program> =
        (0..400).map(|_| program().new_tree(&mut runner).expect("a program").current()).collect();
    let shows = |list: &[&Difference]| {
        programs.iter().any(|program| disagreement(list, program, 1).expect("no rule is broken").is_some())
    };
    assert!(!shows(&all()));
    for (n, entry) in DIFFERENCES.iter().enumerate() {
        let mut others = all();
        others.remove(n);
        assert_eq!(shows(&others), entry.shows_in_histories(), "{} of {}", entry.question, entry.backend);
    }
}

#[test]
fn the_list_names_questions_and_says_what_to_do() {
    for entry in DIFFERENCES {
        let asked =
            QUESTIONS.iter().map(|question| question.asked).find(|asked| asked.name == entry.question);
        let asked = asked.unwrap_or_else(|| panic!("nobody asks {}", entry.question));
        assert_ne!(asked.usual, entry.answers, "{} of {} is the usual answer", entry.question, entry.backend);
        assert!(!entry.why.is_empty() && !entry.porting.is_empty());
    }
}

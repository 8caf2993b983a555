//! Every behaviour and every question on every backend.

mod json;
mod text;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::behaviour::{Entry, Verdict};
use super::behaviours::BEHAVIOURS;
use super::difference::{DIFFERENCES, Difference};
use super::question::Inquiry;
use super::questions::QUESTIONS;
use super::tried::{self, Tried};
use crate::backend::Backend;

/// What some backends do.
pub struct Matrix {
    backends: Vec<Backend>,
    behaviours: Vec<BehaviourRow>,
    questions: Vec<QuestionRow>,
}

/// A behaviour, with a verdict for each backend.
struct BehaviourRow {
    entry: &'static Entry,
    verdicts: Vec<Verdict>,
}

/// A question, with the answers of each backend that can be asked.
struct QuestionRow {
    inquiry: &'static Inquiry,
    answers: Vec<Answered>,
}

/// All answers of one backend to one question.
struct Answered {
    backend: Backend,
    answers: Result<BTreeSet<String>, String>,
    expected: BTreeSet<String>,
    /// The entry that says that they are not the usual ones.
    entry: Option<&'static Difference>,
}

impl Matrix {
    /// Tries everything on `backends`, each in a process of its own: `program tried`. Equal calls give equal matrices.
    ///
    /// # Errors
    /// Returns what kept a process from being started.
    pub fn of(program: &Path, backends: &[Backend]) -> io::Result<Self> {
        let mut matrix = Self::empty(backends);
        for &backend in backends {
            matrix.add(backend, tried::all(program, backend)?);
        }
        Ok(matrix)
    }

    fn empty(backends: &[Backend]) -> Self {
        let behaviours = BEHAVIOURS.iter().map(|entry| BehaviourRow { entry, verdicts: Vec::new() });
        let questions = QUESTIONS.iter().map(|inquiry| QuestionRow { inquiry, answers: Vec::new() });
        Self { backends: backends.to_vec(), behaviours: behaviours.collect(), questions: questions.collect() }
    }

    fn add(&mut self, backend: Backend, all: Vec<Tried>) {
        let (mut behaviours, mut questions) = (self.behaviours.iter_mut(), self.questions.iter_mut());
        for tried in all {
            match tried {
                Tried::Behaviour(verdict) => {
                    behaviours.next().into_iter().for_each(|row| row.verdicts.push(verdict.clone()));
                }
                Tried::Question(answers) => {
                    questions.next().into_iter().filter(|row| row.inquiry.is_for(backend)).for_each(|row| {
                        row.answers.push(Answered::new(backend, row.inquiry, answers.clone()));
                    });
                }
            }
        }
    }

    /// Returns how many behaviours are not as they should be, and answers not as the list has them, on all backends
    /// together.
    pub fn failures(&self) -> usize {
        let behaviours = self.behaviours.iter().flat_map(|row| &row.verdicts);
        let answers = self.questions.iter().flat_map(|row| &row.answers);
        behaviours.filter(|verdict| matches!(verdict, Verdict::Differs { .. })).count()
            + answers.filter(|answered| !answered.is_expected()).count()
    }

    /// Returns the questions to which the backends give different answers; of one backend, those to which it does
    /// not give the usual ones.
    fn differences(&self) -> impl Iterator<Item = &QuestionRow> {
        self.questions.iter().filter(|row| match row.answers.as_slice() {
            [one] => one.entry.is_some(),
            several => several.windows(2).any(|pair| pair[0].answers != pair[1].answers),
        })
    }
}

impl Answered {
    fn new(backend: Backend, inquiry: &Inquiry, answers: Result<BTreeSet<String>, String>) -> Self {
        let list: Vec<&'static Difference> = DIFFERENCES.iter().collect();
        Self {
            backend,
            answers,
            expected: Difference::expected(&list, &inquiry.asked, backend),
            entry: DIFFERENCES
                .iter()
                .find(|entry| entry.question == inquiry.asked.name && entry.backend == backend),
        }
    }

    fn is_expected(&self) -> bool {
        self.answers.as_ref() == Ok(&self.expected)
    }

    /// Returns the answers as the report has them: one of several is what the scheduler makes of it.
    fn text(&self) -> String {
        match &self.answers {
            Ok(answers) if answers.is_empty() => "no answer".into(),
            Ok(answers) => answers.iter().map(String::as_str).collect::<Vec<_>>().join(", or "),
            Err(broken) => broken.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix of one backend, one behaviour and one question.
    fn matrix(verdict: Verdict, answers: Result<BTreeSet<String>, String>) -> Matrix {
        let inquiry = &QUESTIONS[0];
        let expected = Difference::expected(&[], &inquiry.asked, Backend::Wdm);
        let answered = Answered { backend: Backend::Wdm, answers, expected, entry: None };
        Matrix {
            backends: vec![Backend::Wdm],
            behaviours: vec![BehaviourRow { entry: &BEHAVIOURS[0], verdicts: vec![verdict] }],
            questions: vec![QuestionRow { inquiry, answers: vec![answered] }],
        }
    }

    fn usual() -> BTreeSet<String> {
        Difference::expected(&[], &QUESTIONS[0].asked, Backend::Wdm)
    }

    #[test]
    fn what_is_as_written_is_no_failure() {
        for verdict in [Verdict::Ok, Verdict::NotApplicable("there is no such thing".into())] {
            let matrix = matrix(verdict, Ok(usual()));
            assert_eq!(matrix.failures(), 0);
            assert!(matrix.to_string().contains("all as written: 1 behaviours"), "{matrix}");
        }
    }

    #[test]
    fn a_behaviour_that_is_missing_is_told() {
        let matrix = matrix(Verdict::Differs { message: "it hangs".into(), schedule: Some(7) }, Ok(usual()));
        assert_eq!(matrix.failures(), 1);
        let name = BEHAVIOURS[0].about.name;
        assert!(
            matrix.to_string().contains(&format!("FAILURE {name} on wdm, schedule 7: it hangs")),
            "{matrix}"
        );
        let json = matrix.json().unwrap();
        assert!(
            json.contains(r#"{"wdm":{"verdict":"differs","message":"it hangs","schedule":7}}"#),
            "{json}"
        );
    }

    #[test]
    fn an_answer_that_nobody_listed_is_told() {
        let name = QUESTIONS[0].asked.name;
        let other = Ok(BTreeSet::from(["tea".to_owned()]));
        for (answers, told) in [(other, "tea"), (Err("R10: a deadlock".into()), "R10: a deadlock")] {
            let matrix = matrix(Verdict::Ok, answers);
            assert_eq!(matrix.failures(), 1);
            assert!(matrix.to_string().contains(&format!("UNLISTED {name} on wdm: {told}")), "{matrix}");
            assert!(matrix.json().unwrap().contains(r#""expected":false"#));
        }
    }
}

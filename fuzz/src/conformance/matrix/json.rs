//! The matrix as JSON: an object for each behaviour and each question on a line, then a summary.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Answered, BehaviourRow, Matrix, QuestionRow};
use crate::backend::Backend;
use crate::conformance::behaviour::Verdict;

#[derive(Serialize)]
struct BehaviourObject<'m> {
    kind: &'static str,
    name: &'m str,
    says: &'m str,
    rules: Vec<&'m str>,
    verdicts: BTreeMap<Backend, VerdictObject<'m>>,
}

#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
enum VerdictObject<'m> {
    Ok,
    NotApplicable { why: &'m str },
    Differs { message: &'m str, schedule: Option<u64> },
}

#[derive(Serialize)]
struct QuestionObject<'m> {
    kind: &'static str,
    name: &'m str,
    asks: &'m str,
    rules: Vec<&'m str>,
    answers: BTreeMap<Backend, AnswerObject<'m>>,
}

#[derive(Serialize)]
struct AnswerObject<'m> {
    answers: Option<&'m BTreeSet<String>>,
    /// The rule that was broken instead of an answer.
    broken: Option<&'m str>,
    /// Whether this is what the list of differences says.
    expected: bool,
    why: Option<&'m str>,
    porting: Option<&'m str>,
}

#[derive(Serialize)]
struct Summary<'m> {
    kind: &'static str,
    backends: &'m [Backend],
    behaviours: usize,
    questions: usize,
    differences: usize,
    failures: usize,
}

impl Matrix {
    /// Returns the matrix as lines of JSON.
    ///
    /// # Errors
    /// None that a matrix can cause.
    pub fn json(&self) -> serde_json::Result<String> {
        let mut lines = Vec::new();
        for row in &self.behaviours {
            lines.push(serde_json::to_string(&self.behaviour(row))?);
        }
        for row in &self.questions {
            lines.push(serde_json::to_string(&question(row))?);
        }
        lines.push(serde_json::to_string(&self.summary())?);
        lines.push(String::new());
        Ok(lines.join("\n"))
    }

    fn behaviour<'m>(&'m self, row: &'m BehaviourRow) -> BehaviourObject<'m> {
        let about = &row.entry.about;
        BehaviourObject {
            kind: "behaviour",
            name: about.name,
            says: about.says,
            rules: about.rules.split(' ').collect(),
            verdicts: self.backends.iter().copied().zip(row.verdicts.iter().map(verdict)).collect(),
        }
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            kind: "summary",
            backends: &self.backends,
            behaviours: self.behaviours.len(),
            questions: self.questions.len(),
            differences: self.differences().count(),
            failures: self.failures(),
        }
    }
}

fn verdict(verdict: &Verdict) -> VerdictObject<'_> {
    match verdict {
        Verdict::Ok => VerdictObject::Ok,
        Verdict::NotApplicable(why) => VerdictObject::NotApplicable { why },
        Verdict::Differs { message, schedule } => VerdictObject::Differs { message, schedule: *schedule },
    }
}

fn question(row: &QuestionRow) -> QuestionObject<'_> {
    let asked = &row.inquiry.asked;
    QuestionObject {
        kind: "question",
        name: asked.name,
        asks: asked.asks,
        rules: asked.rules.split(' ').collect(),
        answers: row.answers.iter().map(|answered| (answered.backend, answer(answered))).collect(),
    }
}

fn answer(answered: &Answered) -> AnswerObject<'_> {
    AnswerObject {
        answers: answered.answers.as_ref().ok(),
        broken: answered.answers.as_ref().err().map(String::as_str),
        expected: answered.is_expected(),
        why: answered.entry.map(|entry| entry.why),
        porting: answered.entry.map(|entry| entry.porting),
    }
}

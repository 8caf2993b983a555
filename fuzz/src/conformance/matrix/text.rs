//! The matrix as text: behaviours by backends, then what differs, why, and what that means for porting.

use std::fmt::{self, Display, Formatter};

use super::{Answered, Matrix, QuestionRow};
use crate::conformance::behaviour::Verdict;

/// Paragraphs are at most this wide, in characters.
const WIDTH: usize = 110;
const INDENT: usize = 4;

impl Display for Matrix {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write_behaviours(f)?;
        self.write_reasons(f)?;
        self.write_differences(f)?;
        self.write_failures(f)?;
        self.write_summary(f)
    }
}

impl Matrix {
    fn write_behaviours(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.behaviours.iter().map(|row| row.entry.about.name.len());
        let width = names.max().unwrap_or(0) + 2;
        let column = self.backends.iter().map(|backend| backend.name().len() + 2).max().unwrap_or(0).max(9);
        write!(f, "{:width$}", "behaviour")?;
        self.backends.iter().try_for_each(|backend| write!(f, "{backend:column$}"))?;
        writeln!(f, "rules")?;
        for row in &self.behaviours {
            write!(f, "{:width$}", row.entry.about.name)?;
            row.verdicts.iter().try_for_each(|verdict| write!(f, "{:column$}", word(verdict)))?;
            writeln!(f, "{}", row.entry.about.rules)?;
        }
        Ok(())
    }

    /// Says why some behaviours are not applicable, each reason once.
    fn write_reasons(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let reasons = self.behaviours.iter().flat_map(|row| row.verdicts.iter().filter_map(reason));
        let mut seen: Vec<&str> = Vec::new();
        for reason in reasons {
            if !seen.contains(&reason) {
                seen.push(reason);
                writeln!(f, "\nn/a: {reason}")?;
            }
        }
        Ok(())
    }

    fn write_differences(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.differences().try_for_each(|row| self.write_difference(f, row))
    }

    /// One backend or two are read by somebody who ports a driver: that is what `porting` is for.
    fn write_difference(&self, f: &mut Formatter<'_>, row: &QuestionRow) -> fmt::Result {
        let asked = &row.inquiry.asked;
        writeln!(f)?;
        wrap(f, 0, &format!("{} ({})", asked.name, asked.rules), asked.asks)?;
        for (names, first) in groups(&row.answers) {
            writeln!(f, "  {names}: {}", first.text())?;
        }
        for entry in row.answers.iter().filter_map(|answered| answered.entry) {
            wrap(f, INDENT, &format!("{}, why", entry.backend), entry.why)?;
            if self.backends.len() <= 2 {
                wrap(f, INDENT, "porting", entry.porting)?;
            }
        }
        Ok(())
    }

    fn write_failures(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for row in &self.behaviours {
            for (backend, verdict) in self.backends.iter().zip(&row.verdicts) {
                let Verdict::Differs { message, schedule } = verdict else { continue };
                let about = &row.entry.about;
                write!(f, "\nFAILURE {} on {backend}", about.name)?;
                schedule.iter().try_for_each(|n| write!(f, ", schedule {n}"))?;
                writeln!(f, ": {message}")?;
                wrap(f, INDENT, about.rules, about.says)?;
            }
        }
        for row in &self.questions {
            for wrong in row.answers.iter().filter(|answered| !answered.is_expected()) {
                let (name, backend) = (row.inquiry.asked.name, wrong.backend);
                let expected: Vec<_> = wrong.expected.iter().map(String::as_str).collect();
                writeln!(f, "\nUNLISTED {name} on {backend}: {}", wrong.text())?;
                wrap(f, INDENT, "the list says", &expected.join(", or "))?;
            }
        }
        Ok(())
    }

    fn write_summary(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (behaviours, questions) = (self.behaviours.len(), self.questions.len());
        let backends: Vec<_> = self.backends.iter().map(|backend| backend.name()).collect();
        let found = match self.failures() {
            0 => "all as written".into(),
            1 => "1 failure".into(),
            n => format!("{n} failures"),
        };
        let differences = self.differences().count();
        writeln!(
            f,
            "\n{found}: {behaviours} behaviours, {questions} questions, {differences} of them answered differently, on {}",
            backends.join(", ")
        )
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::NotApplicable(_) => "n/a",
        Verdict::Differs { .. } => "DIFFERS",
    }
}

fn reason(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::NotApplicable(why) => Some(why),
        _ => None,
    }
}

/// Puts backends with equal answers together, by their names.
fn groups(answers: &[Answered]) -> Vec<(String, &Answered)> {
    let mut groups: Vec<(String, &Answered)> = Vec::new();
    for answered in answers {
        match groups.iter_mut().find(|(_, first)| first.answers == answered.answers) {
            Some((names, _)) => *names = format!("{names}, {}", answered.backend),
            None => groups.push((answered.backend.name().into(), answered)),
        }
    }
    groups
}

/// Writes a paragraph, indented, after its heading.
fn wrap(f: &mut Formatter<'_>, indent: usize, heading: &str, text: &str) -> fmt::Result {
    let mut column = indent + heading.len() + 1;
    write!(f, "{:indent$}{heading}:", "")?;
    for word in text.split_whitespace() {
        if column + 1 + word.len() > WIDTH {
            write!(f, "\n{:1$}", "", indent + 1)?;
            column = indent + 1;
        }
        write!(f, " {word}")?;
        column += 1 + word.len();
    }
    writeln!(f)
}

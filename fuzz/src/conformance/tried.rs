//! Everything tried on one backend, in a process of its own: a backend that frees too early can kill its process, and
//! that is an outcome like any other.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use dirql_sim::Machine;
use serde::{Deserialize, Serialize};

use super::behaviour::Verdict;
use super::behaviours::BEHAVIOURS;
use super::questions::QUESTIONS;
use crate::backend::Backend;
use crate::{fatal, isolate};

/// What came of one behaviour or question.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Tried {
    Behaviour(Verdict),
    Question(Result<BTreeSet<String>, String>),
}

/// How many behaviours and questions there are. They are numbered in this order.
fn count() -> usize {
    BEHAVIOURS.len() + QUESTIONS.len()
}

impl Tried {
    fn nth(machine: &mut Machine, backend: Backend, n: usize) -> Self {
        match n.checked_sub(BEHAVIOURS.len()) {
            None => Self::Behaviour(BEHAVIOURS[n].check(machine, backend)),
            Some(n) => Self::Question(QUESTIONS[n].answers(machine, backend)),
        }
    }

    /// What comes of one that its process did not survive.
    fn died(n: usize, message: String) -> Self {
        match n < BEHAVIOURS.len() {
            true => Self::Behaviour(Verdict::Differs { message, schedule: None }),
            false => Self::Question(Err(message)),
        }
    }
}

/// The child's side: tries all from number `from`, and writes a line of JSON for each.
pub(crate) fn serve(backend: Backend, from: usize, mut output: impl Write) -> io::Result<()> {
    let mut machine = Machine::new();
    for n in from..count() {
        writeln!(output, "{}", serde_json::to_string(&Tried::nth(&mut machine, backend, n))?)?;
        output.flush()?;
    }
    Ok(())
}

/// The parent's side: tries all on `backend`, as `program tried`, which is started again after it died.
pub(super) fn all(program: &Path, backend: Backend) -> io::Result<Vec<Tried>> {
    let mut all: Vec<Tried> = Vec::new();
    while all.len() < count() {
        let (lines, end) = from(program, backend, all.len())?;
        all.extend(lines);
        if all.len() < count() {
            all.push(Tried::died(all.len(), end));
        }
    }
    Ok(all)
}

/// Returns what a child wrote, and how it ended.
fn from(program: &Path, backend: Backend, from: usize) -> io::Result<(Vec<Tried>, String)> {
    let mut child = Command::new(program)
        .args(["tried", backend.name(), &from.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let Some(answer) = isolate::answer_in_time(&mut child) else {
        child.kill()?;
        child.wait()?;
        return Ok((Vec::new(), fatal::hang(fatal::PATIENCE).message));
    };
    let status = child.wait()?;
    let lines = answer.split(|&byte| byte == b'\n').map_while(|line| serde_json::from_slice(line).ok());
    Ok((lines.collect(), fatal::crash(status).message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_dies_is_an_outcome_and_the_others_are_tried() {
        let all = all(Path::new("false"), Backend::Mock).unwrap();
        let died = |message: &String| message.contains("died (exit status: 1)");
        assert_eq!(all.len(), count());
        assert!(all.iter().all(|tried| match tried {
            Tried::Behaviour(Verdict::Differs { message, .. }) | Tried::Question(Err(message)) =>
                died(message),
            _ => false,
        }));
    }

    #[test]
    fn a_child_writes_what_its_parent_reads() {
        let mut lines = Vec::new();
        serve(Backend::Mock, count() - 2, &mut lines).unwrap();
        let read: Vec<Tried> =
            lines.split(|&b| b == b'\n').map_while(|line| serde_json::from_slice(line).ok()).collect();
        assert!(matches!(read.as_slice(), [Tried::Question(Ok(_)), Tried::Question(Ok(_))]), "{read:?}");
    }
}

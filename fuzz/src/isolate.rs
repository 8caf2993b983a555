//! What is done with one case in a process of its own, so that a case that kills its process gives an outcome like
//! any other.

use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::decisive;
use crate::execute::Execute;
use crate::fatal;
use crate::nearby;
use crate::outcome::{Failure, Outcome, Record};
use crate::shrink::{Effort, Shrinker};

/// Asks for something about one case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) backend: Backend,
    pub(crate) case: Case,
    pub(crate) pcap: Option<PathBuf>,
    pub(crate) task: Task,
}

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Task {
    /// One run: an [`Outcome`].
    Run(Record),
    /// The smallest case that breaks the rule: a [`Case`], or nothing if this one does not.
    Shrink { rule: String },
    /// Whether the case breaks the rule under a schedule close to its own: a `bool`.
    Nearby { rule: String },
    /// One run that is drawn, with what its switches are for: an [`Outcome`].
    Explain,
}

/// The child's side: reads a request from `input` and writes the answer to `output`.
pub(crate) fn serve<E: Execute>(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let Request { backend, case, pcap, task } = serde_json::from_reader(input)?;
    let frames = Arc::new(Frames::load(pcap.as_deref()).map_err(io::Error::other)?);
    let mut engine = E::new(Arc::clone(&frames));
    match task {
        Task::Run(record) => serde_json::to_writer(&mut output, &engine.run(backend, &case, record))?,
        Task::Shrink { rule } => {
            let run = |case: &Case, record| engine.run(backend, case, record);
            let smallest = Shrinker::new(run, &rule, &frames, Effort::THOROUGH).shrink(&case);
            serde_json::to_writer(&mut output, &smallest)?;
        }
        Task::Nearby { rule } => {
            let run = |case: &Case, record| engine.run(backend, case, record);
            serde_json::to_writer(&mut output, &nearby::fails_nearby(run, &case, &rule))?;
        }
        Task::Explain => {
            let run = |case: &Case, record| engine.run(backend, case, record);
            serde_json::to_writer(&mut output, &decisive::explain(run, &case))?;
        }
    }
    output.flush()
}

/// The parent's side: asks `program once` for one run.
pub(crate) fn run(program: &Path, request: &Request) -> io::Result<Outcome> {
    let failed = |failure| Outcome { failure: Some(failure), ..Outcome::default() };
    Ok(ask(program, request)?.unwrap_or_else(failed))
}

/// The parent's side: asks `program once`. The inner error is how its process ended before it could answer.
pub(crate) fn ask<T: DeserializeOwned>(program: &Path, request: &Request) -> io::Result<Result<T, Failure>> {
    let mut child = Command::new(program).arg("once").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(serde_json::to_string(request)?.as_bytes())?;
    drop(stdin);
    let Some(answer) = answer_in_time(&mut child) else {
        child.kill()?;
        child.wait()?;
        return Ok(Err(fatal::hang(fatal::PATIENCE)));
    };
    let status = child.wait()?;
    Ok(serde_json::from_slice(&answer).map_err(|_| fatal::crash(status)))
}

/// Reads all that a child writes; `None` if that takes too long.
#[expect(clippy::disallowed_methods, reason = "a pipe is read, nothing is simulated")]
pub(crate) fn answer_in_time(child: &mut Child) -> Option<Vec<u8>> {
    let mut stdout = child.stdout.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.read_to_end(&mut answer);
        drop(sender.send(read.map(|_| answer).unwrap_or_default()));
    });
    receiver.recv_timeout(fatal::PATIENCE).ok()
}

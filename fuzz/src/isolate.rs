//! One execution in a process of its own, so that a case that kills its process gives an outcome like any other.

use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::Case;
use crate::execute::Execute;
use crate::fatal;
use crate::outcome::{Failure, Outcome, Record};

/// Asks for one execution.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) backend: Backend,
    pub(crate) case: Case,
    pub(crate) record: Record,
    pub(crate) pcap: Option<PathBuf>,
}

/// The child's side: reads a request from `input` and writes the outcome to `output`.
pub(crate) fn serve<E: Execute>(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let request: Request = serde_json::from_reader(input)?;
    let frames = Frames::load(request.pcap.as_deref()).map_err(io::Error::other)?;
    let outcome = E::new(Arc::new(frames)).run(request.backend, &request.case, request.record);
    serde_json::to_writer(&mut output, &outcome)?;
    output.flush()
}

/// The parent's side: runs the request as `program once`.
pub(crate) fn run(program: &Path, request: &Request) -> io::Result<Outcome> {
    let mut child = Command::new(program).arg("once").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(serde_json::to_string(request)?.as_bytes())?;
    drop(stdin);
    let Some(answer) = answer_in_time(&mut child) else {
        child.kill()?;
        child.wait()?;
        return Ok(failed(fatal::hang(fatal::PATIENCE)));
    };
    let status = child.wait()?;
    Ok(serde_json::from_slice(&answer).unwrap_or_else(|_| failed(fatal::crash(status))))
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

fn failed(failure: Failure) -> Outcome {
    Outcome { failure: Some(failure), ..Outcome::default() }
}

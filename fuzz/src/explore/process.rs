//! An exploration in a process of its own, so that a driver that kills its process ends no more than that.

use std::io::{self, BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use serde::{Deserialize, Serialize};

use super::{Explored, Extent};
use crate::backend::Backend;
use crate::capture::Frames;
use crate::case::{Case, Schedule};
use crate::clock::Stopwatch;
use crate::execute::Execute;
use crate::fatal;
use crate::outcome::{Failure, Outcome};

/// How often the child says how far it is.
const PROGRESS_SECONDS: f64 = 2.0;

/// Says what to explore.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) backend: Backend,
    pub(crate) case: Case,
    pub(crate) pcap: Option<PathBuf>,
    pub(crate) extent: Extent,
    /// The most runs.
    pub(crate) runs_max: Option<u64>,
    /// Seconds after which to end.
    pub(crate) seconds_max: f64,
}

/// What the child says, a line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
enum Event {
    /// So far nothing was found.
    Progress(Explored),
    /// A run failed; the case replays it.
    Failed(Failure, Case),
    /// It is over; nothing if this engine cannot explore.
    Ended(Option<Explored>),
}

/// How an exploration ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) explored: Explored,
    /// The first failure, and the case that replays it; a process that died leaves none.
    pub(crate) failure: Option<(Failure, Option<Case>)>,
}

/// The child's side: reads a request from `input`, and writes events to `output`.
pub(crate) fn serve<E: Execute>(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let request: Request = serde_json::from_reader(input)?;
    let frames = Frames::load(request.pcap.as_deref()).map_err(io::Error::other)?;
    let mut engine = E::new(Arc::new(frames));
    let mut told = Ok(());
    let (clock, mut last) = (Stopwatch::start(), Stopwatch::start());
    let mut each = |explored: &Explored, outcome: Outcome| {
        if let Some(failed) = failed(&request.case, outcome) {
            told = tell(&mut output, &failed);
            return ControlFlow::Break(());
        }
        if last.seconds() >= PROGRESS_SECONDS {
            last = Stopwatch::start();
            told = tell(&mut output, &Event::Progress(explored.clone()));
        }
        let spent = request.runs_max.is_some_and(|max| explored.runs >= max)
            || clock.seconds() >= request.seconds_max;
        if spent || told.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let explored = engine.explore(request.backend, &request.case, request.extent, &mut each);
    told?;
    tell(&mut output, &Event::Ended(explored))
}

fn failed(case: &Case, outcome: Outcome) -> Option<Event> {
    let schedule = Schedule::Switches(outcome.schedule.unwrap_or_default());
    outcome.failure.map(|failure| Event::Failed(failure, Case { schedule, ..case.clone() }))
}

fn tell(output: &mut impl Write, event: &Event) -> io::Result<()> {
    writeln!(output, "{}", serde_json::to_string(event)?)?;
    output.flush()
}

/// The parent's side: has `program explored` explore, and shows how far it is.
pub(crate) fn run(
    program: &Path,
    request: &Request,
    mut show: impl FnMut(&Explored),
) -> io::Result<Option<Ended>> {
    let mut child =
        Command::new(program).arg("explored").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(serde_json::to_string(request)?.as_bytes())?;
    drop(stdin);
    let lines = listen(child.stdout.take().expect("it is piped"));
    let mut ended = Ended::default();
    loop {
        match lines.recv_timeout(fatal::PATIENCE) {
            Ok(line) => match serde_json::from_str(&line)? {
                Event::Progress(explored) => {
                    show(&explored);
                    ended.explored = explored;
                }
                Event::Failed(failure, case) => ended.failure = Some((failure, Some(case))),
                Event::Ended(explored) => {
                    child.wait()?;
                    return Ok(explored.map(|explored| Ended { explored, ..ended }));
                }
            },
            Err(end) => {
                ended.failure = Some((death(&mut child, end)?, None));
                return Ok(Some(ended));
            }
        }
    }
}

/// Returns why a child says nothing any more.
fn death(child: &mut Child, end: RecvTimeoutError) -> io::Result<Failure> {
    if end == RecvTimeoutError::Timeout {
        child.kill()?;
        child.wait()?;
        return Ok(fatal::hang(fatal::PATIENCE));
    }
    Ok(fatal::crash(child.wait()?))
}

#[expect(clippy::disallowed_methods, reason = "a pipe is read, nothing is simulated")]
fn listen(output: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        // Nobody listens any more once the exploration has failed.
        lines.map(|line| sender.send(line)).take_while(Result::is_ok).for_each(drop);
    });
    receiver
}

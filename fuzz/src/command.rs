//! The `dirql` command.

mod conformance;
mod corpus;
mod explain;
mod explore;
mod fuzz;
mod list;
mod replay;
mod shrink;
mod stored;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, io};

use clap::{Parser, Subcommand};

use crate::backend::Backend;
use crate::case::{Case, Schedule};
use crate::execute::Execute;
use crate::scenario::Scenario;
use crate::{isolate, worker};

/// Nothing was found; of `replay`: the failure is fixed.
const NOTHING_FOUND: u8 = 0;
/// A failure was found; of `replay`: it is still there.
const FAILURE_FOUND: u8 = 1;
/// The arguments or the input are wrong.
const WRONG_USAGE: u8 = 2;
/// Of `replay`: the run went another way; of `shrink`: it does not fail as it did.
const DIVERGED: u8 = 3;
/// Of `explore`: it ended before all had been run.
const UNFINISHED: u8 = 3;

/// Fuzzes an interrupt-driven driver over interleavings of ISR, section, DPC, device and threads.
#[derive(Parser)]
#[command(name = "dirql", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "\
Without a command: fuzz every scenario on every backend for about 20 seconds.

Exit codes: 0 nothing found, 1 a failure was found, 2 wrong usage or input.
Of replay:  0 fixed, 1 still fails, 2 wrong usage or input, 3 diverged.
Of shrink:  0 written, 2 wrong usage or input, 3 it does not fail as it did.
Of explore: 0 all was run, 1 a failure was found, 2 wrong usage or input, 3 not all was run.";

#[derive(Subcommand)]
enum Command {
    /// Run a campaign.
    Fuzz(fuzz::Arguments),
    /// Run the case of an artifact or a libFuzzer input again.
    Replay(replay::Arguments),
    /// Make a stored failure smaller: fewer switches, fewer operations, plainer values, the same rule.
    Shrink(shrink::Arguments),
    /// Run all interleavings of one small case, up to equivalence or up to K preemptions.
    Explore(explore::Arguments),
    /// Draw a failing run as a timeline.
    Explain(explain::Arguments),
    /// Show what the backends do alike, and what not.
    Conformance(conformance::Arguments),
    /// List what there is.
    List(list::Arguments),
    /// Write the seed corpus of the libFuzzer targets.
    #[command(hide = true)]
    Corpus(corpus::Arguments),
    /// Be a worker of a campaign: an order on standard input, events on standard output.
    #[command(hide = true)]
    Worker,
    /// Try the conformance suite on one backend, from one of its items on: a line of JSON for each.
    #[command(hide = true)]
    Tried { backend: Backend, from: usize },
    /// Explore one case: a request on standard input, events on standard output.
    #[command(hide = true)]
    Explored,
    /// Do something with one case: a request on standard input, the answer on standard output.
    #[command(hide = true)]
    Once,
}

/// How this program was called, and where it lies.
struct Program {
    called: String,
    path: PathBuf,
}

/// Carries out a command line, the program's name first, on engines of type `E`.
pub fn main<E: Execute>(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let called = arguments.first().map_or("dirql".into(), |name| name.to_string_lossy().into_owned());
    let command = Cli::parse_from(&arguments).command.unwrap_or_else(fuzz::Arguments::default_command);
    let code = env::current_exe()
        .map_err(|e| format!("cannot find this program's own file: {e}; call it by its path"))
        .and_then(|path| carry_out::<E>(command, &Program { called, path }));
    ExitCode::from(code.unwrap_or_else(|message| {
        eprintln!("dirql: {message}");
        WRONG_USAGE
    }))
}

fn carry_out<E: Execute>(command: Command, program: &Program) -> Result<u8, String> {
    match command {
        Command::Fuzz(arguments) => fuzz::run(&arguments, program),
        Command::Replay(arguments) => replay::run(&arguments, program),
        Command::Shrink(arguments) => shrink::run(&arguments, program),
        Command::Explore(arguments) => explore::run(&arguments, program),
        Command::Explain(arguments) => explain::run(&arguments, program),
        Command::Conformance(arguments) => conformance::run(&arguments, program),
        Command::List(arguments) => list::run(&arguments),
        Command::Corpus(arguments) => corpus::run(&arguments),
        Command::Worker => served(worker::serve::<E>(io::stdin().lock(), io::stdout().lock())),
        Command::Tried { backend, from } => {
            served(crate::conformance::serve(backend, from, io::stdout().lock()))
        }
        Command::Explored => {
            served(crate::explore::process::serve::<E>(io::stdin().lock(), io::stdout().lock()))
        }
        Command::Once => served(isolate::serve::<E>(io::stdin().lock(), io::stdout().lock())),
    }
}

fn served(result: io::Result<()>) -> Result<u8, String> {
    match result {
        // Whoever ordered the work is gone.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(NOTHING_FOUND),
        result => result.map(|()| NOTHING_FOUND).map_err(|e| format!("worker: {e}")),
    }
}

/// Prints to standard output; a reader that has gone away is no error.
fn print(text: &str) -> Result<(), String> {
    use io::Write;
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot write the result: {e}")),
        _ => Ok(()),
    }
}

/// Returns the chosen ones in their usual order, each once; all if none was chosen.
fn chosen<T: Copy + PartialEq>(chosen: &[T], all: &[T]) -> Vec<T> {
    all.iter().copied().filter(|one| chosen.is_empty() || chosen.contains(one)).collect()
}

/// Refuses a scenario that is there on none of these backends.
fn require_there(scenario: Scenario, backends: &[Backend]) -> Result<(), String> {
    if backends.iter().any(|&backend| scenario.runs_on(backend)) {
        return Ok(());
    }
    let there: Vec<_> = scenario.backends().map(Backend::name).collect();
    let asked: Vec<_> = backends.iter().map(|backend| backend.name()).collect();
    Err(format!(
        "the scenario {scenario} is not there on {} yet; give --backend {}",
        asked.join(", "),
        there.join(",")
    ))
}

/// Says how many operations and switches a case has.
fn summary(case: &Case) -> (String, String) {
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let script = [
        count(case.sends.len(), "send"),
        count(case.controls.len(), "control"),
        count(case.wire.len(), "event") + " on the wire",
    ];
    let schedule = match &case.schedule {
        Schedule::Seeded { scheduler, seed } => {
            format!("{scheduler} scheduler with seed {}", crate::artifact::hex(*seed))
        }
        Schedule::Switches(switches) => match switches.len() {
            1 => "1 switch".into(),
            count => format!("{count} switches"),
        },
    };
    (script.join(", "), schedule)
}

/// Reads the frames that a case names, and checks that they are the ones it was made with.
fn frames_of(stored: &crate::capture::Identity, pcap: Option<&Path>) -> Result<Option<PathBuf>, String> {
    let path = pcap.or(stored.path.as_deref());
    let frames = crate::capture::Frames::load(path).map_err(|e| e.to_string())?;
    if !frames.identity().same_frames(stored) {
        let (frames, hash) = (stored.frames, &stored.hash);
        return Err(format!(
            "the capture differs from the artifact's ({frames} frames, hash {hash}); give the right one with --pcap FILE"
        ));
    }
    Ok(path.map(Path::to_owned))
}

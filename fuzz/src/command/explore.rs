//! `dirql explore`: runs all interleavings of one small case, and says when that is done.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{FAILURE_FOUND, NOTHING_FOUND, Program, UNFINISHED, frames_of, print, require_there, summary};
use crate::artifact::{Artifact, Stored};
use crate::backend::Backend;
use crate::capture::{Frames, Identity};
use crate::case::{Case, Interrupt, SENDS_MAX, WIRE_MAX};
use crate::clock::Stopwatch;
use crate::explore::process::{self, Ended, Request};
use crate::explore::{Explored, Extent, small_case};
use crate::outcome::Failure;

const SECONDS_DEFAULT: f64 = 60.0;

#[derive(Args)]
pub(super) struct Arguments {
    /// An artifact or an input of libFuzzer whose operations to explore, under all schedules [default: a small case].
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Backend to run on.
    #[arg(long, value_name = "B", default_value_t = Backend::Mock)]
    backend: Backend,
    /// Of the small case: how many frames the driver sends.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "file",
        value_parser = clap::value_parser!(u8).range(..=SENDS_MAX as i64))]
    frames_out: u8,
    /// Of the small case: how many frames arrive.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "file",
        value_parser = clap::value_parser!(u8).range(..=WIRE_MAX as i64))]
    frames_in: u8,
    /// Of the small case: how the device interrupts.
    #[arg(long, value_name = "I", default_value_t = Interrupt::Line, conflicts_with = "file")]
    interrupt: Interrupt,
    /// Try all schedules with at most K preemptions instead, none of which counts as equivalent to another.
    #[arg(long, value_name = "K")]
    preemptions: Option<u32>,
    /// Try also what machine and device may choose: the processor of a DPC, say.
    #[arg(long)]
    choices: bool,
    /// End after so many runs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    executions: Option<u64>,
    /// End after so many seconds [default: 60].
    #[arg(long, value_name = "S", value_parser = super::fuzz::seconds, allow_negative_numbers = true)]
    seconds: Option<f64>,
    /// Folder for a failing case.
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifacts: PathBuf,
    /// Print JSON, one object.
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Serialize)]
struct Told<'r> {
    kind: &'static str,
    backend: Backend,
    case: &'r Case,
    extent: Extent,
    runs: u64,
    finished: bool,
    statement: &'r str,
    failure: Option<&'r Failure>,
    artifact: Option<String>,
}

/// Explores until all is done, something fails, or the limit is reached.
pub(super) fn run(arguments: &Arguments, program: &Program) -> Result<u8, String> {
    let (request, frames) = arguments.request()?;
    let clock = Stopwatch::start();
    let show = |explored: &Explored| eprintln!("{:5.1} s  {}", clock.seconds(), explored.statement);
    let ended = process::run(&program.path, &request, show)
        .map_err(|e| format!("cannot explore with {}: {e}", program.path.display()))?
        .ok_or("this engine cannot explore")?;
    let artifact = arguments.keep(&request, &ended, frames)?;
    let told = Told {
        kind: "exploration",
        backend: request.backend,
        case: &request.case,
        extent: request.extent,
        runs: ended.explored.runs,
        finished: ended.explored.is_finished,
        statement: &ended.explored.statement,
        failure: ended.failure.as_ref().map(|(failure, _)| failure),
        artifact: artifact.map(|path| path.display().to_string()),
    };
    print(&if arguments.json { told.json()? } else { told.text(&program.called) })?;
    Ok(match (told.failure, told.finished) {
        (Some(_), _) => FAILURE_FOUND,
        (None, true) => NOTHING_FOUND,
        (None, false) => UNFINISHED,
    })
}

impl Arguments {
    fn request(&self) -> Result<(Request, Identity), String> {
        let builtin = || Frames::builtin().identity().clone();
        let (case, frames, pcap) = match &self.file {
            None => (small_case(self.interrupt, self.frames_out, self.frames_in), builtin(), None),
            Some(file) => match Stored::read(file)? {
                Stored::Artifact(artifact) => {
                    let pcap = frames_of(&artifact.frames, None)?;
                    (artifact.case, artifact.frames, pcap)
                }
                Stored::Bytes(case) => (case, builtin(), None),
            },
        };
        let extent = Extent { preemptions: self.preemptions, choices: self.choices };
        require_there(case.scenario, &[self.backend])?;
        extent.check(self.backend)?;
        let request = Request {
            backend: self.backend,
            case,
            pcap,
            extent,
            runs_max: self.executions,
            seconds_max: self.seconds.unwrap_or(SECONDS_DEFAULT),
        };
        Ok((request, frames))
    }

    /// Keeps the case that failed, if there is one.
    fn keep(&self, request: &Request, ended: &Ended, frames: Identity) -> Result<Option<PathBuf>, String> {
        let Some((failure, Some(case))) = &ended.failure else { return Ok(None) };
        let artifact = Artifact::new(request.backend, failure, frames, case.clone());
        let path = self.artifacts.join(artifact.file_name());
        let cannot = |e| format!("cannot write {}: {e}; choose a folder with --artifacts", path.display());
        artifact.write(&path).map_err(cannot)?;
        Ok(Some(path))
    }
}

impl Told<'_> {
    fn json(&self) -> Result<String, String> {
        serde_json::to_string(self).map(|line| line + "\n").map_err(|e| e.to_string())
    }

    fn text(&self, program: &str) -> String {
        let Self { backend, case, extent, statement, .. } = self;
        let settings = &case.settings;
        let mut text = format!(
            "{} on {backend}: {} processors, {} memory, {} interrupts; {}\n",
            case.scenario,
            settings.cpus,
            settings.memory,
            settings.interrupt,
            summary(case).0
        );
        text += if extent.choices {
            "what machine and device may choose is tried too\n"
        } else {
            "what machine and device may choose has its plain outcome\n"
        };
        if let Some(failure) = self.failure {
            text += &format!("\nFAILURE {failure}\n");
        }
        if let Some(file) = &self.artifact {
            text += &format!("  artifact  {file}\n  replay    {program} replay {file}\n");
        }
        text + &format!("\n{statement}\n")
    }
}

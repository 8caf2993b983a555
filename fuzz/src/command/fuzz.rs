//! `dirql fuzz`: runs a campaign and tells what it found.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser};

use super::{Command, FAILURE_FOUND, NOTHING_FOUND, Program, chosen, require_there};
use crate::backend::Backend;
use crate::campaign::{Item, Limit, Plan, Share};
use crate::capture::Frames;
use crate::fatal::PATIENCE;
use crate::progress;
use crate::report::{Report, print_json, print_text};
use crate::scenario::Scenario;
use crate::scheduler::Selection;
use crate::slots::WORKERS_MAX;
use crate::supervisor::{Ended, Means, Supervisor};

const SECONDS_DEFAULT: f64 = 20.0;

#[derive(Args)]
pub(super) struct Arguments {
    /// Backends to run on [default: all that a scenario is there for].
    #[arg(long, value_name = "B,..", value_delimiter = ',')]
    backend: Vec<Backend>,
    /// Scenarios to run [default: all].
    #[arg(long, value_name = "S,..", value_delimiter = ',')]
    scenario: Vec<Scenario>,
    /// Executions of each scenario on each backend.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..1 << 48), conflicts_with = "seconds")]
    executions: Option<u64>,
    /// Seconds in all [default: 20].
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    seconds: Option<f64>,
    /// Seed, decimal or 0x.. [default: a fresh one].
    #[arg(long, value_name = "X", value_parser = seed)]
    seed: Option<u64>,
    /// Scheduler; see `dirql list schedulers`.
    #[arg(long, value_name = "NAME", default_value_t = Selection::Portfolio)]
    scheduler: Selection,
    /// Worker processes [default: one for each processor].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=WORKERS_MAX as i64))]
    jobs: Option<u16>,
    /// Run only part K (from 1) of N. The parts together run the cases of the whole campaign, and share no coverage.
    #[arg(long, value_name = "K/N", requires = "seed")]
    shard: Option<Shard>,
    /// Capture (pcap or pcapng) whose Ethernet frames are sent [default: a built-in one].
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Folder for failing cases.
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifacts: PathBuf,
    /// Print JSON, one object per backend and scenario and a summary.
    #[arg(long)]
    json: bool,
    /// Stop at the first failure.
    #[arg(long)]
    first: bool,
    /// Keep failing cases as they were found.
    #[arg(long)]
    no_shrink: bool,
    /// Fail also if a scenario misses what it exists for in 10,000 executions or more.
    #[arg(long)]
    require_reach: bool,
    /// Seconds after which an execution counts as hung.
    #[arg(long, value_name = "S", default_value_t = PATIENCE.as_secs(), hide = true)]
    patience: u64,
}

impl Arguments {
    /// Returns the command of an empty command line.
    pub(super) fn default_command() -> Command {
        #[derive(Parser)]
        struct Alone {
            #[command(flatten)]
            arguments: Arguments,
        }
        Command::Fuzz(Alone::parse_from(["dirql"]).arguments)
    }

    fn jobs(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or_else(processors, usize::from).min(WORKERS_MAX)
    }

    /// A scenario that is asked for runs somewhere; on which backends it is not, `dirql list scenarios` says.
    fn check(&self) -> Result<(), String> {
        let backends = chosen(&self.backend, Backend::ALL);
        self.scenario.iter().try_for_each(|&scenario| require_there(scenario, &backends))
    }

    fn plan(&self, frames: &Frames) -> Plan {
        Plan {
            seed: self.seed.unwrap_or_else(fresh_seed),
            selection: self.scheduler,
            items: Item::all(&chosen(&self.backend, Backend::ALL), &chosen(&self.scenario, Scenario::ALL)),
            limit: match (self.executions, self.seconds) {
                (Some(executions), _) => Limit::Executions(executions),
                (None, seconds) => Limit::Seconds(seconds.unwrap_or(SECONDS_DEFAULT)),
            },
            share: self.shard.map_or(Share::WHOLE, |Shard { k, n }| Share::WHOLE.part(k - 1, n)),
            pcap: frames.identity().path.clone(),
            frames: frames.identity().clone(),
        }
    }
}

/// Runs the campaign.
pub(super) fn run(arguments: &Arguments, program: &Program) -> Result<u8, String> {
    arguments.check()?;
    let frames = Frames::load(arguments.pcap.as_deref()).map_err(|e| e.to_string())?;
    usable_folder(&arguments.artifacts)?;
    let (plan, jobs) = (arguments.plan(&frames), arguments.jobs());
    announce(&plan, jobs, &frames);
    let ended = campaign(&plan, jobs, arguments, program).map_err(|e| {
        format!("the campaign cannot go on: {e}; run it again with --jobs 1 to see whether it is one case")
    })?;
    let report = Report { plan: &plan, jobs, ended: &ended, program: &program.called };
    let mut text = Vec::new();
    let printed =
        if arguments.json { print_json(&report, &mut text) } else { print_text(&report, &mut text) };
    printed.map_err(|e| e.to_string())?;
    super::print(&String::from_utf8_lossy(&text))?;
    let is_blind = arguments.require_reach && !report.missed().is_empty();
    Ok(if report.failures() > 0 || is_blind { FAILURE_FOUND } else { NOTHING_FOUND })
}

fn campaign(plan: &Plan, jobs: usize, arguments: &Arguments, program: &Program) -> std::io::Result<Ended> {
    let mut view = progress::view(plan);
    let means = Means {
        program: &program.path,
        artifacts: &arguments.artifacts,
        patience: Duration::from_secs(arguments.patience),
        first: arguments.first,
        shrink: !arguments.no_shrink,
        view: view.as_mut(),
    };
    Supervisor::new(plan, means)?.run(jobs)
}

fn announce(plan: &Plan, jobs: usize, frames: &Frames) {
    let from = frames.identity().path.as_ref().map_or("built in".into(), |path| path.display().to_string());
    let seed = crate::artifact::hex(plan.seed);
    eprintln!(
        "dirql: seed {seed}, {} scheduler, --jobs {jobs}, {} frames ({from})",
        plan.selection,
        frames.len()
    );
    if frames.skipped() > 0 {
        eprintln!("dirql: {} frames of the capture were skipped for their length", frames.skipped());
    }
}

fn usable_folder(folder: &Path) -> Result<(), String> {
    if folder.exists() && !folder.is_dir() {
        return Err(format!("{} is not a folder; choose another with --artifacts", folder.display()));
    }
    Ok(())
}

/// Returns a seed that nobody chose: the standard library's own random keys.
fn fresh_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|e| format!("{e}; give 64 bits, decimal or 0x.."))
}

pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|e| format!("{e}"))?;
    let sound = seconds.is_finite() && seconds > 0.0 && seconds < 1e9;
    sound.then_some(seconds).ok_or_else(|| "give a positive number of seconds".into())
}

/// Part `k`, from 1, of `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    k: u64,
    n: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse::<u32>().ok()?)));
        match parsed {
            Some((k, n)) if 1 <= k && k <= u64::from(n) => Ok(Self { k, n: n.into() }),
            _ => Err("give K/N with 1 <= K <= N, for example 1/4".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_decimal_or_hexadecimal() {
        assert_eq!(seed("0xff"), Ok(255));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        assert!(seed("ten").unwrap_err().contains("0x"));
    }

    #[test]
    fn shards_count_from_one() {
        assert_eq!("2/3".parse(), Ok(Shard { k: 2, n: 3 }));
        for wrong in ["0/3", "4/3", "1", "1/0", "a/b", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_campaign_lasts_some_time() {
        assert_eq!(seconds("0.5"), Ok(0.5));
        for wrong in ["0", "-1", "inf", "NaN", "x"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}

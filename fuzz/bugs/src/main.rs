//! Plants every bug, runs campaigns on it, and writes the results to `docs/bench`.

use std::process::ExitCode;

use clap::Parser;
use dirql_bugs::{Bug, Score, Tree, all, compared, measure, plot, report, root};

/// Plants bugs that others have had, one at a time, and measures what finding them takes.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Campaigns with each scheduler, with the seeds from 1.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Executions of each scenario on each backend that a campaign may take: 3,000 are 10 seconds or so.
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(1..))]
    executions: u32,
    /// Only these bugs; writes no page, and exits with 1 if the default campaign misses one.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    only: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("dirql-bugs: {message}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether the default campaign found what it was asked to.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let bugs = arguments.choose(all()?)?;
    let tree = Tree::copy(&root(), &root().join("target/planted")).map_err(|e| e.to_string())?;
    eprintln!("dirql-bugs: {} bugs; building the clean tree", bugs.len());
    let clean = compared(&tree.build()?)?;
    if let Some(failure) = &clean.failure {
        return Err(format!("the clean tree breaks {}; make it sound before planting bugs", failure.rule));
    }
    let mut results = Vec::new();
    for bug in bugs {
        let dirql = tree.build_with(&bug)?;
        let score = measure(&dirql, &clean, arguments.seeds, arguments.executions)?;
        println!("{}", line(&bug, &score));
        results.push((bug, score));
        arguments.write(&results)?;
    }
    Ok(arguments.only.is_empty() || results.iter().all(|(_, score)| score.tries[0].is_sure()))
}

fn line(bug: &Bug, score: &Score) -> String {
    let tries = score.tries.iter().map(|t| {
        let executions = t.executions().map_or("-".into(), |s| format!("{:.0}", s.median));
        format!("{:>3}/{} {executions:>8}", t.found.len(), t.seeds)
    });
    let tries: Vec<String> = tries.collect();
    format!(
        "{:<28} {:>2}/{} {}  {}",
        bug.name,
        score.reached.0,
        score.reached.1,
        tries.join(" "),
        score.tries[0].rules().join(" ")
    )
}

impl Arguments {
    fn choose(&self, bugs: Vec<Bug>) -> Result<Vec<Bug>, String> {
        if self.only.is_empty() {
            return Ok(bugs);
        }
        let bug = |name: &String| {
            let found = bugs.iter().find(|bug| bug.name == *name);
            found.cloned().ok_or_else(|| {
                format!("no bug is called {name}; their names are those of fuzz/bugs/*/*.patch")
            })
        };
        self.only.iter().map(bug).collect()
    }

    /// Writes the page and the plot. Done after each bug, so that an end before the time leaves something.
    fn write(&self, results: &[(Bug, Score)]) -> Result<(), String> {
        if self.only.is_empty() {
            let page = report(results, self.seeds, self.executions);
            dirql_bench::write_page("bugs.md", &page).map_err(|e| e.to_string())?;
            plot(results, &dirql_bench::pages().join("bugs.svg"))?;
        }
        Ok(())
    }
}

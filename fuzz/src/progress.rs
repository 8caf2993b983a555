//! Shows a campaign going on: bars on a terminal, elsewhere a line every two seconds. Both on standard error.

use std::io::{IsTerminal, stderr};

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressStyle};

use crate::artifact::hex;
use crate::backend::Backend;
use crate::campaign::{Limit, Plan};
use crate::clock::Stopwatch;
use crate::pairs::Pairs;
use crate::protocol::Finding;
use crate::supervisor::View;
use crate::tally::Tally;

/// Returns the view that suits where standard error goes.
pub(crate) fn view(plan: &Plan) -> Box<dyn View> {
    if stderr().is_terminal() { Box::new(Bars::new(plan)) } else { Box::new(Lines::new()) }
}

/// One bar for each backend.
struct Bars {
    all: MultiProgress,
    bars: Vec<(Backend, ProgressBar)>,
}

const BAR: &str = "{prefix:>6} {bar:24.cyan/blue} {percent:>3}%  {msg}";
const PER_MILLE: u64 = 1000;

impl Bars {
    fn new(plan: &Plan) -> Self {
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template(BAR).expect("the template is sound");
        let mut backends: Vec<Backend> = plan.items.iter().map(|item| item.backend).collect();
        backends.sort_unstable();
        backends.dedup();
        let bar = |backend: &Backend| {
            let bar = all.add(ProgressBar::new(PER_MILLE)).with_style(style.clone());
            (*backend, bar.with_prefix(backend.name()))
        };
        let bars = backends.iter().map(bar).collect();
        Self { all, bars }
    }
}

impl View for Bars {
    fn tick(&mut self, plan: &Plan, tally: &Tally, seconds: f64) {
        for (backend, bar) in &self.bars {
            let shown = Shown::new(plan, tally, seconds, |b| b == *backend);
            bar.set_message(shown.text());
            bar.set_position((shown.done * PER_MILLE as f64) as u64);
        }
    }

    fn found(&mut self, plan: &Plan, finding: &Finding) {
        self.note(&one_line(plan, finding));
    }

    fn note(&mut self, text: &str) {
        // A terminal that cannot be written to is no reason to stop.
        drop(self.all.println(text));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        drop(self.all.clear());
    }
}

/// A line every two seconds.
struct Lines {
    last: Option<Stopwatch>,
}

const LINES_APART_SECONDS: f64 = 2.0;

impl Lines {
    fn new() -> Self {
        Self { last: None }
    }
}

impl View for Lines {
    fn tick(&mut self, plan: &Plan, tally: &Tally, seconds: f64) {
        if self.last.is_none_or(|last| last.seconds() >= LINES_APART_SECONDS) {
            self.last = Some(Stopwatch::start());
            eprintln!("{seconds:5.1} s  {}", Shown::new(plan, tally, seconds, |_| true).text());
        }
    }

    fn found(&mut self, plan: &Plan, finding: &Finding) {
        eprintln!("{}", one_line(plan, finding));
    }

    fn note(&mut self, text: &str) {
        eprintln!("dirql: {text}");
    }
}

fn one_line(plan: &Plan, finding: &Finding) -> String {
    let (item, failure) = (plan.items[finding.item], &finding.failure);
    let (seed, index) = (hex(plan.seed), finding.index);
    format!("found {} on {item}: {} (seed {seed}, execution {index})", failure.rule, failure.message)
}

/// The figures of some backends.
struct Shown {
    done: f64,
    executions: u64,
    executions_per_s: f64,
    points_per_s: f64,
    pairs: u64,
    failures: usize,
}

impl Shown {
    fn new(plan: &Plan, tally: &Tally, seconds: f64, of: impl Fn(Backend) -> bool) -> Self {
        let items = || tally.items.iter().filter(|tally| of(tally.item.backend));
        let executions: u64 = items().map(|tally| tally.totals.executions).sum();
        let points: u64 = items().map(|tally| tally.totals.points).sum();
        let mut pairs = Pairs::default();
        items().for_each(|tally| pairs.union(&tally.pairs));
        Self {
            done: match plan.limit {
                Limit::Seconds(limit) => seconds / limit,
                Limit::Executions(n) => {
                    executions as f64 / (plan.share.len_below(n) * items().count() as u64) as f64
                }
            }
            .min(1.0),
            executions,
            executions_per_s: executions as f64 / seconds,
            points_per_s: points as f64 / seconds,
            pairs: pairs.count(),
            failures: items().map(|tally| tally.failures.len()).sum(),
        }
    }

    fn text(&self) -> String {
        format!(
            "{} executions, {}/s  {:.2} M points/s  {} pairs  {} failures",
            HumanCount(self.executions),
            HumanCount(self.executions_per_s as u64),
            self.points_per_s / 1e6,
            HumanCount(self.pairs),
            self.failures,
        )
    }
}

//! The page with the results.

use dirql_bench::{Spread, Table, median, where_and_when};

use crate::score::{SCHEDULERS, Score, Try};
use crate::{Bug, Set, Shrunk};

/// How many switches a shrunk failure may have more than its bug needs.
const SWITCHES_AIM: usize = 3;
/// How long shrinking it may take, in seconds.
const SECONDS_AIM: f64 = 1.0;

/// Writes the page for bugs and their scores.
pub fn report(results: &[(Bug, Score)], seeds: u64, executions: u32) -> String {
    let mut page = head(seeds, executions) + &progress(results.len());
    for set in Set::ALL {
        let of_set: Vec<_> = results.iter().filter(|(bug, _)| bug.set == set).collect();
        if !of_set.is_empty() {
            page += &format!("## {}\n\n{}\n{}\n", title(set), summary(&of_set), table(&of_set));
        }
    }
    page + &misses(results) + &shrinking(results) + &surprises(results) + &catalogue(results)
}

fn head(seeds: u64, executions: u32) -> String {
    format!(
        "# Bugs that others had, planted here\n\n\
         Written by `cargo run --release -p dirql-bugs -- --seeds {seeds} --executions {executions}`: {}.\n\n\
         Each bug is one edit of the driver, a shell or a backend (`fuzz/bugs/`). With each, `dirql fuzz --jobs 1` \
         runs over all backends and scenarios until its first failure, at most {executions} executions of each (3,000 take \
         about 10 s on a processor of its own), with the seeds 1 to {seeds}; *n/{seeds}* counts the seeds that find the \
         bug. Executions are until the first failure, over all backends and scenarios, as *median (least to most)* of the \
         seeds that find it. Scenarios take turns, 16 executions at first and 64 later, so that this number is a \
         function of the seed. Seconds depend on what else the machine does. The command is built without \
         LTO (`[profile.bugs]`).\n\n\
         *Reached* says in how many pairs of backend and scenario the edit does something at all: there the first 40 \
         cases of seed 1 differ from the clean driver's in preemption points, access pairs or frames. A run is a \
         function of case and code, so any difference is the edit's. What Magma calls *triggered* is not told apart from \
         *detected*.\n\n![executions until found](bugs.svg)\n\n",
        where_and_when()
    )
}

/// Says whether there are more bugs than results.
fn progress(done: usize) -> String {
    match crate::all().map_or(done, |bugs| bugs.len()) {
        all if all > done => format!("This run ended before its time, after {done} of {all} bugs.\n\n"),
        _ => String::new(),
    }
}

fn title(set: Set) -> &'static str {
    match set {
        Set::Training => "Known while schedulers and scenarios were tuned",
        Set::HeldOut => "Held out: written without a look at what finds them",
    }
}

fn summary(results: &[&(Bug, Score)]) -> String {
    let mut table =
        Table::new(["scheduler", "bugs", "found by every seed", "by some", "by none", "median executions"]);
    for (at, scheduler) in SCHEDULERS.iter().enumerate() {
        let tries: Vec<&Try> = results.iter().map(|(_, score)| &score.tries[at]).collect();
        let count = |is: &dyn Fn(&Try) -> bool| tries.iter().filter(|t| is(t)).count().to_string();
        table.row([
            name(scheduler).into(),
            tries.len().to_string(),
            count(&|t| t.is_sure()),
            count(&|t| !t.is_sure() && !t.found.is_empty()),
            count(&|t| t.found.is_empty()),
            // A bug that is not found takes more than any that is.
            median(tries.iter().map(|t| t.executions().map_or(f64::INFINITY, |s| s.median)))
                .map_or("-".into(), number),
        ]);
    }
    table.to_string()
}

fn name(scheduler: &str) -> &str {
    if scheduler == SCHEDULERS[0] { "default" } else { scheduler }
}

fn table(results: &[&(Bug, Score)]) -> String {
    let [a, b, c] = SCHEDULERS.map(name);
    let mut table = Table::new([
        "bug",
        "class",
        "need",
        "reached",
        a,
        "executions",
        "seconds",
        b,
        "executions",
        c,
        "executions",
    ]);
    for (bug, score) in results {
        let (differ, all) = score.reached;
        let mut row =
            vec![bug.name.clone(), bug.class.to_string(), bug.need.clone(), format!("{differ}/{all}")];
        for (at, attempt) in score.tries.iter().enumerate() {
            row.push(format!("{}/{}", attempt.found.len(), attempt.seeds));
            row.push(spread(attempt.executions(), number));
            row.extend((at == 0).then(|| spread(attempt.seconds(), |s| format!("{s:.2}"))));
        }
        table.row(row);
    }
    table.to_string()
}

fn spread(spread: Option<Spread>, show: impl Fn(f64) -> String) -> String {
    let Some(Spread { min, median, max }) = spread else { return "-".into() };
    format!("{} ({} to {})", show(median), show(min), show(max))
}

/// Writes a number of executions, with commas.
fn number(value: f64) -> String {
    if value.is_infinite() {
        return "not found".into();
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at != 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Says what missed the aim: the default campaign finds each bug with every seed.
fn misses(results: &[(Bug, Score)]) -> String {
    let mut text = String::from(
        "## What missed the aim\n\nThe aim is that the default campaign finds each bug with every seed.\n\n",
    );
    let missed: Vec<_> = results.iter().filter(|(_, score)| !score.tries[0].is_sure()).collect();
    for (bug, score) in &missed {
        let attempt = &score.tries[0];
        let reached = if score.reached.0 == 0 { ", which no compared case reaches" } else { "" };
        let why = bug.missed.as_ref().map_or(String::new(), |why| format!(" Missed since {why}"));
        text += &format!(
            "- `{}`{reached}: {} of {} seeds. {}{why}\n",
            bug.name,
            attempt.found.len(),
            attempt.seeds,
            bug.about
        );
    }
    if missed.is_empty() { text + "None did.\n\n" } else { text + "\n" }
}

/// Says what the failures of the default campaign shrink to.
fn shrinking(results: &[(Bug, Score)]) -> String {
    let mut table = Table::new(["bug", "switches left", "seconds"]);
    let (mut all, mut quick, mut small) = (0, 0, 0);
    for (bug, score) in results {
        let shrunk: Vec<Shrunk> = score.tries[0].shrunk().collect();
        let Some(fewest) = shrunk.iter().map(|one| one.switches).min() else { continue };
        all += shrunk.len();
        quick += shrunk.iter().filter(|one| one.seconds <= SECONDS_AIM).count();
        small += shrunk.iter().filter(|one| one.switches <= fewest + SWITCHES_AIM).count();
        let switches = Spread::of(shrunk.iter().map(|one| one.switches as f64));
        let seconds = Spread::of(shrunk.iter().map(|one| one.seconds));
        table.row([bug.name.clone(), spread(switches, number), spread(seconds, |s| format!("{s:.2}"))]);
    }
    format!(
        "## What a failure shrinks to\n\n\
         `dirql shrink` on the failures that the default campaign finds. The aim is at most {SWITCHES_AIM} switches more \
         than the bug needs, in {SECONDS_AIM} s or less. {quick} of {all} failures take no longer; {small} are no \
         further from the fewest switches that any seed of the bug comes down to. What a bug needs can be less than \
         that.\n\n{table}\n"
    )
}

/// Says where another rule noticed a bug than was expected.
fn surprises(results: &[(Bug, Score)]) -> String {
    let mut text = String::from("## Noticed by another rule than expected\n\n");
    let mut none = true;
    for (bug, score) in results {
        let others =
            score.tries.iter().flat_map(Try::rules).filter(|&rule| bug.expect.iter().all(|e| e != rule));
        let mut others: Vec<&str> = others.collect();
        others.sort_unstable();
        others.dedup();
        if !others.is_empty() {
            none = false;
            text +=
                &format!("- `{}`: {} instead of {}\n", bug.name, others.join(", "), bug.expect.join(", "));
        }
    }
    if none { text + "None was.\n\n" } else { text + "\n" }
}

fn catalogue(results: &[(Bug, Score)]) -> String {
    let mut text = String::from("## The bugs\n\n");
    for (bug, score) in results {
        let rules = score.tries[0].rules().join(", ");
        let rules = if rules.is_empty() { "nothing".into() } else { rules };
        text += &format!(
            "- `{}` (class {}, as {}): {} Noticed by {rules}.\n",
            bug.name, bug.class, bug.like, bug.about
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Detection;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([7.0, 1234.0, 1_234_567.0].map(number), ["7", "1,234", "1,234,567"]);
        assert_eq!(number(f64::INFINITY), "not found");
    }

    #[test]
    fn a_bug_that_some_seed_misses_is_named() {
        let bug = crate::all().unwrap().remove(0);
        let shrunk = Some(Shrunk { switches: 2, seconds: 0.2 });
        let detection = Detection { executions: 7, seconds: 0.5, rule: "Unheard".into(), shrunk };
        let hit = Try { seeds: 1, found: vec![detection] };
        let missed = Try { seeds: 1, found: Vec::new() };
        let score =
            |first: &Try| Score { reached: (1, 36), tries: vec![first.clone(), hit.clone(), hit.clone()] };
        let page = |first: &Try| report(&[(bug.clone(), score(first))], 1, 10);
        assert!(page(&missed).contains(&format!("- `{}`: 0 of 1 seeds.", bug.name)));
        assert!(page(&hit).contains("None did."));
        assert!(page(&hit).contains("Unheard instead of"));
    }

    #[test]
    fn failures_that_shrink_too_little_or_too_slowly_are_counted() {
        let bug = crate::all().unwrap().remove(0);
        let detection = |switches, seconds| Detection {
            executions: 7,
            seconds: 0.5,
            rule: "R1".into(),
            shrunk: Some(Shrunk { switches, seconds }),
        };
        let found = vec![detection(2, 0.2), detection(5, 1.5), detection(6, 0.9)];
        let tries = vec![Try { seeds: 3, found }; 3];
        let text = shrinking(&[(bug, Score { reached: (1, 36), tries })]);
        assert!(text.contains("2 of 3 failures take no longer; 2 are no"), "{text}");
        assert!(text.contains("5 (2 to 6)"), "{text}");
    }
}

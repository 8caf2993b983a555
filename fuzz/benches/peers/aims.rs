//! What the comparison is meant to show, and where it does not.

use dirql_bench::Spread;

use crate::child::Rate;
use crate::tools::PEERS;

/// Whose executions per second should be how many times whose.
const SPEED: [(&str, &str, f64); 2] =
    [("dirql, random", "shuttle, random", 5.0), ("dirql, PCT 3", "shuttle, PCT 3", 10.0)];
/// How many times as many executions as the best scheduler the default may need.
const FACTOR: f64 = 5.0;

/// Returns how many times faster one peer is than another, of what was measured in turns.
pub fn ratio(rates: &[Vec<Rate>], ours: &str, theirs: &str) -> Option<Spread> {
    let of = |name| Some(&rates[PEERS.iter().position(|peer| peer.name == name)?]);
    Spread::of(of(ours)?.iter().zip(of(theirs)?).map(|(a, b)| a.executions / b.executions))
}

/// Lists what missed its aim; `found` has a row of cells for each peer, the default first.
pub fn missed(rates: &[Vec<Rate>], found: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (ours, theirs, aim) in SPEED {
        let median = ratio(rates, ours, theirs).map_or(0.0, |spread| spread.median);
        if median < aim {
            text += &format!(
                "- {ours} runs {median:.1} times as many executions as {theirs}; the aim is {aim}.\n"
            );
        }
    }
    for bug in 0..found[0].len() {
        let default = median_of(&found[0][bug]);
        let others = found.iter().zip(PEERS).skip(1).filter(|(_, peer)| peer.is_seeded);
        let best = others.map(|(row, _)| median_of(&row[bug])).fold(f64::INFINITY, f64::min);
        if default > FACTOR * best {
            let times = default / best;
            text += &format!(
                "- B{}: the default needs {times:.1} times as many executions as the best; the aim is {FACTOR}.\n",
                bug + 1
            );
        }
    }
    if text.is_empty() { "Nothing.\n".into() } else { text }
}

fn median_of(cell: &str) -> f64 {
    cell.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(f64::INFINITY)
}

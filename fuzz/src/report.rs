//! What a campaign found, for people and for programs.

mod json;
mod text;

use crate::campaign::{Item, Plan};
use crate::reach::{Counter, missed};
use crate::supervisor::Ended;
use crate::tally::{First, ItemTally};

pub(crate) use json::print as print_json;
pub(crate) use text::print as print_text;

/// A campaign that has ended, ready to be told.
pub(crate) struct Report<'r> {
    pub(crate) plan: &'r Plan,
    pub(crate) jobs: usize,
    pub(crate) ended: &'r Ended,
    /// How this program was called, for the replay commands.
    pub(crate) program: &'r str,
}

impl Report<'_> {
    /// Returns how many distinct failures there are.
    pub(crate) fn failures(&self) -> usize {
        self.ended.tally.distinct_failures()
    }

    /// Returns what should have been reached and was not.
    pub(crate) fn missed(&self) -> Vec<(Item, Vec<Counter>)> {
        let missed = |t: &ItemTally| {
            let Item { backend, scenario, .. } = t.item;
            (t.item, missed(backend, scenario, t.totals.executions, &t.totals.reach))
        };
        self.ended.tally.items.iter().map(missed).filter(|(_, counters)| !counters.is_empty()).collect()
    }

    /// Returns the wall-clock seconds that an item took: its share of the campaign's.
    fn seconds(&self, tally: &ItemTally) -> f64 {
        tally.worker_seconds / self.jobs as f64
    }

    fn replay_command(&self, first: &First) -> Option<String> {
        let path = first.artifact.as_ref()?.display().to_string();
        Some(format!("{} replay {}", quoted(self.program), quoted(&path)))
    }
}

/// Quotes a word for a shell, if it needs to be.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Returns a rate; nothing was done in no time.
fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_need_it_are_quoted() {
        assert_eq!(quoted("target/release/dirql"), "target/release/dirql");
        assert_eq!(quoted("my artifacts/it's.json"), r"'my artifacts/it'\''s.json'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn no_time_gives_no_rate() {
        assert_eq!(per_second(5, 0.0), 0.0);
        assert_eq!(per_second(5, 2.0), 2.5);
    }
}

//! Which rows are shown.

use core::ops::Range;

use super::Row;

/// A longer timeline is cut to its end.
const ROWS_MAX: usize = 400;
/// How much of it then is shown.
const ROWS_SHOWN: usize = 300;
/// How many of the last switches are listed, and shown even if they are not near the end.
const SWITCHES_SHOWN: usize = 12;
/// How many rows are shown before and after such a switch.
const BEFORE_SWITCH: usize = 10;
const AFTER_SWITCH: usize = 20;
/// No fewer rows than these are left out in between.
const GAP_MIN: usize = 10;

/// How much of a timeline to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The end of a long one, the beginning summed up.
    End,
    /// Everything.
    All,
}

/// Returns the rows at which the schedule left its default, by index: the last few, decisive ones if there are any.
pub(super) fn last_decisions(rows: &[Row]) -> Vec<usize> {
    let mut last: Vec<_> =
        (0..rows.len()).rev().filter(|&at| rows[at].is_decisive()).take(SWITCHES_SHOWN).collect();
    last.reverse();
    last
}

/// Says what [`last_decisions`] lists.
pub(super) fn title_of_decisions(rows: &[Row]) -> String {
    let decisions = || rows.iter().filter(|row| row.is_decision());
    let (all, decisive) = (decisions().count(), decisions().filter(|row| row.is_decisive()).count());
    let tried = decisions().any(|row| row.decisive.is_some());
    let which = if decisive > SWITCHES_SHOWN { format!("The last {SWITCHES_SHOWN}") } else { "The".into() };
    match decisive {
        _ if all == 0 => "No switch was needed: the default schedule does this.".into(),
        0 => format!("None of {all} switches is decisive: without any single one it fails all the same."),
        _ if tried => format!(
            "{which} decisive switches ({decisive} of {all}): without any one of them the failure vanishes."
        ),
        _ => format!("{which} switches ({all} in all):"),
    }
}

/// Returns the rows to show: the end, and what is around the last decisions before it.
pub(super) fn shown(rows: &[Row], extent: Extent) -> Vec<Range<usize>> {
    if extent == Extent::All || rows.len() <= ROWS_MAX {
        return std::iter::once(0..rows.len()).collect();
    }
    let end = rows.len() - ROWS_SHOWN..rows.len();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let around = |at: usize| at.saturating_sub(BEFORE_SWITCH)..(at + AFTER_SWITCH).min(rows.len());
    for range in last_decisions(rows).into_iter().map(around).chain([end]) {
        match ranges.last_mut() {
            Some(last) if range.start <= last.end + GAP_MIN => last.end = last.end.max(range.end),
            _ => ranges.push(range),
        }
    }
    ranges
}

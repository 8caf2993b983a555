//! Rows that are not shown, in a few lines.

use core::ops::Range;

use super::{Edge, Kind, Row};

/// How many notes are told.
const NOTES_MAX: usize = 24;

/// Sums up the rows of `range`, which are not shown.
pub(super) fn summary(rows: &[Row], range: Range<usize>) -> Vec<String> {
    let (first, last) = (range.start + 1, range.end);
    let rows = &rows[range.clone()];
    let notes: Vec<_> = rows.iter().zip(range).filter(|(row, _)| row.kind == Kind::Note).collect();
    let untold = notes.len().saturating_sub(NOTES_MAX);
    let mut lines =
        vec![String::new(), format!("lines {first} to {last} left out, see --all: {}", counts(rows))];
    if untold > 0 {
        lines.push(format!("{:>6}  {untold} notes", "..."));
    }
    lines.extend(notes[untold..].iter().map(|(row, at)| format!("{:>6}  {}: {}", at + 1, row.who, row.text)));
    lines.push(String::new());
    lines
}

/// Counts what happens in some rows.
pub(super) fn counts(rows: &[Row]) -> String {
    let of = |kind| rows.iter().filter(|row| row.kind == kind).count();
    let begun = |kind| rows.iter().filter(|row| row.kind == kind && row.edge == Edge::Begin).count();
    let switches = rows.iter().filter(|row| row.switch.is_some()).count();
    let counts = [
        (of(Kind::Access), "accesses"),
        (begun(Kind::Interrupt), "interrupts"),
        (begun(Kind::Dpc), "DPCs"),
        (of(Kind::Device), "device steps"),
        (switches, "switches"),
        (of(Kind::Choice), "choices"),
    ];
    let counts =
        counts.into_iter().filter(|&(count, _)| count > 0).map(|(count, what)| format!("{count} {what}"));
    counts.collect::<Vec<_>>().join(", ")
}

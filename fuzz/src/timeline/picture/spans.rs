//! What lasts: IRQLs, locks, interrupts and DPCs.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::LOCK_COLOURS;
use super::sheet::{ROW, Sheet};
use crate::timeline::{Edge, Held, Kind, Row, Timeline};

/// Width of a lock's bar, and from one to the next.
const BAR: u32 = 6;
const BARS_APART: u32 = 9;
/// How many bars fit beside each other.
const BARS_MAX: usize = 3;

/// A value that lasts from one row to another.
struct Span<T> {
    value: T,
    column: u8,
    first: usize,
    last: usize,
}

/// Draws the processors' IRQLs as step curves.
pub(super) fn levels(timeline: &Timeline, sheet: &Sheet) -> Markup {
    html! {
        @for span in level_spans(&timeline.rows) {
            @let (top, bottom) = (sheet.middle(span.first), end_of(sheet, timeline, span.last));
            @if bottom > top {
                rect.irql.(level_class(span.value)) x=(sheet.lane(span.column).left + 1) y=(top)
                    width=(level_width(span.value)) height=(bottom - top) {
                    title { "IRQL " (span.value) " from line " (span.first + 1) " to " (span.last + 1) }
                }
            }
        }
    }
}

fn level_spans(rows: &[Row]) -> Vec<Span<u8>> {
    let mut open: BTreeMap<u8, Span<u8>> = BTreeMap::new();
    let mut spans = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(irql) = row.irql else { continue };
        let goes_on = open.get(&row.column).is_some_and(|span| span.value == irql);
        if !goes_on {
            let next = Span { value: irql, column: row.column, first: at, last: rows.len() };
            let ended = open.insert(row.column, next);
            spans.extend(ended.map(|span| Span { last: at, ..span }));
        }
    }
    spans.extend(open.into_values());
    spans
}

fn level_class(irql: u8) -> &'static str {
    match irql {
        0 | 1 => "passive",
        2 => "dispatch",
        _ => "dirql",
    }
}

fn level_width(irql: u8) -> u32 {
    match irql {
        0 => 4,
        1 => 9,
        2 => 18,
        dirql => 26 + 3 * u32::from(dirql - 3).min(9),
    }
}

/// Draws the locks held, as bars beside each other.
pub(super) fn locks(timeline: &Timeline, sheet: &Sheet) -> Markup {
    html! {
        @for (place, span) in lock_spans(&timeline.rows) {
            @let (top, bottom) = (sheet.middle(span.first), end_of(sheet, timeline, span.last));
            @if bottom > top {
                rect.(lock_class(timeline, span.value)) rx="3"
                    x=(sheet.lane(span.column).locks + BARS_APART * place as u32) y=(top) width=(BAR) height=(bottom - top) {
                    title { (span.value) " held from line " (span.first + 1) " to " (span.last + 1) }
                }
            }
        }
    }
}

/// Returns when each lock was held, with the place of its bar: how many were held on the processor before it.
fn lock_spans(rows: &[Row]) -> Vec<(usize, Span<&str>)> {
    let is = |span: &Span<&str>, held: &Held| (span.column, span.value) == (held.column, held.lock.as_str());
    let mut open: Vec<(usize, Span<&str>)> = Vec::new();
    let mut spans = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let released = open.extract_if(.., |(_, span)| !row.held.iter().any(|held| is(span, held)));
        spans.extend(released.map(|(place, span)| (place, Span { last: at, ..span })));
        for held in &row.held {
            if !open.iter().any(|(_, span)| is(span, held)) {
                let place = open.iter().filter(|(_, span)| span.column == held.column).count();
                let span =
                    Span { value: held.lock.as_str(), column: held.column, first: at, last: rows.len() };
                open.push((place.min(BARS_MAX - 1), span));
            }
        }
    }
    spans.extend(open);
    spans
}

/// Returns the class with a lock's colour: by its place in the legend, which tells locks by their short names.
fn lock_class(timeline: &Timeline, lock: &str) -> String {
    let is_it = |entry: &String| entry.split(':').next() == Some(lock);
    let known = timeline.locks.iter().position(is_it);
    known.map_or_else(|| "lock-other".into(), |number| format!("lock{}", number % LOCK_COLOURS))
}

/// Draws interrupts and DPCs as frames around what happens in them, nested like these.
pub(super) fn frames(timeline: &Timeline, sheet: &Sheet) -> Markup {
    html! {
        @for span in frame_spans(&timeline.rows) {
            @let lane = sheet.lane(span.column);
            @let (kind, depth) = span.value;
            @let top = sheet.top(span.first) + 1;
            @let bottom = timeline.rows.get(span.last).map_or(sheet.height, |_| sheet.top(span.last) + ROW - 1);
            @if bottom > top + ROW {
                rect.frame.(super::class(kind)) rx="5" x=(indent(lane.text, depth) - 6) y=(top)
                    width=(lane.right - 4 - 3 * u32::from(depth) - (indent(lane.text, depth) - 6)) height=(bottom - top) {}
            }
        }
    }
}

fn frame_spans(rows: &[Row]) -> Vec<Span<(Kind, u8)>> {
    let mut open: Vec<Span<(Kind, u8)>> = Vec::new();
    let mut spans = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let (value, column) = ((row.kind, row.depth), row.column);
        match row.edge {
            Edge::None => {}
            Edge::Begin => open.push(Span { value, column, first: at, last: rows.len() }),
            Edge::End => {
                let innermost = open.iter().rposition(|span| span.column == column);
                spans.extend(innermost.map(|innermost| Span { last: at, ..open.remove(innermost) }));
            }
        }
    }
    spans.extend(open);
    spans
}

/// Returns where the text of a row begins that is nested `depth` deep.
pub(super) fn indent(text: u32, depth: u8) -> u32 {
    text + 12 * u32::from(depth)
}

fn end_of(sheet: &Sheet, timeline: &Timeline, last: usize) -> u32 {
    timeline.rows.get(last).map_or(sheet.height, |_| sheet.middle(last))
}

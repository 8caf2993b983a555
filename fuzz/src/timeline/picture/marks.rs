//! What happens: rows, and what the schedule did.

use maud::{Markup, html};

use super::sheet::{CAPTION, MARGIN, ROW, Sheet};
use super::spans::indent;
use crate::timeline::{Edge, Kind, Row, Timeline};

/// Draws the rows that are shown.
pub(super) fn rows(timeline: &Timeline, sheet: &Sheet) -> Markup {
    let mut before: Option<&Row> = None;
    html! {
        @for at in sheet.rows() {
            @let row = &timeline.rows[at];
            (drawn(timeline, sheet, at, speaks(row, before.replace(row))))
        }
    }
}

/// Says whether a row must name who acts.
fn speaks(row: &Row, before: Option<&Row>) -> bool {
    let same = before.is_some_and(|before| (before.column, &before.who) == (row.column, &row.who));
    row.edge == Edge::None && !row.who.is_empty() && !same
}

fn drawn(timeline: &Timeline, sheet: &Sheet, at: usize, speaks: bool) -> Markup {
    let row = &timeline.rows[at];
    let (lane, top) = (sheet.lane(row.column), sheet.top(at));
    let is_violation = row.kind == Kind::Violation;
    let x = if is_violation { MARGIN + 10 } else { indent(lane.text, row.depth) };
    let room = if is_violation { usize::MAX } else { lane.room(x) };
    let who = if speaks { format!("{}: ", row.who) } else { String::new() };
    let (left, width) = if is_violation { (0, sheet.width) } else { (lane.left, lane.right - lane.left) };
    html! {
        g.row.{ "kind-" (super::class(row.kind)) }.violation[is_violation] id={ "line-" (at + 1) } {
            title { (tip(timeline, at)) }
            rect.hit x=(left) y=(top) width=(width) height=(ROW) {}
            text.number x="46" y=(top + 14) text-anchor="end" { (at + 1) }
            text x=(x) y=(top + 14) {
                @if !who.is_empty() { tspan.who { (cut(&who, room)) } }
                (cut(&row.text, room.saturating_sub(who.chars().count())))
            }
        }
    }
}

/// Cuts a text to what there is room for.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// Says all there is to say about a row.
fn tip(timeline: &Timeline, at: usize) -> String {
    let row = &timeline.rows[at];
    let place = timeline.columns.get(usize::from(row.column)).map_or("", |column| column.title.as_str());
    let irql = row.irql.map_or_else(String::new, |irql| format!(", IRQL {irql}"));
    let mut lines = vec![format!("line {}, {place}{irql}", at + 1), format!("{}: {}", row.who, row.text)];
    if !row.held.is_empty() {
        let held: Vec<_> = row.held.iter().map(|held| format!("{} on CPU {}", held.lock, held.cpu)).collect();
        lines.push(format!("locks held: {}", held.join(", ")));
    }
    if let Some(switch) = &row.switch {
        lines.push(format!("the schedule took {switch}"));
    }
    match row.decisive {
        Some(true) => lines.push("without this the failure vanishes".into()),
        Some(false) => lines.push("without this it fails all the same".into()),
        None => {}
    }
    lines.join("\n")
}

/// Draws what the schedule did: decisive switches with a number and an arrow from whoever went before, others as dots.
pub(super) fn decisions(timeline: &Timeline, sheet: &Sheet) -> Markup {
    let number = |at: usize| timeline.rows[..=at].iter().filter(|row| row.is_decisive()).count();
    html! {
        @for at in sheet.rows().filter(|&at| timeline.rows[at].is_decision()) {
            @if timeline.rows[at].is_decisive() { (decisive(timeline, sheet, at, number(at))) }
            @else { g.quiet { circle cx="62" cy=(sheet.top(at) + ROW / 2) r="3" {} } }
        }
    }
}

fn decisive(timeline: &Timeline, sheet: &Sheet, at: usize, number: usize) -> Markup {
    let row = &timeline.rows[at];
    let (lane, y) = (sheet.lane(row.column), sheet.top(at) - CAPTION + 4);
    let before = at.checked_sub(1).map(|before| sheet.lane(timeline.rows[before].column));
    let caption = row.switch.as_deref().unwrap_or("the schedule picks this outcome");
    html! {
        g.decision {
            line x1=(MARGIN - 6) y1=(y) x2=(sheet.width) y2=(y) stroke-dasharray="2 4" {}
            @if let Some(before) = before.filter(|before| before.left != lane.left) {
                @let (from, to) = (before.text, lane.text.min(lane.left + 8));
                line x1=(from) y1=(y) x2=(to) y2=(y) {}
                circle cx=(from) cy=(y) r="3" {}
                path.head d=(arrow_head(to, y, to > from)) {}
            }
            circle cx="62" cy=(y + 10) r="10" {}
            text.badge x="62" y=(y + 14) { (number) }
            text.caption x=(lane.text) y=(y + 15) { (caption) }
        }
    }
}

fn arrow_head(x: u32, y: u32, points_right: bool) -> String {
    let back = if points_right { x - 8 } else { x + 8 };
    format!("M{x} {y}L{back} {}L{back} {}Z", y - 5, y + 5)
}

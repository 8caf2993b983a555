//! A timeline as a page of HTML that needs nothing else: no script, no font, no network.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::extent::{Extent, last_decisions, title_of_decisions};
use super::picture::picture;
use super::{Edge, Kind, Row, Timeline};

const STYLE: &str = include_str!("page/style.css");

/// One run on a page.
pub(crate) struct Section<'a> {
    /// What was run.
    pub(crate) title: String,
    /// Names and values that say more about it.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What went wrong, if anything.
    pub(crate) failure: Option<String>,
    /// What happened, unless the process died of it.
    pub(crate) timeline: Option<&'a Timeline>,
}

/// Makes a page of some runs.
pub(crate) fn page(sections: &[Section<'_>], extent: Extent) -> String {
    let title = sections.first().map_or("dirql", |section| section.title.as_str());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @for section in sections { (section_of(section, extent)) }
            }
        }
    };
    page.into_string()
}

fn section_of(section: &Section<'_>, extent: Extent) -> Markup {
    html! {
        section {
            h1 { (section.title) }
            @match &section.failure {
                Some(failure) => p.failure { (failure) },
                None => p.fine { "no failure" },
            }
            dl.facts {
                @for (name, value) in &section.facts { div { dt { (name) } dd { (value) } } }
            }
            @match section.timeline {
                Some(timeline) => (drawn(timeline, extent)),
                None => p { "The run left no trace: its process died." },
            }
        }
    }
}

fn drawn(timeline: &Timeline, extent: Extent) -> Markup {
    html! {
        h2 { (title_of_decisions(&timeline.rows)) }
        (decisions(&timeline.rows))
        (legend(timeline))
        div.timeline { (picture(timeline, extent)) }
    }
}

/// Lists the last decisions, each with a link to its row.
fn decisions(rows: &[Row]) -> Markup {
    let last = last_decisions(rows);
    let number_of_first = 1 + rows.iter().filter(|row| row.is_decisive()).count() - last.len();
    html! {
        ol.decisions start=(number_of_first) {
            @for at in last {
                li { a href={ "#line-" (at + 1) } { "line " (at + 1) } " " (said(&rows[at])) }
            }
        }
    }
}

fn said(row: &Row) -> Markup {
    html! {
        @if row.edge == Edge::None && !row.who.is_empty() { b { (row.who) } ": " }
        (row.text)
        @if let Some(switch) = &row.switch { " " span.why { "(" (switch) ")" } }
    }
}

fn legend(timeline: &Timeline) -> Markup {
    let kinds = [
        (Kind::Interrupt, "interrupt"),
        (Kind::Dpc, "DPC"),
        (Kind::Note, "the scenario"),
        (Kind::Violation, "the failure"),
    ];
    html! {
        ul.legend {
            li { i.irql.passive {} i.irql.dispatch {} i.irql.dirql {} "IRQL: PASSIVE, DISPATCH, DIRQL; the wider the higher" }
            @for (number, lock) in timeline.locks.iter().enumerate() {
                li { i.lock.{ "lock" (number % super::picture::LOCK_COLOURS) } {} (lock) }
            }
            @for (kind, name) in kinds { li { i.{ "kind-" (super::picture::class(kind)) } {} (name) } }
            li { i.decision {} "the schedule left its default here, and the failure needs it" }
            li { "→ read   ← written" }
        }
    }
}

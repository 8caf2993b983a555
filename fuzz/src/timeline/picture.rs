//! A timeline as a picture: time goes down, each processor and the devices have a column. On the left of a column its
//! IRQL as a step curve, then a bar for each lock held, then what happens there.
//!
//! | What is drawn | File |
//! |---|---|
//! | where everything goes | `sheet.rs` |
//! | what lasts: IRQLs, locks, interrupts and DPCs | `spans.rs` |
//! | what happens: rows, with what the schedule did | `marks.rs` |

mod marks;
mod sheet;
mod spans;

use maud::{Markup, html};

use super::extent::{Extent, shown};
use super::{Kind, Timeline};
use sheet::Sheet;

/// How many colours there are for locks; `page/style.css` has them.
pub(super) const LOCK_COLOURS: usize = 6;

/// Draws a timeline.
pub(super) fn picture(timeline: &Timeline, extent: Extent) -> Markup {
    let sheet = Sheet::new(timeline, shown(&timeline.rows, extent));
    let (width, height) = (sheet.width, sheet.height);
    html! {
        (sheet.headings(timeline))
        svg.run xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) }
            role="img" aria-label="timeline of the run" {
            (sheet.columns())
            (spans::levels(timeline, &sheet))
            (spans::locks(timeline, &sheet))
            (spans::frames(timeline, &sheet))
            (sheet.gaps(timeline))
            (marks::rows(timeline, &sheet))
            (marks::decisions(timeline, &sheet))
        }
    }
}

/// Names a kind of row for the style sheet.
pub(super) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Access => "access",
        Kind::Device => "device",
        Kind::Interrupt => "interrupt",
        Kind::Dpc => "dpc",
        Kind::Lock => "lock",
        Kind::Thread => "thread",
        Kind::Note => "note",
        Kind::Choice => "choice",
        Kind::Violation => "violation",
        Kind::Repeat => "repeat",
    }
}

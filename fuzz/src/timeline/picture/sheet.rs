//! Where everything goes, in pixels.

use core::ops::Range;

use maud::{Markup, html};

use crate::timeline::{Row, Timeline, head};

/// Height of a row.
pub(super) const ROW: u32 = 20;
/// Height of what the schedule did, above a decisive row.
pub(super) const CAPTION: u32 = 24;
/// Width of the margin with line numbers and the numbers of switches.
pub(super) const MARGIN: u32 = 78;
/// Width of a character of the rows' font.
pub(super) const CHAR: f32 = 7.25;

const HEADER: u32 = 48;
const TOP: u32 = 8;
const GAP: u32 = 34;
/// Width of the IRQL curve and of the locks' bars, on the left of a processor's column.
const LEVELS: u32 = 58;
const LOCKS: u32 = 30;
/// Characters of a column's text, with few columns and with many.
const TEXT_WIDE: u32 = 56;
const TEXT_NARROW: u32 = 38;

/// The places of rows and columns.
pub(super) struct Sheet {
    pub(super) width: u32,
    pub(super) height: u32,
    lanes: Vec<Lane>,
    /// The top of each row; of one that is left out, the middle of the gap that stands for it.
    tops: Vec<u32>,
    shown: Vec<Range<usize>>,
    gaps: Vec<(u32, Range<usize>)>,
}

/// A column's place.
#[derive(Clone, Copy)]
pub(super) struct Lane {
    pub(super) left: u32,
    /// Where the locks' bars begin.
    pub(super) locks: u32,
    /// Where the text begins.
    pub(super) text: u32,
    pub(super) right: u32,
}

impl Sheet {
    pub(super) fn new(timeline: &Timeline, shown: Vec<Range<usize>>) -> Self {
        let lanes = lanes(timeline.columns.len());
        let width = lanes.last().map_or(MARGIN, |lane| lane.right);
        let mut sheet = Self { width, height: TOP, lanes, tops: Vec::new(), shown, gaps: Vec::new() };
        for range in sheet.shown.clone() {
            sheet.leave_out(range.start);
            range.for_each(|at| sheet.place(&timeline.rows[at]));
        }
        sheet.height += ROW / 2;
        sheet
    }

    /// Leaves a gap for the rows up to `end` that have no place yet.
    fn leave_out(&mut self, end: usize) {
        let range = self.tops.len()..end;
        if range.is_empty() {
            return;
        }
        self.tops.resize(end, self.height + GAP / 2);
        self.gaps.push((self.height, range));
        self.height += GAP;
    }

    fn place(&mut self, row: &Row) {
        if row.is_decisive() {
            self.height += CAPTION;
        }
        self.tops.push(self.height);
        self.height += ROW;
    }

    pub(super) fn lane(&self, column: u8) -> Lane {
        self.lanes[usize::from(column).min(self.lanes.len() - 1)]
    }

    pub(super) fn top(&self, row: usize) -> u32 {
        self.tops[row]
    }

    /// Returns the middle of a row, where it takes effect.
    pub(super) fn middle(&self, row: usize) -> u32 {
        let hidden = self.gaps.iter().any(|(_, range)| range.contains(&row));
        self.tops[row] + if hidden { 0 } else { ROW / 2 }
    }

    /// Returns the rows that are shown.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        self.shown.iter().cloned().flatten()
    }

    /// Draws the columns' titles, as a picture of its own that stays in view.
    pub(super) fn headings(&self, timeline: &Timeline) -> Markup {
        html! {
            svg.headings xmlns="http://www.w3.org/2000/svg" width=(self.width) height=(HEADER) {
                @for (column, lane) in timeline.columns.iter().zip(&self.lanes) {
                    line.border x1=(lane.left) y1="0" x2=(lane.left) y2=(HEADER) {}
                    text.heading x=(lane.left + 10) y="20" { (column.title) }
                    text.cast x=(lane.left + 10) y="38" { (column.cast.join(", ")) }
                }
            }
        }
    }

    /// Draws the columns.
    pub(super) fn columns(&self) -> Markup {
        html! {
            @for (number, lane) in self.lanes.iter().enumerate() {
                rect.column.device[number + 1 == self.lanes.len()] x=(lane.left) y="0" width=(lane.right - lane.left)
                    height=(self.height) {}
                line.border x1=(lane.left) y1="0" x2=(lane.left) y2=(self.height) {}
            }
        }
    }

    /// Draws what stands for the rows that are not shown.
    pub(super) fn gaps(&self, timeline: &Timeline) -> Markup {
        html! {
            @for (top, range) in &self.gaps {
                g.gap {
                    rect x="0" y=(top + 6) width=(self.width) height=(GAP - 12) {}
                    text x=(MARGIN + 10) y=(top + GAP / 2 + 4) {
                        "lines " (range.start + 1) " to " (range.end) " left out: "
                        (head::counts(&timeline.rows[range.clone()]))
                    }
                }
            }
        }
    }
}

impl Lane {
    /// Returns how many characters fit behind `x`.
    pub(super) fn room(&self, x: u32) -> usize {
        (self.right.saturating_sub(x + 8) as f32 / CHAR) as usize
    }
}

/// Spreads columns: the processors', and the devices', which have no IRQL and no locks.
fn lanes(columns: usize) -> Vec<Lane> {
    let text = (if columns > 3 { TEXT_NARROW } else { TEXT_WIDE }) as f32 * CHAR;
    let mut left = MARGIN;
    let mut lane = |is_device: bool| {
        let (levels, bars) = if is_device { (0, 8) } else { (LEVELS, LOCKS) };
        let lane = Lane {
            left,
            locks: left + levels,
            text: left + levels + bars,
            right: left + levels + bars + text as u32,
        };
        left = lane.right;
        lane
    };
    (1..=columns.max(1)).map(|number| lane(number == columns)).collect()
}

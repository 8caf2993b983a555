//! Rows as text of a fixed width.

use console::Style;

use super::extent::{Extent, last_decisions, shown, title_of_decisions};
use super::{Edge, Kind, Row, Timeline, head};

/// Characters in a line.
const WIDTH: usize = 136;
/// Characters before the first column: the line's number and its mark.
const MARGIN: usize = 9;
/// Characters of a column before its text: the border and the IRQL.
const GUTTER: usize = 4;
/// Draws a timeline, coloured if standard output is a terminal.
pub(crate) fn text(timeline: &Timeline, extent: Extent) -> String {
    let rows = &timeline.rows;
    let mut lines = legend(timeline);
    let sheet = Sheet::new(timeline.columns.len());
    let mut next = 0;
    for range in shown(rows, extent) {
        if next < range.start {
            lines.extend(head::summary(rows, next..range.start));
        }
        lines.extend(sheet.header(timeline));
        let mut before = None;
        for at in range.clone() {
            lines.push(sheet.line(at + 1, &rows[at], before));
            before = Some(&rows[at]);
        }
        next = range.end;
    }
    lines.extend(list_decisions(rows));
    lines.join("\n") + "\n"
}

fn legend(timeline: &Timeline) -> Vec<String> {
    let mut lines = vec![
        "One line per event. On the left of a column: the processor's IRQL (0 PASSIVE, 2 DISPATCH, above: DIRQL)."
            .to_owned(),
        ">> the schedule left its default here   ?? an outcome other than the plain one   \
         > and ? alone: not needed for the failure"
            .to_owned(),
        "┌ │ └ an interrupt or a DPC on top of what it interrupts   {lock@CPU} locks held   → read   ← written   # the scenario   !! the failure"
            .to_owned(),
    ];
    for column in timeline.columns.iter().filter(|column| !column.cast.is_empty()) {
        lines.push(format!("{} runs {}", column.title, column.cast.join(", ")));
    }
    if !timeline.locks.is_empty() {
        lines.push(format!("Locks, named after what they protect: {}", timeline.locks.join("; ")));
    }
    lines.push(String::new());
    lines
}

/// Lists the last decisions of the schedule, the very last at the bottom.
fn list_decisions(rows: &[Row]) -> Vec<String> {
    let each = last_decisions(rows).into_iter().map(|at| {
        let Row { text, switch, .. } = &rows[at];
        let who = if rows[at].edge == Edge::None { format!("{}: ", rows[at].who) } else { String::new() };
        let why = switch.as_ref().map_or_else(String::new, |switch| format!("   ({switch})"));
        format!("  line {:>5}  {who}{text}{why}", at + 1)
    });
    [String::new(), title_of_decisions(rows)].into_iter().chain(each).collect()
}

/// Where the columns are.
struct Sheet {
    /// The first character of each column.
    starts: Vec<usize>,
}

impl Sheet {
    /// Spreads columns over the width; the last, the devices', is as wide as two processors' or more.
    fn new(columns: usize) -> Self {
        let cpus = columns.saturating_sub(1).max(1);
        let device = if cpus <= 2 { 44 } else { 36 };
        let each = (WIDTH - MARGIN - device) / cpus;
        Self { starts: (0..columns).map(|n| MARGIN + n * each).collect() }
    }

    fn header(&self, timeline: &Timeline) -> [String; 2] {
        let mut titles = Canvas::new();
        let mut rule = Canvas::filled('─', MARGIN);
        for (&start, column) in self.starts.iter().zip(&timeline.columns) {
            titles.write(start, "┊ ");
            titles.write(start + 2, &column.title);
            rule.write(start, "┼");
        }
        titles.write(2, "line");
        [titles.text(), rule.text()]
    }

    /// Draws one row; `before` is the one above it.
    fn line(&self, number: usize, row: &Row, before: Option<&Row>) -> String {
        let mut canvas = Canvas::new();
        for &start in &self.starts {
            canvas.write(start, "┊");
        }
        canvas.write(0, &format!("{number:>5} {}", mark(row)));
        let start = self.starts.get(usize::from(row.column)).copied().unwrap_or(MARGIN);
        let arrives = before.is_none_or(|b| b.column != row.column);
        if let Some(irql) = row.irql.filter(|_| arrives || before.is_some_and(|b| b.irql != row.irql)) {
            canvas.write(start + 1, &format!("{irql:>2}"));
        }
        let speaks = arrives || before.is_some_and(|b| b.who != row.who);
        let content = content(row, speaks);
        let end = match row.irql {
            Some(_) => canvas.write(start + GUTTER, &content),
            None => canvas.write_left_of_end(start + 2, &content),
        };
        let held: Vec<_> = row.held.iter().map(|held| format!("{}@{}", held.lock, held.cpu)).collect();
        canvas.write_right(end, &held.join(", "));
        style(row).apply_to(canvas.text()).to_string()
    }
}

fn mark(row: &Row) -> &'static str {
    match (row.kind, row.is_decisive()) {
        (Kind::Violation, _) => "!!",
        (Kind::Choice, true) => "??",
        (Kind::Choice, false) => " ?",
        (_, true) => ">>",
        (_, false) if row.is_decision() => " >",
        (_, false) => "",
    }
}

fn content(row: &Row, speaks: bool) -> String {
    let bars = "│ ".repeat(usize::from(row.depth));
    let edge = match row.edge {
        Edge::None => "",
        Edge::Begin => "┌ ",
        Edge::End => "└ ",
    };
    let named = speaks && row.edge == Edge::None && !row.who.is_empty();
    let who = if named { format!("{}: ", row.who) } else { String::new() };
    format!("{bars}{edge}{who}{}", row.text)
}

fn style(row: &Row) -> Style {
    match row.kind {
        Kind::Violation => Style::new().red().bold(),
        Kind::Choice if row.is_decisive() => Style::new().magenta().bold(),
        Kind::Note => Style::new().cyan(),
        _ if row.is_decisive() => Style::new().yellow().bold(),
        Kind::Interrupt => Style::new().green(),
        Kind::Device => Style::new().blue(),
        Kind::Repeat => Style::new().dim(),
        Kind::Access | Kind::Choice | Kind::Dpc | Kind::Lock | Kind::Thread => Style::new(),
    }
}

/// One line, written to at any place.
struct Canvas(Vec<char>);

impl Canvas {
    fn new() -> Self {
        Self(vec![' '; WIDTH])
    }

    fn filled(with: char, from: usize) -> Self {
        let mut canvas = Self::new();
        canvas.0[from..].fill(with);
        canvas
    }

    /// Writes, over what is there; too long a text ends in `…`. Returns where it ends.
    fn write(&mut self, at: usize, text: &str) -> usize {
        let mut end = at;
        for c in text.chars() {
            if end == WIDTH {
                self.0[WIDTH - 1] = '…';
                return WIDTH;
            }
            self.0[end] = c;
            end += 1;
        }
        end
    }

    /// Writes at `at`, or so much before it that the text fits. Returns where it ends.
    fn write_left_of_end(&mut self, at: usize, text: &str) -> usize {
        let latest = WIDTH.saturating_sub(text.chars().count()).max(MARGIN + 1);
        self.write(at.min(latest), text)
    }

    /// Writes the locks held at the right margin, if there are any, and if they fit.
    fn write_right(&mut self, free_from: usize, held: &str) {
        let len = held.chars().count() + 2;
        if !held.is_empty() && free_from + 1 + len <= WIDTH {
            self.write(WIDTH - len, &format!("{{{held}}}"));
        }
    }

    fn text(&self) -> String {
        self.0.iter().collect::<String>().trim_end().to_owned()
    }
}

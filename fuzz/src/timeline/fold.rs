//! Rows that repeat (polls, retries, livelocks), and rows that count up (a ring that is filled, a table that is
//! cleared).

use super::{Kind, Row};

/// The longest sequence of rows whose repetition is looked for.
const BLOCK_MAX: usize = 64;
/// How often a sequence comes at least, to be told once.
const TIMES_MIN: usize = 3;
/// How many rows that differ in numbers only are shortened.
const SERIES_MIN: usize = 6;

/// Tells each sequence of rows that comes several times in a row once, and says how often it came.
pub(super) fn fold(rows: Vec<Row>) -> Vec<Row> {
    let mut folded = Vec::with_capacity(rows.len());
    let mut at = 0;
    while at < rows.len() {
        let rest = &rows[at..];
        match repetition(rest) {
            Some((len, times)) => {
                folded.extend_from_slice(&rest[..len]);
                folded.push(repeat(&rest[..len * times], len, times));
                at += len * times;
            }
            None => {
                folded.push(rest[0].clone());
                at += 1;
            }
        }
    }
    shorten_series(&folded)
}

/// Leaves out the middle of each series of rows that differ in numbers only.
fn shorten_series(rows: &[Row]) -> Vec<Row> {
    let mut shortened = Vec::with_capacity(rows.len());
    for series in rows.chunk_by(|a, b| is_countable(a) && is_countable(b) && same_shape(a, b)) {
        match series {
            [first, .., last] if series.len() >= SERIES_MIN => {
                let text = format!("... {} more such lines", series.len() - 2);
                let between = Row { text, kind: Kind::Repeat, ..last.clone() };
                shortened.extend([first.clone(), between, last.clone()]);
            }
            _ => shortened.extend_from_slice(series),
        }
    }
    shortened
}

fn is_countable(row: &Row) -> bool {
    matches!(row.kind, Kind::Access | Kind::Device) && row.switch.is_none()
}

/// Says whether two rows are equal but for digits, and for being within the same thing or at its beginning.
fn same_shape(a: &Row, b: &Row) -> bool {
    let text =
        |row: &Row| row.text.replace(|c: char| c.is_ascii_hexdigit(), "").trim_end_matches(" +").to_owned();
    (a.column, a.irql, a.depth, &a.who, &a.held) == (b.column, b.irql, b.depth, &b.who, &b.held)
        && text(a) == text(b)
}

/// Returns how long the shortest sequence is that `rows` begins with several times, and how often.
fn repetition(rows: &[Row]) -> Option<(usize, usize)> {
    (1..=BLOCK_MAX.min(rows.len() / TIMES_MIN)).find_map(|len| {
        let block = &rows[..len];
        let times = rows.chunks_exact(len).take_while(|chunk| alike(block, chunk)).count();
        (times >= TIMES_MIN).then_some((len, times))
    })
}

fn alike(block: &[Row], chunk: &[Row]) -> bool {
    block.iter().zip(chunk).all(|(a, b)| {
        (a.column, &a.text, a.irql, a.depth, &a.who, &a.held, a.decisive)
            == (b.column, &b.text, b.irql, b.depth, &b.who, &b.held, b.decisive)
    })
}

fn repeat(all: &[Row], len: usize, times: usize) -> Row {
    let last = all[all.len() - 1].clone();
    let lines = if len == 1 { "this".to_owned() } else { format!("these {len} lines") };
    let switches = all[len..].iter().filter(|row| row.switch.is_some()).count();
    let switched = if switches > 0 { format!(", {switches} switches among them") } else { String::new() };
    let text = format!("... {lines} {times} times in all{switched}");
    Row { text, kind: Kind::Repeat, edge: super::Edge::None, switch: None, decisive: None, ..last }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &str) -> Vec<Row> {
        texts.chars().map(|c| Row { text: c.to_string(), ..Row::default() }).collect()
    }

    fn folded(texts: &str) -> Vec<String> {
        fold(rows(texts)).into_iter().map(|row| row.text).collect()
    }

    #[test]
    fn what_repeats_is_told_once() {
        assert_eq!(folded("xaaaay"), ["x", "a", "... this 4 times in all", "y"]);
        assert_eq!(folded("abcabcabcab"), ["a", "b", "c", "... these 3 lines 3 times in all", "a", "b"]);
    }

    #[test]
    fn what_counts_up_is_told_by_its_ends() {
        let count = |n: u32| Row { text: format!("RX[{n}] ← 0"), ..Row::default() };
        let texts: Vec<_> = fold((0..9).map(count).collect()).into_iter().map(|row| row.text).collect();
        assert_eq!(texts, ["RX[0] ← 0", "... 7 more such lines", "RX[8] ← 0"]);
    }

    #[test]
    fn what_comes_twice_stays() {
        assert_eq!(folded("ababc"), ["a", "b", "a", "b", "c"]);
    }
}

//! Tables in Markdown, that can be read as they are too.

use std::fmt;

/// A table with a head. The first column is text, the others are numbers.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes a table without rows.
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(Into::into).to_vec()] }
    }

    /// Adds a row; cells that are missing stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut row: Vec<String> = cells.into_iter().collect();
        row.resize(self.rows[0].len(), String::new());
        self.rows.push(row);
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3)
    }

    fn write_row(&self, f: &mut fmt::Formatter<'_>, row: &[String]) -> fmt::Result {
        for (column, cell) in row.iter().enumerate() {
            let width = self.width(column);
            match column {
                0 => write!(f, "| {cell:<width$} ")?,
                _ => write!(f, "| {cell:>width$} ")?,
            }
        }
        writeln!(f, "|")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [head, rows @ ..] = &self.rows[..] else { return Ok(()) };
        self.write_row(f, head)?;
        for column in 0..head.len() {
            let line = "-".repeat(self.width(column) + 1);
            let end = if column == 0 { '-' } else { ':' };
            write!(f, "|{line}{end}")?;
        }
        writeln!(f, "|")?;
        rows.iter().try_for_each(|row| self.write_row(f, row))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["tool", "n"]);
        table.row(["shuttle".into(), "1,024".into()]);
        table.row(["loom".into()]);
        assert_eq!(
            table.to_string(),
            "| tool    |     n |\n|---------|------:|\n| shuttle | 1,024 |\n| loom    |       |\n"
        );
    }
}

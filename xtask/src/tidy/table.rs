//! The tables of Markdown files that rules compare with the code.

/// A row whose first cell is a name in backticks.
pub struct Row<'a> {
    /// The name.
    pub name: &'a str,
    /// The other cells.
    pub cells: Vec<&'a str>,
    /// Its line.
    pub line: usize,
    /// The heading above it, without its marks.
    pub section: &'a str,
}

/// All such rows.
pub fn rows(text: &str) -> Vec<Row<'_>> {
    let mut section = "";
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.starts_with('#') {
            section = line.trim_start_matches('#').trim();
        }
        rows.extend(row((at, line), section));
    }
    rows
}

fn row<'a>((at, line): (usize, &'a str), section: &'a str) -> Option<Row<'a>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = inside.split('|').map(str::trim);
    let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    Some(Row {
        name,
        cells: cells.collect(),
        line: at + 1,
        section,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_no_rows() {
        let found =
            rows("# x\n\n| crate | where |\n|---|---|\n| `a` | b, c |\n## y z\n| `d` | e |\n");
        let found: Vec<_> = found
            .iter()
            .map(|row| (row.section, row.name, row.cells.clone(), row.line))
            .collect();
        assert_eq!(
            found,
            [("x", "a", vec!["b, c"], 5), ("y z", "d", vec!["e"], 7)]
        );
    }
}

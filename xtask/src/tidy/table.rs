//! The tables of Markdown files that rules compare with the code.

/// A row whose first cell is a name in backticks.
pub struct Row<'a> {
    /// The name.
    pub name: &'a str,
    /// The other cells.
    pub cells: Vec<&'a str>,
    /// Its line.
    pub line: usize,
}

/// All such rows.
pub fn rows(text: &str) -> Vec<Row<'_>> {
    text.lines().enumerate().filter_map(row).collect()
}

fn row((at, line): (usize, &str)) -> Option<Row<'_>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = inside.split('|').map(str::trim);
    let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    Some(Row {
        name,
        cells: cells.collect(),
        line: at + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_no_rows() {
        let found = rows("# x\n\n| crate | where |\n|---|---|\n| `a` | b, c |\n");
        let found: Vec<_> = found
            .iter()
            .map(|row| (row.name, row.cells.clone(), row.line))
            .collect();
        assert_eq!(found, [("a", vec!["b, c"], 5)]);
    }
}

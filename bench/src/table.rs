//! Small tables in Markdown.

/// Lines to be printed under a headline.
pub struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these columns.
    pub fn new(columns: &[&'static str]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a line.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it under `title`.
    pub fn print(&self, title: &str) {
        println!("\n**{title}**\n");
        println!("| {} |", self.columns.join(" | "));
        println!("|{}", "---|".repeat(self.columns.len()));
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
    }
}

/// A figure beside the most it may be.
pub fn at_most(value: f64, most: f64, unit: &str) -> String {
    format!("≤ {most}{unit}: {}", verdict(value <= most))
}

/// A figure beside the least it may be.
pub fn at_least(value: f64, least: f64, unit: &str) -> String {
    format!("≥ {least}{unit}: {}", verdict(value >= least))
}

const fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**missed**" }
}

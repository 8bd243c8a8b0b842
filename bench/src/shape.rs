//! What an operation writes: counted in the data of the real server, then written by the floor.

mod count;
mod keys;

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::table;

pub use keys::Order;

/// Rows that operations write.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Shape {
    /// In each table, most of them first.
    pub tables: Vec<Table>,
}

/// Rows that operations write into one table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether its rows lie in the tree of its first key.
    pub is_index: bool,
    /// New rows per operation.
    pub new: f64,
    /// Rows changed per operation.
    pub changed: f64,
    /// Bytes of texts and blobs in a row.
    pub bytes: usize,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// One index of a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Key {
    /// In which order its keys come.
    pub order: Order,
    /// Whether no two rows may have the same.
    pub unique: bool,
    /// Entries per new row: less than 1 where it holds some rows only.
    pub share: f64,
    /// Bytes of a key.
    pub bytes: usize,
}

impl Shape {
    /// Counts what `operations` wrote into the data folder of a server that has stopped, after its log had `seq` rows.
    pub fn count(dir: &Path, seq: u64, operations: usize) -> Result<Self> {
        count::count(dir, seq, operations)
    }

    /// Number of the last row in the log of a data folder.
    pub fn last_seq(dir: &Path) -> Result<u64> {
        count::last_seq(dir)
    }

    /// Rows per operation in words.
    pub fn told(&self) -> String {
        let sum =
            |part: fn(&Table) -> f64| self.tables.iter().fold(0.0, |sum, table| sum + part(table));
        format!(
            "{:.2} new, {:.2} changed, {:.2} entries of indexes",
            sum(|table| table.new),
            sum(|table| table.changed),
            sum(Table::entries)
        )
    }

    /// Prints the rows of one `operation`, table by table.
    pub fn print(&self, operation: &str) {
        let columns = [
            "table",
            "new rows",
            "changed rows",
            "index entries",
            "keys",
            "bytes a row",
        ];
        let mut printed = table::Table::new(&columns);
        for table in &self.tables {
            let keys: Vec<String> = table.keys.iter().map(|key| key.order.told()).collect();
            printed.row([
                table.name.clone(),
                format!("{:.2}", table.new),
                format!("{:.2}", table.changed),
                format!("{:.2}", table.entries()),
                keys.join(", "),
                table.bytes.to_string(),
            ]);
        }
        printed.print(&format!(
            "Written per {operation}, counted in our data; the floor writes the same"
        ));
    }
}

impl Table {
    /// Entries of indexes per operation.
    pub fn entries(&self) -> f64 {
        let beside = self.keys.iter().skip(usize::from(self.is_index));
        self.new * beside.fold(0.0, |sum, key| sum + key.share)
    }
}

//! The tables that both engines have, and what their columns hold.

use pontic_core::record::Kind;

use super::Cell;
use crate::StoreError;
use crate::postgres::rows::{self, Param};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Number,
    Small,
    /// `0` and `1` in a folder.
    Truth,
    Text,
    Bytes,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub holds: Holds,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    /// The column by which its rows are ordered.
    pub key: &'static str,
    pub columns: Vec<Column>,
}

/// A column's values, to be sent.
#[derive(Debug)]
pub enum Array {
    Numbers(Vec<Option<i64>>),
    Smalls(Vec<Option<i16>>),
    Truths(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

const RECORD: &str =
    "n# lab_id id clinic_id date status parent identity% open? version# body private% steps";
const OTHERS: [(&str, &str); 9] = [
    (
        "log",
        "seq# at# direction~ entry% event_id lab_id source name caused_by# origin detail changes private%",
    ),
    ("inbox", "key% seq# digest%"),
    ("alert", "n# seq# at# lab_id body open? snoozed_until#"),
    (
        "work",
        "n# key due# attempt# leased_until# name detail private%",
    ),
    (
        "outgoing",
        "n# subscription lab_id seq# event_id name key state~ due# attempt# leased_until# tried_at# cause clinic_id bundle# private%",
    ),
    (
        "heard",
        "n# kind lab_id id date first_at# last_at# longest_pause# count# last_seq# last_name",
    ),
    (
        "quarantine",
        "n# id at# lab_id source name actor errors raw% about became open?",
    ),
    ("proof", "id lab_id media_type sha256 size# at# bytes%"),
    (
        "token",
        "n# id hash% kind parent role lab_id driver_id clinic_id sources created_at# expires_at#",
    ),
];

/// All of them. A mark after a column's name says what it holds, where it is not text.
pub fn tables() -> Vec<Table> {
    let records = Kind::ALL
        .iter()
        .map(|kind| Table::of(format!("r_{kind}"), RECORD));
    let others = OTHERS
        .iter()
        .map(|(name, columns)| Table::of((*name).to_owned(), columns));
    records.chain(others).collect()
}

impl Table {
    fn of(name: String, columns: &'static str) -> Self {
        let columns: Vec<Column> = columns.split(' ').map(Column::of).collect();
        Self {
            name,
            key: columns[0].name,
            columns,
        }
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }

    /// All rows of the folder, in the order of the key.
    pub fn select_there(&self) -> String {
        let (names, table, key) = (self.names(), &self.name, self.key);
        format!("SELECT {names} FROM {table} ORDER BY {key}")
    }

    /// Some rows of the database, in the same order; `follows`: those after a key.
    pub fn select_here(&self, follows: bool, limit: usize) -> String {
        let (names, table) = (self.names(), &self.name);
        let key = if self.columns[0].holds == Holds::Text {
            // As bytes, whatever the database's language.
            format!("{} COLLATE \"C\"", self.key)
        } else {
            self.key.to_owned()
        };
        let after = if follows {
            format!("WHERE {key} > $1 ")
        } else {
            String::new()
        };
        format!("SELECT {names} FROM {table} {after}ORDER BY {key} LIMIT {limit}")
    }

    /// Rows from arrays, with the numbers that they had.
    pub fn insert(&self) -> String {
        let (names, table) = (self.names(), &self.name);
        let arrays: Vec<String> = self
            .columns
            .iter()
            .zip(1..)
            .map(|(column, place)| format!("${place}::{}[]", column.sql_type()))
            .collect();
        let arrays = arrays.join(", ");
        format!(
            "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT * FROM UNNEST({arrays})"
        )
    }

    /// An empty array for each column.
    pub fn arrays(&self) -> Vec<Array> {
        self.columns.iter().map(Column::array).collect()
    }
}

impl Column {
    fn of(word: &'static str) -> Self {
        let (name, holds) = match word.chars().next_back() {
            Some('#') => (&word[..word.len() - 1], Holds::Number),
            Some('~') => (&word[..word.len() - 1], Holds::Small),
            Some('?') => (&word[..word.len() - 1], Holds::Truth),
            Some('%') => (&word[..word.len() - 1], Holds::Bytes),
            _ => (word, Holds::Text),
        };
        Self { name, holds }
    }

    const fn sql_type(&self) -> &'static str {
        match self.holds {
            Holds::Number => "bigint",
            Holds::Small => "smallint",
            Holds::Truth => "bool",
            Holds::Text => "text",
            Holds::Bytes => "bytea",
        }
    }

    const fn array(&self) -> Array {
        match self.holds {
            Holds::Number => Array::Numbers(Vec::new()),
            Holds::Small => Array::Smalls(Vec::new()),
            Holds::Truth => Array::Truths(Vec::new()),
            Holds::Text => Array::Texts(Vec::new()),
            Holds::Bytes => Array::Bytes(Vec::new()),
        }
    }
}

impl Array {
    /// One value more.
    pub fn push(&mut self, cell: Cell) -> Result<(), StoreError> {
        match (self, cell) {
            (Self::Numbers(values), Cell::Nothing) => values.push(None),
            (Self::Numbers(values), Cell::Number(number)) => values.push(Some(number)),
            (Self::Smalls(values), Cell::Number(number)) => {
                values.push(Some(
                    i16::try_from(number).map_err(|_| rows::misread("number"))?,
                ));
            }
            (Self::Truths(values), Cell::Number(number)) => values.push(Some(number != 0)),
            (Self::Texts(values), Cell::Nothing) => values.push(None),
            (Self::Texts(values), Cell::Text(text)) => values.push(Some(text)),
            (Self::Bytes(values), Cell::Nothing) => values.push(None),
            (Self::Bytes(values), Cell::Bytes(bytes)) => values.push(Some(bytes)),
            _ => return Err(rows::misread("value")),
        }
        Ok(())
    }

    /// As a value of a statement.
    pub fn param(&self) -> Param<'_> {
        match self {
            Self::Numbers(values) => values,
            Self::Smalls(values) => values,
            Self::Truths(values) => values,
            Self::Texts(values) => values,
            Self::Bytes(values) => values,
        }
    }
}

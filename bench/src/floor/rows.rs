//! Rows of a given shape, with nothing to decide about them.

use std::fmt::Write as _;

use anyhow::Result;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use crate::numbers::chance;
use crate::shape::{Key, Order, Shape, Table};

/// Rows that are changed again are among so many last ones.
const RECENT: u64 = 4_000;

/// The rows of operations, table by table.
pub struct Rows {
    tables: Vec<Filled>,
    operations: u64,
}

struct Filled {
    table: Table,
    insert: String,
    update: String,
    body: String,
    /// Rows in it so far.
    rows: u64,
    /// Share of a row that is due, of new and of changed ones.
    due: (f64, f64),
}

impl Rows {
    /// Makes empty tables of that shape.
    pub fn create(conn: &Connection, shape: &Shape) -> Result<Self> {
        let tables: Vec<Filled> = shape.tables.iter().cloned().map(Filled::new).collect();
        for filled in &tables {
            conn.execute_batch(&schema(&filled.table))?;
        }
        Ok(Self {
            tables,
            operations: 0,
        })
    }

    /// Writes the rows of so many operations, table after table as the real server does.
    pub fn write(&mut self, conn: &Connection, operations: usize) -> Result<()> {
        for filled in &mut self.tables {
            for n in 0..operations as u64 {
                filled.write(conn, self.operations + n)?;
            }
        }
        self.operations += operations as u64;
        Ok(())
    }
}

impl Filled {
    fn new(table: Table) -> Self {
        let keys = table.keys.len();
        let marks = vec!["?"; keys + 2].join(", ");
        let keyed: usize = table.keys.iter().map(|key| key.bytes).sum();
        Self {
            insert: format!("INSERT INTO {} VALUES ({marks})", table.name),
            update: format!("UPDATE {} SET body = ? WHERE k0 = ?", table.name),
            body: "x".repeat(table.bytes.saturating_sub(keyed)),
            rows: 0,
            due: (0.0, 0.0),
            table,
        }
    }

    fn write(&mut self, conn: &Connection, operation: u64) -> Result<()> {
        self.due.0 += self.table.new;
        while self.due.0 >= 1.0 {
            self.due.0 -= 1.0;
            self.insert(conn)?;
        }
        self.due.1 += self.table.changed;
        while self.due.1 >= 1.0 && self.rows > 0 {
            self.due.1 -= 1.0;
            let row = self.rows - 1 - chance(operation) % self.rows.min(RECENT);
            let key = value(&self.table.keys[0], 0, row);
            let body = Value::from(self.body.clone());
            conn.prepare_cached(&self.update)?.execute([body, key])?;
        }
        Ok(())
    }

    fn insert(&mut self, conn: &Connection) -> Result<()> {
        let mut insert = conn.prepare_cached(&self.insert)?;
        for (at, key) in self.table.keys.iter().enumerate() {
            insert.raw_bind_parameter(at + 1, value(key, at, self.rows))?;
        }
        let keys = self.table.keys.len();
        insert.raw_bind_parameter(keys + 1, Text(&self.body))?;
        insert.raw_bind_parameter(keys + 2, self.rows)?;
        insert.raw_execute()?;
        self.rows += 1;
        Ok(())
    }
}

/// A text that is bound without being copied.
struct Text<'a>(&'a str);

impl rusqlite::ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0.as_bytes())))
    }
}

/// Key number `at` of a row; absent where the index holds some rows only.
fn value(key: &Key, at: usize, row: u64) -> Value {
    let random = chance(row ^ (at as u64) << 56);
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more")]
    let place = random as f64 / u64::MAX as f64;
    if place > key.share {
        return Value::Null;
    }
    match key.order {
        Order::Rising => Value::Text(text(row, key.bytes)),
        Order::Groups(groups) => Value::Text(text(random % groups.max(1), key.bytes)),
        Order::Random => {
            let mut bytes = random.to_be_bytes().to_vec();
            bytes.resize(key.bytes.max(8), 7);
            Value::Blob(bytes)
        }
    }
}

fn text(number: u64, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes);
    // Writing into a text cannot fail.
    let _ = write!(text, "{number:0bytes$}");
    text
}

fn schema(table: &Table) -> String {
    let name = &table.name;
    let mut sql = format!("CREATE TABLE {name} (");
    for at in 0..table.keys.len() {
        let primary = if table.is_index && at == 0 {
            " PRIMARY KEY"
        } else {
            ""
        };
        let _ = write!(sql, "k{at} ANY{primary}, ");
    }
    let end = if table.is_index {
        "n INTEGER) STRICT, WITHOUT ROWID"
    } else {
        "n INTEGER PRIMARY KEY) STRICT"
    };
    let _ = write!(sql, "body TEXT, {end};");
    for (at, key) in table
        .keys
        .iter()
        .enumerate()
        .skip(usize::from(table.is_index))
    {
        let unique = if key.unique { "UNIQUE " } else { "" };
        let partial = if key.share < 1.0 {
            format!(" WHERE k{at} IS NOT NULL")
        } else {
            String::new()
        };
        let _ = write!(
            sql,
            "CREATE {unique}INDEX {name}_{at} ON {name} (k{at}){partial};"
        );
    }
    sql
}

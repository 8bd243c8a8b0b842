//! The statements of the tables of records: for each kind the same, but for the table's name.

use std::sync::LazyLock;

use pontic_core::record::Kind;

/// Of a record: what is needed to make it from its row.
pub const COLUMNS: &str = "n, lab_id, id, body, private";

/// The statements of one table.
pub struct Table {
    /// A new record.
    pub insert: String,
    /// A changed record, if it still has the version that was loaded.
    pub update: String,
    /// The same, for a record whose indexed columns are as they were. (A second key never changes.)
    pub rewrite: String,
    /// By lab and id.
    pub one: String,
    /// By the second key.
    pub by_identity: String,
    /// Ids of the parts of a record.
    pub parts: String,
    /// Id of the open record of a clinic and day.
    pub open_on: String,
    /// Ids of the open records of a clinic.
    pub open_at: String,
    /// Labs that have a record with that id.
    pub labs: String,
    /// The steps of a record.
    pub steps: String,
    /// Every record; conditions are added to it.
    pub list: String,
}

/// The table of a kind.
pub fn of(kind: Kind) -> &'static Table {
    static TABLES: LazyLock<Vec<Table>> =
        LazyLock::new(|| Kind::ALL.iter().map(|kind| Table::new(*kind)).collect());
    // `ALL` has the kinds in the order of their declaration.
    &TABLES[kind as usize]
}

impl Table {
    fn new(kind: Kind) -> Self {
        // The prefix keeps `case` from being a word of SQL.
        let table = format!("r_{kind}");
        // `open = 1` stands there literally: only so can SQLite see that a partial index holds the row.
        Self {
            insert: format!(
                "INSERT INTO {table} (lab_id, id, clinic_id, date, status, parent, identity, open, version,
                 body, private, steps) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
            ),
            update: format!(
                "UPDATE {table} SET clinic_id = ?3, date = ?4, status = ?5, parent = ?6, identity = ?7,
                 open = ?8, version = ?9, body = ?10, private = ?11, steps = steps || ?12
                 WHERE id = ?2 AND lab_id = ?1 AND version = ?13"
            ),
            rewrite: format!(
                "UPDATE {table} SET version = ?8, body = ?9, private = ?10, steps = steps || ?12
                 WHERE id = ?2 AND lab_id = ?1 AND version = ?11 AND clinic_id IS ?3 AND date IS ?4 AND status IS ?5
                 AND parent IS ?6 AND open = ?7"
            ),
            one: format!("SELECT {COLUMNS} FROM {table} WHERE id = ?1 AND lab_id = ?2"),
            by_identity: format!("SELECT {COLUMNS} FROM {table} WHERE identity = ?"),
            parts: format!("SELECT id FROM {table} WHERE parent = ? AND lab_id = ? ORDER BY n"),
            open_on: format!("SELECT id FROM {table} WHERE lab_id = ? AND clinic_id = ? AND date = ? AND open = 1"),
            open_at: format!("SELECT id FROM {table} WHERE lab_id = ? AND clinic_id = ? AND open = 1 ORDER BY n"),
            labs: format!("SELECT lab_id FROM {table} WHERE id = ? ORDER BY n"),
            steps: format!("SELECT steps FROM {table} WHERE id = ? AND lab_id = ?"),
            list: format!("SELECT {COLUMNS} FROM {table} WHERE true"),
        }
    }
}

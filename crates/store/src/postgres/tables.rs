//! The statements of the tables of records: for each kind the same, but for the table's name. Each takes arrays, so that a
//! batch is one journey to the server for each kind.

use std::sync::LazyLock;

use pontic_core::record::Kind;

/// Of a record: what is needed to make it from its row.
const COLUMNS: &str = "t.n, t.lab_id, t.id, t.body, t.private";

/// The statements of one table. Those that look up give the place of the question in the array before the columns.
pub struct Table {
    /// New records.
    pub insert: String,
    /// Changed records, as far as they still have the versions that were loaded.
    pub update: String,
    /// By ids and labs.
    pub by_ids: String,
    /// By second keys.
    pub by_identities: String,
    /// Ids of the parts of records.
    pub parts: String,
    /// Ids of the open records of clinics and days.
    pub open_on: String,
    /// Ids of the open records of clinics.
    pub open_at: String,
    /// Labs that have records with those ids.
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

/// The arrays of a batch's records, as a table.
const GIVEN: &str = "UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], \
                     $8::bool[], $9::bigint[], $10::text[], $11::bytea[], $12::text[]";
const GIVEN_COLUMNS: &str =
    "lab_id, id, clinic_id, date, status, parent, identity, open, version, body, private, steps";

impl Table {
    fn new(kind: Kind) -> Self {
        // The prefix keeps `case` from being a word of SQL.
        let table = format!("r_{kind}");
        let two = "UNNEST($1::text[], $2::text[]) WITH ORDINALITY AS u (a, b, place)";
        let three =
            "UNNEST($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS u (a, b, c, place)";
        Self {
            insert: format!(
                "INSERT INTO {table} ({GIVEN_COLUMNS})
                 SELECT {GIVEN_COLUMNS} FROM {GIVEN}) WITH ORDINALITY AS u ({GIVEN_COLUMNS}, place) ORDER BY place"
            ),
            update: format!(
                "UPDATE {table} AS t SET clinic_id = u.clinic_id, date = u.date, status = u.status, parent = u.parent,
                 identity = u.identity, open = u.open, version = u.version, body = u.body, private = u.private,
                 steps = t.steps || u.steps FROM {GIVEN}, $13::bigint[]) AS u ({GIVEN_COLUMNS}, loaded)
                 WHERE t.id = u.id AND t.lab_id = u.lab_id AND t.version = u.loaded"
            ),
            by_ids: format!(
                "SELECT u.place, {COLUMNS} FROM {two} JOIN {table} AS t ON t.id = u.a AND t.lab_id = u.b"
            ),
            by_identities: format!(
                "SELECT u.place, {COLUMNS} FROM UNNEST($1::bytea[]) WITH ORDINALITY AS u (a, place)
                 JOIN {table} AS t ON t.identity = u.a"
            ),
            parts: format!(
                "SELECT u.place, t.id FROM {two} JOIN {table} AS t ON t.parent = u.a AND t.lab_id = u.b ORDER BY t.n"
            ),
            open_on: format!(
                "SELECT u.place, t.id FROM {three}
                 JOIN {table} AS t ON t.lab_id = u.a AND t.clinic_id = u.b AND t.date = u.c AND t.open"
            ),
            open_at: format!(
                "SELECT u.place, t.id FROM {two}
                 JOIN {table} AS t ON t.lab_id = u.a AND t.clinic_id = u.b AND t.open ORDER BY t.n"
            ),
            labs: format!(
                "SELECT u.place, t.lab_id FROM UNNEST($1::text[]) WITH ORDINALITY AS u (a, place)
                 JOIN {table} AS t ON t.id = u.a ORDER BY t.n"
            ),
            steps: format!("SELECT steps FROM {table} WHERE id = $1 AND lab_id = $2"),
            list: format!("SELECT {COLUMNS} FROM {table} AS t WHERE true"),
        }
    }
}

-- Facts about this data: its epoch, the check of its key, how far the inbox was pruned.
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

-- Records: one table for each kind, all alike. `n` is the order of creation.
CREATE TABLE r_lab (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_clinic (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_driver (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_endpoint (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_case (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_delivery (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_pickup (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_series (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_invoice (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_route (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_stop (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;
CREATE TABLE r_rules (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;

-- Only what a query needs: every index is written again with every row.
CREATE INDEX case_parent ON r_case (parent) WHERE parent IS NOT NULL;
CREATE INDEX delivery_date ON r_delivery (date, lab_id);
CREATE INDEX delivery_clinic ON r_delivery (clinic_id);
CREATE UNIQUE INDEX delivery_open ON r_delivery (lab_id, clinic_id, date) WHERE open = 1;
CREATE INDEX pickup_date ON r_pickup (date, lab_id);
CREATE INDEX pickup_clinic ON r_pickup (clinic_id);
CREATE INDEX pickup_parent ON r_pickup (parent) WHERE parent IS NOT NULL;
CREATE UNIQUE INDEX pickup_identity ON r_pickup (identity) WHERE identity IS NOT NULL;
CREATE INDEX series_open ON r_series (lab_id, clinic_id) WHERE open = 1;
CREATE INDEX route_date ON r_route (date, lab_id);
CREATE INDEX stop_parent ON r_stop (parent);

-- What was accepted (direction 0) and published (1), in order. Without an event_id, the event's id is the text of `entry`.
CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    entry BLOB,
    event_id TEXT,
    lab_id TEXT,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    caused_by INTEGER,
    origin TEXT,
    detail TEXT NOT NULL,
    changes TEXT,
    private BLOB
) STRICT;

-- By what a repeated event is recognised.
CREATE TABLE inbox (key BLOB PRIMARY KEY, seq INTEGER NOT NULL, digest BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
    n INTEGER PRIMARY KEY,
    seq INTEGER,
    at INTEGER NOT NULL,
    lab_id TEXT NOT NULL,
    body TEXT NOT NULL,
    open INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_seq ON alert (seq) WHERE seq IS NOT NULL;
CREATE INDEX alert_open ON alert (open) WHERE open = 1;

-- Events for ourselves. AUTOINCREMENT: a number never comes again, so a claim can never mean another piece of work.
CREATE TABLE work (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    due INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    name TEXT NOT NULL,
    detail TEXT NOT NULL,
    private BLOB
) STRICT;
CREATE INDEX work_due ON work (due);

CREATE TABLE quarantine (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    lab_id TEXT,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    actor TEXT NOT NULL,
    errors TEXT NOT NULL,
    raw BLOB NOT NULL,
    open INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_open ON quarantine (open) WHERE open = 1;

CREATE TABLE proof (
    id TEXT PRIMARY KEY,
    lab_id TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE token (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent TEXT,
    role TEXT NOT NULL,
    lab_id TEXT,
    driver_id TEXT,
    clinic_id TEXT,
    sources TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX token_parent ON token (parent) WHERE parent IS NOT NULL;

-- One row: the newest number of the log, and how often anything was written that others must notice. Whoever commits
-- changes it first, so that one commits at a time and the log's order is the order of commits.
CREATE TABLE counter (seq BIGINT NOT NULL, stamp BIGINT NOT NULL) WITH (fillfactor = 10);
CREATE UNIQUE INDEX counter_one ON counter ((true));
INSERT INTO counter VALUES (0, 0);

-- Records: one table for each kind, all alike. `n` is the order of creation. Pages keep room, so that a change of what no
-- index holds stays on its page and touches no index.
CREATE TABLE r_lab (
    n BIGINT GENERATED ALWAYS AS IDENTITY,
    lab_id TEXT NOT NULL,
    id TEXT NOT NULL,
    clinic_id TEXT,
    date TEXT,
    status TEXT,
    parent TEXT,
    identity BYTEA,
    open BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    private BYTEA,
    PRIMARY KEY (id, lab_id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX lab_n ON r_lab (n);
CREATE TABLE r_clinic (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_driver (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_endpoint (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_case (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_delivery (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_pickup (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_series (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_invoice (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_route (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_stop (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);
CREATE TABLE r_rules (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);

-- Only what a query needs: every index is written again with every row.
CREATE INDEX case_parent ON r_case (parent) WHERE parent IS NOT NULL;
CREATE INDEX delivery_date ON r_delivery (date, lab_id);
CREATE INDEX delivery_clinic ON r_delivery (clinic_id);
-- At most one open delivery per lab, clinic and day. Asked at the end of a transaction: one may take the place of another in it.
ALTER TABLE r_delivery ADD CONSTRAINT delivery_open
    EXCLUDE (lab_id WITH =, clinic_id WITH =, date WITH =) WHERE (open) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX pickup_date ON r_pickup (date, lab_id);
CREATE INDEX pickup_clinic ON r_pickup (clinic_id);
CREATE INDEX pickup_parent ON r_pickup (parent) WHERE parent IS NOT NULL;
CREATE UNIQUE INDEX pickup_identity ON r_pickup (identity) WHERE identity IS NOT NULL;
CREATE INDEX series_open ON r_series (lab_id, clinic_id) WHERE open;
CREATE INDEX route_date ON r_route (date, lab_id);
CREATE INDEX route_parent ON r_route (parent, date);
CREATE INDEX stop_parent ON r_stop (parent);

-- What was accepted (direction 0) and published (1), in order. Without an event_id, the event's id is the text of `entry`.
CREATE TABLE log (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    direction SMALLINT NOT NULL,
    entry BYTEA,
    event_id TEXT,
    lab_id TEXT,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    caused_by BIGINT,
    origin TEXT,
    detail TEXT NOT NULL,
    changes TEXT,
    private BYTEA
);

-- By what a repeated event is recognised.
CREATE TABLE inbox (key BYTEA PRIMARY KEY, seq BIGINT NOT NULL, digest BYTEA NOT NULL);

CREATE TABLE alert (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq BIGINT,
    at BIGINT NOT NULL,
    lab_id TEXT NOT NULL,
    body TEXT NOT NULL,
    open BOOLEAN NOT NULL
);
CREATE INDEX alert_seq ON alert (seq) WHERE seq IS NOT NULL;
CREATE INDEX alert_open ON alert (n) WHERE open;

-- Events for ourselves. A number never comes again, so a claim can never mean another piece of work.
CREATE SEQUENCE work_n;
CREATE TABLE work (
    n BIGINT PRIMARY KEY DEFAULT nextval('work_n'),
    key TEXT NOT NULL UNIQUE,
    due BIGINT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT,
    name TEXT NOT NULL,
    detail TEXT NOT NULL,
    private BYTEA
);
CREATE INDEX work_due ON work (due, n);

CREATE TABLE quarantine (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    lab_id TEXT,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    actor TEXT NOT NULL,
    errors TEXT NOT NULL,
    raw BYTEA NOT NULL,
    open BOOLEAN NOT NULL
);
CREATE INDEX quarantine_open ON quarantine (n) WHERE open;

CREATE TABLE proof (
    id TEXT PRIMARY KEY,
    lab_id TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    bytes BYTEA NOT NULL
);
-- They are sealed: compressing them again would only cost time.
ALTER TABLE proof ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE token (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hash BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent TEXT,
    role TEXT NOT NULL,
    lab_id TEXT,
    driver_id TEXT,
    clinic_id TEXT,
    sources TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX token_parent ON token (parent) WHERE parent IS NOT NULL;

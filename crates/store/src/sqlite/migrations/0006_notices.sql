-- How notices are worded.
CREATE TABLE r_template (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, steps TEXT NOT NULL DEFAULT '', UNIQUE (id, lab_id)) STRICT;

-- Notices go out as other messages do: to `~email` and `~sms`, several of one publication. state 3: it is not to be sent. `bundle` is
-- the oldest of those that became one message, `private` where it goes. A constraint cannot be dropped, so the table is made anew.
ALTER TABLE outgoing RENAME TO outgoing_before;
CREATE TABLE outgoing (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    lab_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    state INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    leased_until INTEGER,
    tried_at INTEGER,
    cause TEXT,
    clinic_id TEXT,
    bundle INTEGER,
    private BLOB
) STRICT;
INSERT INTO outgoing (n, subscription, lab_id, seq, event_id, name, key, state, due, attempt, leased_until, tried_at, cause)
    SELECT n, subscription, lab_id, seq, event_id, name, key, state, due, attempt, leased_until, tried_at, cause FROM outgoing_before;
-- A number never comes again, also where the newest are forgotten.
INSERT INTO sqlite_sequence (name, seq) SELECT 'outgoing', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'outgoing');
UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outgoing_before'), 0)) WHERE name = 'outgoing';
DROP TABLE outgoing_before;
CREATE UNIQUE INDEX outgoing_once ON outgoing (subscription, seq) WHERE private IS NULL;
CREATE UNIQUE INDEX outgoing_told ON outgoing (subscription, event_id, key) WHERE private IS NOT NULL;
CREATE INDEX outgoing_order ON outgoing (subscription, key, n) WHERE state = 0;
CREATE INDEX outgoing_due ON outgoing (subscription, due, n) WHERE state = 0;
CREATE INDEX outgoing_sent ON outgoing (tried_at) WHERE state = 1;
CREATE INDEX outgoing_skipped ON outgoing (tried_at) WHERE state = 3;
CREATE INDEX outgoing_dead ON outgoing (n) WHERE state = 2;
CREATE INDEX outgoing_event ON outgoing (seq);
CREATE INDEX outgoing_id ON outgoing (event_id);
CREATE INDEX outgoing_notice ON outgoing (n) WHERE private IS NOT NULL;
-- Where several labs wait for one receiver, each has its turn.
CREATE INDEX outgoing_lab ON outgoing (subscription, lab_id, due, n) WHERE state = 0;

-- Who is told by webhook.
CREATE TABLE r_subscription (n INTEGER PRIMARY KEY, lab_id TEXT NOT NULL, id TEXT NOT NULL, clinic_id TEXT, date TEXT, status TEXT, parent TEXT, identity BLOB, open INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, private BLOB, UNIQUE (id, lab_id)) STRICT;

-- What goes out: a row for each publication and subscription. state: 0 it waits, 1 it was sent, 2 it is a dead letter.
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
    UNIQUE (subscription, seq)
) STRICT;
CREATE INDEX outgoing_order ON outgoing (subscription, key, n) WHERE state = 0;
CREATE INDEX outgoing_due ON outgoing (subscription, due, n) WHERE state = 0;
CREATE INDEX outgoing_sent ON outgoing (tried_at) WHERE state = 1;
CREATE INDEX outgoing_dead ON outgoing (n) WHERE state = 2;
CREATE INDEX outgoing_event ON outgoing (seq);

-- Who is told by webhook.
CREATE TABLE r_subscription (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);

-- What goes out: a row for each publication and subscription. state: 0 it waits, 1 it was sent, 2 it is a dead letter.
CREATE TABLE outgoing (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription TEXT NOT NULL,
    lab_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    state SMALLINT NOT NULL,
    due BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    leased_until BIGINT,
    tried_at BIGINT,
    cause TEXT,
    UNIQUE (subscription, seq)
) WITH (fillfactor = 80);
CREATE INDEX outgoing_order ON outgoing (subscription, key, n) WHERE state = 0;
CREATE INDEX outgoing_due ON outgoing (subscription, due, n) WHERE state = 0;
CREATE INDEX outgoing_sent ON outgoing (tried_at) WHERE state = 1;
CREATE INDEX outgoing_dead ON outgoing (n) WHERE state = 2;
CREATE INDEX outgoing_event ON outgoing (seq);

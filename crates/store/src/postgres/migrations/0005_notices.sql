-- How notices are worded.
CREATE TABLE r_template (LIKE r_lab INCLUDING ALL) WITH (fillfactor = 80);

-- Notices go out as other messages do: to `~email` and `~sms`, several of one publication. state 3: it is not to be sent. `bundle` is
-- the oldest of those that became one message, `private` where it goes.
ALTER TABLE outgoing ADD COLUMN clinic_id TEXT, ADD COLUMN bundle BIGINT, ADD COLUMN private BYTEA;
ALTER TABLE outgoing DROP CONSTRAINT outgoing_subscription_seq_key;
CREATE UNIQUE INDEX outgoing_once ON outgoing (subscription, seq) WHERE private IS NULL;
CREATE UNIQUE INDEX outgoing_told ON outgoing (subscription, event_id, key) WHERE private IS NOT NULL;
CREATE INDEX outgoing_skipped ON outgoing (tried_at) WHERE state = 3;
CREATE INDEX outgoing_notice ON outgoing (n) WHERE private IS NOT NULL;
-- Where several labs wait for one receiver, each has its turn.
CREATE INDEX outgoing_lab ON outgoing (subscription, lab_id, due, n) WHERE state = 0;

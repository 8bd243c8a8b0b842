-- What was heard of each clinic, endpoint and other system, by day of its lab.
CREATE TABLE heard (
    n INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    lab_id TEXT NOT NULL,
    id TEXT NOT NULL,
    date TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    longest_pause INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    last_name TEXT NOT NULL,
    UNIQUE (date, kind, lab_id, id)
) STRICT;

-- Listening begins at the log's end.
INSERT INTO meta (key, value) SELECT 'heard', coalesce(max(seq), 0) FROM log;

-- What was heard of each clinic, endpoint and other system, by day of its lab.
CREATE TABLE heard (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    lab_id TEXT NOT NULL,
    id TEXT NOT NULL,
    date TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    longest_pause BIGINT NOT NULL,
    count BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_name TEXT NOT NULL,
    UNIQUE (date, kind, lab_id, id)
) WITH (fillfactor = 80);

-- Listening begins at the log's end.
INSERT INTO fact (key, value) SELECT 'heard', coalesce(max(seq), 0)::text FROM log;

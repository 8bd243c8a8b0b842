-- Somebody wants to see an alert again then.
ALTER TABLE alert ADD COLUMN snoozed_until BIGINT;

-- Cases are looked for by how their ids begin; whatever the database's own order of letters is.
CREATE INDEX case_id_begins ON r_case (id text_pattern_ops);

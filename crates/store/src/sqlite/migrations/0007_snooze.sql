-- Somebody wants to see an alert again then.
ALTER TABLE alert ADD COLUMN snoozed_until INTEGER;

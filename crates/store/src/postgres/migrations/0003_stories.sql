-- The log's numbers of the events that changed a record, in order, each followed by a space: so the story of a record is read row by
-- row, and no index over the log grows with it.
ALTER TABLE r_lab ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_clinic ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_driver ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_endpoint ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_case ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_delivery ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_pickup ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_series ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_invoice ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_route ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_stop ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_rules ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE r_subscription ADD COLUMN steps TEXT NOT NULL DEFAULT '';

-- What a refused message speaks of, and what came of it.
ALTER TABLE quarantine ADD COLUMN about TEXT;
ALTER TABLE quarantine ADD COLUMN became TEXT;
CREATE INDEX quarantine_about ON quarantine (about) WHERE about IS NOT NULL;

-- By the id that a receiver knows a message by.
CREATE INDEX outgoing_id ON outgoing (event_id);

-- What was delivered and is not billed.
UPDATE r_case SET open = true WHERE status = 'delivered' AND coalesce(jsonb_array_length(body::jsonb -> 'invoices'), 0) = 0;
CREATE INDEX case_unbilled ON r_case (lab_id, n) WHERE open;
CREATE INDEX invoice_part ON r_invoice (lab_id, n) WHERE status = 'partially_delivered';

-- What was there before this format.
CREATE TEMPORARY TABLE step ON COMMIT DROP AS
    SELECT c ->> 'kind' AS kind, c ->> 'labId' AS lab_id, c ->> 'id' AS id, string_agg(seq || ' ', '' ORDER BY seq) AS steps
    FROM log, jsonb_array_elements(changes::jsonb) AS c WHERE changes IS NOT NULL
    GROUP BY 1, 2, 3;
UPDATE r_lab AS t SET steps = step.steps FROM step WHERE kind = 'lab' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_clinic AS t SET steps = step.steps FROM step WHERE kind = 'clinic' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_driver AS t SET steps = step.steps FROM step WHERE kind = 'driver' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_endpoint AS t SET steps = step.steps FROM step WHERE kind = 'endpoint' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_case AS t SET steps = step.steps FROM step WHERE kind = 'case' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_delivery AS t SET steps = step.steps FROM step WHERE kind = 'delivery' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_pickup AS t SET steps = step.steps FROM step WHERE kind = 'pickup' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_series AS t SET steps = step.steps FROM step WHERE kind = 'series' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_invoice AS t SET steps = step.steps FROM step WHERE kind = 'invoice' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_route AS t SET steps = step.steps FROM step WHERE kind = 'route' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_stop AS t SET steps = step.steps FROM step WHERE kind = 'stop' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_rules AS t SET steps = step.steps FROM step WHERE kind = 'rules' AND step.id = t.id AND step.lab_id = t.lab_id;
UPDATE r_subscription AS t SET steps = step.steps FROM step WHERE kind = 'subscription' AND step.id = t.id AND step.lab_id = t.lab_id;

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
UPDATE r_case SET open = 1 WHERE status = 'delivered' AND coalesce(json_array_length(body, '$.invoices'), 0) = 0;
CREATE INDEX case_unbilled ON r_case (lab_id, n) WHERE open = 1;
CREATE INDEX invoice_part ON r_invoice (lab_id, n) WHERE status = 'partially_delivered';

-- What was there before this format.
CREATE TABLE step AS
    SELECT c.value ->> 'kind' AS kind, c.value ->> 'labId' AS lab_id, c.value ->> 'id' AS id, group_concat(log.seq || ' ', '') AS steps
    FROM (SELECT seq, changes FROM log WHERE changes IS NOT NULL ORDER BY seq) AS log, json_each(log.changes) AS c
    GROUP BY 1, 2, 3;
CREATE INDEX step_of ON step (kind, id, lab_id);
UPDATE r_lab SET steps = coalesce((SELECT steps FROM step WHERE kind = 'lab' AND step.id = r_lab.id AND step.lab_id = r_lab.lab_id), '');
UPDATE r_clinic SET steps = coalesce((SELECT steps FROM step WHERE kind = 'clinic' AND step.id = r_clinic.id AND step.lab_id = r_clinic.lab_id), '');
UPDATE r_driver SET steps = coalesce((SELECT steps FROM step WHERE kind = 'driver' AND step.id = r_driver.id AND step.lab_id = r_driver.lab_id), '');
UPDATE r_endpoint SET steps = coalesce((SELECT steps FROM step WHERE kind = 'endpoint' AND step.id = r_endpoint.id AND step.lab_id = r_endpoint.lab_id), '');
UPDATE r_case SET steps = coalesce((SELECT steps FROM step WHERE kind = 'case' AND step.id = r_case.id AND step.lab_id = r_case.lab_id), '');
UPDATE r_delivery SET steps = coalesce((SELECT steps FROM step WHERE kind = 'delivery' AND step.id = r_delivery.id AND step.lab_id = r_delivery.lab_id), '');
UPDATE r_pickup SET steps = coalesce((SELECT steps FROM step WHERE kind = 'pickup' AND step.id = r_pickup.id AND step.lab_id = r_pickup.lab_id), '');
UPDATE r_series SET steps = coalesce((SELECT steps FROM step WHERE kind = 'series' AND step.id = r_series.id AND step.lab_id = r_series.lab_id), '');
UPDATE r_invoice SET steps = coalesce((SELECT steps FROM step WHERE kind = 'invoice' AND step.id = r_invoice.id AND step.lab_id = r_invoice.lab_id), '');
UPDATE r_route SET steps = coalesce((SELECT steps FROM step WHERE kind = 'route' AND step.id = r_route.id AND step.lab_id = r_route.lab_id), '');
UPDATE r_stop SET steps = coalesce((SELECT steps FROM step WHERE kind = 'stop' AND step.id = r_stop.id AND step.lab_id = r_stop.lab_id), '');
UPDATE r_rules SET steps = coalesce((SELECT steps FROM step WHERE kind = 'rules' AND step.id = r_rules.id AND step.lab_id = r_rules.lab_id), '');
UPDATE r_subscription SET steps = coalesce((SELECT steps FROM step WHERE kind = 'subscription' AND step.id = r_subscription.id AND step.lab_id = r_subscription.lab_id), '');
DROP TABLE step;

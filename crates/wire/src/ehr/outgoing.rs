//! From a record back to the system's own words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::record::Record;
use super::{Ehr, HALF_WINDOW};
use crate::json::Json;

impl Ehr {
    /// Writes `record` as this system would have sent it, with times of `zone`, the clinic's.
    ///
    /// Reading the result gives the record again. A window of another width than ours (of a pickup
    /// that was not born there) is written beside the time, for the system to show; it is not read.
    pub fn write<'r>(&'r self, record: &'r Record, zone: &TimeZone) -> Json<'r> {
        let metadata = &record.metadata;
        let mut body = self.identity(record);
        put_text(&mut body, self.patient_name, &metadata.patient_name);
        body.put(self.time.name, self.time_of(record, zone));
        let priority = self
            .priority
            .form
            .write(metadata.original_priority.as_ref(), record.is_rush);
        body.put(self.priority.name, priority);
        put_text(&mut body, self.notes, &record.notes);
        body.put(self.package_count, Json::Integer(record.package_count));
        put_text(&mut body, self.contact_name, &record.requested_by.name);
        put_text(&mut body, self.contact_phone, &record.requested_by.phone);
        if record.window_end.duration_since(record.window_start) != HALF_WINDOW * 2 {
            let edge = |time| Json::text(self.time.form.write(time, None, zone));
            body.put(self.window_start, edge(record.window_start));
            body.put(self.window_end, edge(record.window_end));
        }
        body
    }

    /// What a webhook is answered: id, clinic, time and `status` in the system's own shape, and
    /// nothing about a person.
    pub fn acknowledge<'r>(
        &'r self,
        record: &'r Record,
        zone: &TimeZone,
        status: &'r str,
    ) -> Json<'r> {
        let mut body = self.identity(record);
        body.put(self.time.name, self.time_of(record, zone));
        body.put("status", Json::text(status));
        body
    }

    fn identity<'r>(&'r self, record: &'r Record) -> Json<'r> {
        let clinic_id = record
            .metadata
            .external_clinic_id
            .as_ref()
            .unwrap_or(&record.clinic_id);
        let mut body = Json::object();
        body.put(self.id.name, self.id.form.write(self.external_id(record)));
        body.put(self.clinic.name, self.clinic.form.write(clinic_id));
        body
    }

    /// The sender's id; our own where the pickup was not born in a practice system.
    fn external_id<'r>(&self, record: &'r Record) -> &'r str {
        if !record.metadata.external_id.is_empty() {
            return &record.metadata.external_id;
        }
        let own = record
            .pickup_id
            .strip_prefix(self.system)
            .and_then(|rest| rest.strip_prefix('-'));
        own.unwrap_or(&record.pickup_id)
    }

    fn time_of(&self, record: &Record, zone: &TimeZone) -> Json<'static> {
        Json::text(
            self.time
                .form
                .write(middle(record), record.metadata.time_adjusted, zone),
        )
    }
}

/// An empty text is left out.
fn put_text<'r>(body: &mut Json<'r>, name: &'static str, text: &'r str) {
    if !text.is_empty() {
        body.put(name, Json::text(text));
    }
}

fn middle(record: &Record) -> Timestamp {
    let width = record.window_end.duration_since(record.window_start);
    record.window_start + width / 2
}

//! What templates are filled in with, from what was published or raised. Neither holds patient data, and nothing else is taken.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::Value as Field;
use pontic_core::notice::{Language, NoticeKind};
use serde_json::Value;

use super::local;
use super::wording::{Fields, sample};

/// Members of an alert that everybody knows already, or that have a field of their own.
const KNOWN: [&str; 4] = ["type", "labId", "code", "likelyCause"];

/// Whose words, and whose clock.
pub struct Reader<'a> {
    /// Name of the lab.
    pub lab: &'a str,
    /// Name of the clinic, if one is told.
    pub clinic: &'a str,
    /// The clock on the wall.
    pub zone: &'a TimeZone,
    /// The language.
    pub language: Language,
}

impl Reader<'_> {
    fn date(&self, date: Date) -> Field {
        Field::from(local::date(self.language, date))
    }

    fn put_date(&self, fields: &mut Fields, at: Timestamp) {
        fields.insert("date", self.date(self.zone.to_datetime(at).date()));
    }

    fn clock(&self, at: Timestamp) -> Field {
        let time = self.zone.to_datetime(at).time();
        Field::from(local::time(self.language, time))
    }

    /// The fields of a kind, each with nothing in it but the names.
    fn blank(&self, kind: NoticeKind) -> Fields {
        let mut fields = sample(kind);
        for value in fields.values_mut() {
            if value.as_str().is_some() {
                *value = Field::from("");
            }
        }
        fields.insert("lab", Field::from(self.lab));
        fields.insert("clinic", Field::from(self.clinic));
        fields
    }
}

fn text<'v>(detail: &'v Value, name: &str) -> &'v str {
    detail[name].as_str().unwrap_or_default()
}

fn point(detail: &Value, name: &str) -> Option<Timestamp> {
    text(detail, name).parse().ok()
}

/// What is known of a visit when it is told, and stands in no publication.
#[derive(Debug, Clone, Default)]
pub struct Coming {
    /// The whole address of its page.
    pub link: Option<String>,
    /// When the driver will be there.
    pub eta: Option<Timestamp>,
}

/// Of a publication, which was made `at`, told `now`; `coming` is the visit that it is about, if it is about one.
pub fn of_publication(
    kind: NoticeKind,
    detail: &Value,
    at: Timestamp,
    reader: &Reader<'_>,
    now: Timestamp,
    coming: &Coming,
) -> Fields {
    let mut fields = reader.blank(kind);
    reader.put_date(&mut fields, at);
    if kind == NoticeKind::Arrival {
        put_arrival(&mut fields, detail, at, reader, now);
    }
    if kind == NoticeKind::OnTheWay {
        fields.insert(
            "time",
            reader.clock(point(detail, "startedAt").unwrap_or(at)),
        );
        if let Some(eta) = coming.eta {
            fields.insert("eta", reader.clock(eta));
        }
    }
    if let (Some(link), true) = (&coming.link, fields.contains_key("link")) {
        fields.insert("link", Field::from(link.as_str()));
    }
    if let Some(start) = point(detail, "windowStart") {
        reader.put_date(&mut fields, start);
        fields.insert("from", reader.clock(start));
    }
    if let Some(end) = point(detail, "windowEnd") {
        fields.insert("to", reader.clock(end));
    }
    if let Ok(date) = text(detail, "deliveryDate").parse() {
        fields.insert("date", reader.date(date));
    }
    if kind == NoticeKind::DeliveryCompleted
        && let Some(done) = point(detail, "completedAt")
    {
        reader.put_date(&mut fields, done);
        fields.insert("time", reader.clock(done));
    }
    if fields.contains_key("packages") {
        let count = detail["packageCount"].as_u64().unwrap_or_default();
        fields.insert("packages", Field::from(count));
    }
    if fields.contains_key("cancelled") {
        let cancelled = detail["status"] == "cancelled";
        fields.insert("cancelled", Field::from(cancelled));
    }
    if fields.contains_key("confirmation") {
        let confirmation = text(detail, "confirmationNum");
        fields.insert("confirmation", Field::from(confirmation));
        let rush = detail["isRush"].as_bool().unwrap_or_default();
        fields.insert("rush", Field::from(rush));
    }
    fields
}

fn put_arrival(
    fields: &mut Fields,
    detail: &Value,
    at: Timestamp,
    reader: &Reader<'_>,
    now: Timestamp,
) {
    let eta = point(detail, "eta").unwrap_or(at);
    reader.put_date(fields, eta);
    fields.insert("time", reader.clock(eta));
    // What is left of them when it is told; whoever is not there yet is at least a minute away.
    let left = (eta.duration_since(now).as_secs() + 30).div_euclid(60);
    let is_there = detail["minutesAway"].as_u64().unwrap_or_default() == 0;
    let minutes = if is_there { 0 } else { left.max(1) };
    fields.insert("minutes", Field::from(minutes));
}

/// Of an alert, which was raised `at`.
pub fn of_alert(kind: NoticeKind, body: &Value, at: Timestamp, reader: &Reader<'_>) -> Fields {
    let mut fields = reader.blank(kind);
    reader.put_date(&mut fields, at);
    fields.insert("time", reader.clock(at));
    fields.insert("code", Field::from(text(body, "code")));
    fields.insert("driver", Field::from(text(body, "driverId")));
    let cause = text(body, "likelyCause").replace('_', " ");
    fields.insert("cause", Field::from(cause));
    let members = body.as_object().into_iter().flatten();
    let about: Vec<String> = members
        .filter(|(name, value)| !KNOWN.contains(&name.as_str()) && !is_free_text(name, value))
        .filter_map(|(name, value)| Some(format!("{name} {}", shown(value, reader)?)))
        .collect();
    fields.insert("about", Field::from(about.join(", ")));
    fields
}

/// A reason in a driver's own words may name somebody: it is for the screens of those who may read it.
fn is_free_text(name: &str, value: &Value) -> bool {
    name == "reason"
        && value
            .as_str()
            .is_some_and(|text| pontic_core::id::check(text).is_err())
}

/// A member of an alert: times by the clock on the wall, lists and objects not at all.
fn shown(value: &Value, reader: &Reader<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(match text.parse::<Timestamp>() {
            Ok(at) => {
                let local = reader.zone.to_datetime(at);
                let date = local::date(reader.language, local.date());
                format!("{date}, {}", local::time(reader.language, local.time()))
            }
            Err(_) => text.clone(),
        }),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

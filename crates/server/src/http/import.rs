//! Labs, clinics and drivers from CSV: a report line per row, good rows are taken whatever the others are like.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::http::StatusCode;
use pontic_core::event::Body;
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{self, ClinicId, DriverId, LabId};
use pontic_wire::json::Json as Parsed;
use pontic_wire::resource;
use serde_json::{Value, json};

use super::body;
use super::directory::{SOURCE, clinic_event};
use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;
use crate::door::{Outcome, own_event};

/// Most rows of one file.
const MAX_ROWS: usize = 10_000;
/// Columns whose values are numbers.
const NUMBERS: [&str; 4] = ["location.lat", "location.lng", "fence.radius", "capacity"];
/// Columns whose values are lists, parted by blanks or semicolons.
const LISTS: [&str; 2] = ["workingDays", "holidays"];

/// Import `labs`, `clinics` or `drivers` from CSV. The first row names the columns as in the JSON form, a dot leads into an object
/// (`location.lat`, `contact.phone`, `hours.MO` as `08:00-12:00 13:00-17:00`).
#[utoipa::path(post, path = "/v1/import/{kind}", tag = "directory", params(("kind" = String, Path, description = "`labs`, `clinics` or `drivers`")),
    request_body(content = String, content_type = "text/csv"), responses((status = 200, body = Value), (status = 400), (status = 404)))]
pub async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    request: Request,
) -> Answer<Json<Value>> {
    if !matches!(kind.as_str(), "labs" | "clinics" | "drivers") {
        return Err(Problem::not_found());
    }
    if kind == "labs" && caller.role != Role::Admin {
        return Err(Problem::forbidden());
    }
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let rows = rows(&bytes)?;
    let mut lines = Vec::with_capacity(rows.len());
    let mut drafts = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let id = row
            .get("id")
            .and_then(text_of)
            .unwrap_or_default()
            .to_owned();
        let (outcome, place) = match event(&kind, &id, row) {
            Ok(event) => {
                drafts.push(own_event(
                    event,
                    SOURCE,
                    &caller.actor(),
                    caller.lab_id.clone(),
                ));
                (None, drafts.len() - 1)
            }
            Err(faults) => (Some(faults), 0),
        };
        lines.push((number + 2, id, outcome, place));
    }
    let outcomes = app.door.submit(drafts).await?;
    let failed = |outcome: &Outcome| !matches!(outcome, Outcome::Done(_));
    let report: Vec<Value> = lines
        .iter()
        .map(|(line, id, faults, place)| match (faults, outcomes.get(*place)) {
            (Some(faults), _) => json!({ "line": line, "id": id, "status": "rejected", "errors": faults }),
            (None, Some(outcome)) if failed(outcome) => json!({ "line": line, "id": id, "status": "rejected", "errors": errors_of(outcome) }),
            _ => json!({ "line": line, "id": id, "status": "imported" }),
        })
        .collect();
    let rejected = report
        .iter()
        .filter(|line| line["status"] == "rejected")
        .count();
    Ok(Json(
        json!({ "rows": report.len(), "imported": report.len() - rejected, "rejected": rejected, "lines": report }),
    ))
}

fn errors_of(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Refused(pontic_core::decide::Refusal::Invalid(faults)) => json!(faults),
        Outcome::Refused(refusal) => json!([{ "field": "$", "reason": refusal.code() }]),
        _ => json!([{ "field": "$", "reason": "internal" }]),
    }
}

fn text_of<'a>(json: &'a Parsed<'_>) -> Option<&'a str> {
    match json {
        Parsed::Text(text) => Some(text),
        _ => None,
    }
}

/// Each row as the JSON form of the record.
fn rows(bytes: &[u8]) -> Answer<Vec<Parsed<'static>>> {
    let bad = |reason| Problem::invalid(StatusCode::BAD_REQUEST, vec![Fault::new("$", reason)]);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(bytes);
    let columns: Vec<String> = reader
        .headers()
        .map_err(|_| bad(Reason::InvalidFormat))?
        .iter()
        .map(str::to_owned)
        .collect();
    if !columns.iter().any(|column| column == "id") {
        return Err(Problem::invalid(
            StatusCode::BAD_REQUEST,
            vec![Fault::new("id", Reason::Required)],
        ));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| bad(Reason::InvalidFormat))?;
        if rows.len() == MAX_ROWS {
            return Err(Problem::too_large());
        }
        rows.push(row(&columns, &record));
    }
    Ok(rows)
}

fn row(columns: &[String], record: &csv::StringRecord) -> Parsed<'static> {
    let mut row = Vec::new();
    for (column, text) in columns
        .iter()
        .zip(record)
        .filter(|(_, text)| !text.is_empty())
    {
        let value = value(column, text);
        match column.split_once('.') {
            None => row.push((column.clone().into(), value)),
            Some((object, member)) => put_member(&mut row, object, member, value),
        }
    }
    Parsed::Object(row)
}

fn put_member(
    row: &mut Vec<(std::borrow::Cow<'static, str>, Parsed<'static>)>,
    object: &str,
    member: &str,
    value: Parsed<'static>,
) {
    let member = (member.to_owned().into(), value);
    let known = row.iter_mut().find(|(key, _)| key == object);
    match known {
        Some((_, Parsed::Object(members))) => members.push(member),
        Some(_) => {}
        None => row.push((object.to_owned().into(), Parsed::Object(vec![member]))),
    }
}

fn value(column: &str, text: &str) -> Parsed<'static> {
    let owned = || Parsed::text(text.to_owned());
    if NUMBERS.contains(&column) {
        // What is no number stays a text, which the field then refuses.
        return match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(integer), _) => Parsed::Integer(integer),
            (_, Ok(float)) => Parsed::Float(float),
            _ => owned(),
        };
    }
    let pieces = || text.split([' ', ';']).filter(|piece| !piece.is_empty());
    if LISTS.contains(&column) {
        return Parsed::List(
            pieces()
                .map(|piece| Parsed::text(piece.to_owned()))
                .collect(),
        );
    }
    if column.starts_with("hours.") {
        return Parsed::List(pieces().map(span).collect());
    }
    owned()
}

/// `08:00-12:00`.
fn span(text: &str) -> Parsed<'static> {
    let (from, to) = text.split_once('-').unwrap_or((text, ""));
    Parsed::Object(vec![
        ("from".into(), Parsed::text(from.trim().to_owned())),
        ("to".into(), Parsed::text(to.trim().to_owned())),
    ])
}

fn event(kind: &str, id: &str, row: &Parsed<'_>) -> Result<Body, Vec<Fault>> {
    id::check(id).map_err(|reason| vec![Fault::new("id", reason)])?;
    match kind {
        "labs" => resource::lab(LabId::known(id), row, None).map(Body::from),
        "clinics" => clinic_event(&ClinicId::known(id), row, None),
        _ => resource::driver(DriverId::known(id), row, None).map(Body::from),
    }
}

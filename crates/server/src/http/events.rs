//! Events in, in all their forms; and the log of what came and went.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pontic_core::decide::Refusal;
use pontic_core::event::{Event, Origin};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{ClinicId, LabId};
use pontic_core::time;
use pontic_store::page::{Direction, LogFilter, LogRow};
use pontic_wire::event::{self, Form, Incoming, Refused, Rejected};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::body;
use super::paging::{List, newest_first, paging, said};
use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;
use crate::door::{Draft, Outcome};
use crate::http::refused::{self, Delivery, ToKeep};
use crate::relay;
use crate::series::{self, Way};

/// The event in whose detail the address of a receiver stands.
const SUBSCRIPTION_SET: &str = "SubscriptionSet";

/// Post one event or many, in any of the five forms.
#[utoipa::path(post, path = "/v1/events", tag = "events",
    request_body(content = Value, description = "Short form, EventBridge envelope, an array of these, a PutEvents body, or CloudEvents 1.0 (structured, batch, binary)"),
    responses((status = 200, description = "One: `{ eventId, status, result }`; many: `{ failedEntryCount, entries }`; PutEvents: `{ FailedEntryCount, Entries }`", body = Value),
        (status = 409, description = "`id_reused`, or it does not fit how things stand"), (status = 413, description = "Over 1,000 events or 1 MiB"), (status = 422, description = "`unknown_event_type`, or fields at fault")))]
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<Response> {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    // Somebody subscribed us to ourselves: our own news would go round for ever.
    let from = parts.headers.get(relay::FROM);
    if from.is_some_and(|from| from.as_bytes() == app.store.epoch().as_bytes()) {
        return Err(Problem::own_news());
    }
    let bytes = body::read(body, body::USUAL).await?;
    let request = event::read(&HeaderTexts(&parts.headers), &bytes).map_err(refused_whole)?;
    let form = request.form;
    let names: Vec<(&'static str, &'static str)> = request
        .events
        .iter()
        .map(|event| (name_of(event), source_of(event)))
        .collect();
    let outcomes = take(
        &app,
        &caller,
        request.events,
        &bytes,
        &HeaderTexts(&parts.headers),
        parts.extensions.get(),
    )
    .await?;
    for ((name, source), outcome) in names.iter().zip(&outcomes) {
        let (is_good, latency) = (outcome.is_ok(), started.elapsed());
        app.integration.record(name, is_good, latency);
        let line = (Way::In, *source, *name);
        app.series.count(line, app.clock.now(), is_good, latency);
    }
    Ok(match form {
        Form::One | Form::Binary => match outcomes.into_iter().next() {
            Some(outcome) => one(outcome),
            None => Problem::internal().into_response(),
        },
        Form::Many => many(&outcomes),
        Form::PutEvents => put_events(&outcomes),
    })
}

/// Headers by name, as text.
pub struct HeaderTexts<'a>(pub &'a HeaderMap);

impl event::Headers for HeaderTexts<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

fn refused_whole(refused: Refused) -> Problem {
    match refused {
        Refused::Body(fault) => Problem::body(fault),
        Refused::TooMany => Problem::too_large(),
        Refused::MediaType => Problem::media_type(),
    }
}

/// The type of an event, in a word of ours.
pub fn name_of(event: &Result<Incoming, Box<Rejected>>) -> &'static str {
    match event {
        Ok(incoming) => incoming.body.name(),
        Err(rejected) => rejected.name,
    }
}

/// The source of an event, in a word of ours.
pub fn source_of(event: &Result<Incoming, Box<Rejected>>) -> &'static str {
    series::source(match event {
        Ok(incoming) => &incoming.source,
        Err(rejected) => &rejected.source,
    })
}

/// What a sender is told of one event.
type Told = Result<Taken, Rejection>;

/// An accepted event.
struct Taken {
    event_id: String,
    duplicate: bool,
    result: Box<RawValue>,
}

/// A refused event.
pub struct Rejection {
    /// Its id, as far as it has one.
    pub event_id: Option<String>,
    /// What a sender of this one event alone is answered.
    pub problem: Problem,
}

/// Hands the events in, and keeps what was refused.
async fn take(
    app: &App,
    caller: &Caller,
    events: Vec<Result<Incoming, Box<Rejected>>>,
    bytes: &[u8],
    headers: &HeaderTexts<'_>,
    delivery: Option<&Delivery>,
) -> Answer<Vec<Told>> {
    let mut drafts = Vec::new();
    // For each event: what is told already, or that the door decides.
    let mut told: Vec<Option<Told>> = Vec::with_capacity(events.len());
    let mut kept = Vec::new();
    for (index, event) in events.into_iter().enumerate() {
        match event {
            Ok(incoming)
                if !may_say(caller, &incoming.source)
                    || !caller.sees_clinic(incoming.body.clinic().map(ClinicId::as_str)) =>
            {
                told.push(Some(Err(foreign_source(incoming.id))))
            }
            Ok(incoming) => {
                told.push(None);
                drafts.push((index, draft(caller, incoming)));
            }
            Err(rejected) if !rejected.source.is_empty() && !may_say(caller, &rejected.source) => {
                told.push(Some(Err(foreign_source(rejected.id))))
            }
            Err(rejected) => {
                kept.push((index, refused::rejected(caller, &rejected)));
                told.push(Some(Err(rejection(*rejected))));
            }
        }
    }
    let places: Vec<usize> = drafts.iter().map(|(index, _)| *index).collect();
    let about: Vec<About> = drafts.iter().map(|(_, draft)| About::of(draft)).collect();
    let outcomes = app
        .door
        .submit(drafts.into_iter().map(|(_, draft)| draft).collect())
        .await?;
    let mut originals = None;
    for ((place, about), outcome) in places.into_iter().zip(about).zip(outcomes) {
        if let Some(code) = code_of(&outcome) {
            let texts = originals.get_or_insert_with(|| originals_of(headers, bytes));
            let text = texts.get(place).cloned().unwrap_or_default();
            let item = refused::refused_event(
                caller,
                &about.source,
                about.name,
                about.lab_id.clone(),
                code,
                faults_of(&outcome),
                text,
            );
            kept.push((place, item));
        }
        told[place] = Some(tell(outcome, about.id));
    }
    if let Some(delivery) = delivery {
        let of_delivery =
            |(place, item): (usize, ToKeep)| (place, item.of_delivery(delivery, place));
        kept = kept.into_iter().map(of_delivery).collect();
    }
    keep_refused(app, kept, &mut told).await;
    Ok(told.into_iter().flatten().collect())
}

/// Keeps what was refused. What cannot be kept is not refused either: its sender is told to come back with it, while the events
/// beside it, which are on disk, stay accepted.
async fn keep_refused(app: &App, kept: Vec<(usize, ToKeep)>, told: &mut [Option<Told>]) {
    if kept.is_empty() {
        return;
    }
    let (places, items): (Vec<usize>, Vec<ToKeep>) = kept.into_iter().unzip();
    if refused::keep(app, items).await.is_ok() {
        return;
    }
    for place in places {
        if let Some(Err(rejection)) = &mut told[place] {
            rejection.problem = Problem::unavailable();
        }
    }
}

/// What must be known of a draft after it was handed in.
struct About {
    id: Option<String>,
    source: String,
    name: &'static str,
    lab_id: Option<LabId>,
}

impl About {
    fn of(draft: &Draft) -> Self {
        let Draft::Event(event) = draft else {
            return Self {
                id: None,
                source: String::new(),
                name: "unknown",
                lab_id: None,
            };
        };
        Self {
            id: event.origin.id.clone(),
            source: event.origin.source.clone(),
            name: event.body.name(),
            lab_id: event.origin.scope.clone(),
        }
    }
}

/// The events of the request as texts again, for the quarantine.
fn originals_of(headers: &HeaderTexts<'_>, bytes: &[u8]) -> Vec<String> {
    event::texts(headers, bytes)
}

/// An event of the caller, for the door.
pub fn draft(caller: &Caller, incoming: Incoming) -> Draft {
    let origin = Origin {
        scope: caller.lab_id.clone(),
        driver: None,
        source: incoming.source,
        id: incoming.id,
        time: incoming.time,
        actor: caller.actor(),
        redriven: None,
    };
    Draft::Event(Arc::new(Event {
        origin,
        body: incoming.body,
    }))
}

/// Whether the caller speaks for a source. Parts of ours speak for themselves.
pub fn may_say(caller: &Caller, source: &str) -> bool {
    caller.speaks_for(source) && !source.starts_with("pontic.")
}

fn foreign_source(event_id: Option<String>) -> Rejection {
    let errors = vec![Fault::new("source", Reason::Forbidden)];
    Rejection {
        event_id,
        problem: Problem {
            errors,
            ..Problem::forbidden()
        },
    }
}

fn rejection(rejected: Rejected) -> Rejection {
    let problem = if rejected.code == "unknown_event_type" {
        Problem::unknown_event_type()
    } else {
        Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, rejected.faults)
    };
    Rejection {
        event_id: rejected.id,
        problem: Problem {
            code: rejected.code,
            ..problem
        },
    }
}

/// The word for a refusal, for those outcomes that are one.
pub fn code_of(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Done(_) => None,
        Outcome::Refused(refusal) => Some(refusal.code()),
        Outcome::Reused => Some("id_reused"),
        Outcome::Internal => Some("internal"),
    }
}

/// The fields at fault, for those outcomes that name some.
pub fn faults_of(outcome: &Outcome) -> &[Fault] {
    match outcome {
        Outcome::Refused(Refusal::Invalid(faults)) => faults,
        _ => &[],
    }
}

fn tell(outcome: Outcome, event_id: Option<String>) -> Told {
    let problem = match outcome {
        Outcome::Done(accepted) => {
            return Ok(Taken {
                event_id: accepted.event_id,
                duplicate: accepted.duplicate,
                result: RawValue::from_string(accepted.result).map_err(|_| Rejection {
                    event_id,
                    problem: Problem::internal(),
                })?,
            });
        }
        Outcome::Refused(refusal) => Problem::refused(refusal, StatusCode::UNPROCESSABLE_ENTITY),
        Outcome::Reused => Problem::conflict("id_reused"),
        Outcome::Internal => Problem::internal(),
    };
    Err(Rejection { event_id, problem })
}

/// What is said of one event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<ErrorOf<'a>>>,
}

/// A fault, or (where no field is at fault) the code of the refusal.
#[derive(Serialize)]
struct ErrorOf<'a> {
    field: &'a str,
    reason: &'a str,
}

fn said_of(told: &Told) -> Said<'_> {
    match told {
        Ok(taken) => Said {
            event_id: Some(&taken.event_id),
            status: if taken.duplicate {
                "duplicate"
            } else {
                "processed"
            },
            result: Some(&taken.result),
            code: None,
            errors: None,
        },
        Err(rejection) => Said {
            event_id: rejection.event_id.as_deref(),
            status: "rejected",
            result: None,
            code: Some(rejection.problem.code),
            errors: Some(errors_of(&rejection.problem)),
        },
    }
}

fn errors_of(problem: &Problem) -> Vec<ErrorOf<'_>> {
    if problem.errors.is_empty() {
        return vec![ErrorOf {
            field: "$",
            reason: problem.code,
        }];
    }
    problem
        .errors
        .iter()
        .map(|fault| ErrorOf {
            field: &fault.field,
            reason: fault.reason.as_str(),
        })
        .collect()
}

fn one(told: Told) -> Response {
    match told {
        Ok(_) => Json(said_of(&told)).into_response(),
        Err(rejection) => rejection.problem.into_response(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Many<'a> {
    failed_entry_count: usize,
    entries: Vec<Said<'a>>,
}

fn many(told: &[Told]) -> Response {
    let failed_entry_count = told.iter().filter(|told| told.is_err()).count();
    Json(Many {
        failed_entry_count,
        entries: told.iter().map(said_of).collect(),
    })
    .into_response()
}

/// The answer of EventBridge's PutEvents.
fn put_events(told: &[Told]) -> Response {
    let entries: Vec<Value> = told
        .iter()
        .map(|told| match told {
            Ok(taken) => json!({ "EventId": taken.event_id }),
            Err(rejection) => {
                let faults = errors_of(&rejection.problem);
                let message: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.reason)).collect();
                json!({ "ErrorCode": put_code(&rejection.problem), "ErrorMessage": message.join(", ") })
            }
        })
        .collect();
    let failed = told.iter().filter(|told| told.is_err()).count();
    Json(json!({ "FailedEntryCount": failed, "Entries": entries })).into_response()
}

fn put_code(problem: &Problem) -> &'static str {
    match problem.code {
        "malformed_detail" => "MalformedDetail",
        "forbidden" => "NotAuthorizedForSource",
        "internal" | "unavailable" => "InternalFailure",
        _ => "InvalidArgument",
    }
}

/// What the log is filtered by.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Of that type.
    r#type: Option<String>,
    /// Of that source.
    source: Option<String>,
    /// With that id of its sender, or ours.
    id: Option<String>,
    /// `in` or `out`.
    direction: Option<String>,
    /// Of that lab.
    lab_id: Option<String>,
    /// `oldest` first (usual), or `newest`.
    order: Option<String>,
    /// After that number; where the newest come first, before it.
    after: Option<String>,
    /// At most so many, up to 200.
    limit: Option<String>,
}

/// Everything accepted and everything published, in order.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(LogQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<LogQuery>,
) -> Answer<Json<List>> {
    let asked = said(query.lab_id.as_deref()).map(LabId::known);
    if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
        return Ok(Json(List::empty()));
    }
    let direction = match said(query.direction.as_deref()) {
        None => None,
        Some("in") => Some(Direction::In),
        Some("out") => Some(Direction::Out),
        Some(_) => return Err(Problem::parameter("direction", Reason::UnknownValue)),
    };
    let page = paging(query.limit.as_deref(), query.after.as_deref())?;
    let filter = LogFilter {
        after: page.after.unwrap_or(0),
        newest: newest_first(query.order.as_deref())?,
        lab_id: asked.or_else(|| caller.lab_id.clone()),
        name: said(query.r#type.as_deref()).map(str::to_owned),
        source: said(query.source.as_deref()).map(str::to_owned),
        id: said(query.id.as_deref()).map(str::to_owned),
        direction,
    };
    let limit = page.limit;
    let rows = app.read(move |store| store.log(&filter, limit)).await?;
    let next = if rows.len() == limit {
        rows.last().map(|row| row.seq.to_string())
    } else {
        None
    };
    Ok(Json(List {
        items: rows.iter().map(|row| shape(row, &caller)).collect(),
        next,
    }))
}

/// One row of the log.
#[utoipa::path(get, path = "/v1/events/{seq}", tag = "events", params(("seq" = u64, Path, description = "Number in the log")), responses((status = 200, body = Value), (status = 404)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(seq): Path<String>,
) -> Answer<Json<Value>> {
    let seq: u64 = seq.parse().map_err(|_| Problem::not_found())?;
    let row = app.read(move |store| store.log_row(seq)).await?;
    let visible = row.filter(|row| {
        row.lab_id
            .as_ref()
            .map_or(caller.lab_id.is_none(), |lab| caller.sees(lab))
    });
    Ok(Json(shape(
        &visible.ok_or_else(Problem::not_found)?,
        &caller,
    )))
}

/// A log row; patient data stays sealed in it.
fn shape(row: &LogRow, caller: &Caller) -> Value {
    let mut detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    // A receiver's address may be all that it takes to speak to it: it is for those who may read subscriptions.
    if row.name == SUBSCRIPTION_SET && caller.role != Role::Admin {
        detail["subscription"]["url"] = Value::Null;
    }
    let mut shape = json!({
        "seq": row.seq,
        "time": time::format(row.at),
        "direction": if row.direction == Direction::In { "in" } else { "out" },
        "id": row.event_id,
        "source": row.source,
        "type": row.name,
        "detail": detail,
    });
    if let Some(lab) = &row.lab_id {
        shape["labId"] = lab.as_str().into();
    }
    if let Some(cause) = row.caused_by {
        shape["causedBy"] = cause.into();
    }
    if row.direction == Direction::In {
        let origin: Value = serde_json::from_str(&row.origin).unwrap_or_default();
        shape["actor"] = origin.get("actor").cloned().unwrap_or_default();
        shape["changes"] = serde_json::to_value(&row.changes).unwrap_or_default();
    }
    shape
}

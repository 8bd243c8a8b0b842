//! What people were told, and a test of the ways to them.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Extension, Query, Request, State};
use axum::http::StatusCode;
use pontic_core::fault::Reason;
use pontic_core::id::{self, LabId};
use pontic_core::notice::Channel;
use pontic_core::time;
use pontic_store::outgoing::{MessageFilter, MessageRow, MessageState};
use pontic_wire::resource;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::body;
use super::paging::{List, newest_first, paging, said};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;
use crate::couriers::message_id;

/// The words of states; a dead letter has failed.
const STATES: [(&str, MessageState); 4] = [
    ("waiting", MessageState::Waiting),
    ("sent", MessageState::Sent),
    ("failed", MessageState::Dead),
    ("skipped", MessageState::Skipped),
];

/// Which notices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct NoticeQuery {
    /// Of that lab.
    lab_id: Option<String>,
    /// To that clinic.
    clinic_id: Option<String>,
    /// `email` or `sms`.
    channel: Option<String>,
    /// `waiting`, `sent`, `failed` or `skipped`.
    status: Option<String>,
    /// `oldest` first (usual), or `newest`.
    order: Option<String>,
    /// At most so many, up to 200.
    limit: Option<String>,
    /// After the last `next`.
    after: Option<String>,
}

fn word<T>(
    name: &'static str,
    said: Option<&str>,
    known: impl Fn(&str) -> Option<T>,
) -> Answer<Option<T>> {
    said.map(|word| known(word).ok_or_else(|| Problem::parameter(name, Reason::UnknownValue)))
        .transpose()
}

/// Who was told what and when, or is yet to be, or why not, in the order in which it came up. Addresses only for roles that may read
/// contacts; others see them masked.
#[utoipa::path(get, path = "/v1/notices", tag = "notices", params(NoticeQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<NoticeQuery>,
) -> Answer<Json<List>> {
    let paging = paging(query.limit.as_deref(), query.after.as_deref())?;
    let asked = said(query.lab_id.as_deref()).map(LabId::known);
    if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
        return Ok(Json(List::empty()));
    }
    let state = word("status", said(query.status.as_deref()), |word| {
        let state = STATES.iter().find(|(known, _)| *known == word);
        state.map(|(_, state)| *state)
    })?;
    let channel = word(
        "channel",
        said(query.channel.as_deref()),
        Channel::from_word,
    )?;
    let filter = MessageFilter {
        lab_id: asked.or_else(|| caller.lab_id.clone()),
        clinic_id: said(query.clinic_id.as_deref()).map(str::to_owned),
        subscription: channel.map(|channel| channel.receiver().to_owned()),
        state,
        notices: Some(true),
        newest: newest_first(query.order.as_deref())?,
        ..MessageFilter::default()
    };
    let page = app
        .read(move |store| store.outgoing(&filter, &paging))
        .await?;
    let (epoch, with_contacts) = (app.store.epoch(), caller.role.reads_names());
    Ok(Json(List::of(&page, |row| {
        shape(row, epoch, with_contacts)
    })))
}

fn shape(row: &MessageRow, epoch: &str, with_contacts: bool) -> Value {
    let channel = Channel::of_receiver(&row.message.subscription).unwrap_or(Channel::Email);
    let told = row.notice.as_ref();
    let to = told.map(|told| {
        let address = told.to.reveal();
        if with_contacts {
            address.clone()
        } else {
            channel.masked(address)
        }
    });
    let status = STATES.iter().find(|(_, state)| *state == row.state);
    let bundle = told.and_then(|told| told.bundle);
    json!({
        "number": row.number,
        "labId": row.message.lab_id,
        "clinicId": told.and_then(|told| told.clinic_id.clone()),
        "channel": channel,
        "kind": row.message.name,
        "to": to,
        "status": status.map(|(word, _)| *word),
        "reason": row.cause,
        "eventSeq": row.message.seq,
        "attempts": row.attempts,
        "due": (row.state == MessageState::Waiting).then(|| time::format(row.message.due)),
        "triedAt": row.tried_at.map(time::format),
        "messageId": bundle.map(|bundle| message_id(epoch, bundle)),
    })
}

/// Send a test message, once and right now: `{ channel, to }`; answers what came of it.
#[utoipa::path(post, path = "/v1/notices/test", tag = "notices", request_body(content = Value), responses((status = 200, body = Value), (status = 400)))]
pub async fn test(State(app): State<Arc<App>>, request: Request) -> Answer<Json<Value>> {
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let (channel, to) = {
        let json = body::parse(&bytes, false)?;
        resource::notice_test(&json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let now = app.clock.now();
    let id = id::derived(&["notice test", app.store.epoch(), &to, &now.to_string()]);
    let began = Instant::now();
    let words = app.notify.test_words();
    let sent = app.notify.send(channel, &to, &words, &id, now).await;
    Ok(Json(json!({
        "taken": sent.taken,
        "answer": if sent.taken { "taken" } else { &sent.cause },
        "latencyMs": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "messageId": id,
    })))
}

//! What goes out: what waits, what was taken, and what was tried too often.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::StatusCode;
use pontic_core::fault::Reason;
use pontic_core::id::LabId;
use pontic_core::notice::Channel;
use pontic_core::time;
use pontic_store::outgoing::{MessageFilter, MessageRow, MessageState, Which};
use pontic_store::page::Paging;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::body;
use super::paging::{List, newest_first, paging, said};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct MessageQuery {
    /// About that lab.
    lab_id: Option<String>,
    /// To that subscription.
    subscription_id: Option<String>,
    /// `waiting`, `sent` or `dead`.
    status: Option<String>,
    /// Of the publication with that number in the log.
    seq: Option<String>,
    /// With that id, by which its receiver knows it.
    message_id: Option<String>,
    /// `oldest` first (usual), or `newest`.
    order: Option<String>,
    /// At most so many, up to 200.
    limit: Option<String>,
    /// After the last `next`.
    after: Option<String>,
}

impl MessageQuery {
    /// Nothing where it asks for what does not exist for the caller.
    fn filter(&self, caller: &Caller) -> Answer<Option<MessageFilter>> {
        let asked = said(self.lab_id.as_deref()).map(LabId::known);
        if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
            return Ok(None);
        }
        let state = said(self.status.as_deref()).map(|word| {
            let states = MessageState::ALL.into_iter();
            let mut states = states.filter(|state| state.as_str() == word);
            states
                .next()
                .ok_or_else(|| Problem::parameter("status", Reason::UnknownValue))
        });
        let seq = said(self.seq.as_deref()).map(|text| {
            text.parse()
                .map_err(|_| Problem::parameter("seq", Reason::NotInteger))
        });
        Ok(Some(MessageFilter {
            lab_id: asked.or_else(|| caller.lab_id.clone()),
            subscription: said(self.subscription_id.as_deref()).map(str::to_owned),
            state: state.transpose()?,
            seq: seq.transpose()?,
            event_id: said(self.message_id.as_deref()).map(str::to_owned),
            newest: newest_first(self.order.as_deref())?,
            ..MessageFilter::default()
        }))
    }
}

fn shape(row: &MessageRow) -> Value {
    json!({
        "number": row.number,
        "subscriptionId": row.message.subscription,
        "labId": row.message.lab_id,
        "messageId": row.message.event_id,
        "type": row.message.name,
        "seq": row.message.seq,
        "key": row.message.key,
        "status": row.state.as_str(),
        "attempts": row.attempts,
        "due": (row.state == MessageState::Waiting).then(|| time::format(row.message.due)),
        "triedAt": row.tried_at.map(time::format),
        "cause": row.cause,
    })
}

/// Messages to subscriptions, in the order in which they came up.
#[utoipa::path(get, path = "/v1/messages", tag = "webhooks out", params(MessageQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<MessageQuery>,
) -> Answer<Json<List>> {
    // Notices have a list of their own; their dead letters stand with the others.
    let only = MessageFilter {
        notices: Some(false),
        ..MessageFilter::default()
    };
    listed(&app, &caller, &query, only).await
}

/// Dead letters, oldest first.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "webhooks out", params(MessageQuery), responses((status = 200, body = List)))]
pub async fn dead(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<MessageQuery>,
) -> Answer<Json<List>> {
    let only = MessageFilter {
        state: Some(MessageState::Dead),
        ..MessageFilter::default()
    };
    listed(&app, &caller, &query, only).await
}

async fn listed(
    app: &App,
    caller: &Caller,
    query: &MessageQuery,
    only: MessageFilter,
) -> Answer<Json<List>> {
    let paging = paging(query.limit.as_deref(), query.after.as_deref())?;
    let Some(mut filter) = query.filter(caller)? else {
        return Ok(Json(List::empty()));
    };
    filter.state = only.state.or(filter.state);
    filter.notices = only.notices;
    let page = app
        .read(move |store| store.outgoing(&filter, &paging))
        .await?;
    Ok(Json(List::of(&page, shape)))
}

/// Dead letters by subscription and cause, with how many there are.
#[utoipa::path(get, path = "/v1/dead-letters/groups", tag = "webhooks out", responses((status = 200, body = Value)))]
pub async fn groups(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<Value>> {
    let groups = app
        .read(move |store| store.dead_letters(caller.lab_id.as_ref()))
        .await?;
    let items: Vec<Value> = groups
        .iter()
        .map(|group| {
            json!({
                "subscriptionId": group.subscription,
                "cause": group.cause,
                "count": group.count,
                "firstAt": time::format(group.first_at),
            })
        })
        .collect();
    Ok(Json(json!({ "items": items })))
}

/// Send one dead letter again.
#[utoipa::path(post, path = "/v1/dead-letters/{id}/redrive", tag = "webhooks out", params(("id" = String, Path)), responses((status = 200, body = Value), (status = 404)))]
pub async fn redrive(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let number: u64 = id.parse().map_err(|_| Problem::not_found())?;
    let which = Which {
        number: Some(number),
        lab_id: caller.lab_id.clone(),
        ..Which::default()
    };
    match again(&app, which).await? {
        0 => Err(Problem::not_found()),
        redriven => Ok(Json(json!({ "redriven": redriven }))),
    }
}

/// Send dead letters again: `{ subscriptionId?, cause? }`; without either, all of them.
#[utoipa::path(post, path = "/v1/dead-letters/redrive", tag = "webhooks out", request_body(content = Value), responses((status = 200, body = Value), (status = 400)))]
pub async fn redrive_many(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<Json<Value>> {
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let json = body::parse(&bytes, true)?;
    let which = {
        let mut reader = pontic_wire::fields::Reader::new(&json, "");
        // Also a channel of notices, which is no id.
        let name = pontic_wire::fields::text(pontic_wire::fields::NAME);
        let subscription = reader.optional("subscriptionId", name);
        let cause = reader.optional(
            "cause",
            pontic_wire::fields::text(pontic_wire::fields::NAME),
        );
        reader
            .finish(|| {
                Some(Which {
                    lab_id: caller.lab_id.clone(),
                    number: None,
                    subscription: subscription.map(str::to_owned),
                    cause: cause.map(str::to_owned),
                })
            })
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let redriven = again(&app, which).await?;
    Ok(Json(json!({ "redriven": redriven })))
}

/// Of those that somebody serves: what waits for nobody would wait for ever.
async fn again(app: &App, which: Which) -> Answer<u64> {
    let now = app.clock.now();
    let served = served(app);
    let redriven = app
        .read(move |store| {
            if let Some(number) = which.number {
                let dead = MessageFilter {
                    state: Some(MessageState::Dead),
                    ..MessageFilter::default()
                };
                let paging = Paging {
                    after: Some(number.saturating_sub(1)),
                    limit: 1,
                };
                let found = store.outgoing(&dead, &paging)?.items;
                let is_served = |row: &MessageRow| served.contains(&row.message.subscription);
                return match found.first() {
                    Some(row) if row.number == number && is_served(row) => {
                        store.redrive_outgoing(&which, now)
                    }
                    _ => Ok(0),
                };
            }
            let asked = |name: &&String| which.subscription.as_ref().is_none_or(|one| one == *name);
            let mut sum = 0;
            for name in served.iter().filter(asked) {
                let which = Which {
                    subscription: Some(name.clone()),
                    ..which.clone()
                };
                sum += store.redrive_outgoing(&which, now)?;
            }
            Ok(sum)
        })
        .await?;
    app.relay.wake_all();
    app.notify.wake_all();
    Ok(redriven)
}

/// Subscriptions that are served, paused ones too, and channels of notices.
fn served(app: &App) -> Vec<String> {
    let receivers = app.relay.all();
    let receivers = receivers.iter().map(|receiver| receiver.id().to_owned());
    let channels = Channel::ALL
        .iter()
        .filter(|channel| app.notify.has(**channel));
    receivers
        .chain(channels.map(|channel| channel.receiver().to_owned()))
        .collect()
}

//! Who is told by webhook, or on the bus.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::event::{Body, SubscriptionRemoved};
use pontic_core::event_bridge::EventBusAddress;
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{self, LabId, SubscriptionId};
use pontic_core::phi::{Phi, Private};
use pontic_core::record::{Entity, Kind};
use pontic_core::subscription::{ALL_LABS, BusAddress, Subscription};
use pontic_wire::outgoing::Publication;
use pontic_wire::resource;
use serde_json::{Value, json};

use super::body;
use super::directory::act;
use super::paging::{List, ListQuery};
use super::problem::{Answer, Problem};
use super::secrets;
use crate::access::Caller;
use crate::app::App;
use crate::bus::Trouble;
use crate::relay::{Receiver, try_all};
use crate::shape;

/// All subscriptions, their secrets by fingerprint.
#[utoipa::path(get, path = "/v1/subscriptions", tag = "webhooks out", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    let Some(filter) = query.filter(&caller)? else {
        return Ok(Json(List::empty()));
    };
    let paging = query.paging()?;
    let mut page = app
        .read(move |store| store.list(Kind::Subscription, &filter, &paging))
        .await?;
    page.items
        .retain(|record| Subscription::from_record(record).is_some_and(|one| !one.removed));
    Ok(Json(List::of(&page, |record| shape::record(record, false))))
}

/// One subscription.
#[utoipa::path(get, path = "/v1/subscriptions/{id}", tag = "webhooks out", params(("id" = String, Path)), responses((status = 200, body = Value), (status = 404)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let subscription = find(&app, &caller, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(shape::subscription(&subscription)))
}

/// The subscription with that id, if it exists for the caller.
pub async fn find(app: &App, caller: &Caller, id: String) -> Answer<Option<Subscription>> {
    let records = app
        .read(move |store| store.get(Kind::Subscription, None, &id))
        .await?;
    let subscriptions = records.iter().filter_map(Subscription::from_record);
    let mut live = subscriptions.filter(|one| !one.removed);
    Ok(live
        .find(|one| caller.lab_id.as_ref().is_none_or(|lab| *lab == one.lab_id))
        .cloned())
}

/// Set a subscription up: `{ labId?, url, pattern?, format?, secrets?, headers?, maxRetries?, baseDelayMs?, timeoutSeconds?, paused? }`.
/// `url` may be `nats://STREAM/SUBJECT`, with `{lab}`, `{type}` and `{about}` in the subject, where the installation has a bus. Without
/// `labId` it is told of all labs. A new one without secrets gets one, which is shown this once.
#[utoipa::path(put, path = "/v1/subscriptions/{id}", tag = "webhooks out", params(("id" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 201, body = Value), (status = 400), (status = 412)))]
pub async fn put(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    id::check(&id).map_err(|reason| Problem::parameter("id", reason))?;
    body::require_json(&headers)?;
    let expected = body::if_match(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let mut set = {
        let json = body::parse(&bytes, false)?;
        let id = SubscriptionId::known(id.as_str());
        resource::subscription(id, &json, expected)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    if let (Some(lab), ALL_LABS) = (&caller.lab_id, set.subscription.lab_id.as_str()) {
        set.subscription.lab_id = lab.clone();
    }
    let is_bus = EventBusAddress::is_meant(&set.subscription.url);
    if is_bus && cfg!(not(feature = "aws")) {
        let fault = Fault::new("url", Reason::UnknownValue);
        return Err(Problem::invalid(StatusCode::BAD_REQUEST, vec![fault]));
    }
    refuse_elsewhere(&app, &set.subscription).await?;
    refuse_bus(&app, &set.subscription.url).await?;
    let (lab, before) = (
        set.subscription.lab_id.clone(),
        find(&app, &caller, id.clone()).await?,
    );
    // Whoever changes one and names no secret keeps the ones that are there. What goes to a bus is signed by AWS's own means.
    let is_new = before.is_none();
    let needs_secret = is_new && !is_bus && set.private.reveal().secrets.is_empty();
    let made = needs_secret.then(secrets::made).transpose()?;
    if let Some(secret) = &made {
        set.private = Phi::new(Private {
            secrets: vec![secret.clone()],
            ..set.private.reveal().clone()
        });
    }
    // What is published from here on is for it, too: where it begins is settled before it exists.
    app.read(|store| {
        let begins = store.fanned_out()?;
        store.fan_out(begins, begins, &[])
    })
    .await?;
    act(&app, &caller, Body::from(set)).await?;
    app.relay_reload().await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut shape = stands(&app, lab, id).await?;
    if let Some(secret) = made {
        shape["secret"] = secret.into();
    }
    Ok((status, Json(shape)))
}

/// Ids are unique in the installation.
async fn refuse_elsewhere(app: &App, subscription: &Subscription) -> Answer<()> {
    let id = subscription.id.to_string();
    let taken = app
        .read(move |store| store.get(Kind::Subscription, None, &id))
        .await?;
    let mut others = taken.iter().filter_map(Subscription::from_record);
    if others.any(|other| !other.removed && other.lab_id != subscription.lab_id) {
        let fault = Fault::new("labId", Reason::Mismatch);
        return Err(Problem::invalid(StatusCode::BAD_REQUEST, vec![fault]));
    }
    Ok(())
}

/// A place on the bus needs a bus, and a stream that is as durable as the operator wants them. Where NATS is away that is seen later, and
/// nothing is published before.
async fn refuse_bus(app: &App, url: &str) -> Answer<()> {
    let Some(address) = BusAddress::read(url) else {
        return Ok(());
    };
    let admitted = match &app.bus {
        Some(bus) => bus.admits(address.stream).await,
        None => Err(Trouble::NoStream(String::new())),
    };
    let reason = match admitted {
        Err(Trouble::NoStream(_)) => Reason::NotFound,
        Err(Trouble::Weak { .. }) => Reason::Forbidden,
        _ => return Ok(()),
    };
    let fault = Fault::new("url", reason);
    Err(Problem::invalid(StatusCode::BAD_REQUEST, vec![fault]))
}

async fn stands(app: &App, lab: LabId, id: String) -> Answer<Value> {
    let found = app
        .read(move |store| store.get(Kind::Subscription, Some(&lab), &id))
        .await?;
    let record = found.first().ok_or_else(Problem::internal)?;
    Ok(shape::record(record, false))
}

/// End a subscription. What waits for it is not sent any more: it stands among the dead letters.
#[utoipa::path(delete, path = "/v1/subscriptions/{id}", tag = "webhooks out", params(("id" = String, Path)), responses((status = 204), (status = 404)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let subscription = find(&app, &caller, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let id = subscription.id.to_string();
    let removed = SubscriptionRemoved {
        lab_id: subscription.lab_id,
        id: subscription.id,
    };
    act(&app, &caller, Body::from(removed)).await?;
    app.relay_reload().await?;
    app.read(move |store| store.abandon_outgoing(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a message of type `pontic.test` there, once and right now; answers what came of it.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/test", tag = "webhooks out", params(("id" = String, Path)), responses((status = 200, body = Value), (status = 404)))]
pub async fn test(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let subscription = find(&app, &caller, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let now = app.clock.now();
    let publication = Publication {
        id: id::derived(&["test", subscription.id.as_str(), &now.to_string()]),
        source: "pontic".into(),
        name: "pontic.test".into(),
        lab_id: subscription.lab_id.to_string(),
        at: now,
        detail: json!({ "subscriptionId": subscription.id }).to_string(),
    };
    let receiver = Receiver::of(&subscription);
    let began = Instant::now();
    let one = std::slice::from_ref(&publication);
    let (ways, epoch) = (app.relay.ways(), app.store.epoch());
    let mut sent = try_all(ways, &receiver, one, epoch, now).await;
    let sent = sent.pop().ok_or_else(Problem::internal)?;
    Ok(Json(json!({
        "taken": sent.taken,
        "answer": sent.cause,
        "latencyMs": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "messageId": publication.id,
    })))
}

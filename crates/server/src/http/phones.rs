//! Phones with apps of others: OwnTracks, OsmAnd and Traccar Client.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pontic_core::fix::{Fix, Rejection};
use pontic_core::silence::LastWords;
use pontic_store::positions::DriverNo;
use pontic_wire::phone::owntracks::{self, Message, Waypoint};
use pontic_wire::phone::{Heard, osmand, traccar};

use super::body;
use super::problem::{Answer, Problem};
use crate::access::{Caller, Credentials};
use crate::app::App;
use crate::drivers::{Region, Status};

/// Most positions that Traccar Client sends at once.
const MOST: usize = 1_000;

/// A driver whose phone showed its credentials.
struct Phone {
    no: DriverNo,
}

async fn phone(app: &App, credentials: Credentials<'_>) -> Answer<Option<Phone>> {
    let caller: Option<Caller> = app.keys.device(&credentials, app.clock.now())?;
    let Some((lab_id, driver_id)) = caller.and_then(|caller| caller.lab_id.zip(caller.driver_id))
    else {
        return Ok(None);
    };
    let no = app.drivers.enlist(&lab_id, &driver_id).await?;
    Ok(Some(Phone { no }))
}

/// Takes a fix and waits for the disk.
async fn keep(app: &App, phone: &Phone, fix: Fix) -> Answer<Status> {
    let taken = app.drivers.take(vec![(phone.no, fix)], false).await?.pop();
    let taken = taken.ok_or_else(Problem::unavailable)?;
    if app.drivers.on_disk(taken.ticket).await {
        Ok(taken.status)
    } else {
        Err(Problem::unavailable())
    }
}

/// `OwnTracks` in HTTP mode: Basic auth with device id and secret. Whatever an authentic phone sends is answered 200, or it would send
/// it for ever.
#[utoipa::path(post, path = "/owntracks", tag = "drivers", security(()), request_body(content = serde_json::Value), responses((status = 200, body = serde_json::Value), (status = 401), (status = 503)))]
pub async fn owntracks(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    match hear_owntracks(&app, &headers, request).await {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => {
            let mut response = problem.into_response();
            let basic = HeaderValue::from_static("Basic realm=\"pontic\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, basic);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

async fn hear_owntracks(app: &App, headers: &HeaderMap, request: Request) -> Answer<String> {
    let said = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(owntracks::basic_auth)
        .ok_or_else(Problem::unauthorized)?;
    let credentials = Credentials::Both(&said.user, &said.password);
    let phone = phone(app, credentials)
        .await?
        .ok_or_else(Problem::unauthorized)?;
    // Too large to be one of its messages: thrown away, and answered like any other.
    let Ok(bytes) = body::read(request.into_body(), body::USUAL).await else {
        return Ok(owntracks::answer(None));
    };
    let fix = match owntracks::read(&bytes) {
        Message::Location(fix) => Some(fix),
        Message::Transition { fix, .. } => fix,
        Message::LastWill => {
            app.drivers.hear_last_words(phone.no, LastWords::Lwt);
            None
        }
        Message::Other | Message::Rejected(_) => None,
    };
    let Some(fix) = fix else {
        return Ok(owntracks::answer(None));
    };
    keep(app, &phone, fix).await?;
    let regions = app.drivers.news_of_regions(phone.no);
    let waypoints = regions.as_ref().map(|regions| {
        let waypoints = regions.iter().map(waypoint);
        waypoints.collect::<Vec<_>>()
    });
    Ok(owntracks::answer(waypoints.as_deref()))
}

fn waypoint(region: &Region) -> Waypoint<'_> {
    Waypoint {
        id: region.stop_id.as_str(),
        name: &region.name,
        place: region.place,
        radius_m: region.radius_m,
        created_s: region.created_s,
    }
}

/// `OsmAnd`'s query (also of `GPSLogger` and others), and Traccar Client's JSON. The device is named by `id`.
#[utoipa::path(get, path = "/osmand", tag = "drivers", security(()), responses((status = 200), (status = 400), (status = 404), (status = 503)))]
pub async fn osmand_get(State(app): State<Arc<App>>, request: Request) -> Response {
    osmand(&app, request).await
}

/// The same as a form or as JSON.
#[utoipa::path(post, path = "/osmand", tag = "drivers", security(()), responses((status = 200), (status = 400), (status = 404), (status = 503)))]
pub async fn osmand_post(State(app): State<Arc<App>>, request: Request) -> Response {
    osmand(&app, request).await
}

async fn osmand(app: &App, request: Request) -> Response {
    let (parts, stream) = request.into_parts();
    let answer = async {
        let bytes = body::read(stream, body::USUAL).await?;
        let is_json =
            parts.headers.contains_key(header::CONTENT_TYPE) && body::is_json(&parts.headers);
        if is_json {
            return hear_traccar(app, &bytes).await;
        }
        let query = parts.uri.query().unwrap_or_default();
        hear_query(app, query, &bytes).await
    };
    match answer.await {
        Ok(()) => Body::empty().into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn hear_query(app: &App, query: &str, form: &[u8]) -> Answer<()> {
    let said = osmand::read(query, form, app.clock.now())
        .map_err(|_| Problem::parameter("id", pontic_core::fault::Reason::Required))?;
    let Some(phone) = phone(app, Credentials::Id(&said.device_id)).await? else {
        return Err(Problem::parameter(
            "id",
            pontic_core::fault::Reason::NotFound,
        ));
    };
    hear(app, &phone, said.heard).await
}

async fn hear_traccar(app: &App, bytes: &[u8]) -> Answer<()> {
    for said in traccar::read(bytes, MOST).map_err(Problem::body)? {
        let Some(phone) = phone(app, Credentials::Id(&said.device_id)).await? else {
            return Err(Problem::not_found());
        };
        hear(app, &phone, said.heard).await?;
    }
    Ok(())
}

/// What can never be used is answered as taken, or the phone sends it for ever; what it could send better is an error.
async fn hear(app: &App, phone: &Phone, heard: Heard) -> Answer<()> {
    let rejection = match heard {
        Heard::Fix(fix) => match keep(app, phone, fix).await? {
            Status::Rejected(reason) => reason,
            _ => return Ok(()),
        },
        Heard::Heartbeat => return Ok(()),
        Heard::Rejected(reason) => reason,
    };
    match rejection {
        Rejection::TooOld => Ok(()),
        Rejection::InvalidCoordinates => Err(fault("location")),
        _ => Err(fault("timestamp")),
    }
}

fn fault(field: &'static str) -> Problem {
    Problem::parameter(field, pontic_core::fault::Reason::OutOfRange)
}

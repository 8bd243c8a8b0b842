//! Where a driver was: pages of JSON, or all of it as GeoJSON, GPX or CSV; and what a day amounts to.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use pontic_core::directory::Driver;
use pontic_core::fault::Reason;
use pontic_core::fix::Fix;
use pontic_core::id::DriverId;
use pontic_core::suspect;
use pontic_store::positions::{DriverNo, Kept, Place};
use pontic_wire::phone::history::{self, Format};
use pontic_wire::time::WireTime;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::lookup::{self, Which};
use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;

/// Positions of a page where nobody says.
const USUAL: usize = 500;
/// Most positions of a page.
const MOST: usize = 5_000;
/// Positions of one piece of a stream.
const PIECE: usize = 2_000;

/// Which positions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// From that time on; usually a day ago.
    from: Option<String>,
    /// Before that time; usually now.
    to: Option<String>,
    /// At most so many, up to 5,000 (JSON only).
    limit: Option<String>,
    /// After the last `next` (JSON only).
    after: Option<String>,
    /// `json`, `geojson`, `gpx` or `csv`.
    format: Option<String>,
    /// Of that lab.
    lab_id: Option<String>,
}

/// The driver, if they exist for the caller: for a driver, themselves.
async fn driver(app: &App, caller: &Caller, id: &str, lab_id: Option<String>) -> Answer<Driver> {
    let which = Which {
        lab_id,
        clinic_id: None,
    };
    let driver = lookup::one::<Driver>(app, caller, id, &which).await?;
    if caller.role == Role::Driver && caller.driver_id.as_ref() != Some(&driver.id) {
        return Err(Problem::not_found());
    }
    Ok(driver)
}

/// A driver's positions in the order of their times.
#[utoipa::path(get, path = "/v1/drivers/{id}/positions", tag = "drivers", params(("id" = String, Path), HistoryQuery), responses((status = 200, body = Value), (status = 400), (status = 404)))]
pub async fn positions(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Answer<Response> {
    let driver = driver(&app, &caller, &id, query.lab_id.clone()).await?;
    let now = app.clock.now();
    let day_ago = now
        .saturating_sub(SignedDuration::from_hours(24))
        .unwrap_or(now);
    // A phone's clock may be ahead by as much.
    let soon = now
        .saturating_add(SignedDuration::from_mins(3))
        .unwrap_or(now);
    let span = Span {
        no: app.drivers.log.find(&driver.lab_id, &driver.id),
        driver_id: driver.id,
        from: moment(query.from.as_deref(), "from")?.unwrap_or(day_ago),
        to: moment(query.to.as_deref(), "to")?.unwrap_or(soon),
    };
    let format = match said(query.format.as_deref()) {
        Some(word) => Format::from_word(word)
            .ok_or_else(|| Problem::parameter("format", Reason::UnknownValue))?,
        None => Format::Json,
    };
    if format == Format::Json {
        return page(&app, span, &query).await;
    }
    Ok(streamed(app, span, format))
}

/// Whose positions, from when until when.
struct Span {
    no: Option<DriverNo>,
    driver_id: DriverId,
    from: Timestamp,
    to: Timestamp,
}

fn moment(text: Option<&str>, name: &'static str) -> Answer<Option<Timestamp>> {
    let parse = |text: &str| match pontic_wire::time::parse(text) {
        Ok(WireTime::Instant(instant)) => Ok(instant),
        Ok(WireTime::Local { .. }) => Err(Problem::parameter(name, Reason::MissingOffset)),
        Err(reason) => Err(Problem::parameter(name, reason)),
    };
    said(text).map(parse).transpose()
}

async fn page(app: &Arc<App>, span: Span, query: &HistoryQuery) -> Answer<Response> {
    let limit = match said(query.limit.as_deref()) {
        Some(text) => match text.parse() {
            Ok(limit @ 1..=MOST) => limit,
            Ok(_) => return Err(Problem::parameter("limit", Reason::OutOfRange)),
            Err(_) => return Err(Problem::parameter("limit", Reason::NotInteger)),
        },
        None => USUAL,
    };
    let after = match said(query.after.as_deref()) {
        Some(text) => Some(
            Place::from_text(text)
                .ok_or_else(|| Problem::parameter("after", Reason::InvalidFormat))?,
        ),
        None => None,
    };
    let piece = piece(app, &span, after, limit).await?;
    let mut text = String::from("{\"items\":[");
    for (index, (kept, suspect)) in piece.items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        history::write_json(&mut text, &shown(&span.driver_id, kept, *suspect));
    }
    text.push_str("],\"next\":");
    match piece.next {
        Some(next) => {
            text.push('"');
            text.push_str(&next.to_text());
            text.push('"');
        }
        None => text.push_str("null"),
    }
    text.push('}');
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

fn shown<'a>(driver_id: &'a DriverId, kept: &'a Kept, suspect: bool) -> history::Kept<'a> {
    history::Kept {
        driver_id,
        fix: &kept.fix,
        received_at: kept.received_at,
        suspect,
    }
}

/// A part of a history.
struct Piece {
    items: Vec<(Kept, bool)>,
    /// Where it goes on; nothing at its end.
    next: Option<Place>,
}

/// Reads a part; whether a fix is suspect shows by its neighbours, so one more is read at each end.
async fn piece(app: &App, span: &Span, after: Option<Place>, limit: usize) -> Answer<Piece> {
    let Some(no) = span.no else {
        return Ok(Piece {
            items: Vec::new(),
            next: None,
        });
    };
    let (log, from, to) = (Arc::clone(&app.drivers.log), span.from, span.to);
    let read = tokio::task::spawn_blocking(move || {
        let before = log.before(no, after.as_ref().map_or(from, Place::at), after)?;
        let items = log.read(no, from, to, after, limit + 1)?;
        Ok::<_, pontic_store::StoreError>((before, items))
    });
    let (before, mut items) = read.await.map_err(|_| Problem::internal())??;
    let fixes: Vec<Fix> = before.iter().chain(&items).map(|kept| kept.fix).collect();
    let suspects = suspect::suspects(&fixes);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(Kept::place);
    let suspects = suspects.into_iter().skip(usize::from(before.is_some()));
    Ok(Piece {
        items: items.into_iter().zip(suspects).collect(),
        next,
    })
}

/// All of it, piece by piece: as much memory for a year as for an hour.
fn streamed(app: Arc<App>, span: Span, format: Format) -> Response {
    /// Where the writing is.
    enum At {
        Head,
        Piece(Option<Place>, bool),
        End,
    }
    let content_type = format.content_type();
    let pieces = stream::unfold((app, span, At::Head), move |(app, span, at)| async move {
        let mut text = String::new();
        let next = match at {
            At::Head => {
                format.write_head(&mut text, &span.driver_id);
                At::Piece(None, true)
            }
            At::Piece(after, is_first) => {
                let Ok(piece) = piece(&app, &span, after, PIECE).await else {
                    // The end that is missing tells the reader that something is.
                    return None;
                };
                for (index, (kept, suspect)) in piece.items.iter().enumerate() {
                    let first = is_first && index == 0;
                    format.write_item(&mut text, &shown(&span.driver_id, kept, *suspect), first);
                }
                if piece.next.is_none() {
                    format.write_tail(&mut text);
                    At::End
                } else {
                    At::Piece(piece.next, false)
                }
            }
            At::End => return None,
        };
        Some((Ok::<_, Infallible>(Bytes::from(text)), (app, span, next)))
    });
    (
        [(header::CONTENT_TYPE, content_type)],
        Body::from_stream(pieces),
    )
        .into_response()
}

/// Which day.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct DayQuery {
    /// A day in the lab's zone; usually today.
    date: Option<String>,
    /// Of that lab.
    lab_id: Option<String>,
}

/// What a driver's day amounts to.
#[utoipa::path(get, path = "/v1/drivers/{id}/statistics", tag = "drivers", params(("id" = String, Path), DayQuery), responses((status = 200, body = Value), (status = 400), (status = 404)))]
pub async fn statistics(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<DayQuery>,
) -> Answer<Json<Value>> {
    let driver = driver(&app, &caller, &id, query.lab_id.clone()).await?;
    let date = match said(query.date.as_deref()) {
        Some(text) => Some(
            text.parse()
                .map_err(|_| Problem::parameter("date", Reason::InvalidFormat))?,
        ),
        None => None,
    };
    let app_of_day = Arc::clone(&app);
    let day = tokio::task::spawn_blocking(move || app_of_day.drivers.day(&driver, date));
    let day = day.await.map_err(|_| Problem::internal())??;
    Ok(Json(day))
}

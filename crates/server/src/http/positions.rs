//! Positions by HTTP: one, or up to a thousand.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::HeaderMap;
use pontic_core::fault::{Fault, Reason};
use pontic_core::fix::Rejection;
use pontic_core::id::DriverId;
use pontic_wire::phone::native;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::IntoParams;

use super::body;
use super::paging::said;
use super::problem::{Answer, Problem};
use super::senders::Sender;
use crate::access::Caller;
use crate::app::App;
use crate::drivers::Status;

/// Most positions of one request.
const MOST: usize = 1_000;

/// Of which lab.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct LabQuery {
    /// The lab of the drivers, for a token of no lab.
    lab_id: Option<String>,
}

/// What became of the positions.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    accepted: usize,
    duplicates: usize,
    late: usize,
    rejected: Vec<Rejected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize)]
struct Rejected {
    index: usize,
    reason: Rejection,
}

/// One position with its `driverId`, or an array of up to 1,000. Answered when they are on disk.
#[utoipa::path(post, path = "/v1/positions", tag = "drivers", params(LabQuery), request_body(content = serde_json::Value), responses((status = 200, description = "`{ accepted, duplicates, late, rejected: [{ index, reason }], update? }`", body = serde_json::Value), (status = 400), (status = 413), (status = 503)))]
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<LabQuery>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Report>> {
    let sender = Sender::new(&caller, said(query.lab_id.as_deref()))?;
    take(&app, sender, None, &headers, request).await
}

/// The same for one driver, without `driverId`.
#[utoipa::path(post, path = "/v1/drivers/{id}/positions", tag = "drivers", params(("id" = String, Path), LabQuery), request_body(content = serde_json::Value), responses((status = 200, body = serde_json::Value), (status = 400), (status = 413), (status = 503)))]
pub async fn post_of(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<LabQuery>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Report>> {
    let driver = DriverId::parse(&id).map_err(|_| Problem::not_found())?;
    let sender = Sender::new(&caller, said(query.lab_id.as_deref()))?;
    take(&app, sender, Some(driver), &headers, request).await
}

async fn take(
    app: &App,
    mut sender: Sender,
    driver: Option<DriverId>,
    headers: &HeaderMap,
    request: Request,
) -> Answer<Json<Report>> {
    body::require_json(headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let is_array = bytes.trim_ascii_start().first() == Some(&b'[');
    let reports = if is_array {
        native::read_all(&bytes, MOST).map_err(unreadable)?
    } else {
        // What is no JSON at all is told as such; what is JSON and no position is one that is rejected.
        body::parse(&bytes, false)?;
        vec![native::read(&bytes)]
    };
    let mut report = Report::default();
    let mut newest_ticket = 0;
    let all = sender
        .take(app, driver.as_ref(), &reports, !is_array)
        .await?;
    for (index, taken) in all.into_iter().enumerate() {
        newest_ticket = newest_ticket.max(taken.ticket);
        match taken.status {
            Status::Accepted => report.accepted += 1,
            Status::Duplicate => report.duplicates += 1,
            Status::Late => report.late += 1,
            Status::Rejected(reason) => report.rejected.push(Rejected { index, reason }),
        }
        report.update = taken
            .update
            .and_then(|text| RawValue::from_string(text).ok());
    }
    if app.drivers.on_disk(newest_ticket).await {
        Ok(Json(report))
    } else {
        Err(Problem::unavailable())
    }
}

fn unreadable(fault: Fault) -> Problem {
    if fault.reason == Reason::TooLong {
        Problem::too_large()
    } else {
        Problem::body(fault)
    }
}

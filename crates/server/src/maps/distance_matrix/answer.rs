//! What a Distance Matrix says, and what that means. Its HTTP status is 200 for nearly everything: `status` decides.

use jiff::SignedDuration;
use pontic_core::travel::{Leg, Source};
use serde::Deserialize;

use crate::maps::NoLeg;

/// Longest reason that is passed on, in characters.
const MAX_REASON: usize = 200;

/// What every answer has, good or bad.
#[derive(Deserialize)]
struct Head {
    status: String,
    #[serde(default)]
    error_message: Option<String>,
}

/// The rest of a good one; `rows` is empty where there are no results.
#[derive(Deserialize)]
struct Matrix {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    elements: Vec<Element>,
}

#[derive(Deserialize)]
struct Element {
    status: String,
    distance: Option<Amount>,
    duration: Option<Amount>,
    /// Only where the time of departure counted.
    duration_in_traffic: Option<Amount>,
}

/// Metres or seconds.
#[derive(Deserialize)]
struct Amount {
    value: f64,
}

/// The one leg that was asked for. `key` is the one that was sent: a reason that repeats it is not passed on.
pub fn read(
    http_status: u16,
    retry_after: Option<SignedDuration>,
    body: &[u8],
    key: &str,
) -> Result<Leg, NoLeg> {
    let Ok(head) = serde_json::from_slice::<Head>(body) else {
        return Err(by_http_status(http_status, retry_after));
    };
    let reason = || reason(head.error_message.as_deref(), key);
    Err(match head.status.as_str() {
        "OK" if http_status == 200 => return first_element(body),
        "INVALID_REQUEST" | "MAX_ELEMENTS_EXCEEDED" | "MAX_DIMENSIONS_EXCEEDED" => {
            NoLeg::Misunderstood(reason())
        }
        "OVER_DAILY_LIMIT" => NoLeg::DayIsSpent(reason()),
        "OVER_QUERY_LIMIT" => NoLeg::TooOften(retry_after),
        "REQUEST_DENIED" => NoLeg::Refused(reason()),
        "UNKNOWN_ERROR" => NoLeg::Failed,
        _ => by_http_status(http_status, retry_after),
    })
}

/// An answer that is none of a Distance Matrix: a proxy's page, an overload, a wrong address.
fn by_http_status(http_status: u16, retry_after: Option<SignedDuration>) -> NoLeg {
    match http_status {
        401 | 403 => NoLeg::Refused(format!("HTTP status {http_status}")),
        429 => NoLeg::TooOften(retry_after),
        200 => NoLeg::Unavailable("it says nothing that we understand"),
        300..=399 => NoLeg::Unavailable("it sends us elsewhere"),
        _ => NoLeg::Unavailable("its HTTP status is none of success"),
    }
}

fn first_element(body: &[u8]) -> Result<Leg, NoLeg> {
    const SHORT: NoLeg = NoLeg::Unavailable("its answer is incomplete");
    let matrix: Matrix = serde_json::from_slice(body).map_err(|_| SHORT)?;
    let element = matrix
        .rows
        .into_iter()
        .next()
        .and_then(|row| row.elements.into_iter().next())
        .ok_or(SHORT)?;
    match element.status.as_str() {
        "OK" => {}
        "NOT_FOUND" => return Err(NoLeg::BadPlace),
        "ZERO_RESULTS" => return Err(NoLeg::Unroutable),
        "MAX_ROUTE_LENGTH_EXCEEDED" => return Err(NoLeg::Implausible),
        _ => return Err(SHORT),
    }
    let duration = element.duration_in_traffic.or(element.duration);
    let (Some(distance), Some(duration)) = (element.distance, duration) else {
        return Err(SHORT);
    };
    Ok(Leg {
        seconds: duration.value,
        way_m: distance.value,
        source: Source::Google,
    })
}

/// The service's own words for the operator, without what a log must not hold.
fn reason(said: Option<&str>, key: &str) -> String {
    match said.map(str::trim) {
        None | Some("") => "it does not say why".to_owned(),
        Some(said) if said.contains(key) => "its reason repeats the key".to_owned(),
        Some(said) => said
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_REASON)
            .collect(),
    }
}

//! What drivers say of their day, and clinics of a visit.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pontic_core::answer::{AnswerKind, MAX_COUNT};
use pontic_core::directory::Presence;
use pontic_core::event::{ClinicAnswered, RouteFinished};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{LabId, RouteId, StopId};
use pontic_core::route::Undone;
use pontic_core::silence::Cause;

use super::directory::time_of_day;
use crate::fields::{self, NAME, Reader};
use crate::json::Json;

/// Most cases and pickups that a driver explains one by one.
const MAX_LEFT: usize = 400;
const KINDS: &[(&str, Option<AnswerKind>)] = &[
    ("closed_until", Some(AnswerKind::ClosedUntil)),
    ("lock_box", Some(AnswerKind::LockBox)),
    ("more_to_fetch", Some(AnswerKind::MoreToFetch)),
    ("withdraw", None),
];
const WITHDRAWN: &[(&str, AnswerKind)] = &[
    ("closed_until", AnswerKind::ClosedUntil),
    ("lock_box", AnswerKind::LockBox),
    ("more_to_fetch", AnswerKind::MoreToFetch),
];
const CAUSES: &[(&str, Cause)] = &[
    ("permission_off", Cause::PermissionOff),
    ("no_network", Cause::NoNetwork),
    ("app_closed", Cause::AppClosed),
];

/// The end of a route: `{ at?, left?: [{ caseId | id, reason }] }`.
pub fn route_finished(
    lab_id: LabId,
    route_id: RouteId,
    body: &Json<'_>,
) -> Result<RouteFinished, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let at = reader.optional("at", fields::timestamp);
    let left = reader.objects("left", MAX_LEFT, |item| {
        let by_id = matches!(item.read("id", |_| Ok(())), Ok(Some(())));
        let id = item.required(if by_id { "id" } else { "caseId" }, fields::built_id);
        let reason = item.required("reason", fields::text(NAME));
        Some(Undone {
            id: id?.to_owned(),
            reason: reason?.to_owned(),
        })
    });
    reader.finish(|| {
        let left = left.into_iter().flatten().collect();
        Some(RouteFinished {
            lab_id,
            route_id,
            at,
            left,
        })
    })
}

/// What a clinic says: `{ kind, until?, count?, of? }`. A time of day is one of `today`, on the wall of `zone`.
pub fn clinic_answer(
    lab_id: LabId,
    stop_id: StopId,
    body: &Json<'_>,
    today: Date,
    zone: &TimeZone,
) -> Result<ClinicAnswered, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let said = reader.required("kind", fields::word(KINDS));
    let mut answer = ClinicAnswered {
        lab_id,
        stop_id,
        kind: AnswerKind::LockBox,
        until: None,
        count: None,
        withdrawn: false,
    };
    match said {
        Some(Some(kind)) => {
            answer.kind = kind;
            match kind {
                AnswerKind::ClosedUntil => {
                    answer.until = reader.required("until", |json| until(json, today, zone));
                }
                AnswerKind::LockBox => {}
                AnswerKind::MoreToFetch => {
                    let range = 1..=i64::from(MAX_COUNT);
                    let count = reader.required("count", fields::integer(range));
                    answer.count = count.and_then(|count| u32::try_from(count).ok());
                }
            }
        }
        Some(None) => {
            answer.withdrawn = true;
            if let Some(kind) = reader.required("of", fields::word(WITHDRAWN)) {
                answer.kind = kind;
            }
        }
        None => {}
    }
    reader.finish(|| Some(answer))
}

/// `HH:MM`, or a time with its offset.
fn until(json: &Json<'_>, today: Date, zone: &TimeZone) -> Result<Timestamp, Reason> {
    if fields::trimmed(json)?.len() > "23:59:59".len() {
        return fields::timestamp(json);
    }
    let time = time_of_day(json)?;
    let at = today.to_datetime(time).to_zoned(zone.clone());
    at.map(|at| at.timestamp()).map_err(|_| Reason::OutOfRange)
}

/// What a driver, or their phone, says of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriverStatus {
    /// At work, on a break, or not; absent: as before.
    pub presence: Option<Presence>,
    /// When the break ends by itself.
    pub paused_until: Option<Timestamp>,
    /// Why nothing will be heard of the phone.
    pub cause: Option<Cause>,
    /// When it was so; absent: now.
    pub at: Option<Timestamp>,
}

/// `{ onDuty?, paused?, pausedUntil?, cause?, at? }`. Off duty counts before a break; `pausedUntil` alone begins one.
pub fn driver_status(body: &Json<'_>) -> Result<DriverStatus, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let on_duty = reader.optional("onDuty", fields::boolean);
    let paused = reader.optional("paused", fields::boolean);
    let paused_until = reader.optional("pausedUntil", fields::timestamp);
    let cause = reader.optional("cause", fields::word(CAUSES));
    let at = reader.optional("at", fields::timestamp);
    // `null` says that there is no break any more; an absent member says nothing.
    let ends = matches!(body.get("pausedUntil"), Some(Json::Null));
    let presence = match (on_duty, paused) {
        (Some(false), _) => Some(Presence::OffDuty),
        (_, Some(true)) => Some(Presence::Break),
        (_, None) if paused_until.is_some() => Some(Presence::Break),
        (Some(true), _) | (None, Some(false)) => Some(Presence::OnDuty),
        (None, None) => ends.then_some(Presence::OnDuty),
    };
    reader.finish(|| {
        Some(DriverStatus {
            presence,
            paused_until: paused_until.filter(|_| presence == Some(Presence::Break)),
            cause,
            at,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, parse};

    fn status(text: &str) -> DriverStatus {
        let json = parse(text.as_bytes(), Limits::default()).expect("JSON");
        driver_status(&json).expect("sound")
    }

    #[test]
    fn a_driver_is_at_work_on_a_break_or_not() {
        for (text, presence) in [
            ("{}", None),
            (r#"{"cause":"no_network"}"#, None),
            (r#"{"onDuty":true}"#, Some(Presence::OnDuty)),
            (r#"{"onDuty":false,"paused":true}"#, Some(Presence::OffDuty)),
            (r#"{"onDuty":true,"paused":true}"#, Some(Presence::Break)),
            (r#"{"paused":false}"#, Some(Presence::OnDuty)),
            (r#"{"pausedUntil":null}"#, Some(Presence::OnDuty)),
            (
                r#"{"pausedUntil":"2026-01-15T12:00:00Z"}"#,
                Some(Presence::Break),
            ),
            (
                r#"{"paused":false,"pausedUntil":"2026-01-15T12:00:00Z"}"#,
                Some(Presence::OnDuty),
            ),
        ] {
            assert_eq!(status(text).presence, presence, "{text}");
        }
        assert_eq!(
            status(r#"{"cause":"permission_off"}"#).cause,
            Some(Cause::PermissionOff)
        );
    }

    fn answer(text: &str) -> Result<ClinicAnswered, Vec<(String, Reason)>> {
        let json = parse(text.as_bytes(), Limits::default()).expect("JSON");
        let zone = pontic_core::time::zone("America/New_York");
        let today = "2026-01-15".parse().expect("a date");
        let read = clinic_answer(LabId::known("L"), StopId::known("S"), &json, today, &zone);
        read.map_err(|faults| {
            let pair = |fault: &Fault| (fault.field.to_string(), fault.reason);
            faults.iter().map(pair).collect()
        })
    }

    #[test]
    fn a_time_of_day_is_one_of_today_on_the_wall_of_the_clinic() {
        for text in [
            r#"{"kind":"closed_until","until":"14:00"}"#,
            r#"{"kind":"closed_until","until":"2026-01-15T14:00:00-05:00"}"#,
        ] {
            let until = answer(text).expect("sound").until;
            assert_eq!(until, "2026-01-15T19:00:00Z".parse().ok(), "{text}");
        }
        let withdrawn = answer(r#"{"kind":"withdraw","of":"more_to_fetch"}"#).expect("sound");
        assert!(withdrawn.withdrawn);
        assert_eq!(withdrawn.kind, AnswerKind::MoreToFetch);
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_named() {
        for (text, field, reason) in [
            ("{}", "kind", Reason::Required),
            (r#"{"kind":"dance"}"#, "kind", Reason::UnknownValue),
            (r#"{"kind":"closed_until"}"#, "until", Reason::Required),
            (
                r#"{"kind":"closed_until","until":"25:00"}"#,
                "until",
                Reason::InvalidFormat,
            ),
            (
                r#"{"kind":"closed_until","until":"2026-01-15T14:00:00"}"#,
                "until",
                Reason::MissingOffset,
            ),
            (r#"{"kind":"more_to_fetch"}"#, "count", Reason::Required),
            (
                r#"{"kind":"more_to_fetch","count":100}"#,
                "count",
                Reason::OutOfRange,
            ),
            (r#"{"kind":"withdraw"}"#, "of", Reason::Required),
        ] {
            let faults = answer(text).expect_err("not sound");
            assert_eq!(faults, [(field.to_owned(), reason)], "{text}");
        }
    }
}

//! What drivers tap, perhaps out of reach and told later: the header `Idempotency-Key` names a tap, so that one told again is known.
//!
//! The key becomes the id of the event, and the inbox does the rest: it answers what it knows as it is now, whatever became of the
//! stop or route since, and refuses the same key with other content.

use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use pontic_core::event::Body;
use pontic_core::fault::{Fault, Reason};
use pontic_core::route::{Route, Stop};
use pontic_store::batch::InboxKey;
use serde_json::Value;

use super::directory::{self, SOURCE};
use super::lookup::{self, Which};
use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;
use crate::door::Accepted;

/// Name of the header.
const HEADER: &str = "idempotency-key";
/// Longest key, in visible characters.
const LONGEST: usize = 128;
/// A phone may have been out of reach for so long.
const MOST_LATE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Its clock may be ahead by so much.
const MOST_AHEAD: SignedDuration = SignedDuration::from_secs(120);

/// A tap, with the id that it has if it is ever told again.
pub struct Tap {
    id: Option<String>,
}

impl Tap {
    /// By the headers of its request.
    pub fn of(headers: &HeaderMap, caller: &Caller) -> Answer<Self> {
        let Some(value) = headers.get(HEADER) else {
            return Ok(Self { id: None });
        };
        let key = value.to_str().unwrap_or_default();
        let is_sound =
            (1..=LONGEST).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !is_sound {
            return Err(Problem::parameter("Idempotency-Key", Reason::InvalidFormat));
        }
        // A driver who logs in anew tells the same taps.
        let id = match (&caller.role, &caller.driver_id) {
            (Role::Driver, Some(driver)) => format!("tap/driver/{driver}/{key}"),
            _ => format!("tap/token/{}/{key}", caller.token_id),
        };
        Ok(Self { id: Some(id) })
    }

    /// Whether a tap that may be told later can have been at that time. What was taken then is known, however late it is told again.
    pub async fn check_time(
        &self,
        app: &App,
        caller: &Caller,
        at: Option<Timestamp>,
    ) -> Answer<()> {
        let Some(at) = at.filter(|_| self.id.is_some()) else {
            return Ok(());
        };
        let now = app.clock.now();
        let reason = if now.duration_since(at) > MOST_LATE {
            Reason::InPast
        } else if at.duration_since(now) > MOST_AHEAD {
            Reason::TooFar
        } else {
            return Ok(());
        };
        if self.taken(app, caller).await?.is_some() {
            return Ok(());
        }
        let fault = Fault::new("at", reason);
        Err(Problem::invalid(StatusCode::BAD_REQUEST, vec![fault]))
    }

    /// The one stop that it is about: of the driver's own routes, or of one that was theirs when they told it first.
    pub async fn stop(&self, app: &App, caller: &Caller, id: &str, which: &Which) -> Answer<Stop> {
        match lookup::stop(app, caller, id, which).await {
            Err(_) if self.was_about(app, caller, "stopId", id).await? => {
                lookup::stop(app, &desk_of(caller), id, which).await
            }
            found => found,
        }
    }

    /// The same for a route.
    pub async fn route(
        &self,
        app: &App,
        caller: &Caller,
        id: &str,
        which: &Which,
    ) -> Answer<Route> {
        match lookup::route(app, caller, id, which).await {
            Err(_) if self.was_about(app, caller, "routeId", id).await? => {
                lookup::route(app, &desk_of(caller), id, which).await
            }
            found => found,
        }
    }

    /// Hands it in.
    pub async fn act(&self, app: &App, caller: &Caller, body: Body) -> Answer<Accepted> {
        directory::act_as(app, caller, body, self.id.clone()).await
    }

    /// Number of its event in the log, if it was told before.
    async fn taken(&self, app: &App, caller: &Caller) -> Answer<Option<u64>> {
        let Some(id) = &self.id else {
            return Ok(None);
        };
        let key = InboxKey::foreign(caller.lab_id.as_ref(), SOURCE, id);
        let seen = app.read(move |store| store.seen(&[key])).await?;
        Ok(seen.first().copied().flatten().map(|seen| seen.seq))
    }

    /// Whether it was told before, of that record: a key of one stop opens no other.
    async fn was_about(&self, app: &App, caller: &Caller, member: &str, id: &str) -> Answer<bool> {
        let Some(seq) = self.taken(app, caller).await? else {
            return Ok(false);
        };
        let row = app.read(move |store| store.log_row(seq)).await?;
        let detail = row.and_then(|row| serde_json::from_str::<Value>(&row.detail).ok());
        Ok(detail.is_some_and(|detail| detail[member] == id))
    }
}

/// Somebody of the same lab for whom all of its routes exist.
fn desk_of(caller: &Caller) -> Caller {
    Caller {
        role: Role::Dispatcher,
        ..caller.clone()
    }
}

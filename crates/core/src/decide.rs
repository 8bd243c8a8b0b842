//! The one door: facts and an event in, a decision out. One function per event, each in the file of its matter.
//!
//! A decision says what to write and what to say; it writes and says nothing itself. If it misses a fact it names the
//! keys ([`Verdict::Missing`]), the caller loads them and asks again. The same facts, event, `now` and entry always give the
//! same decision, so that one that lost a race is simply made again, and the log can be replayed.

mod answers;
mod cases;
mod completion;
mod describe;
mod desk;
mod directory;
mod handing_on;
mod invoices;
mod moving;
mod notices;
mod pickup_steps;
mod pickups;
mod presence;
mod publish;
mod routes;
mod series;
mod stops;
mod subscriptions;
mod tracked;

use jiff::Timestamp;

use crate::event::{Body, Event};
use crate::facts::{Facts, Key, Overlay};
use crate::fault::Fault;
use crate::id::{Ids, LabId};
use crate::record::{Change, Record};
use crate::rules::Rules;

pub use describe::describe;
pub use desk::Desk;
pub use publish::{Alert, Publication};

/// What a decision depends on besides the facts.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time, in whole milliseconds.
    pub now: Timestamp,
    /// The id of the event's log entry: all ids drawn follow from it.
    pub entry: [u8; 16],
    /// The rules in force.
    pub rules: &'a Rules,
}

/// An event for ourselves, due later.
#[derive(Debug, Clone, PartialEq)]
pub struct Deferred {
    /// One per key: a later one replaces it.
    pub key: String,
    /// When.
    pub due: Timestamp,
    /// What.
    pub body: Body,
}

/// What an accepted event leads to.
#[derive(Debug)]
pub struct Decision {
    /// Every record that it changed, as it is now, with its version before (absent: it is new).
    pub records: Vec<(Option<u64>, Record)>,
    /// The same in the words of those who watch.
    pub changes: Vec<Change>,
    /// What other systems are told.
    pub publications: Vec<Publication>,
    /// What people are told.
    pub alerts: Vec<Alert>,
    /// What is left for later.
    pub deferred: Vec<Deferred>,
    /// The contract's `result`: a JSON object.
    pub result: String,
    /// The lab it concerns.
    pub lab_id: Option<LabId>,
    /// The changes as facts, for the events that follow in the batch.
    pub overlay: Overlay,
}

impl Decision {
    /// Whether it changes nothing and says nothing. What it would leave for later was then left by the event before it.
    pub fn is_idle(&self) -> bool {
        self.records.is_empty() && self.publications.is_empty() && self.alerts.is_empty()
    }
}

/// Why an event is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Something in it is wrong.
    Invalid(Vec<Fault>),
    /// It does not fit what is; the code is part of the contract.
    Conflict(&'static str),
    /// What it speaks of does not exist; the code is part of the contract.
    Unknown(&'static str),
    /// The row changed since the sender looked (`If-Match`).
    Stale,
    /// The sender may not speak for that lab, clinic or driver.
    Forbidden(Fault),
}

impl Refusal {
    /// The word for it in answers and logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::Conflict(code) | Self::Unknown(code) => code,
            Self::Stale => "version_mismatch",
            Self::Forbidden(_) => "forbidden",
        }
    }
}

/// Why there is no decision.
#[derive(Debug)]
pub enum Verdict {
    /// Load these and ask again.
    Missing(Vec<Key>),
    /// Not accepted.
    Refused(Refusal),
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A step of a decision.
pub type Step<T> = Result<T, Verdict>;

/// Refuses with one fault.
pub(crate) fn fault(field: &'static str, reason: crate::fault::Reason) -> Verdict {
    Refusal::Invalid(vec![Fault::new(field, reason)]).into()
}

/// Decides what `event` leads to.
pub fn decide(facts: &Facts, event: &Event, context: Context<'_>) -> Result<Decision, Verdict> {
    let mut desk = Desk::new(facts, event, context);
    let result = match &event.body {
        Body::CaseReadyToShip(detail) => cases::ready(&mut desk, detail),
        Body::CaseCancelled(detail) => cases::cancelled(&mut desk, detail),
        Body::CaseOnHold(detail) => cases::on_hold(&mut desk, detail),
        Body::PickupRequested(detail) => pickups::requested(&mut desk, detail),
        Body::PickupCancelled(detail) => pickups::cancelled(&mut desk, detail),
        Body::PickupMoved(detail) => pickups::moved(&mut desk, detail),
        Body::PickupEnded(detail) => pickups::ended(&mut desk, detail),
        Body::SeriesExtended(detail) => series::extended(&mut desk, detail),
        Body::RushDue(detail) => pickups::rush_due(&mut desk, detail),
        Body::DeliveryCompleted(detail) => completion::completed(&mut desk, detail),
        Body::DeliveryPatched(detail) => cases::delivery_patched(&mut desk, detail),
        Body::InvoiceIssued(detail) => invoices::issued(&mut desk, detail),
        Body::LabSet(detail) => directory::lab_set(&mut desk, detail),
        Body::ClinicSet(detail) => directory::clinic_set(&mut desk, detail),
        Body::ClinicMerged(detail) => directory::clinic_merged(&mut desk, detail),
        Body::DriverSet(detail) => directory::driver_set(&mut desk, detail),
        Body::EndpointSet(detail) => directory::endpoint_set(&mut desk, detail),
        Body::MappingGiven(detail) => directory::mapping_given(&mut desk, detail),
        Body::SubscriptionSet(detail) => subscriptions::set(&mut desk, detail),
        Body::SubscriptionRemoved(detail) => subscriptions::removed(&mut desk, detail),
        Body::SubscriptionPaused(detail) => subscriptions::paused(&mut desk, detail),
        Body::TemplateSet(detail) => notices::template_set(&mut desk, detail),
        Body::TemplateRemoved(detail) => notices::template_removed(&mut desk, detail),
        Body::NoticeFailed(detail) => Ok(notices::failed(&mut desk, detail)),
        Body::MessagesDead(detail) => Ok(subscriptions::dead(&mut desk, detail)),
        Body::RoutePlanned(detail) => routes::planned(&mut desk, detail),
        Body::RouteChanged(detail) => routes::changed(&mut desk, detail),
        Body::RouteStarted(detail) => routes::started(&mut desk, detail),
        Body::RouteFinished(detail) => routes::finished(&mut desk, detail),
        Body::StopArrived(detail) => stops::arrived(&mut desk, detail),
        Body::StopCompleted(detail) => stops::completed(&mut desk, detail),
        Body::StopFailed(detail) => stops::failed(&mut desk, detail),
        Body::StopSkipped(detail) => stops::skipped(&mut desk, detail),
        Body::ClinicAnswered(detail) => answers::answered(&mut desk, detail),
        Body::DriverPresenceSet(detail) => presence::set(&mut desk, detail),
        Body::BreakEnded(detail) => presence::break_ended(&mut desk, detail),
        Body::StopMoved(detail) => moving::moved(&mut desk, detail),
        Body::StopSighted(detail) => tracked::sighted(&mut desk, detail),
        Body::SightingCorrected(detail) => tracked::corrected(&mut desk, detail),
        Body::LegEstimated(detail) => tracked::estimated(&mut desk, detail),
        Body::ArrivalNoticed(detail) => tracked::noticed(&mut desk, detail),
        Body::DriverSeen(detail) => tracked::seen(&mut desk, detail),
        Body::DriverSilent(detail) => tracked::silent(&mut desk, detail),
        Body::SenderSilent(detail) => Ok(tracked::sender_silent(&mut desk, detail)),
        Body::RulesSet(detail) => directory::rules_set(&mut desk, detail),
        Body::MessageRefused(detail) => Ok(directory::message_refused(&mut desk, detail)),
    }?;
    Ok(desk.decision(result))
}

/// The id draw of a decision; here for those who must know an id before they decide.
pub fn ids(context: &Context<'_>) -> Ids {
    Ids::new(context.entry, context.now)
}

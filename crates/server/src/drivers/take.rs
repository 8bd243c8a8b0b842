//! A fix comes in.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::fix::{Fix, Rejection, check_age};
use pontic_core::tracking::Seen;
use pontic_store::StoreError;
use pontic_store::positions::{DriverNo, Place, Received};

use super::fleet::{State, locked};
use super::hearsay;
use super::{Drivers, Late, telling};
use crate::metrics::exposition;

/// What became of a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// New, and the newest.
    Accepted,
    /// It came before.
    Duplicate,
    /// New, and older than the newest.
    Late,
    /// Not kept.
    Rejected(Rejection),
}

/// A fix that was dealt with.
#[derive(Debug)]
pub struct Taken {
    /// What became of it.
    pub status: Status,
    /// On disk once the log has got so far.
    pub ticket: u64,
    /// The update that it caused, if that was asked for.
    pub update: Option<String>,
}

impl Status {
    /// The contract's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::Rejected(_) => "rejected",
        }
    }
}

impl Taken {
    /// Nothing was kept.
    pub const fn rejected(reason: Rejection) -> Self {
        Self {
            status: Status::Rejected(reason),
            ticket: 0,
            update: None,
        }
    }
}

impl Drivers {
    /// Takes fixes, each of its driver, in their order; the answers are in that order too. An error: some may not have been kept, and
    /// all may be sent again.
    pub async fn take(
        self: &Arc<Self>,
        fixes: Vec<(DriverNo, Fix)>,
        wants_update: bool,
    ) -> Result<Vec<Taken>, StoreError> {
        if self.asks_the_log(&fixes) {
            self.apart(move |drivers| drivers.take_all(&fixes, wants_update))
                .await
        } else {
            self.take_all(&fixes, wants_update)
        }
    }

    /// Whether taking them means to wait for what the log answers: most are the newest, and it does not.
    fn asks_the_log(&self, fixes: &[(DriverNo, Fix)]) -> bool {
        let now = self.clock.now();
        of_each(fixes).any(|(no, fixes)| {
            let handle = self.fleet.handle(no);
            let state = locked(&handle);
            hearsay::is_shared(&state, now) || !doubtful(&state, fixes, now).is_empty()
        })
    }

    fn take_all(
        &self,
        fixes: &[(DriverNo, Fix)],
        wants_update: bool,
    ) -> Result<Vec<Taken>, StoreError> {
        let mut all = Vec::with_capacity(fixes.len());
        for (no, fixes) in of_each(fixes) {
            let taken = self.take_of(no, fixes, wants_update)?;
            for taken in &taken {
                exposition::position(taken.status.as_str());
            }
            all.extend(taken);
        }
        Ok(all)
    }

    /// Takes fixes of one driver.
    fn take_of(
        &self,
        no: DriverNo,
        fixes: &[(DriverNo, Fix)],
        wants_update: bool,
    ) -> Result<Vec<Taken>, StoreError> {
        let now = self.clock.now();
        let handle = self.fleet.handle(no);
        let mut state = locked(&handle);
        if hearsay::is_shared(&state, now) {
            self.catch_up(no, &mut state, now)?;
        }
        let doubtful = doubtful(&state, fixes, now);
        let mut known = if doubtful.is_empty() {
            BTreeSet::new()
        } else {
            self.log.known(no, &doubtful)?
        };
        let mut all = Vec::with_capacity(fixes.len());
        for (_, fix) in fixes {
            all.push(if let Err(reason) = check_age(fix.at, now) {
                Taken::rejected(reason)
            } else if known.insert(Place::of(fix)) {
                self.take_new(no, &mut state, fix, now, wants_update)?
            } else {
                Taken {
                    status: Status::Duplicate,
                    // It may be on its way to the disk still.
                    ticket: self.log.last_ticket(),
                    update: None,
                }
            });
        }
        if state.late.is_some() {
            // The worker ends with the program.
            let _ = self.late.send(Late::Driver(no));
        }
        Ok(all)
    }

    /// Takes a fix that did not come before.
    fn take_new(
        &self,
        no: DriverNo,
        state: &mut State,
        fix: &Fix,
        now: Timestamp,
        wants_update: bool,
    ) -> Result<Taken, StoreError> {
        let ticket = self.log.append(&[Received {
            driver: no,
            fix: *fix,
            received_at: now,
        }])?;
        state.taken += 1;
        let status = if state.newest.is_some_and(|newest| fix.at < newest.at) {
            Status::Late
        } else {
            Status::Accepted
        };
        let update = if is_newest(fix, state.newest.as_ref()) {
            self.go_on(no, state, fix, now, wants_update)
        } else {
            state.note_late(fix.at);
            None
        };
        Ok(Taken {
            status,
            ticket,
            update,
        })
    }

    /// The newest fix moves the driver on.
    pub(super) fn go_on(
        &self,
        no: DriverNo,
        state: &mut State,
        fix: &Fix,
        now: Timestamp,
        wants_update: bool,
    ) -> Option<String> {
        state.newest = Some(*fix);
        state.habit.note(fix);
        state.silent = false;
        let Some(road) = &mut state.road else {
            return telling::tell(self, no, fix, None, wants_update);
        };
        let mut seen: Vec<Seen> = Vec::new();
        let news = road.go_on(fix, now, &mut seen);
        for seen in &seen {
            self.report_seen(&road.plan, seen);
        }
        for notice in &news.notices {
            self.report_notice(&road.plan, notice);
        }
        self.ask_for_legs(road, fix, now);
        telling::tell(self, no, fix, Some((road, &news)), wants_update)
    }
}

/// Whether a fix comes after the newest so far.
fn is_newest(fix: &Fix, newest: Option<&Fix>) -> bool {
    newest.is_none_or(|newest| fix.order(newest).is_gt())
}

/// Those that may have come before: what is newer than the newest did not.
fn doubtful(state: &State, fixes: &[(DriverNo, Fix)], now: Timestamp) -> Vec<Fix> {
    let mut newest = state.newest;
    let mut doubtful = Vec::new();
    for (_, fix) in fixes {
        if check_age(fix.at, now).is_err() {
            continue;
        }
        if is_newest(fix, newest.as_ref()) {
            newest = Some(*fix);
        } else {
            doubtful.push(*fix);
        }
    }
    doubtful
}

/// The fixes in their order, those of one driver that follow each other together.
fn of_each(fixes: &[(DriverNo, Fix)]) -> impl Iterator<Item = (DriverNo, &[(DriverNo, Fix)])> {
    let runs = fixes.chunk_by(|one, next| one.0 == next.0);
    runs.filter_map(|run| run.first().map(|(no, _)| (*no, run)))
}

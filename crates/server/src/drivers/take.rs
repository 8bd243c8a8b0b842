//! A fix comes in.

use jiff::Timestamp;
use pontic_core::fix::{Fix, Rejection, check_age};
use pontic_core::tracking::Seen;
use pontic_store::StoreError;
use pontic_store::positions::{DriverNo, Received};

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
    /// Takes a driver's fix. An error: nothing was kept, and it may be sent again.
    pub fn take(&self, no: DriverNo, fix: Fix, wants_update: bool) -> Result<Taken, StoreError> {
        let taken = self.try_take(no, fix, wants_update)?;
        exposition::position(taken.status.as_str());
        Ok(taken)
    }

    fn try_take(&self, no: DriverNo, fix: Fix, wants_update: bool) -> Result<Taken, StoreError> {
        let now = self.clock.now();
        if let Err(reason) = check_age(fix.at, now) {
            return Ok(Taken::rejected(reason));
        }
        let handle = self.fleet.handle(no);
        let mut state = locked(&handle);
        if hearsay::is_shared(&state, now) {
            self.catch_up(no, &mut state, now)?;
        }
        let newest = state.newest;
        let is_newest = newest.is_none_or(|newest| fix.order(&newest).is_gt());
        if !is_newest && self.log.contains(no, &fix)? {
            return Ok(Taken {
                status: Status::Duplicate,
                // It may be on its way to the disk still.
                ticket: self.log.last_ticket(),
                update: None,
            });
        }
        let ticket = self.log.append(&[Received {
            driver: no,
            fix,
            received_at: now,
        }])?;
        state.taken += 1;
        let status = if newest.is_some_and(|newest| fix.at < newest.at) {
            Status::Late
        } else {
            Status::Accepted
        };
        if is_newest {
            let update = self.go_on(no, &mut state, &fix, now, wants_update);
            return Ok(Taken {
                status,
                ticket,
                update,
            });
        }
        state.note_late(fix.at);
        // The worker ends with the program.
        let _ = self.late.send(Late::Driver(no));
        Ok(Taken {
            status,
            ticket,
            update: None,
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

//! Fixes that another program took: a phone sends to whichever it is connected to, and every program knows where everybody is.
//!
//! They move the driver on as our own do. What they mean is told by every program that sees it: an observation's id says what was
//! observed, so that the first one counts and the others change nothing. So none is lost with the program that took the fix, and
//! nobody has to find out who is still alive.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use pontic_store::StoreError;
use pontic_store::positions::{DriverNo, Received};

use super::fleet::{State, locked};
use super::{Drivers, Late};

/// What was not heard is looked for so far back.
const MISSED: SignedDuration = SignedDuration::from_mins(30);

/// For so long after a phone sent to another program, what it sends here is looked for there first.
const SHARED: SignedDuration = SignedDuration::from_mins(1);

/// Whether the driver's phone sent to another program a moment ago, and fixes of there may be on disk that were not heard of yet.
pub fn is_shared(state: &State, now: Timestamp) -> bool {
    state
        .elsewhere
        .is_some_and(|at| now.duration_since(at) < SHARED)
}

impl Drivers {
    /// Takes fixes that another program took, and has on disk.
    pub fn hear_fixes(&self, fixes: &[Received]) {
        let now = self.clock.now();
        for received in fixes {
            let handle = self.fleet.handle(received.driver);
            let mut state = locked(&handle);
            let order = state
                .newest
                .map_or(Ordering::Greater, |newest| received.fix.order(&newest));
            if order.is_eq() {
                // It may be told twice.
                continue;
            }
            state.elsewhere = Some(now);
            // Whoever is folding this driver's route again is to see it.
            state.taken += 1;
            if order.is_gt() {
                self.go_on(received.driver, &mut state, &received.fix, now, false);
            } else {
                state.note_late(received.fix.at);
                // The worker ends with the program.
                let _ = self.late.send(Late::Driver(received.driver));
            }
        }
    }

    /// Before a fix is taken from a phone that sent to another program: what was taken there is on disk, and may not be heard of yet.
    pub(super) fn catch_up(
        &self,
        no: DriverNo,
        state: &mut State,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let last = self
            .log
            .last(no)?
            .map_or(Timestamp::MIN, |kept| kept.fix.at);
        if let Some(known) = state.newest.filter(|newest| newest.at <= last) {
            for fix in self.fixes(no, known.at, Timestamp::MAX)? {
                let newest = state.newest.unwrap_or(known);
                if fix.order(&newest).is_gt() {
                    state.taken += 1;
                    self.go_on(no, state, &fix, now, false);
                }
            }
        }
        Ok(())
    }

    /// Nothing was heard of other programs for a while: the log knows where everybody is, and routes are looked at again.
    pub fn hear_what_was_missed(&self) -> Result<(), StoreError> {
        let since = self.clock.now().saturating_sub(MISSED);
        let since = since.unwrap_or(Timestamp::MIN);
        for (no, kept) in self.log.latest(since)? {
            let handle = self.fleet.handle(no);
            let mut state = locked(&handle);
            state.taken += 1;
            state.note(&kept.fix);
            state.note_late(since);
            state.note_late(kept.fix.at);
            drop(state);
            // The worker ends with the program.
            let _ = self.late.send(Late::Driver(no));
        }
        Ok(())
    }
}

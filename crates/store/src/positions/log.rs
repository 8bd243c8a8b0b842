//! What a log of positions does, whichever engine keeps it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};

use super::{DriverNo, Kept, Name, Place, Positions, Received};
use crate::StoreError;

/// Where every driver was, append-only. A fix is known by its driver, time and place, and there once, however often it came.
pub trait PositionLog: Send + Sync {
    /// The number of a driver who has one, without asking anybody.
    fn find(&self, lab: &LabId, driver: &DriverId) -> Option<DriverNo>;

    /// The driver's number; drawn if there is none, and on disk when this returns. Numbers are counted up from 0.
    fn number(&self, lab: &LabId, driver: &DriverId) -> Result<DriverNo, StoreError>;

    /// Whose number that is.
    fn name(&self, no: DriverNo) -> Option<Arc<Name>>;

    /// Adds fixes; what reads here from now on sees them. Gives the ticket with which they will be on disk, which is told to
    /// [`super::OnDisk`].
    fn append(&self, fixes: &[Received]) -> Result<u64, StoreError>;

    /// The ticket given last.
    fn last_ticket(&self) -> u64;

    /// Those of the fixes' places that the driver has: each is that very fix. Asked once for all of a message, as it may be a
    /// journey to a database.
    fn known(&self, driver: DriverNo, fixes: &[Fix]) -> Result<BTreeSet<Place>, StoreError>;

    /// Up to `limit` fixes of a driver with times in `from..to`, after the place `after`, in the order of places.
    fn read(
        &self,
        driver: DriverNo,
        from: Timestamp,
        to: Timestamp,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError>;

    /// The last fix before `at`, or at `after`, within an hour: what a fix after it is held against.
    fn before(
        &self,
        driver: DriverNo,
        at: Timestamp,
        after: Option<Place>,
    ) -> Result<Option<Kept>, StoreError>;

    /// The driver's newest fix.
    fn last(&self, driver: DriverNo) -> Result<Option<Kept>, StoreError>;

    /// The newest fix of every driver who has one since then.
    fn latest(&self, since: Timestamp) -> Result<Vec<(DriverNo, Kept)>, StoreError>;

    /// Looks after what came until now: makes compact what is over, and room for what comes. Appending goes on meanwhile, and it is
    /// harmless when several do it.
    fn close_hours(&self, now: Timestamp) -> Result<(), StoreError>;

    /// The same for days, which takes longer.
    fn close_days(&self, now: Timestamp) -> Result<(), StoreError>;

    /// Forgets days that lie before the retention; gives how many files or partitions went.
    fn prune(&self, now: Timestamp) -> Result<usize, StoreError>;
}

impl PositionLog for Positions {
    fn find(&self, lab: &LabId, driver: &DriverId) -> Option<DriverNo> {
        self.find(lab, driver)
    }

    fn number(&self, lab: &LabId, driver: &DriverId) -> Result<DriverNo, StoreError> {
        self.number(lab, driver)
    }

    fn name(&self, no: DriverNo) -> Option<Arc<Name>> {
        self.name(no)
    }

    fn append(&self, fixes: &[Received]) -> Result<u64, StoreError> {
        self.append(fixes)
    }

    fn last_ticket(&self) -> u64 {
        self.last_ticket()
    }

    fn known(&self, driver: DriverNo, fixes: &[Fix]) -> Result<BTreeSet<Place>, StoreError> {
        self.known(driver, fixes)
    }

    fn read(
        &self,
        driver: DriverNo,
        from: Timestamp,
        to: Timestamp,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        self.read(driver, from, to, after, limit)
    }

    fn before(
        &self,
        driver: DriverNo,
        at: Timestamp,
        after: Option<Place>,
    ) -> Result<Option<Kept>, StoreError> {
        self.before(driver, at, after)
    }

    fn last(&self, driver: DriverNo) -> Result<Option<Kept>, StoreError> {
        self.last(driver)
    }

    fn latest(&self, since: Timestamp) -> Result<Vec<(DriverNo, Kept)>, StoreError> {
        self.latest(since)
    }

    fn close_hours(&self, now: Timestamp) -> Result<(), StoreError> {
        self.close_hours(now)
    }

    fn close_days(&self, now: Timestamp) -> Result<(), StoreError> {
        self.close_days(now)
    }

    fn prune(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.prune(now)
    }
}

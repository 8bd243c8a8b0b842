//! Positions that other programs keep.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};

use super::{DriverNo, Kept, Name, Place, PositionLog, Received};
use crate::StoreError;

/// The log of a program that takes no positions and shows none: nobody is found in it, and what is to be written is refused.
#[derive(Debug, Clone, Copy)]
pub struct Elsewhere;

fn refused<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable(
        "positions are with other programs".to_owned(),
    ))
}

impl PositionLog for Elsewhere {
    fn find(&self, _: &LabId, _: &DriverId) -> Option<DriverNo> {
        None
    }

    fn number(&self, _: &LabId, _: &DriverId) -> Result<DriverNo, StoreError> {
        refused()
    }

    fn name(&self, _: DriverNo) -> Option<Arc<Name>> {
        None
    }

    fn append(&self, _: &[Received]) -> Result<u64, StoreError> {
        refused()
    }

    fn last_ticket(&self) -> u64 {
        0
    }

    fn known(&self, _: DriverNo, _: &[Fix]) -> Result<BTreeSet<Place>, StoreError> {
        refused()
    }

    fn read(
        &self,
        _: DriverNo,
        _: Timestamp,
        _: Timestamp,
        _: Option<Place>,
        _: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        refused()
    }

    fn before(
        &self,
        _: DriverNo,
        _: Timestamp,
        _: Option<Place>,
    ) -> Result<Option<Kept>, StoreError> {
        refused()
    }

    fn last(&self, _: DriverNo) -> Result<Option<Kept>, StoreError> {
        refused()
    }

    fn latest(&self, _: Timestamp) -> Result<Vec<(DriverNo, Kept)>, StoreError> {
        refused()
    }

    fn close_hours(&self, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    fn close_days(&self, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    fn prune(&self, _: Timestamp) -> Result<usize, StoreError> {
        Ok(0)
    }
}

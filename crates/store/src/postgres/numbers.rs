//! Drivers by number and numbers by driver, held in memory: what other programs draw is learned by the line.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use deadpool_postgres::{GenericClient, Transaction};
use pontic_core::id::{DriverId, LabId};
use tokio_postgres::Row;

use super::rows;
use super::telling::{self, Program};
use crate::StoreError;
use crate::positions::{DriverNo, Name};

/// The drivers that have numbers, as far as they are known here.
#[derive(Default)]
pub struct Numbers(RwLock<Known>);

#[derive(Default)]
struct Known {
    by_number: HashMap<DriverNo, Arc<Name>>,
    by_name: HashMap<Arc<Name>, DriverNo>,
    /// All below it are known.
    next: i32,
}

impl Numbers {
    /// The drivers whose numbers begin there. One program draws at a time, so nobody comes later with a smaller one.
    pub const SINCE: &str =
        "SELECT no, lab_id, driver_id FROM fix_driver WHERE no >= $1 ORDER BY no";

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// All below it are known.
    pub fn next(&self) -> i32 {
        self.known().next
    }

    /// Whether that one is known.
    pub fn knows(&self, no: DriverNo) -> bool {
        self.known().by_number.contains_key(&no)
    }

    /// The driver's number.
    pub fn find(&self, lab: &LabId, driver: &DriverId) -> Option<DriverNo> {
        let name = Name {
            lab_id: lab.clone(),
            driver_id: driver.clone(),
        };
        self.known().by_name.get(&name).copied()
    }

    /// The number's driver.
    pub fn name(&self, no: DriverNo) -> Option<Arc<Name>> {
        self.known().by_number.get(&no).cloned()
    }

    /// Takes up what [`Self::SINCE`] gave.
    pub fn learn(&self, found: &[Row]) -> Result<(), StoreError> {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for row in found {
            let no: i32 = rows::get(row, 0)?;
            let name = Arc::new(Name {
                lab_id: LabId::known(rows::get::<String>(row, 1)?),
                driver_id: DriverId::known(rows::get::<String>(row, 2)?),
            });
            let number = DriverNo(u32::try_from(no).map_err(|_| rows::misread("number"))?);
            known.by_number.insert(number, Arc::clone(&name));
            known.by_name.insert(name, number);
            known.next = known.next.max(no.saturating_add(1));
        }
        Ok(())
    }

    /// Reads what was drawn since.
    pub async fn read(&self, client: &impl GenericClient) -> Result<(), StoreError> {
        let found = rows::query(client, Self::SINCE, &[&self.next()]).await?;
        self.learn(&found)
    }
}

/// Draws numbers for those of the drivers that have none, in their order.
pub async fn draw(
    transaction: &Transaction<'_>,
    program: &Program,
    drivers: &[(&LabId, &DriverId)],
) -> Result<(), StoreError> {
    let labs: Vec<&str> = drivers.iter().map(|(lab, _)| lab.as_str()).collect();
    let ids: Vec<&str> = drivers.iter().map(|(_, id)| id.as_str()).collect();
    // One at a time: so numbers become known in their order, without gaps.
    let lock = "LOCK TABLE fix_driver IN SHARE ROW EXCLUSIVE MODE";
    rows::execute(transaction, lock, &[]).await?;
    let sql = "INSERT INTO fix_driver (no, lab_id, driver_id)
               SELECT (SELECT coalesce(max(no) + 1, 0) FROM fix_driver) + (row_number() OVER (ORDER BY place))::int - 1,
                      lab_id, driver_id
               FROM UNNEST($1::text[], $2::text[]) WITH ORDINALITY AS u (lab_id, driver_id, place)
               WHERE NOT EXISTS (SELECT 1 FROM fix_driver AS t
                                 WHERE t.driver_id = u.driver_id AND t.lab_id = u.lab_id)";
    rows::execute(transaction, sql, &[&labs, &ids]).await?;
    telling::tell(transaction, telling::DRIVER, &program.says("")).await
}

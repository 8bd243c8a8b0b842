//! Who sends positions, and for whom.

use std::collections::HashMap;

use pontic_core::fix::Rejection;
use pontic_core::id::{DriverId, LabId};
use pontic_store::positions::DriverNo;

use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;

/// The lab of drivers whom nobody knows, where neither the sender's token nor the request names one: the default endpoints' too.
const DEFAULT_LAB: &str = "LAB001";

/// A sender of positions, and the drivers that it has named so far.
pub struct Sender {
    lab_id: Option<LabId>,
    /// Speaks for that driver alone.
    own: Option<DriverId>,
    numbers: HashMap<DriverId, DriverNo>,
}

impl Sender {
    /// The holder of a token; `asked` is the lab that the request names.
    pub fn new(caller: &Caller, asked: Option<&str>) -> Answer<Self> {
        let asked = asked
            .map(LabId::parse)
            .transpose()
            .map_err(|reason| Problem::parameter("labId", reason))?;
        if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
            return Err(Problem::not_found());
        }
        Ok(Self {
            lab_id: caller.lab_id.clone().or(asked),
            own: caller
                .driver_id
                .clone()
                .filter(|_| caller.role == Role::Driver),
            numbers: HashMap::new(),
        })
    }

    /// The driver that it speaks for alone.
    pub const fn own(&self) -> Option<&DriverId> {
        self.own.as_ref()
    }

    /// Whether all that comes is of one driver.
    pub fn is_one_driver(&self) -> bool {
        self.own.is_some()
    }

    /// The driver that a message is about. An error of the outer kind: it may be sent again.
    pub async fn driver(
        &mut self,
        app: &App,
        named: Option<&DriverId>,
    ) -> Answer<Result<DriverNo, Rejection>> {
        let driver = match (&self.own, named) {
            (Some(own), Some(named)) if own != named => return Ok(Err(Rejection::NotYourDriver)),
            (Some(own), _) => own.clone(),
            (None, Some(named)) => named.clone(),
            (None, None) => return Ok(Err(Rejection::InvalidType)),
        };
        if let Some(no) = self.numbers.get(&driver) {
            return Ok(Ok(*no));
        }
        let Some(lab) = self.lab_of(app, &driver).await? else {
            return Ok(Err(Rejection::NotYourDriver));
        };
        let no = app.drivers.enlist(&lab, &driver).await?;
        self.numbers.insert(driver, no);
        Ok(Ok(no))
    }

    /// The sender's lab, else the one that has such a driver; nothing where several have.
    async fn lab_of(&self, app: &App, driver: &DriverId) -> Answer<Option<LabId>> {
        if let Some(lab) = &self.lab_id {
            return Ok(Some(lab.clone()));
        }
        let mut labs = app.drivers.labs_of(driver).await?;
        Ok(match labs.len() {
            0 => Some(LabId::known(DEFAULT_LAB)),
            1 => labs.pop(),
            _ => None,
        })
    }
}

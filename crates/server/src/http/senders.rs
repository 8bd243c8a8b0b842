//! Who sends positions, and for whom.

use std::collections::HashMap;

use pontic_core::fix::Rejection;
use pontic_core::id::{DriverId, LabId};
use pontic_store::positions::DriverNo;
use pontic_wire::phone::native::Reported;

use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;
use crate::drivers::Taken;

/// The lab of drivers whom nobody knows, where neither the sender's token nor the request names one: the default endpoints' too.
const DEFAULT_LAB: &str = "LAB001";

/// A sender of positions, and the drivers that it has named so far.
pub struct Sender {
    lab_id: Option<LabId>,
    /// Speaks for that driver alone.
    own: Option<DriverId>,
    numbers: HashMap<DriverId, DriverNo>,
    /// The driver that was spoken of last.
    last: Option<DriverNo>,
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
            last: None,
        })
    }

    /// The driver that it speaks for alone.
    pub const fn own(&self) -> Option<&DriverId> {
        self.own.as_ref()
    }

    /// The driver of whom all is that comes, once something came.
    pub fn the_driver(&self) -> Option<DriverNo> {
        self.own.as_ref().and(self.last)
    }

    /// Takes what was reported, in its order, as are the answers. With `only`, it is all of that driver. An error: all of it may be
    /// sent again.
    pub async fn take(
        &mut self,
        app: &App,
        only: Option<&DriverId>,
        reports: &[Result<Reported, Rejection>],
        wants_update: bool,
    ) -> Answer<Vec<Taken>> {
        let mut fixes = Vec::with_capacity(reports.len());
        let mut refused = Vec::with_capacity(reports.len());
        for report in reports {
            let driver = match report {
                Ok(report) => self.reported(app, only, report).await?,
                Err(reason) => Err(*reason),
            };
            refused.push(driver.err());
            if let (Ok(report), Ok(no)) = (report, driver) {
                self.last = Some(no);
                fixes.push((no, report.fix));
            }
        }
        let mut taken = app.drivers.take(fixes, wants_update).await?.into_iter();
        let answers = refused.into_iter().map(|refused| match refused {
            Some(reason) => Some(Taken::rejected(reason)),
            None => taken.next(),
        });
        answers
            .collect::<Option<Vec<Taken>>>()
            .ok_or_else(Problem::unavailable)
    }

    async fn reported(
        &mut self,
        app: &App,
        only: Option<&DriverId>,
        report: &Reported,
    ) -> Answer<Result<DriverNo, Rejection>> {
        match (only, &report.driver_id) {
            (Some(only), Some(named)) if only != named => Ok(Err(Rejection::NotYourDriver)),
            (Some(only), _) => self.driver(app, Some(only)).await,
            (None, named) => self.driver(app, named.as_ref()).await,
        }
    }

    /// The driver that a message is about. An error of the outer kind: it may be sent again.
    async fn driver(
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

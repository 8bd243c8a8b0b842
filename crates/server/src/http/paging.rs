//! Lists: filters and pages as they stand in addresses.

use pontic_core::fault::Reason;
use pontic_core::id::LabId;
use pontic_store::page::{Filter, Page, Paging};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::problem::{Answer, Problem};
use crate::access::Caller;

/// Items of a page where nobody says.
const USUAL: usize = 50;
/// Most items of a page.
const MOST: usize = 200;

/// What a list is filtered by, and which part of it is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Of that lab.
    pub lab_id: Option<String>,
    /// For that clinic.
    pub clinic_id: Option<String>,
    /// On that day.
    pub date: Option<String>,
    /// With that status.
    pub status: Option<String>,
    /// Pickups with that id of their sender.
    pub pickup_id: Option<String>,
    /// `0`: what patients are called and what is written about them is left out, also for those who may read it.
    pub names: Option<String>,
    /// At most so many items, up to 200.
    pub limit: Option<String>,
    /// After the last `next`.
    pub after: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List {
    /// The items.
    pub items: Vec<Value>,
    /// Where the next part begins; `null` at the end.
    pub next: Option<String>,
}

impl ListQuery {
    /// The filter, within what the caller sees; `None` if they ask for a lab that does not exist for them.
    pub fn filter(&self, caller: &Caller) -> Answer<Option<Filter>> {
        let asked = said(self.lab_id.as_deref()).map(LabId::known);
        if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
            return Ok(None);
        }
        let date = match said(self.date.as_deref()) {
            Some(text) => Some(
                text.parse()
                    .map_err(|_| Problem::parameter("date", Reason::InvalidFormat))?,
            ),
            None => None,
        };
        let clinic = said(self.clinic_id.as_deref());
        if clinic.is_some() && !caller.sees_clinic(clinic) {
            return Ok(None);
        }
        let own = caller.clinic_id.as_ref().map(ToString::to_string);
        Ok(Some(Filter {
            lab_id: asked.or_else(|| caller.lab_id.clone()),
            clinic_id: clinic.map(str::to_owned).or(own),
            date,
            status: said(self.status.as_deref()).map(str::to_owned),
            parent: None,
            pickup_id: said(self.pickup_id.as_deref()).map(str::to_owned),
            open: false,
        }))
    }

    /// Which part is asked for.
    pub fn paging(&self) -> Answer<Paging> {
        paging(self.limit.as_deref(), self.after.as_deref())
    }
}

/// An absent parameter and an empty one are the same.
pub fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Whether the newest are asked for first: `order=newest`; usual is `oldest`.
pub fn newest_first(order: Option<&str>) -> Answer<bool> {
    match said(order) {
        None | Some("oldest") => Ok(false),
        Some("newest") => Ok(true),
        Some(_) => Err(Problem::parameter("order", Reason::UnknownValue)),
    }
}

/// `limit` and `after`.
pub fn paging(limit: Option<&str>, after: Option<&str>) -> Answer<Paging> {
    let limit = match said(limit) {
        Some(text) => match text.parse() {
            Ok(limit @ 1..=MOST) => limit,
            Ok(_) => return Err(Problem::parameter("limit", Reason::OutOfRange)),
            Err(_) => return Err(Problem::parameter("limit", Reason::NotInteger)),
        },
        None => USUAL,
    };
    let after = match said(after) {
        Some(text) => Some(
            text.parse()
                .map_err(|_| Problem::parameter("after", Reason::InvalidFormat))?,
        ),
        None => None,
    };
    Ok(Paging { after, limit })
}

impl List {
    /// A page, each item in its shape.
    pub fn of<T>(page: &Page<T>, shape: impl Fn(&T) -> Value) -> Self {
        Self {
            items: page.items.iter().map(shape).collect(),
            next: page.next.map(|next| next.to_string()),
        }
    }

    /// Nothing.
    pub const fn empty() -> Self {
        Self {
            items: Vec::new(),
            next: None,
        }
    }
}

//! Reports for Finance.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use pontic_core::delivery::{Case, Handover};
use pontic_core::fault::Reason;
use pontic_core::id::LabId;
use pontic_core::invoice::{Invoice, InvoiceStatus};
use pontic_core::record::{Entity, Kind};
use pontic_core::time;
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use super::paging::{List, paging, said};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;

/// Records that are read at once for a file.
const AT_ONCE: usize = 200;
/// Most rows of a file.
const MOST_ROWS: usize = 100_000;
/// Cases that an invoice waits for that are named.
const NAMED: usize = 10;
const DAY_S: i64 = 86_400;

/// Of whom, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct UnbilledQuery {
    /// Of that lab.
    lab_id: Option<String>,
    /// For that clinic.
    clinic_id: Option<String>,
    /// Delivered at least so many days ago.
    older_than_days: Option<String>,
    /// `json` (usual) or `csv`: the whole report as a file.
    format: Option<String>,
    /// At most so many records, up to 200.
    limit: Option<String>,
    /// After the last `next`.
    after: Option<String>,
}

/// A case that was delivered and not billed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Unbilled {
    case_id: String,
    lab_id: String,
    clinic_id: Option<String>,
    delivery_id: String,
    delivered_at: String,
    days_ago: i64,
    /// `no_invoice`, or `invoice_incomplete`: other cases of its invoice are not delivered yet.
    reason: &'static str,
    invoice_id: Option<String>,
    /// The first of the cases that the invoice waits for.
    awaiting: Vec<String>,
    /// How many it waits for.
    awaiting_count: usize,
    proof_links: Vec<String>,
}

/// Where a page begins: first come the cases without an invoice, then the invoices of which a part was delivered, from that line on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Cases(Option<u64>),
    Invoices(Option<u64>, usize),
}

impl Place {
    fn read(text: Option<&str>) -> Answer<Self> {
        let Some(text) = text else {
            return Ok(Self::Cases(None));
        };
        let fault = || Problem::parameter("after", Reason::InvalidFormat);
        let (list, rest) = text.split_at_checked(1).ok_or_else(fault)?;
        let (number, line) = rest.split_once(':').unwrap_or((rest, "0"));
        let number = match number {
            "" => None,
            digits => Some(digits.parse().map_err(|_| fault())?),
        };
        match list {
            "c" => Ok(Self::Cases(number)),
            "i" => Ok(Self::Invoices(number, line.parse().map_err(|_| fault())?)),
            _ => Err(fault()),
        }
    }

    fn write(self) -> String {
        let text =
            |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        match self {
            Self::Cases(number) => format!("c{}", text(number)),
            Self::Invoices(number, line) => format!("i{}:{line}", text(number)),
        }
    }
}

/// Whom the report is about.
struct Asked {
    lab_id: Option<LabId>,
    clinic_id: Option<String>,
    /// Delivered by then.
    until: Option<Timestamp>,
    now: Timestamp,
}

impl Asked {
    fn page(
        &self,
        store: &dyn Store,
        place: Place,
        limit: usize,
    ) -> Result<(Vec<Unbilled>, Option<Place>), StoreError> {
        match place {
            Place::Cases(after) => {
                let filter = Filter {
                    lab_id: self.lab_id.clone(),
                    clinic_id: self.clinic_id.clone(),
                    open: true,
                    ..Filter::default()
                };
                let page = store.list(Kind::Case, &filter, &Paging { after, limit })?;
                let cases = page.items.iter().filter_map(Case::from_record);
                let next = page
                    .next
                    .map_or(Place::Invoices(None, 0), |next| Place::Cases(Some(next)));
                Ok((
                    cases.filter_map(|case| self.case(case)).collect(),
                    Some(next),
                ))
            }
            Place::Invoices(after, line) => self.invoices(store, after, line, limit),
        }
    }

    /// Invoice by invoice, because one alone may have more rows than are asked for.
    fn invoices(
        &self,
        store: &dyn Store,
        mut after: Option<u64>,
        mut line: usize,
        limit: usize,
    ) -> Result<(Vec<Unbilled>, Option<Place>), StoreError> {
        let filter = Filter {
            lab_id: self.lab_id.clone(),
            clinic_id: self.clinic_id.clone(),
            status: Some(InvoiceStatus::PartiallyDelivered.as_str().to_owned()),
            ..Filter::default()
        };
        let mut rows = Vec::new();
        for _ in 0..AT_ONCE {
            let page = store.list(Kind::Invoice, &filter, &Paging { after, limit: 1 })?;
            let Some(invoice) = page.items.first().and_then(Invoice::from_record) else {
                return Ok((rows, None));
            };
            for (place, row) in self.invoice(invoice, line) {
                if rows.len() == limit {
                    return Ok((rows, Some(Place::Invoices(after, place))));
                }
                rows.push(row);
            }
            line = 0;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok((rows, None)),
            }
        }
        Ok((rows, Some(Place::Invoices(after, line))))
    }

    fn case(&self, case: &Case) -> Option<Unbilled> {
        let handover = self.due(case.handover.as_ref()?)?;
        let clinic = case.clinic_id.as_ref().map(ToString::to_string);
        Some(self.row(&case.lab_id, case.id.as_str(), clinic, handover))
    }

    /// The delivered lines from that place on, each with its place.
    fn invoice<'s>(
        &'s self,
        invoice: &'s Invoice,
        from: usize,
    ) -> impl Iterator<Item = (usize, Unbilled)> + 's {
        let open = || invoice.lines.iter().filter(|line| line.handover.is_none());
        let named = open().take(NAMED).map(|line| line.case_id.to_string());
        let (awaiting, awaiting_count): (Vec<String>, usize) = (named.collect(), open().count());
        let lines = invoice.lines.iter().enumerate().skip(from);
        lines.filter_map(move |(place, line)| {
            let handover = self.due(line.handover.as_ref()?)?;
            let clinic = Some(invoice.clinic_id.to_string());
            let row = Unbilled {
                reason: "invoice_incomplete",
                invoice_id: Some(invoice.id.to_string()),
                awaiting: awaiting.clone(),
                awaiting_count,
                ..self.row(&invoice.lab_id, line.case_id.as_str(), clinic, handover)
            };
            Some((place, row))
        })
    }

    fn due<'h>(&self, handover: &'h Handover) -> Option<&'h Handover> {
        let in_time = self.until.is_none_or(|until| handover.at <= until);
        in_time.then_some(handover)
    }

    fn row(
        &self,
        lab: &LabId,
        case: &str,
        clinic_id: Option<String>,
        handover: &Handover,
    ) -> Unbilled {
        let ago = self.now.duration_since(handover.at).as_secs();
        Unbilled {
            case_id: case.to_owned(),
            lab_id: lab.to_string(),
            clinic_id,
            delivery_id: handover.delivery_id.to_string(),
            delivered_at: time::format(handover.at),
            days_ago: ago.max(0) / DAY_S,
            reason: "no_invoice",
            invoice_id: None,
            awaiting: Vec::new(),
            awaiting_count: 0,
            proof_links: handover.proof.links(lab),
        }
    }
}

/// Cases that were delivered and are not billed: on no invoice, or on one of which other cases are not delivered yet.
#[utoipa::path(get, path = "/v1/reports/unbilled", tag = "finance", params(UnbilledQuery), responses((status = 200, body = List), (status = 400)))]
pub async fn unbilled(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<UnbilledQuery>,
) -> Answer<Response> {
    let lab = said(query.lab_id.as_deref()).map(LabId::known);
    let as_file = match said(query.format.as_deref()) {
        None | Some("json") => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::parameter("format", Reason::UnknownValue)),
    };
    if lab.as_ref().is_some_and(|lab| !caller.sees(lab)) {
        return Ok(Json(List::empty()).into_response());
    }
    let limit = paging(query.limit.as_deref(), None)?.limit;
    let place = Place::read(said(query.after.as_deref()))?;
    let now = app.clock.now();
    let asked = Asked {
        lab_id: lab.or(caller.lab_id),
        clinic_id: said(query.clinic_id.as_deref()).map(str::to_owned),
        until: until(said(query.older_than_days.as_deref()), now)?,
        now,
    };
    if as_file {
        let rows = app.read(move |store| whole(&asked, store)).await?;
        return file(&rows);
    }
    let (rows, next) = app
        .read(move |store| asked.page(store, place, limit))
        .await?;
    let items = rows.iter().map(serde_json::to_value);
    Ok(Json(List {
        items: items
            .collect::<Result<Vec<Value>, _>>()
            .map_err(|_| Problem::internal())?,
        next: next.map(Place::write),
    })
    .into_response())
}

fn until(days: Option<&str>, now: Timestamp) -> Answer<Option<Timestamp>> {
    let Some(text) = days else { return Ok(None) };
    let days: i64 = text
        .parse()
        .map_err(|_| Problem::parameter("olderThanDays", Reason::NotInteger))?;
    if !(0..=36_500).contains(&days) {
        return Err(Problem::parameter("olderThanDays", Reason::OutOfRange));
    }
    Ok(Some(now - jiff::SignedDuration::from_hours(days * 24)))
}

fn whole(asked: &Asked, store: &dyn Store) -> Result<Vec<Unbilled>, StoreError> {
    let mut rows = Vec::new();
    let mut place = Some(Place::Cases(None));
    while let Some(from) = place.filter(|_| rows.len() < MOST_ROWS) {
        let (page, next) = asked.page(store, from, AT_ONCE)?;
        rows.extend(page);
        place = next;
    }
    Ok(rows)
}

fn file(rows: &[Unbilled]) -> Answer<Response> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "caseId",
        "labId",
        "clinicId",
        "deliveryId",
        "deliveredAt",
        "daysAgo",
        "reason",
        "invoiceId",
        "awaiting",
        "awaitingCount",
        "proofLinks",
    ];
    let written = writer.write_record(header).and_then(|()| {
        rows.iter().try_for_each(|row| {
            writer.write_record([
                &row.case_id,
                &row.lab_id,
                row.clinic_id.as_deref().unwrap_or_default(),
                &row.delivery_id,
                &row.delivered_at,
                &row.days_ago.to_string(),
                row.reason,
                row.invoice_id.as_deref().unwrap_or_default(),
                &row.awaiting.join(" "),
                &row.awaiting_count.to_string(),
                &row.proof_links.join(" "),
            ])
        })
    });
    written.map_err(|_| Problem::internal())?;
    let bytes = writer.into_inner().map_err(|_| Problem::internal())?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"unbilled.csv\"",
        ),
    ];
    Ok((headers, bytes).into_response())
}

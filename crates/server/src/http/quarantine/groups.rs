//! Refused messages by what is wrong with them: what one mapping mends is one group.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use jiff::Timestamp;
use pontic_core::id::LabId;
use pontic_core::time;
use pontic_store::page::{Paging, QuarantineFilter, QuarantineRow};
use pontic_wire::ehr::Missing;
use pontic_wire::json::{self, Limits};
use serde_json::{Value, json};

use crate::access::Caller;
use crate::app::App;
use crate::http::problem::Answer;
use crate::http::refused;

/// So many open messages are looked at; the oldest first.
const MOST: usize = 2_000;
/// So many are read at once.
const AT_ONCE: usize = 200;

/// What makes a group.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    lab_id: Option<LabId>,
    source: String,
    name: String,
    code: String,
    field: Option<String>,
    reason: Option<String>,
    missing: Option<(&'static str, String)>,
}

/// How many are in it, and since when.
struct Tally {
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

/// Open refused messages by cause: `{ source, type, code, field, reason, count, firstAt, lastAt }`, and where one mapping would mend them
/// `missing: { clinic | priority }`, which `POST /v1/quarantine/repair` takes.
/// `truncated`: of more than 2,000 open ones the oldest were looked at.
#[utoipa::path(get, path = "/v1/quarantine/groups", tag = "quarantine", responses((status = 200, body = Value)))]
pub async fn groups(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<Value>> {
    let reader = Arc::clone(&app);
    let (groups, truncated) = app
        .read(move |store| {
            let filter = QuarantineFilter {
                lab_id: caller.lab_id,
                open_only: true,
                ..QuarantineFilter::default()
            };
            let mut groups: BTreeMap<Group, Tally> = BTreeMap::new();
            let (mut after, mut looked_at) = (None, 0);
            loop {
                let limit = AT_ONCE;
                let page = store.quarantine(&filter, &Paging { after, limit })?;
                looked_at += page.items.len();
                for row in page.items {
                    // Only what a mapping can mend is opened.
                    let whole = if row.item.name == refused::WEBHOOK {
                        store.quarantined(&row.item.id)?
                    } else {
                        None
                    };
                    put(&mut groups, &reader, &whole.unwrap_or(row));
                }
                after = page.next;
                if after.is_none() || looked_at >= MOST {
                    return Ok((groups, after.is_some()));
                }
            }
        })
        .await?;
    let items: Vec<Value> = groups.iter().map(shape).collect();
    Ok(Json(json!({ "items": items, "truncated": truncated })))
}

fn put(groups: &mut BTreeMap<Group, Tally>, app: &App, row: &QuarantineRow) {
    let errors: Value = serde_json::from_str(&row.item.errors).unwrap_or_default();
    let first = &errors["errors"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let group = Group {
        lab_id: row.item.lab_id.clone(),
        source: row.item.source.clone(),
        name: row.item.name.clone(),
        code: text(&errors["code"]).unwrap_or_default(),
        field: text(&first["field"]),
        reason: text(&first["reason"]),
        missing: missing(app, row),
    };
    let tally = groups.entry(group).or_insert(Tally {
        count: 0,
        first: row.item.at,
        last: row.item.at,
    });
    tally.count += 1;
    tally.first = tally.first.min(row.item.at);
    tally.last = tally.last.max(row.item.at);
}

/// Which number or word its endpoint would have to know.
fn missing(app: &App, row: &QuarantineRow) -> Option<(&'static str, String)> {
    if row.item.name != refused::WEBHOOK {
        return None;
    }
    let endpoint = app.endpoints.by_id(&row.item.source)?;
    if row.item.lab_id.as_ref() != Some(&endpoint.lab_id) {
        return None;
    }
    let json = json::parse(row.item.raw.reveal(), Limits::WEBHOOK).ok()?;
    let read = endpoint.ehr.read(&json);
    match read.missing(&endpoint.clinic_map, &endpoint.priorities)? {
        Missing::Clinic(clinic) => Some(("clinic", clinic)),
        Missing::Priority(word) => Some(("priority", word)),
    }
}

fn shape((group, tally): (&Group, &Tally)) -> Value {
    let mut shape = json!({
        "labId": group.lab_id,
        "source": group.source,
        "type": group.name,
        "code": group.code,
        "field": group.field,
        "reason": group.reason,
        "count": tally.count,
        "firstAt": time::format(tally.first),
        "lastAt": time::format(tally.last),
    });
    if let Some((what, value)) = &group.missing {
        shape["missing"] = json!({ (*what): value });
    }
    shape
}

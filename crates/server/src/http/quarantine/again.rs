//! Refused messages, sent in again as they came.

use std::sync::Arc;

use axum::http::StatusCode;
use pontic_core::event::{Event, Origin};
use pontic_store::page::{Paging, QuarantineFilter, QuarantineRow};
use pontic_wire::event;
use pontic_wire::json::{self, Limits};
use serde_json::{Value, json};

use crate::access::Caller;
use crate::app::App;
use crate::door::{Accepted, Draft, Outcome};
use crate::http::problem::{Answer, Problem};
use crate::http::{events, refused, webhooks};

/// So many are handed in together.
const AT_ONCE: usize = 100;
/// So many of them are told one by one.
const TOLD: usize = 200;

/// What became of one.
pub struct Again {
    /// Its id in the quarantine.
    pub id: String,
    /// Accepted, or why not.
    pub outcome: Answer<Taken>,
}

/// One that was accepted.
pub struct Taken(Accepted);

impl Taken {
    /// As its sender would have been told.
    pub fn shape(&self) -> Value {
        let result: Value = serde_json::from_str(&self.0.result).unwrap_or_default();
        let status = if self.0.duplicate {
            "duplicate"
        } else {
            "processed"
        };
        json!({ "eventId": self.0.event_id, "status": status, "result": result })
    }
}

/// What became of many.
#[derive(Default)]
pub struct Tally {
    redriven: u64,
    refused: u64,
    first: Vec<Value>,
}

impl Tally {
    fn note(&mut self, again: &Again) {
        let told = match &again.outcome {
            Ok(taken) => {
                self.redriven += 1;
                json!({ "id": again.id, "status": "redriven", "eventId": taken.0.event_id })
            }
            Err(problem) => {
                self.refused += 1;
                json!({ "id": again.id, "status": "refused", "code": problem.code, "errors": problem.errors })
            }
        };
        if self.first.len() < TOLD {
            self.first.push(told);
        }
    }

    /// `{ redriven, refused, items }`, the first of them one by one.
    pub fn shape(&self) -> Value {
        json!({ "redriven": self.redriven, "refused": self.refused, "items": self.first })
    }
}

/// Sends all that pass the filter in again, in the order in which they came.
pub async fn all(app: &Arc<App>, caller: &Caller, filter: QuarantineFilter) -> Answer<Tally> {
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let (asked, paging) = (
            filter.clone(),
            Paging {
                after,
                limit: AT_ONCE,
            },
        );
        let page = app
            .read(move |store| {
                let page = store.quarantine(&asked, &paging)?;
                let mut whole = Vec::with_capacity(page.items.len());
                for row in &page.items {
                    whole.extend(store.quarantined(&row.item.id)?);
                }
                Ok((whole, page.next))
            })
            .await?;
        for again in &send(app, caller, page.0).await? {
            tally.note(again);
        }
        after = page.1;
        if after.is_none() {
            return Ok(tally);
        }
    }
}

/// Sends these in again, together and in order.
pub async fn send(app: &Arc<App>, caller: &Caller, rows: Vec<QuarantineRow>) -> Answer<Vec<Again>> {
    let mut told: Vec<Again> = Vec::with_capacity(rows.len());
    let mut drafts = Vec::new();
    let mut places = Vec::new();
    for row in &rows {
        let id = row.item.id.clone();
        match draft(app, caller, row) {
            Ok(draft) => {
                places.push(told.len());
                drafts.push(draft);
                // Until the door has spoken.
                told.push(Again {
                    id,
                    outcome: Err(Problem::internal()),
                });
            }
            Err(problem) => told.push(Again {
                id,
                outcome: Err(problem),
            }),
        }
    }
    let app = Arc::clone(app);
    // On its own: whoever asked may hang up, and what was accepted must be marked so all the same.
    let done = tokio::spawn(async move {
        let outcomes = app.door.submit(drafts).await?;
        for (place, outcome) in places.into_iter().zip(outcomes) {
            told[place].outcome = judged(outcome);
        }
        note(&app, &told).await?;
        Ok(told)
    });
    done.await.map_err(|_| Problem::internal())?
}

fn judged(outcome: Outcome) -> Answer<Taken> {
    match outcome {
        Outcome::Done(accepted) => Ok(Taken(accepted)),
        Outcome::Refused(refusal) => {
            Err(Problem::refused(refusal, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Outcome::Reused => Err(Problem::conflict("id_reused")),
        Outcome::Internal => Err(Problem::internal()),
    }
}

/// Those accepted are done with; the others show why they were refused this time.
async fn note(app: &App, told: &[Again]) -> Answer<()> {
    let notes: Vec<(String, Result<String, String>)> = told
        .iter()
        .map(|again| {
            let note = match &again.outcome {
                Ok(taken) => Ok(taken.0.event_id.clone()),
                Err(problem) => {
                    Err(json!({ "code": problem.code, "errors": problem.errors }).to_string())
                }
            };
            (again.id.clone(), note)
        })
        .collect();
    app.read(move |store| {
        for (id, note) in &notes {
            match note {
                Ok(became) => drop(store.release(id, became)?),
                Err(errors) => store.refuse_again(id, errors)?,
            }
        }
        Ok(())
    })
    .await?;
    Ok(())
}

fn draft(app: &App, caller: &Caller, row: &QuarantineRow) -> Answer<Draft> {
    if row.item.name == refused::WEBHOOK {
        webhook(app, caller, row)
    } else {
        sent_event(caller, row)
    }
}

fn sent_event(caller: &Caller, row: &QuarantineRow) -> Answer<Draft> {
    // It is read again as it came; whoever redrives it answers for it, within the lab that it was sent for.
    let headers = |_: &str| None;
    let request = event::read(&headers, row.item.raw.reveal())
        .map_err(|_| Problem::conflict("not_readable"))?;
    let incoming = request
        .events
        .into_iter()
        .next()
        .ok_or(Problem::conflict("not_readable"))?;
    let incoming = incoming
        .map_err(|rejected| Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, rejected.faults))?;
    if !events::may_say(caller, &incoming.source) {
        return Err(Problem::forbidden());
    }
    let origin = Origin {
        scope: row.item.lab_id.clone(),
        driver: None,
        source: incoming.source,
        id: incoming.id,
        time: incoming.time,
        actor: caller.actor(),
        redriven: Some(row.item.id.clone()),
    };
    Ok(Draft::Event(Arc::new(Event {
        origin,
        body: incoming.body,
    })))
}

fn webhook(app: &App, caller: &Caller, row: &QuarantineRow) -> Answer<Draft> {
    // Whoever has that endpoint now must be the lab that it was sent for.
    let endpoint = app.endpoints.by_id(&row.item.source);
    let endpoint = endpoint.filter(|endpoint| row.item.lab_id.as_ref() == Some(&endpoint.lab_id));
    let endpoint = endpoint.ok_or(Problem::conflict("unknown_endpoint"))?;
    let json = json::parse(row.item.raw.reveal(), Limits::WEBHOOK).map_err(Problem::body)?;
    let mut draft = webhooks::webhook_draft(&endpoint, endpoint.ehr.read(&json));
    draft.redriven = Some((caller.actor(), row.item.id.clone()));
    Ok(Draft::Webhook(Box::new(draft)))
}

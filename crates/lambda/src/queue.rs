//! A batch of a queue that EventBridge fills. A message leaves the queue when its event was accepted. What was not is named by itself:
//! what could only not be taken now comes in when it is delivered again; what cannot be used lies in our quarantine from its first
//! delivery on, and after its last one among the queue's dead letters as well.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use pontic_server::http::{Delivered, deliver};
use pontic_server::startup::Doorstep;
use serde::{Deserialize, Serialize};

use crate::measure::Tally;

/// What the poller delivers.
#[derive(Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    event_source: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    message_group_id: Option<String>,
}

/// What it is answered: all others are deleted from the queue.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl Batch {
    /// Whether it is one of SQS.
    pub fn is_of_queue(&self) -> bool {
        self.records
            .iter()
            .all(|record| record.event_source == "aws:sqs")
    }

    /// Takes every message in; those of one group one after the other, and none behind one that may still come in.
    pub async fn take(self, doorstep: &Doorstep, token: &str, tally: &mut Tally) -> Failures {
        let order: Vec<String> = self
            .records
            .iter()
            .map(|one| one.message_id.clone())
            .collect();
        let mut lines: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        let mut alone = Vec::new();
        for record in self.records {
            match record.attributes.message_group_id.clone() {
                Some(group) => lines.entry(group).or_default().push(record),
                None => alone.push(vec![record]),
            }
        }
        let lines = lines.into_values().chain(alone);
        let done = join_all(lines.map(|line| one_by_one(doorstep, token, line))).await;
        let mut failed = BTreeSet::new();
        for (id, delivered) in done.into_iter().flatten() {
            tally.delivered(delivered);
            if matches!(delivered, Delivered::Again | Delivered::Kept) {
                failed.insert(id);
            }
        }
        let failed = order.into_iter().filter(|id| failed.contains(id));
        Failures {
            batch_item_failures: failed
                .map(|item_identifier| Failure { item_identifier })
                .collect(),
        }
    }
}

async fn one_by_one(
    doorstep: &Doorstep,
    token: &str,
    line: Vec<Record>,
) -> Vec<(String, Delivered)> {
    let mut done = Vec::with_capacity(line.len());
    let mut is_held_up = false;
    for record in line {
        let delivered = if is_held_up {
            Delivered::Again
        } else {
            deliver(
                &doorstep.app,
                &doorstep.router,
                token,
                &record.message_id,
                &record.body,
            )
            .await
        };
        is_held_up |= delivered == Delivered::Again;
        done.push((record.message_id, delivered));
    }
    done
}

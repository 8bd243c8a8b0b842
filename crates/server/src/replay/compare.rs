//! The whole log decided again, and everything that came of it compared with what came of it then.

use std::collections::{BTreeMap, HashMap, HashSet};

use pontic_core::id::LabId;
use pontic_core::record::{Kind, Record};
use pontic_store::batch::Entry;
use pontic_store::page::{Filter, LogRow, Paging};
use pontic_store::{Store, StoreError};
use serde::Serialize;

use super::again::{Again, BATCH};
use super::differs::{self, Difference};
use super::log::{Happened, Log};
use super::{Part, ReplayError};

/// Records that are read at once.
const PAGE: usize = 500;

/// A record's place: kind, lab, id.
type Place = (Kind, LabId, String);

/// What was compared, and what was not the same.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Events that were decided again.
    pub decided: u64,
    /// Those among them whose outcome was compared.
    pub events: u64,
    /// Publications that were compared.
    pub publications: u64,
    /// Alerts that were compared.
    pub alerts: u64,
    /// Records that were compared, by kind.
    pub records: BTreeMap<&'static str, u64>,
    /// Private parts that were left out because they were erased.
    pub erased: usize,
    /// Records that were left out because the server changed them meanwhile.
    pub changing: usize,
    /// The newest number that was decided again.
    pub up_to: u64,
    /// What is not the same.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Whether everything was the same.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Decides the log of `source` again into the empty store `target`, and compares.
pub fn compare(
    source: &dyn Store,
    target: &dyn Store,
    part: &Part,
) -> Result<Comparison, ReplayError> {
    let up_to = source.last_seq()?;
    let mut told = Comparison {
        up_to,
        ..Comparison::default()
    };
    let mut log = Log::new(source, part.lab_id.as_ref(), 0, up_to);
    let mut again = Again::new(target);
    let mut touched: HashSet<Place> = HashSet::new();
    loop {
        let many = log.next_many(BATCH)?;
        if many.is_empty() {
            break;
        }
        again.begin(many.iter().map(|one| (one.moment(), &one.event)))?;
        for happened in &many {
            let row = &happened.row;
            told.decided += 1;
            let outcome = again.decide(happened.moment(), &happened.event)?;
            if !part.from.reached(row.seq, row.at) {
                continue;
            }
            touched.extend(row.changes.iter().map(place_of));
            match outcome {
                Ok(entry) => {
                    touched.extend(entry.changes.iter().map(place_of));
                    told.entry(happened, entry);
                }
                Err(refusal) => told.differences.push(Difference::new(
                    "event",
                    named(row),
                    format!("was accepted then and is refused now ({})", refusal.code()),
                )),
            }
        }
    }
    again.commit()?;
    told.compare_records(source, target, part, &touched)?;
    Ok(told)
}

/// A publication that older logs do not have.
const LATER: &str = "DriverOnTheWay";

fn place_of(change: &pontic_core::record::Change) -> Place {
    (change.kind, change.lab_id.clone(), change.id.clone())
}

fn named(row: &LogRow) -> String {
    format!("{} ({})", row.seq, row.name)
}

impl Comparison {
    fn entry(&mut self, happened: &Happened, entry: &Entry) {
        self.events += 1;
        let row = &happened.row;
        let mut differs = |field: String| {
            self.differences
                .push(Difference::new("event", named(row), field));
        };
        if row.lab_id != entry.lab_id {
            differs("labId".to_owned());
        }
        let json = |changes: &[pontic_core::record::Change]| {
            serde_json::to_string(changes).unwrap_or_default()
        };
        for path in differs::paths(&json(&row.changes), &json(&entry.changes)) {
            differs(format!("changes{path}"));
        }
        let alerts = row.alerts.iter().map(|(_, body)| body);
        let alerts: Vec<&String> = alerts.collect();
        if alerts.len() != entry.alerts.len() {
            differs("number of alerts".to_owned());
        }
        for (index, (then, now)) in alerts.iter().zip(&entry.alerts).enumerate() {
            for path in differs::paths(then, &now.body) {
                differs(format!("alerts[{index}].{path}"));
            }
        }
        // Logs of before it was told have none of it.
        let was_told =
            |name: &str| name != LATER || happened.published.iter().any(|then| then.name == LATER);
        let published = entry.published.iter();
        let published: Vec<_> = published.filter(|now| was_told(now.name)).collect();
        if happened.published.len() != published.len() {
            differs("number of publications".to_owned());
        }
        self.alerts += row.alerts.len() as u64;
        self.publications += happened.published.len() as u64;
        for (then, now) in happened.published.iter().zip(published) {
            let mut fields = differs::paths(&then.detail, &now.detail)
                .into_iter()
                .map(|path| format!("detail.{path}"))
                .collect::<Vec<_>>();
            let same = [
                ("id", then.event_id == now.id),
                ("source", then.source == now.source),
                ("type", then.name == now.name),
                ("labId", then.lab_id.as_ref() == Some(&now.lab_id)),
            ];
            fields.extend(
                same.iter()
                    .filter(|(_, same)| !same)
                    .map(|(name, _)| (*name).to_owned()),
            );
            let about = format!("{} ({})", then.seq, then.name);
            self.differences.extend(
                fields
                    .into_iter()
                    .map(|field| Difference::new("publication", about.as_str(), field)),
            );
        }
    }

    fn compare_records(
        &mut self,
        source: &dyn Store,
        target: &dyn Store,
        part: &Part,
        touched: &HashSet<Place>,
    ) -> Result<(), ReplayError> {
        let filter = Filter {
            lab_id: part.lab_id.clone(),
            ..Filter::default()
        };
        let is_whole = part.from == super::From::Start;
        let is_wanted = |place: &Place| is_whole || touched.contains(place);
        let mut lived: Vec<(Kind, HashMap<Place, Record>)> = Vec::new();
        for kind in Kind::ALL {
            lived.push((*kind, all(source, *kind, &filter)?));
        }
        // Whatever the server has changed since the last row that was decided again is on another stand than ours.
        let mut changing = HashSet::new();
        let mut since = Log::new(source, None, self.up_to, source.last_seq()?);
        while let Some(happened) = since.next()? {
            changing.extend(happened.row.changes.iter().map(place_of));
        }
        for (kind, lived) in lived {
            let mut again = all(target, kind, &filter)?;
            let mut places: Vec<Place> = lived
                .keys()
                .chain(again.keys())
                .filter(|place| is_wanted(place))
                .cloned()
                .collect();
            places.sort();
            places.dedup();
            for place in places {
                if changing.contains(&place) {
                    self.changing += 1;
                    continue;
                }
                *self.records.entry(kind.as_str()).or_default() += 1;
                let found = match (lived.get(&place), again.remove(&place)) {
                    (Some(then), Some(now)) => differs::record(then, &now, &mut self.erased),
                    (Some(_), None) => vec![of(&place, "is missing when decided again")],
                    _ => vec![of(&place, "is there only when decided again")],
                };
                self.differences.extend(found);
            }
        }
        Ok(())
    }
}

fn of(place: &Place, field: &str) -> Difference {
    Difference::new(place.0.as_str(), &place.2, field)
}

/// All records of a kind.
pub fn all(
    store: &dyn Store,
    kind: Kind,
    filter: &Filter,
) -> Result<HashMap<Place, Record>, StoreError> {
    let mut records = HashMap::new();
    let mut after = None;
    loop {
        let page = store.list(kind, filter, &Paging { after, limit: PAGE })?;
        for record in page.items {
            let place = (kind, record.lab_id().clone(), record.id().to_owned());
            records.insert(place, record);
        }
        after = page.next;
        if after.is_none() {
            return Ok(records);
        }
    }
}

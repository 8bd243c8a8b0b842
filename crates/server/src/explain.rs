//! What became of an id: the story of a record, an event, a message or a refused one, in plain sentences with times and causes.

mod subjects;
mod telling;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pontic_core::directory::Lab;
use pontic_core::id::LabId;
use pontic_core::record::{Entity, Kind};
use pontic_core::time;
use pontic_store::{Store, StoreError};
use serde_json::{Value, json};

/// Which of several meanings of an id are asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The id: of a delivery, pickup (ours or the sender's), case, invoice, route, stop, clinic, …, of an event, a message or a refused
    /// one, or a number in the log.
    pub id: String,
    /// Of that lab only.
    pub lab_id: Option<LabId>,
    /// Who asks may also see what belongs to no lab.
    pub sees_all: bool,
    /// Of that kind only: a kind of record, `event`, `refused`.
    pub kind: Option<String>,
    /// Who sent an event with that id, where it is none of the usual sources.
    pub source: Option<String>,
}

/// One line of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Number of the event in the log.
    pub seq: Option<u64>,
    /// What.
    pub text: String,
}

/// What became of one thing that the id means.
#[derive(Debug, Clone)]
pub struct Story {
    /// A kind of record, `event` or `refused`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its lab.
    pub lab_id: Option<LabId>,
    /// Where it stands now.
    pub summary: String,
    /// The zone of the times in the sentences.
    pub zone: TimeZone,
    /// What happened, in order.
    pub lines: Vec<Line>,
    /// So many events in the middle are left out.
    pub omitted: usize,
}

impl Story {
    /// `{ kind, id, labId, summary, timeZone, lines: [{ at, seq?, text }], omitted }`
    pub fn shape(&self) -> Value {
        let line = |line: &Line| json!({ "at": time::format(line.at), "seq": line.seq, "text": line.text });
        json!({
            "kind": self.kind,
            "id": self.id,
            "labId": self.lab_id,
            "summary": self.summary,
            "timeZone": self.zone.iana_name(),
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
            "omitted": self.omitted,
        })
    }
}

/// The stories of all that the id means; none if nobody knows it.
pub fn explain(
    store: &dyn Store,
    asked: &Asked,
    default_zone: &str,
) -> Result<Vec<Story>, StoreError> {
    subjects::of(store, asked)?
        .into_iter()
        .map(|subject| telling::tell(store, subject, default_zone))
        .collect()
}

/// The zone of a lab's wall clock.
fn zone_of(
    store: &dyn Store,
    lab: Option<&LabId>,
    default_zone: &str,
) -> Result<TimeZone, StoreError> {
    let Some(lab) = lab else {
        return Ok(time::zone(default_zone));
    };
    let found = store.get(Kind::Lab, Some(lab), lab.as_str())?;
    let lab = found.first().and_then(Lab::from_record);
    Ok(lab.map_or_else(|| time::zone(default_zone), |lab| lab.zone(default_zone)))
}

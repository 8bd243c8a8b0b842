//! The short form, the EventBridge envelope and the entries of PutEvents.

use jiff::Timestamp;
use pontic_core::fault::Reason;

use super::{Incoming, Parts, Rejected, below, event_id};
use crate::fields::{self, NAME, Reader};
use crate::json::{self, Json, Limits};

/// One event in the short form or as an envelope: they differ only in the name of the type.
pub fn read(item: &Json<'_>) -> Result<Incoming, Box<Rejected>> {
    let type_field = if item.get("detail-type").is_some() {
        "detail-type"
    } else {
        "detailType"
    };
    let mut reader = Reader::new(item, "");
    let source = reader.required("source", fields::text(NAME));
    let name = reader.required(type_field, fields::text(NAME));
    let id = reader.optional("id", event_id);
    let time = reader.optional("time", fields::timestamp);
    let detail = reader.required("detail", Ok);
    let faults = reader.finish(|| Some(())).err().unwrap_or_default();
    Parts {
        source,
        id,
        time,
        name,
        detail,
        detail_path: "detail",
        faults,
    }
    .finish()
}

/// One entry of PutEvents: its detail is a text that holds JSON.
pub fn read_put_entry(item: &Json<'_>) -> Result<Incoming, Box<Rejected>> {
    let mut reader = Reader::new(item, "");
    let source = reader.required("Source", fields::text(NAME));
    let name = reader.required("DetailType", fields::text(NAME));
    let text = reader.required("Detail", |json| match json {
        Json::Text(text) => Ok(text.as_ref()),
        _ => Err(Reason::InvalidType),
    });
    let time = reader.optional("Time", put_time);
    let mut faults = reader.finish(|| Some(())).err().unwrap_or_default();
    let parsed = text.map(|text| json::parse(text.as_bytes(), Limits::default()));
    let detail = match &parsed {
        Some(Ok(detail)) => Some(detail),
        Some(Err(fault)) => {
            faults.push(below("Detail", fault));
            // Its fields cannot be read, so nothing is said of them.
            return Err(Parts {
                source,
                id: None,
                time,
                name,
                detail: None,
                detail_path: "Detail",
                faults,
            }
            .rejected("unknown", "malformed_detail"));
        }
        None => None,
    };
    Parts {
        source,
        id: None,
        time,
        name,
        detail,
        detail_path: "Detail",
        faults,
    }
    .finish()
}

/// Seconds since 1970, as AWS clients write times; also RFC 3339.
fn put_time(json: &Json<'_>) -> Result<Timestamp, Reason> {
    match json {
        Json::Integer(seconds) => Timestamp::from_second(*seconds).map_err(|_| Reason::OutOfRange),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float to integer cast saturates, and the range is tested"
        )]
        Json::Float(seconds) => {
            Timestamp::from_millisecond((seconds * 1e3) as i64).map_err(|_| Reason::OutOfRange)
        }
        json => fields::timestamp(json),
    }
}

//! Which of the forms a request has.

use super::Refused;
use crate::json::Json;

/// The form of a request, and so of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One event.
    One,
    /// An array of events.
    Many,
    /// EventBridge's PutEvents.
    PutEvents,
    /// A CloudEvent whose attributes are headers; answered as [`Form::One`].
    Binary,
}

/// The headers of a request, by name in lower case.
pub trait Headers {
    /// The value of a header, if it is there and is text.
    fn get(&self, name: &str) -> Option<&str>;
}

impl<F: Fn(&str) -> Option<&'static str>> Headers for F {
    fn get(&self, name: &str) -> Option<&str> {
        self(name)
    }
}

/// What the headers say: a CloudEvent in binary form, or JSON of some shape.
pub fn by_headers(headers: &impl Headers) -> Result<Form, Refused> {
    let content_type = headers.get("content-type").unwrap_or("application/json");
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence.starts_with("application/cloudevents-batch") {
        return if essence.ends_with("+json") {
            Ok(Form::Many)
        } else {
            Err(Refused::MediaType)
        };
    }
    if essence.starts_with("application/cloudevents") {
        return if essence == "application/cloudevents+json" {
            Ok(Form::One)
        } else {
            Err(Refused::MediaType)
        };
    }
    let json = essence == "application/json"
        || essence.ends_with("+json")
        || essence.starts_with("application/x-amz-json");
    match (headers.get("ce-specversion").is_some(), json) {
        (_, false) => Err(Refused::MediaType),
        (true, true) => Ok(Form::Binary),
        (false, true) => Ok(Form::One),
    }
}

/// What the shape of the document says, and its events.
pub fn by_shape<'j>(form: Form, json: &'j Json<'j>) -> Result<(Form, Vec<&'j Json<'j>>), Refused> {
    match json {
        Json::List(items) => Ok((Form::Many, items.iter().collect())),
        Json::Object(_) => match json.get("Entries") {
            Some(Json::List(entries)) => Ok((Form::PutEvents, entries.iter().collect())),
            _ => Ok((
                if form == Form::Many {
                    Form::Many
                } else {
                    Form::One
                },
                vec![json],
            )),
        },
        _ => Err(Refused::Body(pontic_core::fault::Fault::new(
            crate::json::WHOLE_BODY,
            pontic_core::fault::Reason::InvalidType,
        ))),
    }
}

//! Events of other systems, in the five forms in which they send them.
//!
//! | form | told by | answer |
//! |---|---|---|
//! | short | `detailType` | one |
//! | EventBridge envelope | `detail-type` | one |
//! | array of these | a JSON array | many |
//! | PutEvents | `Entries` | PutEvents |
//! | CloudEvents 1.0 | content type, `ce-*` headers, `specversion` | one or many |
//!
//! Routing is by type alone. One bad event of many is rejected alone; a body that is no JSON is refused as a whole.

mod cloud;
mod detail;
mod envelope;
mod form;

use std::borrow::Cow;

use jiff::Timestamp;
use pontic_core::event::Body;
use pontic_core::fault::{Fault, Reason};
use pontic_core::phi::Phi;

use crate::json::{self, Json, Limits};

pub use detail::{
    coordinates as read_coordinates, invoice as read_invoice, is_known, packages as read_packages,
    proof as read_proof, read as read_detail,
};
pub use form::{Form, Headers};

/// Most events of one request.
pub const MAX_EVENTS: usize = 1_000;

/// An event as its sender named it.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The source.
    pub source: String,
    /// The sender's id.
    pub id: Option<String>,
    /// The sender's time.
    pub time: Option<Timestamp>,
    /// What happened.
    pub body: Body,
}

/// An event that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its source, as far as it could be read.
    pub source: String,
    /// The sender's id, as far as it could be read.
    pub id: Option<String>,
    /// Its type, as far as we know such a type.
    pub name: &'static str,
    /// Why: `unknown_event_type` or `validation_failed`.
    pub code: &'static str,
    /// What is wrong, in field order.
    pub faults: Vec<Fault>,
    /// The event as its sender wrote it, for the quarantine. It may hold patient data.
    pub text: Phi<String>,
}

impl Rejected {
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the rare and large half of a result stays boxed"
    )]
    fn with_text(mut self: Box<Self>, text: String) -> Box<Self> {
        self.text = Phi::new(text);
        self
    }
}

/// The events of one request, in its order.
#[derive(Debug)]
pub struct Request {
    /// The form, which is also that of the answer.
    pub form: Form,
    /// Each event, or why it cannot be used.
    pub events: Vec<Result<Incoming, Box<Rejected>>>,
}

/// Why a request is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The body is not what the strict door lets in.
    Body(Fault),
    /// More events than [`MAX_EVENTS`].
    TooMany,
    /// A content type that carries no events.
    MediaType,
}

/// Reads the events of a request.
pub fn read(headers: &impl Headers, body: &[u8]) -> Result<Request, Refused> {
    let form = form::by_headers(headers)?;
    if form == Form::Binary {
        return Ok(Request {
            form: Form::One,
            events: vec![cloud::read_binary(headers, body)?],
        });
    }
    let json = json::parse(body, Limits::default()).map_err(Refused::Body)?;
    let (form, items) = form::by_shape(form, &json)?;
    if items.len() > MAX_EVENTS {
        return Err(Refused::TooMany);
    }
    let events = items.into_iter().map(|item| read_one(form, item)).collect();
    Ok(Request { form, events })
}

/// The text of each event of a request that [`read`] could read, in its order: for the quarantine.
pub fn texts(headers: &impl Headers, body: &[u8]) -> Vec<String> {
    let form = form::by_headers(headers);
    let Ok(json) = json::parse(body, Limits::default()) else {
        return Vec::new();
    };
    if form == Ok(Form::Binary) {
        return vec![cloud::structured(headers, &json)];
    }
    let shaped = form.and_then(|form| form::by_shape(form, &json));
    shaped
        .map(|(form, items)| items.into_iter().map(|item| text_in(form, item)).collect())
        .unwrap_or_default()
}

/// The item as a request of its own: an entry of PutEvents keeps the frame by which it is known.
fn text_in(form: Form, item: &Json<'_>) -> String {
    let text = text_of(item);
    if form == Form::PutEvents {
        format!("{{\"Entries\":[{text}]}}")
    } else {
        text
    }
}

fn read_one(form: Form, item: &Json<'_>) -> Result<Incoming, Box<Rejected>> {
    let read = match form {
        Form::PutEvents => envelope::read_put_entry(item),
        _ if item.get("specversion").is_some() => cloud::read(item),
        _ => envelope::read(item),
    };
    read.map_err(|rejected| rejected.with_text(text_in(form, item)))
}

/// The item as text, for the quarantine.
fn text_of(item: &Json<'_>) -> String {
    serde_json::to_string(item).unwrap_or_default()
}

/// An id of an event: 1 to 256 visible characters.
fn event_id<'j>(json: &'j Json<'j>) -> Result<&'j str, Reason> {
    let text = crate::fields::trimmed(json)?;
    match text {
        text if text.len() > 256 => Err(Reason::TooLong),
        text if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(text),
        _ => Err(Reason::InvalidChar),
    }
}

/// The parts of an event that every form has.
struct Parts<'j> {
    source: Option<&'j str>,
    id: Option<&'j str>,
    time: Option<Timestamp>,
    /// Type and the field that names it.
    name: Option<&'j str>,
    /// The content and its path.
    detail: Option<&'j Json<'j>>,
    detail_path: &'static str,
    faults: Vec<Fault>,
}

impl Parts<'_> {
    fn finish(mut self) -> Result<Incoming, Box<Rejected>> {
        let known = self.name.and_then(is_known);
        let empty = Json::object();
        let body = match (known, self.name) {
            (Some(name), _) => {
                match read_detail(name, self.detail.unwrap_or(&empty), self.detail_path) {
                    Ok(body) => Some(body),
                    Err(faults) => {
                        self.faults.extend(faults);
                        None
                    }
                }
            }
            (None, Some(_)) => {
                return Err(self.rejected("unknown", "unknown_event_type"));
            }
            (None, None) => None,
        };
        match (self.source, body) {
            (Some(source), Some(body)) if self.faults.is_empty() => Ok(Incoming {
                source: source.to_owned(),
                id: self.id.map(str::to_owned),
                time: self.time,
                body,
            }),
            _ => Err(self.rejected(known.unwrap_or("unknown"), "validation_failed")),
        }
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the rare and large half of a result stays boxed"
    )]
    fn rejected(self, name: &'static str, code: &'static str) -> Box<Rejected> {
        Box::new(Rejected {
            source: self.source.unwrap_or_default().to_owned(),
            id: self.id.map(str::to_owned),
            name,
            code,
            faults: self.faults,
            text: Phi::default(),
        })
    }
}

/// Puts the faults of a nested document below the field that holds it.
fn below(path: &str, fault: &Fault) -> Fault {
    let field: Cow<'static, str> = match fault.field.as_ref() {
        json::WHOLE_BODY => path.to_owned().into(),
        field => format!("{path}.{field}").into(),
    };
    Fault::new(field, fault.reason)
}

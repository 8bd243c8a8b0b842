//! Records as answers show them.

use pontic_core::delivery::Case;
use pontic_core::directory::{Clinic, Driver, Endpoint, Lab};
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Record};
use pontic_core::route::{Route, Stop};
use pontic_core::subscription::{ALL_LABS, Subscription};
use pontic_core::template::Template;
use pontic_core::view::{CaseView, DeliveryView, InvoiceView, PickupView};
use pontic_core::{delivery, invoice, time};
use pontic_store::page::AlertRow;
use serde::Serialize;
use serde_json::{Value, json};

fn value(view: &impl Serialize) -> Value {
    // Views hold nothing that JSON cannot: it cannot fail.
    serde_json::to_value(view).unwrap_or_default()
}

/// With its version, which is what `If-Match` takes.
fn versioned(mut shape: Value, version: u64) -> Value {
    shape["version"] = version.into();
    shape
}

/// A lab; how it is told only for roles that may read contacts.
pub fn lab(lab: &Lab, with_contact: bool) -> Value {
    let mut shape = value(lab);
    if with_contact {
        put_notify(&mut shape, &lab.private.reveal().notify);
    }
    shape
}

/// How somebody wants to be told; it names addresses.
fn put_notify(shape: &mut Value, kept: &str) {
    if let Ok(notify) = serde_json::from_str::<Value>(kept) {
        shape["notify"] = notify;
    }
}

/// A driver, with whether they are at work; where to call them only for roles that may read contacts.
pub fn driver(driver: &Driver, with_contact: bool) -> Value {
    let mut shape = value(driver);
    shape["presence"] = driver.presence.as_str().into();
    let phone = &driver.private.reveal().contact_phone;
    if with_contact && !phone.is_empty() {
        shape["phone"] = phone.as_str().into();
    }
    shape
}

/// A clinic; the contact only for roles that may read it.
pub fn clinic(clinic: &Clinic, with_contact: bool) -> Value {
    let mut shape = value(clinic);
    let private = clinic.private.reveal();
    if with_contact && !private.is_empty() {
        let mut contact = json!({});
        for (name, text) in [
            ("name", &private.contact_name),
            ("phone", &private.contact_phone),
            ("email", &private.contact_email),
        ] {
            if !text.is_empty() {
                contact[name] = text.as_str().into();
            }
        }
        if contact != json!({}) {
            shape["contact"] = contact;
        }
        put_notify(&mut shape, &private.notify);
        if !private.access_note.is_empty() {
            shape["access"]["note"] = private.access_note.as_str().into();
        }
        if !private.receivers.is_empty() {
            shape["access"]["receivers"] = json!(private.receivers);
        }
    }
    shape
}

/// An endpoint: its secrets by fingerprint only.
pub fn endpoint(endpoint: &Endpoint) -> Value {
    let mut shape = value(endpoint);
    let secrets = endpoint.private.reveal().secrets.iter();
    let secrets = secrets.filter_map(|text| pontic_wire::signature::Secret::new(text).ok());
    shape["secretFingerprints"] = secrets.map(|secret| secret.fingerprint()).collect();
    shape["path"] = format!("/webhooks/ehr/{}/{}", endpoint.system, endpoint.id).into();
    shape
}

/// A subscription: its secrets by fingerprint, its headers by name only.
pub fn subscription(subscription: &Subscription) -> Value {
    let mut shape = value(subscription);
    let private = subscription.private.reveal();
    let secrets = private.secrets.iter();
    let secrets = secrets.filter_map(|text| pontic_wire::signature::Secret::new(text).ok());
    shape["secretFingerprints"] = secrets.map(|secret| secret.fingerprint()).collect();
    let headers: Value = serde_json::from_str(&private.metadata).unwrap_or_default();
    let names = headers
        .as_object()
        .into_iter()
        .flat_map(|headers| headers.keys());
    shape["headerNames"] = names.map(String::as_str).collect();
    shape["timeoutSeconds"] = subscription.timeout_s.into();
    if subscription.lab_id.as_str() == ALL_LABS {
        shape["labId"] = Value::Null;
    }
    if let Some(object) = shape.as_object_mut() {
        object.remove("removed");
        object.remove("timeoutS");
    }
    shape
}

/// The words of a kind of notices.
pub fn template(template: &Template) -> Value {
    let mut shape = value(template);
    if template.lab_id.as_str() == ALL_LABS {
        shape["labId"] = Value::Null;
    }
    if let Some(object) = shape.as_object_mut() {
        object.remove("removed");
    }
    shape
}

/// A delivery in a list.
pub fn delivery(delivery: &delivery::Delivery) -> Value {
    versioned(value(&DeliveryView::from(delivery)), delivery.version)
}

/// A delivery with all its cases; patients' names only for roles that may read them.
pub fn delivery_with_cases(
    delivery: &delivery::Delivery,
    cases: &[&Case],
    with_names: bool,
) -> Value {
    let view = DeliveryView {
        cases: cases
            .iter()
            .map(|case| CaseView::full(case, with_names))
            .collect(),
        ..DeliveryView::from(delivery)
    };
    let mut shape = versioned(value(&view), delivery.version);
    let private = delivery.private.reveal();
    if with_names && !private.received_by.is_empty() {
        shape["receivedBy"] = private.received_by.as_str().into();
    }
    if with_names && !private.notes.is_empty() {
        shape["notes"] = private.notes.as_str().into();
    }
    shape
}

/// A pickup; notes and contact only for roles that may read them.
pub fn pickup(pickup: &Pickup, with_names: bool) -> Value {
    let mut shape = versioned(value(&PickupView::from(pickup)), pickup.version);
    shape["source"] = pickup.sender.as_str().into();
    let private = pickup.private.reveal();
    if with_names {
        let mut by = json!({});
        for (name, text) in [
            ("userId", pickup.requested_by.as_deref().unwrap_or_default()),
            ("name", &private.contact_name),
            ("phone", &private.contact_phone),
        ] {
            if !text.is_empty() {
                by[name] = text.into();
            }
        }
        shape["requestedBy"] = by;
        for (name, text) in [
            ("notes", &private.notes),
            ("patientName", &private.patient_name),
        ] {
            if !text.is_empty() {
                shape[name] = text.as_str().into();
            }
        }
        if let Ok(metadata) = serde_json::from_str::<Value>(&private.metadata) {
            shape["metadata"] = metadata;
        }
    }
    shape
}

/// An invoice.
pub fn invoice(invoice: &invoice::Invoice) -> Value {
    versioned(value(&InvoiceView::from(invoice)), invoice.version)
}

/// A stop.
pub fn stop(stop: &Stop) -> Value {
    value(stop)
}

/// A route with its stops in order.
pub fn route(route: &Route, stops: &[&Stop]) -> Value {
    let mut shape = value(route);
    shape["routeId"] = shape["id"].clone();
    shape["stops"] = stops.iter().map(value).collect();
    shape
}

/// An alert.
pub fn alert(row: &AlertRow) -> Value {
    let mut shape: Value = serde_json::from_str(&row.body).unwrap_or_default();
    shape["number"] = row.number.into();
    shape["at"] = time::format(row.at).into();
    let status = if row.open { "open" } else { "closed" };
    shape["status"] = status.into();
    if let Some(seq) = row.seq {
        shape["eventSeq"] = seq.into();
    }
    if let Some(until) = row.snoozed_until.filter(|_| row.open) {
        shape["snoozedUntil"] = time::format(until).into();
    }
    shape
}

/// Any record as a list shows it.
pub fn record(record: &Record, with_names: bool) -> Value {
    match record {
        Record::Lab(inner) => lab(inner, with_names),
        Record::Clinic(inner) => clinic(inner, with_names),
        Record::Driver(inner) => driver(inner, with_names),
        Record::Endpoint(inner) => endpoint(inner),
        Record::Delivery(inner) => delivery(inner),
        Record::Pickup(inner) => pickup(inner, with_names),
        Record::Invoice(inner) => invoice(inner),
        Record::Stop(inner) => stop(inner),
        Record::Route(inner) => value(inner.as_ref()),
        Record::Case(inner) => value(&CaseView::full(inner, with_names)),
        Record::Series(inner) => value(inner.as_ref()),
        Record::RuleBook(inner) => value(inner.as_ref()),
        Record::Subscription(inner) => subscription(inner),
        Record::Template(inner) => template(inner),
    }
}

/// The record as its type, if it is of it.
pub fn of<E: Entity>(record: &Record) -> Option<&E> {
    E::from_record(record)
}

//! Deliveries, pickups and stops as dispatchers and drivers change them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pontic_core::event::{
    DeliveryPatched, InvoiceIssued, PickupMoved, StopCompleted, StopFailed, StopSkipped,
};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{DeliveryId, InvoiceId, LabId, PickupId, StopId};
use pontic_core::phi::{Phi, Private};
use pontic_core::pickup::Window;

use crate::event::{read_coordinates, read_invoice, read_packages, read_proof};
use crate::fields::{self, NAME, NOTES, Reader};
use crate::json::Json;

/// Most cases and pickups of one stop that are reported one by one.
const MAX_ITEMS: usize = 400;

/// A delivery on another day, or called off.
pub fn delivery_patch(
    lab_id: LabId,
    delivery_id: DeliveryId,
    body: &Json<'_>,
    expected: Option<u64>,
) -> Result<DeliveryPatched, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let date = reader
        .optional("deliveryDate", fields::date)
        .or_else(|| reader.optional("date", fields::date));
    let cancel = reader.optional("status", fields::word(&[("cancelled", true)]));
    reader.finish(|| {
        Some(DeliveryPatched {
            lab_id,
            delivery_id,
            date,
            cancel: cancel.unwrap_or(false),
            expected,
        })
    })
}

/// A pickup at another time. Of the window both ends are given, or one: then its length stays.
pub fn pickup_patch(
    lab_id: LabId,
    id: PickupId,
    current: Window,
    body: &Json<'_>,
    following: bool,
    expected: Option<u64>,
) -> Result<PickupMoved, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let start = reader.optional("windowStart", fields::timestamp);
    let end = reader.optional("windowEnd", fields::timestamp);
    let package_count = reader.optional("packageCount", read_packages);
    let is_rush = reader.optional("isRush", fields::boolean);
    let length = current.start.duration_until(current.end);
    let window = match (start, end) {
        (Some(start), Some(end)) => Some(Window { start, end }),
        (Some(start), None) => start
            .checked_add(length)
            .ok()
            .map(|end| Window { start, end }),
        (None, Some(end)) => Some(Window {
            start: current.start,
            end,
        }),
        (None, None) => None,
    };
    reader.finish(|| {
        Some(PickupMoved {
            lab_id,
            id,
            window,
            package_count,
            is_rush,
            following,
            expected,
        })
    })
}

/// An invoice whose id stands in the path.
pub fn invoice(invoice_id: &InvoiceId, body: &Json<'_>) -> Result<InvoiceIssued, Vec<Fault>> {
    read_invoice(Reader::new(body, ""), Some(invoice_id.as_str()))
}

/// The time of something that a driver did, if the body says one.
pub fn at(body: &Json<'_>) -> Result<Option<Timestamp>, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let at = reader.optional("at", fields::timestamp);
    reader.finish(|| Some(at))
}

/// A stop done: `cases` and `pickups` name what was not done and why, everything else was.
pub fn stop_completed(
    lab_id: LabId,
    stop_id: StopId,
    body: &Json<'_>,
) -> Result<StopCompleted, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let at = reader.optional("at", fields::timestamp);
    let cases = reader.objects("cases", MAX_ITEMS, |item| outcome(item, "caseId"));
    let pickups = reader.objects("pickups", MAX_ITEMS, |item| {
        let by_sender = matches!(item.read("pickupId", |_| Ok(())), Ok(Some(())));
        outcome(item, if by_sender { "pickupId" } else { "id" })
    });
    let redeliver_on = reader.optional("redeliverOn", fields::date);
    let received_by = reader.optional("receivedBy", fields::text(NAME));
    let coordinates = read_coordinates(&mut reader, "coordinates");
    let notes = reader.optional("notes", fields::text(NOTES));
    let proof = reader.object("proofOfDelivery", read_proof);
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    reader.finish(|| {
        let undone: BTreeMap<String, String> = cases.into_iter().chain(pickups).flatten().collect();
        Some(StopCompleted {
            lab_id,
            stop_id,
            at,
            undone,
            redeliver_on,
            coordinates,
            proof: proof.unwrap_or_default(),
            private: Phi::new(Private {
                received_by: text(received_by),
                notes: text(notes),
                ..Private::default()
            }),
        })
    })
}

/// One case or pickup: `done` (the default), or a `reason` why not.
fn outcome(item: &mut Reader<'_>, name: &'static str) -> Option<(String, String)> {
    let id = item.required(name, fields::built_id);
    let done = item.optional("done", fields::boolean);
    let reason = item.optional("reason", fields::text(NAME));
    match (done, reason) {
        (Some(true), Some(_)) => {
            item.fault("reason", Reason::Mismatch);
            None
        }
        (Some(false), None) => {
            item.fault("reason", Reason::Required);
            None
        }
        (_, Some(reason)) => Some((id?.to_owned(), reason.to_owned())),
        (_, None) => None,
    }
}

/// A stop at which nothing could be done.
pub fn stop_failed(
    lab_id: LabId,
    stop_id: StopId,
    body: &Json<'_>,
) -> Result<StopFailed, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let reason = reader.required("reason", fields::text(NAME));
    let at = reader.optional("at", fields::timestamp);
    let redeliver_on = reader.optional("redeliverOn", fields::date);
    reader.finish(|| {
        Some(StopFailed {
            lab_id,
            stop_id,
            reason: reason?.to_owned(),
            at,
            redeliver_on,
        })
    })
}

/// A stop that is left out.
pub fn stop_skipped(
    lab_id: LabId,
    stop_id: StopId,
    body: &Json<'_>,
) -> Result<StopSkipped, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let reason = reader.optional("reason", fields::text(NAME));
    let at = reader.optional("at", fields::timestamp);
    reader.finish(|| {
        Some(StopSkipped {
            lab_id,
            stop_id,
            reason: reason.map(str::to_owned),
            at,
        })
    })
}

//! JSON Schemas of everything that goes in and out, and the `AsyncAPI` document that names the channels.
//!
//! They stand as files in `schemas/`, written by hand and held against real messages by the tests of the server. They are looser
//! than the code where a schema cannot tell (whether a time exists), and never stricter.

/// A JSON Schema (2020-12); its references lead to others of the list, by file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// Its name: `in.CaseReadyToShip`, `out.BillingTriggered`, `ehr.dentrix`, `live.ALERT`, `record.Route`, …
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! schema {
    ($name:literal) => {
        Schema {
            name: $name,
            text: include_str!(concat!("../schemas/", $name, ".json")),
        }
    };
}

static ALL: &[Schema] = &[
    schema!("parts"),
    schema!("driver.ack"),
    schema!("driver.fix"),
    schema!("ehr.accepted"),
    schema!("ehr.dentrix"),
    schema!("ehr.eaglesoft"),
    schema!("ehr.opendental"),
    schema!("ehr.refused"),
    schema!("envelope.cloudevents"),
    schema!("envelope.eventbridge"),
    schema!("envelope.out.cloudevents"),
    schema!("envelope.out.plain"),
    schema!("envelope.putevents"),
    schema!("envelope.short"),
    schema!("in.CaseCancelled"),
    schema!("in.CaseOnHold"),
    schema!("in.CaseReadyToShip"),
    schema!("in.DeliveryCompleted"),
    schema!("in.InvoiceIssued"),
    schema!("in.PickupCancelled"),
    schema!("in.PickupRequested"),
    schema!("live.ALERT"),
    schema!("live.ALERTS_OPEN"),
    schema!("live.ALERT_CLOSED"),
    schema!("live.ALERT_SNOOZED"),
    schema!("live.ARRIVAL_NOTIFICATION"),
    schema!("live.CLINIC_UPDATED"),
    schema!("live.DELIVERY_UPDATED"),
    schema!("live.DRIVER_LOCATION_UPDATE"),
    schema!("live.DRIVER_SILENT"),
    schema!("live.DRIVER_UPDATED"),
    schema!("live.ETA_UPDATE"),
    schema!("live.GEOFENCE_CORRECTED"),
    schema!("live.GEOFENCE_CROSSED"),
    schema!("live.GEOFENCE_ENTER"),
    schema!("live.GEOFENCE_EXIT"),
    schema!("live.PICKUP_UPDATED"),
    schema!("live.ROUTE_UPDATED"),
    schema!("live.RUSH_ALERT"),
    schema!("live.SNAPSHOT"),
    schema!("live.STOP_ARRIVED"),
    schema!("live.STOP_DEPARTED"),
    schema!("out.ArrivalNotification"),
    schema!("out.BillingTriggered"),
    schema!("out.DriverOnTheWay"),
    schema!("out.InvoiceDelivered"),
    schema!("out.DeliveryChanged"),
    schema!("out.DeliveryCompleted"),
    schema!("out.DeliveryScheduled"),
    schema!("out.PickupAtLab"),
    schema!("out.PickupCancelled"),
    schema!("out.PickupCompleted"),
    schema!("out.PickupConfirmed"),
    schema!("out.PickupMissed"),
    schema!("record.Alert"),
    schema!("record.Clinic"),
    schema!("record.Delivery"),
    schema!("record.Driver"),
    schema!("record.Endpoint"),
    schema!("record.Event"),
    schema!("record.Fix"),
    schema!("record.Heard"),
    schema!("record.Invoice"),
    schema!("record.Lab"),
    schema!("record.Me"),
    schema!("record.Message"),
    schema!("record.Notice"),
    schema!("record.Pickup"),
    schema!("record.Quarantined"),
    schema!("record.Route"),
    schema!("record.Statistics"),
    schema!("record.Stop"),
    schema!("record.Subscription"),
    schema!("record.Template"),
    schema!("record.Token"),
];

/// Every schema, `parts` (parts of the others) first.
pub fn all() -> &'static [Schema] {
    ALL
}

/// The schema of that name.
pub fn by_name(name: &str) -> Option<&'static Schema> {
    ALL.iter().find(|schema| schema.name == name)
}

/// The `AsyncAPI` document; its version is to be filled in.
pub const ASYNCAPI: &str = include_str!("../schemas/asyncapi.json");

//! What the answers of the API hold: the schema of each record, by address, put into the description that is made from the handlers.

use pontic_wire::schemas;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Schema};

/// How an address answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// With one.
    One,
    /// With `{ items, next }`.
    List,
    /// With `{ items }`: all of them.
    All,
}
use Shape::{All, List, One};

/// Address, what it answers with, and the name of its schema without `record.`.
const ANSWERS: &[(&str, Shape, &str)] = &[
    ("/v1/me", One, "Me"),
    ("/v1/labs", List, "Lab"),
    ("/v1/labs/{id}", One, "Lab"),
    ("/v1/clinics", List, "Clinic"),
    ("/v1/clinics/{id}", One, "Clinic"),
    ("/v1/drivers", List, "Driver"),
    ("/v1/drivers/{id}", One, "Driver"),
    ("/v1/drivers/{id}/positions", List, "Fix"),
    ("/v1/drivers/{id}/statistics", One, "Statistics"),
    ("/v1/routes", List, "Route"),
    ("/v1/routes/{id}", One, "Route"),
    ("/v1/stops/{id}", One, "Stop"),
    ("/v1/deliveries", List, "Delivery"),
    ("/v1/deliveries/{id}", One, "Delivery"),
    ("/v1/pickups", List, "Pickup"),
    ("/v1/pickups/{id}", One, "Pickup"),
    ("/v1/invoices", List, "Invoice"),
    ("/v1/invoices/{id}", One, "Invoice"),
    ("/v1/alerts", List, "Alert"),
    ("/v1/endpoints", List, "Endpoint"),
    ("/v1/endpoints/{id}", One, "Endpoint"),
    ("/v1/subscriptions", List, "Subscription"),
    ("/v1/subscriptions/{id}", One, "Subscription"),
    ("/v1/tokens", List, "Token"),
    ("/v1/events", List, "Event"),
    ("/v1/events/{seq}", One, "Event"),
    ("/v1/quarantine", List, "Quarantined"),
    ("/v1/quarantine/{id}", One, "Quarantined"),
    ("/v1/messages", List, "Message"),
    ("/v1/dead-letters", List, "Message"),
    ("/v1/notices", List, "Notice"),
    ("/v1/templates", List, "Template"),
    ("/v1/heard", All, "Heard"),
];

/// The description with the records in it. The schemas lie beside it, under `/schemas/`.
pub fn described(mut document: OpenApi) -> OpenApi {
    for (path, shape, name) in ANSWERS {
        let Some(item) = document.paths.paths.get_mut(*path) else {
            continue;
        };
        put(item.get.as_mut(), *shape, name);
        if *shape == One {
            put(item.put.as_mut(), One, name);
            put(item.patch.as_mut(), One, name);
        }
    }
    document
}

/// Into the answers of an operation that went well.
fn put(operation: Option<&mut Operation>, shape: Shape, name: &str) {
    let Some(operation) = operation else { return };
    let answers = operation.responses.responses.iter_mut();
    let well = answers.filter(|(status, _)| status.starts_with('2'));
    for (_, answer) in well {
        let RefOr::T(answer) = answer else { continue };
        if let Some(content) = answer.content.get_mut("application/json") {
            *content = Content::new(Some(schema(shape, name)));
        }
    }
}

fn schema(shape: Shape, name: &str) -> RefOr<Schema> {
    let file = format!("record.{name}");
    debug_assert!(schemas::by_name(&file).is_some(), "{file}");
    let one = Ref::new(format!("schemas/{file}.json"));
    if shape == One {
        return RefOr::Ref(one);
    }
    let items = ArrayBuilder::new().items(one);
    let mut list = ObjectBuilder::new()
        .property("items", items)
        .required("items");
    if shape == List {
        list = list.property("next", next()).required("next");
    }
    RefOr::T(list.build().into())
}

/// Where the next page begins; `null` at the end.
fn next() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Where the next page begins: its `after`."))
        .build()
}

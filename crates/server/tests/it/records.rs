//! What the description says of answers is true, and all of it: every record of a busy day is held against its schema, closed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Client, Start};
use crate::replay::busy_day;
use crate::schemas::Schemas;

/// Address of each list, and the schema of its items.
fn lists(openapi: &Value) -> BTreeMap<String, String> {
    let items = "/get/responses/200/content/application~1json/schema/properties/items/items/$ref";
    named(openapi, items)
}

/// Address of each single record, and its schema.
fn singles(openapi: &Value) -> BTreeMap<String, String> {
    named(
        openapi,
        "/get/responses/200/content/application~1json/schema/$ref",
    )
}

fn named(openapi: &Value, pointer: &str) -> BTreeMap<String, String> {
    let paths = openapi["paths"].as_object().expect("paths").iter();
    paths
        .filter_map(|(path, item)| {
            let file = item.pointer(pointer)?.as_str()?.strip_prefix("schemas/")?;
            Some((path.clone(), file.strip_suffix(".json")?.to_owned()))
        })
        .collect()
}

/// What the busy day has none of.
fn others(admin: &Client) {
    admin
        .put(
            "/v1/subscriptions/nobody",
            &json!({ "url": "https://nobody.invalid/", "labId": "L0", "pattern": { "detail-type": ["BillingTriggered"] } }),
        )
        .expect(201);
    let secret = "a-secret-of-32-visible-characters";
    let endpoint = json!({ "labId": "L0", "system": "dentrix", "secrets": [secret], "clinicMap": { "7": "C1" }, "priorities": { "asap": "RUSH" } });
    admin.put("/v1/endpoints/north", &endpoint).expect(201);
    admin
        .put(
            "/v1/clinics/C1",
            &json!({ "labId": "L0", "name": "North", "address": "1 Road", "location": { "lat": 41.0, "lng": -86.0 },
                "hours": { "MO": [{ "from": "08:00", "to": "17:00" }] }, "contact": { "name": "Desk", "phone": "555-0100" },
                "fence": { "radius": 150 }, "notify": { "email": "desk@north.example" } }),
        )
        .expect(200);
    admin
        .put(
            "/v1/templates/arrival",
            &json!({ "labId": "L0", "language": "en", "subject": "s", "text": "t" }),
        )
        .expect(201);
    admin
        .post("/v1/tokens", &json!({ "role": "viewer", "labId": "L0" }))
        .expect(201);
    admin.post("/v1/positions", &json!({ "driverId": "D0", "coordinates": { "lat": 41.0, "lng": -86.0 }, "timestamp": crate::harness::after_hours(0) }));
}

#[test]
fn every_record_is_what_the_description_says() {
    let server = Start::new().go();
    busy_day(&server);
    let admin = server.admin();
    others(&admin);
    let openapi = server.nobody().get("/openapi.json").expect(200);
    let (lists, singles) = (lists(&openapi), singles(&openapi));
    assert!(
        lists.len() > 15 && singles.len() > 10,
        "{lists:?} {singles:?}"
    );
    let mut schemas = Schemas::of(&server);
    let mut empty = Vec::new();
    for (path, schema) in lists.iter().filter(|(path, _)| !path.contains('{')) {
        let answer = admin.get(&format!("{path}?limit=200")).expect(200);
        let items = answer["items"].as_array().expect("items");
        if items.is_empty() {
            empty.push(path.as_str());
        }
        for item in items {
            schemas.check_closed(schema, item);
        }
        let one = format!("{path}/{{id}}");
        let id = |item: &Value| {
            let names = ["deliveryId", "invoiceId", "id"];
            names
                .iter()
                .find_map(|name| item[*name].as_str().map(str::to_owned))
        };
        if let (Some(schema), Some(item)) = (singles.get(&one), items.last())
            && let Some(id) = id(item)
        {
            let lab = item["labId"].as_str().map(|lab| format!("?labId={lab}"));
            let clinic = item["clinicId"].as_str().filter(|_| lab.is_some());
            let clinic = clinic.map(|clinic| format!("&clinicId={clinic}"));
            let which = lab.unwrap_or_default() + &clinic.unwrap_or_default();
            let single = admin.get(&format!("{path}/{id}{which}")).expect(200);
            schemas.check_closed(schema, &single);
        }
    }
    assert_eq!(
        empty,
        [
            "/v1/dead-letters",
            "/v1/heard",
            "/v1/messages",
            "/v1/notices"
        ],
        "nothing to look at"
    );
    let stop = admin.all("/v1/routes")[0]["stops"][0].clone();
    let (id, lab) = (stop["id"].as_str(), stop["labId"].as_str());
    let path = format!(
        "/v1/stops/{}?labId={}",
        id.expect("an id"),
        lab.expect("a lab")
    );
    schemas.check_closed("record.Stop", &admin.get(&path).expect(200));
    schemas.check_closed("record.Me", &admin.get("/v1/me").expect(200));
}

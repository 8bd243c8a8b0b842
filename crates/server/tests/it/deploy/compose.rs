//! `compose.yaml`: every service with as little as it needs, healthy one after the other.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::files::{list, text, yaml};
use super::{PORT, does_well};

fn services() -> serde_json::Map<String, Value> {
    let compose = yaml("compose.yaml").remove(0);
    compose["services"].as_object().expect("services").clone()
}

#[test]
fn no_service_may_more_than_it_needs() {
    for (name, service) in services() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        assert_eq!(
            service["security_opt"],
            json!(["no-new-privileges:true"]),
            "{name}"
        );
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        assert!(service["healthcheck"]["test"].is_array(), "{name}");
        assert!(
            service["privileged"].is_null() && service["network_mode"].is_null(),
            "{name}"
        );
        let adds = &service["cap_add"];
        if name == "proxy" {
            assert_eq!(*adds, json!(["NET_BIND_SERVICE"]));
            assert!(service["ports"].is_array());
        } else {
            assert!(adds.is_null() && service["ports"].is_null(), "{name}");
        }
    }
}

#[test]
fn two_replicas_are_the_same_and_start_one_after_the_other() {
    let services = services();
    let (one, two) = (&services["replica-1"], &services["replica-2"]);
    for part in ["image", "build", "environment", "secrets", "healthcheck"] {
        assert!(!one[part].is_null() && one[part] == two[part], "{part}");
    }
    let waits = |service: &Value, on: &str| service["depends_on"][on]["condition"].clone();
    assert_eq!(waits(one, "database"), "service_healthy");
    assert_eq!(waits(two, "replica-1"), "service_healthy");
    assert_eq!(waits(&services["proxy"], "replica-2"), "service_healthy");
    let check = list(&one["healthcheck"]["test"]);
    assert_eq!(check[0], "CMD");
    does_well(&check[1..]);
    let caddyfile = text("compose/Caddyfile");
    for replica in ["replica-1", "replica-2"] {
        assert!(
            caddyfile.contains(&format!("{replica}:{PORT}")),
            "{replica}"
        );
    }
    let key = one["environment"]["PONTIC_KEY_FILE"].as_str();
    let key = key.expect("one key for both");
    for replica in [one, two] {
        let volumes = list(&replica["volumes"]);
        let shared = volumes
            .iter()
            .filter_map(|volume| volume.strip_prefix("keys:"));
        assert!(shared.clone().count() == 1 && shared.clone().all(|at| key.starts_with(at)));
    }
}

#[test]
fn what_services_are_given_is_declared_and_no_secret_stands_in_the_file() {
    let compose = yaml("compose.yaml").remove(0);
    let declared = |part: &str| {
        let names = compose[part].as_object().expect(part).keys();
        names.cloned().collect::<BTreeSet<_>>()
    };
    let mut used: [BTreeSet<String>; 4] = Default::default();
    for (_, service) in services() {
        let of = |part: &str| service[part].as_array().cloned().unwrap_or_default();
        let name = |item: Value| {
            let name = item["source"].as_str().or(item.as_str()).expect("a name");
            name.split(':').next().expect("a name").to_owned()
        };
        for (part, used) in ["networks", "volumes", "configs", "secrets"]
            .iter()
            .zip(&mut used)
        {
            used.extend(of(part).into_iter().map(name));
        }
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let is_file = variable.ends_with("_FILE") || variable == "PONTIC_SECRETS";
            let is_secret = ["PASSWORD", "TOKEN", "SECRET", "DATABASE__URL"];
            let is_secret = is_secret.iter().any(|word| variable.contains(word));
            assert!(!is_secret || is_file, "{variable} is {value}");
        }
    }
    for (part, used) in ["networks", "volumes", "configs", "secrets"]
        .iter()
        .zip(used)
    {
        assert_eq!(declared(part), used, "{part}");
    }
    for part in ["configs", "secrets"] {
        for (name, one) in compose[part].as_object().expect(part) {
            let file = one["file"].as_str().unwrap_or_default();
            let made = ["./secrets/", "./compose/"];
            assert!(made.iter().any(|folder| file.starts_with(folder)), "{name}");
        }
    }
}

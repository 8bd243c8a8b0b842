//! Every signature case.

use jiff::Timestamp;
use pontic_wire::signature::{Secret, verify};

use crate::vectors::{VECTORS, body_of, cases};

#[test]
fn every_case_verifies_as_it_should() {
    for case in cases("signatures") {
        let secrets = case["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|secret| secret.as_str().unwrap());
        let secrets: Vec<_> = secrets.map(|secret| Secret::new(secret).unwrap()).collect();
        let headers = case["headers"].as_object().unwrap().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap().as_bytes()));
        let now = case.get("now").unwrap_or(&VECTORS["now"]).as_str().unwrap();
        let now: Timestamp = now.parse().unwrap();
        let result = verify(
            "x-dentrix-signature",
            headers,
            &body_of(case),
            &secrets,
            now,
        );
        assert_eq!(
            result.is_ok(),
            case["valid"].as_bool().unwrap(),
            "{}: {result:?}",
            case["name"]
        );
    }
}

//! The contract's cases, as they stand in `testdata/ehr.json`.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The whole file.
pub static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../testdata/ehr.json")).unwrap());

/// The cases of a list.
pub fn cases(list: &str) -> &'static [Value] {
    VECTORS[list].as_array().unwrap()
}

/// The exact bytes that a case sends.
pub fn body_of(case: &Value) -> Vec<u8> {
    let mut bytes = if let Some(raw) = case["raw"].as_str() {
        raw.as_bytes().to_vec()
    } else if let Some(raw) = case["rawBase64"].as_str() {
        STANDARD.decode(raw).unwrap()
    } else {
        serde_json::to_vec(&case["body"]).unwrap()
    };
    if let Some(length) = case["padWithSpacesToBytes"].as_u64() {
        bytes.resize(usize::try_from(length).unwrap(), b' ');
    }
    bytes
}

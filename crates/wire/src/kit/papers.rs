//! The texts of the kit.

use super::{File, SECRET};
use crate::ehr::Ehr;
use crate::schemas;
use crate::signature::TIMESTAMP_HEADER;

const README: &str = include_str!("../../kit/readme.md");
const SCRIPT: &str = include_str!("../../kit/verify.sh");

/// How to sign, what is answered, when to send again.
pub fn readme(ehr: &'static Ehr) -> String {
    filled(README, ehr)
}

/// The vectors gone through with openssl.
pub fn verify_script(ehr: &'static Ehr) -> String {
    filled(SCRIPT, ehr)
}

/// The schema of the body, and what it refers to.
pub fn schemas(ehr: &Ehr) -> Vec<File> {
    let names = ["parts".to_owned(), format!("ehr.{}", ehr.system)];
    let found = names.iter().filter_map(|name| schemas::by_name(name));
    found
        .map(|schema| File::new(format!("schema/{}.json", schema.name), schema.text))
        .collect()
}

fn filled(text: &str, ehr: &'static Ehr) -> String {
    let names = ehr.field_names();
    let times = if ehr.writes_local_times() {
        "A time without an offset is read by the clock on the clinic's wall; one with an offset says what is meant."
    } else {
        "The time needs an offset."
    };
    let title = match ehr.system {
        "dentrix" => "Dentrix",
        "opendental" => "Open Dental",
        "eaglesoft" => "Eaglesoft",
        other => other,
    };
    [
        ("TITLE", title),
        ("SYSTEM", ehr.system),
        ("HEADER", ehr.signature_header),
        ("TIMESTAMP", TIMESTAMP_HEADER),
        ("SECRET", SECRET),
        ("ID", names.id),
        ("CLINIC", names.clinic),
        ("TIME", names.time),
        ("TIMES", times),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

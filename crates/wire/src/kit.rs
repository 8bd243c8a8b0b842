//! What the engineer of a practice system needs to send to us: a folder to work with alone, and a grade for what is sent.
//!
//! All of it uses one published secret, [`SECRET`]. It opens nothing: no endpoint may have it.

mod examples;
mod grade;
mod papers;
mod vectors;

use jiff::Timestamp;

use crate::ehr::Ehr;

pub use grade::{Check, Report, Sent, grade};

/// The secret of the kit, known to everybody.
pub const SECRET: &str = "pontic-kit-test-secret-known-to-everybody";

/// Whether that is the kit's secret, however it is written.
pub fn is_secret_of_it(secret: &crate::signature::Secret) -> bool {
    let own = crate::signature::Secret::new(SECRET);
    own.is_ok_and(|own| own.shares_a_key_with(secret))
}

/// A file of the kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path within the folder.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl File {
    fn new(path: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: text.into(),
        }
    }
}

/// Every file of the kit of a practice system. The times in its examples lie some days after `now`.
pub fn files(ehr: &'static Ehr, now: Timestamp) -> Vec<File> {
    let examples = examples::all(ehr, now);
    let mut files = vec![
        File::new("README.md", papers::readme(ehr)),
        File::new("verify.sh", papers::verify_script(ehr)),
    ];
    files.extend(papers::schemas(ehr));
    files.extend(examples.iter().flat_map(examples::Example::files));
    files.extend(vectors::files(ehr, &examples, now));
    files
}

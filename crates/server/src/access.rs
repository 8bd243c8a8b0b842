//! Who may do what: one table, deny by default, asked in one place.

mod devices;
mod keys;
mod table;

use pontic_core::id::{ClinicId, DriverId, LabId};
use pontic_store::access::Token;

pub use devices::{Credentials, new_device};
pub use keys::{DRIVER_SESSION, Keys, Secretly, new_token};
pub use table::{Need, is_for_clinics, need};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Everything; in all labs unless bound to one.
    Admin,
    /// The desk: plans, sees patients' names.
    Dispatcher,
    /// Drives: their own routes.
    Driver,
    /// Posts events of its sources.
    Source,
    /// Invoices.
    Finance,
    /// Looks on.
    Viewer,
}

impl Role {
    const WORDS: [(Self, &'static str); 6] = [
        (Self::Admin, "admin"),
        (Self::Dispatcher, "dispatcher"),
        (Self::Driver, "driver"),
        (Self::Source, "source"),
        (Self::Finance, "finance"),
        (Self::Viewer, "viewer"),
    ];

    /// Its word in rows and answers.
    pub fn as_str(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(role, _)| *role == self)
            .map_or("viewer", |(_, word)| word)
    }

    /// The role of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(role, _)| *role)
    }

    /// Whether it may read patients' names.
    pub const fn reads_names(self) -> bool {
        matches!(self, Self::Admin | Self::Dispatcher)
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Id of the token: what stands in logs.
    pub token_id: String,
    /// What it is for.
    pub role: Role,
    /// Bound to that lab.
    pub lab_id: Option<LabId>,
    /// Is that driver.
    pub driver_id: Option<DriverId>,
    /// Is of that clinic.
    pub clinic_id: Option<ClinicId>,
    /// May post events of these sources; empty: of any.
    pub sources: Vec<String>,
}

impl Caller {
    /// Whoever holds that token, if its role is one we know.
    pub fn of(token: &Token) -> Option<Self> {
        Some(Self {
            token_id: token.parent.clone().unwrap_or_else(|| token.id.clone()),
            role: Role::from_word(&token.role)?,
            lab_id: token.lab_id.clone(),
            driver_id: token.driver_id.clone(),
            clinic_id: token.clinic_id.clone(),
            sources: token.sources.clone(),
        })
    }

    /// Whether a row of that lab exists for them.
    pub fn sees(&self, lab: &LabId) -> bool {
        self.lab_id.as_ref().is_none_or(|own| own == lab)
    }

    /// Whether something for that clinic exists for them.
    pub fn sees_clinic(&self, clinic: Option<&str>) -> bool {
        let own = self.clinic_id.as_ref().map(ClinicId::as_str);
        own.is_none() || own == clinic
    }

    /// Whether they may post events of that source.
    pub fn speaks_for(&self, source: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|own| own == source)
    }

    /// Their name in the log.
    pub fn actor(&self) -> String {
        format!("{}/{}", self.role.as_str(), self.token_id)
    }
}

//! Who is to be told: clinics and labs with how they want it, as they are now.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use pontic_core::directory::{Clinic, Lab};
use pontic_core::id::LabId;
use pontic_core::notice::{Language, NoticeKind, Preferences};
use pontic_core::record::{Entity as _, Kind};
use pontic_core::subscription::ALL_LABS;
use pontic_core::template::Template;
use pontic_core::time;
use pontic_store::{Store, StoreError};

use crate::app::App;
use crate::notify::{Reader, preferences};

/// Clinics merge flat: one step is enough; the bound only guards against rows made by hand.
const MERGES: usize = 4;

/// A clinic, or a lab's dispatchers.
pub struct Addressee {
    /// The lab.
    pub lab_id: LabId,
    /// What people call it.
    pub lab_name: String,
    /// The clinic; absent: the dispatchers.
    pub clinic: Option<Clinic>,
    /// How they want to be told.
    pub wants: Preferences,
    /// The clock on their wall.
    pub zone: TimeZone,
    /// Their language.
    pub language: Language,
}

impl Addressee {
    /// Whose words, and whose clock.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            lab: &self.lab_name,
            clinic: self.clinic.as_ref().map_or("", |clinic| &clinic.name),
            zone: &self.zone,
            language: self.language,
        }
    }
}

/// Those of one pass, each read once.
pub struct Addressees<'s> {
    store: &'s dyn Store,
    zone: String,
    language: Language,
    known: HashMap<(String, Option<String>), Option<Arc<Addressee>>>,
    words: HashMap<(String, String), Option<Arc<Template>>>,
}

impl<'s> Addressees<'s> {
    /// Nobody is read yet.
    pub fn new(app: &App, store: &'s dyn Store) -> Self {
        Self {
            store,
            zone: app.config.rules.default_time_zone.clone(),
            language: app.notify.language,
            known: HashMap::new(),
            words: HashMap::new(),
        }
    }

    /// The clinic of a lab, or whatever took its place; without a clinic the lab's dispatchers. Nobody if they are unknown.
    pub fn find(
        &mut self,
        lab: &str,
        clinic: Option<&str>,
    ) -> Result<Option<Arc<Addressee>>, StoreError> {
        let place = (lab.to_owned(), clinic.map(str::to_owned));
        if let Some(known) = self.known.get(&place) {
            return Ok(known.clone());
        }
        let found = self.read(lab, clinic)?.map(Arc::new);
        self.known.insert(place, found.clone());
        Ok(found)
    }

    fn read(&self, lab: &str, clinic: Option<&str>) -> Result<Option<Addressee>, StoreError> {
        let lab_id = LabId::known(lab);
        let found = self.store.get(Kind::Lab, Some(&lab_id), lab)?;
        let Some(lab) = found.first().and_then(Lab::from_record) else {
            return Ok(None);
        };
        let of_lab = preferences(&lab.private);
        let clinic = match clinic {
            Some(id) => match self.clinic(&lab_id, id)? {
                Some(clinic) => Some(clinic),
                None => return Ok(None),
            },
            None => None,
        };
        let zone = clinic
            .as_ref()
            .and_then(|clinic| clinic.time_zone.as_deref());
        let zone = zone.or(lab.time_zone.as_deref()).unwrap_or(&self.zone);
        let lab_language = of_lab.language;
        let wants = match &clinic {
            Some(clinic) => preferences(&clinic.private),
            None => of_lab,
        };
        Ok(Some(Addressee {
            lab_id,
            lab_name: lab.name.clone(),
            zone: time::zone(zone),
            language: wants.language.or(lab_language).unwrap_or(self.language),
            wants,
            clinic,
        }))
    }

    fn clinic(&self, lab: &LabId, id: &str) -> Result<Option<Clinic>, StoreError> {
        let mut id = id.to_owned();
        for _ in 0..MERGES {
            let found = self.store.get(Kind::Clinic, Some(lab), &id)?;
            let Some(clinic) = found.first().and_then(Clinic::from_record) else {
                return Ok(None);
            };
            match &clinic.merged_into {
                Some(into) => id = into.to_string(),
                None => return Ok(Some(clinic.clone())),
            }
        }
        Ok(None)
    }

    /// The words of a kind in a language, where the lab or the operator has chosen others than ours.
    pub fn words(
        &mut self,
        lab: &LabId,
        kind: NoticeKind,
        language: Language,
    ) -> Result<Option<Arc<Template>>, StoreError> {
        let place = (lab.to_string(), Template::id_of(kind, language));
        if let Some(known) = self.words.get(&place) {
            return Ok(known.clone());
        }
        let found = self.store.get(Kind::Template, None, &place.1)?;
        let live = || {
            let templates = found.iter().filter_map(Template::from_record);
            templates.filter(|template| !template.removed)
        };
        let of = |lab: &str| live().find(|template| template.lab_id.as_str() == lab);
        let words = of(lab.as_str())
            .or_else(|| of(ALL_LABS))
            .cloned()
            .map(Arc::new);
        self.words.insert(place, words.clone());
        Ok(words)
    }
}

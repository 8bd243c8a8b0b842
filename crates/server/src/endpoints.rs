//! The endpoints of practice systems, held in memory: a webhook must be verified before anything is looked up.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use metrics::Counter;
use pontic_core::delivery::Priority;
use pontic_core::directory;
use pontic_core::id::{ClinicId, EndpointId, LabId};
use pontic_core::record::{Entity, Kind};
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};
use pontic_wire::ehr::{self, Ehr};
use pontic_wire::signature::Secret;

use crate::config::DefaultEndpoint;

/// The lab of the default endpoints.
pub const DEFAULT_LAB: &str = "LAB001";
/// Endpoints that are read at once.
const PAGE: usize = 200;

/// One endpoint, ready for use.
#[derive(Clone)]
pub struct Endpoint {
    /// Its id; a default endpoint is called like its system.
    pub id: EndpointId,
    /// The practice system.
    pub ehr: &'static Ehr,
    /// The lab.
    pub lab_id: LabId,
    /// Zone of times without an offset, where the clinic has none of its own.
    pub time_zone: Option<String>,
    /// Clinics it may speak for; empty: any.
    pub clinics: Vec<ClinicId>,
    /// The sender's clinic ids to ours.
    pub clinic_map: BTreeMap<String, String>,
    /// The sender's own words of priority, in lower case, to whether they mean a rush.
    pub priorities: BTreeMap<String, bool>,
    /// Active secrets; none: not configured.
    pub secrets: Vec<Secret>,
    /// Counts refused signatures; held here, because finding it by its name costs more than verifying.
    pub unverified: Counter,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("system", &self.ehr.system)
            .finish_non_exhaustive()
    }
}

/// All endpoints by id.
#[derive(Debug)]
pub struct Endpoints {
    defaults: HashMap<String, Arc<Endpoint>>,
    others: RwLock<HashMap<String, Arc<Endpoint>>>,
    /// Held by whoever reads them: what was read later must not be replaced by what was read before.
    reading: Mutex<()>,
}

impl Endpoints {
    /// The default endpoints, and those in the store.
    pub fn load(
        defaults: &[DefaultEndpoint],
        default_zone: &str,
        store: &dyn Store,
    ) -> Result<Self, StoreError> {
        let defaults = defaults
            .iter()
            .filter_map(|said| default_endpoint(said, default_zone));
        let endpoints = Self {
            defaults: defaults
                .map(|endpoint| (endpoint.id.to_string(), Arc::new(endpoint)))
                .collect(),
            others: RwLock::default(),
            reading: Mutex::default(),
        };
        endpoints.reload(store)?;
        Ok(endpoints)
    }

    /// Reads those in the store again.
    pub fn reload(&self, store: &dyn Store) -> Result<(), StoreError> {
        let _one = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others = HashMap::new();
        let mut after = None;
        loop {
            let page = store.list(
                Kind::Endpoint,
                &Filter::default(),
                &Paging { after, limit: PAGE },
            )?;
            for record in &page.items {
                if let Some(mut endpoint) = directory::Endpoint::from_record(record).and_then(ready)
                {
                    if !self.complete(&mut endpoint) {
                        continue;
                    }
                    others.insert(endpoint.id.to_string(), Arc::new(endpoint));
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        *self.others.write().unwrap_or_else(PoisonError::into_inner) = others;
        Ok(())
    }

    /// What a row of a default endpoint does not say, because it only learned a clinic, is as the configuration has it. False for a
    /// row that would take a default endpoint from its lab.
    fn complete(&self, endpoint: &mut Endpoint) -> bool {
        let Some(default) = self.defaults.get(endpoint.id.as_str()) else {
            return true;
        };
        if default.lab_id != endpoint.lab_id {
            return false;
        }
        if default.ehr.system == endpoint.ehr.system && endpoint.secrets.is_empty() {
            endpoint.secrets.clone_from(&default.secrets);
        }
        if endpoint.time_zone.is_none() {
            endpoint.time_zone.clone_from(&default.time_zone);
        }
        true
    }

    /// Whether every installation has that endpoint.
    pub fn is_default(&self, id: &str) -> bool {
        self.defaults.contains_key(id)
    }

    /// The endpoint with that id, of whichever system.
    pub fn by_id(&self, id: &str) -> Option<Arc<Endpoint>> {
        let mut systems = ehr::all().iter();
        systems.find_map(|ehr| self.get(ehr.system, id))
    }

    /// The endpoint with that id, if it is of that system. A row of that id stands before the default.
    pub fn get(&self, system: &str, id: &str) -> Option<Arc<Endpoint>> {
        let other = self
            .others
            .read()
            .ok()
            .and_then(|others| others.get(id).cloned());
        other
            .or_else(|| self.defaults.get(id).cloned())
            .filter(|endpoint| endpoint.ehr.system == system)
    }

    /// Whether any endpoint of that system has a secret.
    pub fn is_configured(&self, system: &str) -> bool {
        let has = |endpoint: &Arc<Endpoint>| {
            endpoint.ehr.system == system && !endpoint.secrets.is_empty()
        };
        self.defaults.values().any(has)
            || self
                .others
                .read()
                .is_ok_and(|others| others.values().any(has))
    }
}

/// A default endpoint: any clinic, and the default zone.
fn default_endpoint(said: &DefaultEndpoint, zone: &str) -> Option<Endpoint> {
    Some(Endpoint {
        id: EndpointId::known(said.system),
        ehr: ehr::by_system(said.system)?,
        lab_id: LabId::known(DEFAULT_LAB),
        time_zone: Some(zone.to_owned()),
        clinics: Vec::new(),
        clinic_map: BTreeMap::new(),
        priorities: BTreeMap::new(),
        secrets: said.secrets.clone(),
        unverified: unverified(said.system),
    })
}

fn ready(endpoint: &directory::Endpoint) -> Option<Endpoint> {
    // The secrets are opened for nothing but verifying.
    let secrets = endpoint
        .private
        .reveal()
        .secrets
        .iter()
        .filter_map(|text| Secret::new(text).ok());
    let map = endpoint
        .clinic_map
        .iter()
        .map(|(theirs, ours)| (theirs.clone(), ours.to_string()));
    let priorities = endpoint
        .priorities
        .iter()
        .map(|(word, priority)| (word.clone(), *priority == Priority::Rush));
    Some(Endpoint {
        id: endpoint.id.clone(),
        ehr: ehr::by_system(&endpoint.system)?,
        lab_id: endpoint.lab_id.clone(),
        time_zone: endpoint.time_zone.clone(),
        clinics: endpoint.clinics.clone(),
        clinic_map: map.collect(),
        priorities: priorities.collect(),
        secrets: secrets.collect(),
        unverified: unverified(endpoint.id.as_str()),
    })
}

fn unverified(endpoint: &str) -> Counter {
    metrics::counter!("pontic_webhooks_unverified_total", "endpoint" => endpoint.to_owned())
}

//! Where records and positions are kept: in the data folder, or in a database that several programs share.

use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::record::{Entity as _, Kind};
use pontic_core::rules::{RuleBook, Rules};
use pontic_store::positions::{self, OnDisk, PositionLog, Positions};
#[cfg(feature = "postgres")]
use pontic_store::postgres::{self, PostgresStore, Settled};
use pontic_store::sqlite::{self, SqliteStore};
use pontic_store::{Store, StoreError};

use crate::config::Config;

/// What keeps everything.
pub enum Engine {
    /// The data folder.
    Folder(Arc<SqliteStore>),
    /// A database.
    #[cfg(feature = "postgres")]
    Database(Arc<PostgresStore>),
}

impl Engine {
    /// Opens it, as the configuration says.
    pub fn open(config: &Config) -> Result<Self, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(database) = &config.database {
            return Ok(Self::Database(Arc::new(open_database(config, database)?)));
        }
        let store = SqliteStore::open(
            &config.data,
            config.key_file.as_deref(),
            sqlite::Options::default(),
        )?;
        Ok(Self::Folder(Arc::new(store)))
    }

    /// The records.
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Folder(store) => Arc::clone(store) as Arc<dyn Store>,
            #[cfg(feature = "postgres")]
            Self::Database(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    /// Opens the positions, for a program that serves: in a folder there may be one only.
    pub fn positions(
        &self,
        config: &Config,
        now: Timestamp,
        on_disk: OnDisk,
    ) -> Result<Arc<dyn PositionLog>, StoreError> {
        let options = positions::Options {
            retention: config.positions_kept,
        };
        match self {
            Self::Folder(_) => {
                let dir = config.data.join("positions");
                Ok(Arc::new(Positions::open(&dir, now, options, on_disk)?))
            }
            #[cfg(feature = "postgres")]
            Self::Database(store) => {
                settle_positions(store, config, now)?;
                Ok(Arc::new(store.positions(now, options, on_disk)?))
            }
        }
    }
}

/// Opens the records, as the configuration says.
pub fn open(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Engine::open(config)?.store())
}

/// The rules by which whoever serves these records decides; none: nobody has served them yet.
pub fn rules(store: &dyn Store) -> Result<Option<Rules>, StoreError> {
    let books = store.get(Kind::RuleBook, None, RuleBook::ID)?;
    let book = books.iter().find_map(RuleBook::from_record);
    Ok(book.map(|book| book.rules.clone()))
}

/// Opens them to be read only, beside a server that may be working on them.
pub fn open_to_read(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "postgres")]
    if config.database.is_some() {
        return open(config);
    }
    let store = SqliteStore::open_to_read(&config.data, config.key_file.as_deref())?;
    Ok(Arc::new(store))
}

#[cfg(feature = "postgres")]
fn open_database(
    config: &Config,
    database: &crate::config::Database,
) -> Result<PostgresStore, StoreError> {
    let key_file = config
        .key_file
        .clone()
        .unwrap_or_else(|| config.data.join("keys/data.key"));
    let options = postgres::Options {
        ca_file: database.ca_file.clone(),
        connections: database.connections,
        key: config.data_key.clone(),
    };
    PostgresStore::open(database.url.with_password(), &key_file, &options)
}

/// Positions that an earlier version left in its data folder come into the database before anybody serves it: whoever does not
/// have them would take back what was told of every route.
#[cfg(feature = "postgres")]
fn settle_positions(
    store: &PostgresStore,
    config: &Config,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Earlier versions drew a name for their folder.
    let name = std::fs::read_to_string(config.data.join("folder-id")).ok();
    let adopts = config
        .database
        .as_ref()
        .is_some_and(|database| database.adopt);
    let name = name.as_deref().map(str::trim);
    match store.settle_positions(&config.data, name, adopts, now)? {
        Settled::Here => Ok(()),
        Settled::Moved(moved) => {
            tracing::info!(
                drivers = moved.drivers,
                fixes = moved.fixes,
                "positions are in the database from now on; those in the data folder are not needed any more"
            );
            Ok(())
        }
        Settled::Elsewhere => {
            let url = config
                .database
                .as_ref()
                .map(|database| database.url.to_string());
            Err(StoreError::Key(format!(
                "the positions of the database {} lie in another data folder than {}: start once with that folder as `data`, which moves them \
                 into the database, or, if it is lost for good, once with database.adopt = true",
                url.unwrap_or_default(),
                config.data.display()
            )))
        }
    }
}

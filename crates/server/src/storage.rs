//! Where records are kept: in the data folder, or in a database that several programs share.

#[cfg(feature = "postgres")]
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "postgres")]
use pontic_store::postgres::{Options, PostgresStore};
use pontic_store::sqlite::{self, SqliteStore};
use pontic_store::{Store, StoreError};

use crate::config::Config;

/// Opens it for the one program that serves it: the drivers' positions lie in that program's folder, and whoever does not have
/// them would take back what was told of every route.
pub fn open_to_serve(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "postgres")]
    if let Some(database) = &config.database {
        let store = open_database(config, database)?;
        if !store.lives_with(&folder_id(&config.data)?, database.adopt)? {
            return Err(StoreError::Key(format!(
                "the positions of the database {} lie in another data folder than {}: serve it from that folder, or, if it is lost for good, \
                 start once with database.adopt = true",
                database.url,
                config.data.display()
            )));
        }
        return Ok(Arc::new(store));
    }
    open(config)
}

/// Opens it, as the configuration says.
pub fn open(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "postgres")]
    if let Some(database) = &config.database {
        return Ok(Arc::new(open_database(config, database)?));
    }
    let store = SqliteStore::open(
        &config.data,
        config.key_file.as_deref(),
        sqlite::Options::default(),
    )?;
    Ok(Arc::new(store))
}

/// Opens it to be read only, beside a server that may be working on it.
pub fn open_to_read(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "postgres")]
    if let Some(database) = &config.database {
        return Ok(Arc::new(open_database(config, database)?));
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
    let options = Options {
        ca_file: database.ca_file.clone(),
        connections: database.connections,
        key: config.data_key.clone(),
    };
    PostgresStore::open(database.url.with_password(), &key_file, &options)
}

/// The name of a data folder, drawn when it is first asked for.
#[cfg(feature = "postgres")]
fn folder_id(data: &Path) -> Result<String, StoreError> {
    let path = data.join("folder-id");
    let unusable =
        |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    match std::fs::read_to_string(&path) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut chance = [0; 16];
            getrandom::fill(&mut chance)
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            let id = pontic_core::id::hex(&chance);
            std::fs::create_dir_all(data).map_err(unusable)?;
            std::fs::write(&path, &id).map_err(unusable)?;
            Ok(id)
        }
        Err(error) => Err(unusable(error)),
    }
}

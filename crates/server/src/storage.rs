//! Where records are kept: in the data folder, or in a database that several programs share.

use std::sync::Arc;

use pontic_store::sqlite::{self, SqliteStore};
use pontic_store::{Store, StoreError};

use crate::config::Config;

/// Opens it, as the configuration says.
pub fn open(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "postgres")]
    if let Some(database) = &config.database {
        return open_database(config, database);
    }
    let store = SqliteStore::open(
        &config.data,
        config.key_file.as_deref(),
        sqlite::Options::default(),
    )?;
    Ok(Arc::new(store))
}

#[cfg(feature = "postgres")]
fn open_database(
    config: &Config,
    database: &crate::config::Database,
) -> Result<Arc<dyn Store>, StoreError> {
    use pontic_store::postgres::{Options, PostgresStore};

    let key_file = config
        .key_file
        .clone()
        .unwrap_or_else(|| config.data.join("keys/data.key"));
    let options = Options {
        ca_file: database.ca_file.clone(),
        connections: database.connections,
    };
    let store = PostgresStore::open(database.url.reveal(), &key_file, &options)?;
    Ok(Arc::new(store))
}

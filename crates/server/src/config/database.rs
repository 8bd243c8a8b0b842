//! Where records are kept, if not in the data folder.

use std::path::PathBuf;

use super::{Layers, Setting};

/// A database that several programs may share.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its address.
    pub url: Address,
    /// Whoever signed its certificate, if not one of the usual authorities.
    pub ca_file: Option<PathBuf>,
    /// So many connections at most.
    pub connections: usize,
    /// The folder in which an earlier version kept the positions of this data is lost: it goes on without them.
    pub adopt: bool,
}

/// The address of a database; it may hold a password, so it is shown without what stands before the host.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The whole of it, for whoever connects.
    pub fn with_password(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rest = self.0.rsplit_once('@').map_or("", |(_, rest)| rest);
        f.write_str(rest.split('?').next().unwrap_or_default())
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({self})")
    }
}

/// What was said of it.
pub fn decide(said: &mut Layers) -> Option<Database> {
    let url = said.take("database.url", None, |setting| {
        let text = setting.text()?;
        let known = ["postgres://", "postgresql://"];
        if !known.iter().any(|scheme| text.starts_with(scheme)) || !text.contains('@') {
            return Err("is no address like postgres://user@host:5432/database".to_owned());
        }
        if cfg!(not(feature = "postgres")) {
            return Err(
                "cannot be used: this program was built without the feature `postgres`".to_owned(),
            );
        }
        Ok(Some(Address(text)))
    });
    let ca_file = said.take("database.caFile", None, |setting| {
        Ok(Some(PathBuf::from(setting.text()?)))
    });
    let connections = said.take("database.connections", 8, |setting| {
        let count = setting.integer(2..=1_000)?;
        Ok(usize::try_from(count).unwrap_or(2))
    });
    let adopt = said.take("database.adopt", false, Setting::boolean);
    url.map(|url| Database {
        url,
        ca_file,
        connections,
        adopt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_no_password() {
        let address = Address("postgres://u:hush@db.lab:5432/pontic?sslmode=require".into());
        assert_eq!(address.to_string(), "db.lab:5432/pontic");
        assert!(!format!("{address:?}").contains("hush"));
    }
}

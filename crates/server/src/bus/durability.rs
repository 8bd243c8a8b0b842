//! What a stream withstands, as far as NATS tells its clients.

use std::fmt;

use async_nats::jetstream::stream::{Config, StorageType};

/// How durable a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durability {
    in_memory: bool,
    replicas: usize,
    acknowledges: bool,
}

impl Durability {
    /// Of a stream that is set up so.
    pub fn of(config: &Config) -> Self {
        Self {
            in_memory: config.storage == StorageType::Memory,
            replicas: config.num_replicas.max(1),
            acknowledges: !config.no_ack,
        }
    }

    /// How one failing server can lose what was acknowledged; nothing if it cannot.
    pub const fn weakness(self) -> Option<&'static str> {
        if !self.acknowledges {
            Some("it acknowledges nothing, so that nobody knows what it has taken")
        } else if self.in_memory {
            Some("it is kept in memory, so that a restart of its servers empties it")
        } else if self.replicas < 2 {
            Some(
                "it has one replica, so that it is lost with the disk of one server, and away while that one is down",
            )
        } else {
            None
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let storage = if self.in_memory { "memory" } else { "file" };
        write!(f, "{storage} storage, {} replica", self.replicas)?;
        if self.replicas > 1 {
            f.write_str("s")?;
        }
        if !self.acknowledges {
            f.write_str(", no acknowledgements")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(storage: StorageType, num_replicas: usize, no_ack: bool) -> Durability {
        Durability::of(&Config {
            storage,
            num_replicas,
            no_ack,
            ..Config::default()
        })
    }

    #[test]
    fn one_failing_server_must_not_empty_it() {
        let sound = made(StorageType::File, 3, false);
        assert_eq!(sound.weakness(), None);
        assert_eq!(sound.to_string(), "file storage, 3 replicas");
        for (weak, word) in [
            (made(StorageType::Memory, 3, false), "memory"),
            (made(StorageType::File, 1, false), "one replica"),
            (made(StorageType::File, 3, true), "acknowledges nothing"),
        ] {
            assert!(
                weak.weakness().is_some_and(|why| why.contains(word)),
                "{weak}"
            );
        }
    }
}

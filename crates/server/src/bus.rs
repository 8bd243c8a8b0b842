//! The bus, NATS JetStream: the line to it, what its streams withstand, and publications out into them, which the couriers send as they
//! do by webhook. Who reads events from it stands in `consuming`.

#[cfg(not(feature = "nats"))]
mod absent;
#[cfg(feature = "nats")]
mod durability;
#[cfg(feature = "nats")]
mod line;
#[cfg(feature = "nats")]
mod publishing;

use std::time::Duration;

#[cfg(not(feature = "nats"))]
pub use absent::Bus;
#[cfg(feature = "nats")]
pub use line::{Bus, Reader};

/// What is wrong with the bus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nobody answers.
    #[error("NATS does not answer")]
    Away,
    /// The configuration names something that cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// There is no such stream.
    #[error("the stream {0} does not exist")]
    NoStream(String),
    /// One failing server can empty it, and that was not to be.
    #[error(
        "the stream {stream} is not durable: {weakness}. Make it with file storage and 3 replicas, or set nats.requireDurableBus = false"
    )]
    Weak {
        /// Its name.
        stream: String,
        /// Why, in a sentence.
        weakness: &'static str,
    },
    /// Somebody has set a consumer up with which nothing can be promised.
    #[error("{0}")]
    Unfit(String),
    /// Another program on the same data reads it.
    #[error("another program of this installation reads it")]
    Elsewhere,
    /// What NATS said, or the store.
    #[error("{0}")]
    Other(String),
}

/// A publication on its way into a stream.
#[derive(Debug)]
pub struct Letter<'a> {
    /// The stream that must take it.
    pub stream: &'a str,
    /// Where it is published.
    pub subject: String,
    /// By what NATS knows it again.
    pub id: &'a str,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// What it says.
    pub body: String,
    /// How long NATS may take.
    pub patience: Duration,
}

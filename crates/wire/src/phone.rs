//! Drivers' phones: positions in four dialects, and what is said back.
//!
//! - [`native`]: our own, over WebSocket and HTTP.
//! - [`owntracks`]: the `OwnTracks` app in HTTP mode.
//! - [`osmand`]: the query of `OsmAnd`, `GPSLogger` and others.
//! - [`traccar`]: Traccar Client's JSON.
//! - [`history`]: what was kept, written again.

pub mod history;
pub mod native;
pub mod osmand;
pub mod owntracks;
pub mod traccar;

mod text;

use pontic_core::fix::{Fix, Rejection};
use pontic_core::time::Coordinates;

/// What a phone says of itself with one message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Heard {
    /// Where it is.
    Fix(Fix),
    /// That it lives, and nothing of where.
    Heartbeat,
    /// Something that cannot be used.
    Rejected(Rejection),
}

/// A message of a phone that names itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The device, as its credentials name it.
    pub device_id: String,
    /// What it says.
    pub heard: Heard,
}

/// A place on earth; what a receiver without a fix sends, the point where equator and prime meridian meet, is none.
fn place(lat: f64, lng: f64) -> Result<Coordinates, Rejection> {
    let is_somewhere = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
    if is_somewhere && (lat != 0.0 || lng != 0.0) {
        Ok(Coordinates { lat, lng })
    } else {
        Err(Rejection::InvalidCoordinates)
    }
}

//! What goes out by webhook.

use jiff::SignedDuration;

use super::{Layers, Setting};

/// How messages go out.
#[derive(Debug, Clone, Copy)]
pub struct Relay {
    /// Receivers may be in private networks, and on this machine.
    pub allow_private: bool,
    /// A receiver that takes nothing for so long is paused.
    pub patience: SignedDuration,
}

/// What was said of it.
pub fn decide(said: &mut Layers) -> Relay {
    Relay {
        allow_private: said.take("relay.allowPrivate", false, Setting::boolean),
        patience: said.take(
            "relay.patienceSeconds",
            SignedDuration::from_hours(24),
            |setting| {
                let seconds = setting.integer(1..=30 * 86_400)?;
                Ok(SignedDuration::from_secs(seconds))
            },
        ),
    }
}

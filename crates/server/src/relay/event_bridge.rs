//! Publications on their way to a bus of EventBridge: several in one call, and what came of each.

use std::time::Duration;

use jiff::Timestamp;
use pontic_core::event_bridge::EventBusAddress;
use pontic_wire::outgoing::{Publication, put_events};

use super::receiver::Receiver;
use super::request::Sent;
use crate::aws::{Aws, EVENTS};

/// Longest cause that is kept.
const CAUSE: usize = 64;

/// Puts them there; what came of each, in their order. Those that failed come again by themselves, each at its own time.
pub async fn put(
    aws: &Aws,
    receiver: &Receiver,
    address: EventBusAddress<'_>,
    publications: &[Publication],
    epoch: &str,
    now: Timestamp,
) -> Vec<Sent> {
    let patience = Duration::from_secs(u64::from(receiver.subscription.timeout_s));
    let mut sent = Vec::with_capacity(publications.len());
    for (body, count) in put_events::requests(publications, address.bus, epoch) {
        let call = aws.call(EVENTS, "PutEvents", Some(address.region), body, now);
        let answered = match tokio::time::timeout(patience, call).await {
            Err(_) => Err("timeout".to_owned()),
            Ok(Err(failed)) => Err(failed.word().to_owned()),
            Ok(Ok(answer)) => {
                put_events::answered(&answer, count).ok_or_else(|| "unreadable".to_owned())
            }
        };
        match answered {
            Ok(each) => sent.extend(each.into_iter().map(|one| match one {
                Ok(()) => taken(),
                Err(code) => Sent::failed(&plain(&code)),
            })),
            // Some of them may have been taken: receivers know them again by their id.
            Err(cause) => sent.extend(std::iter::repeat_n(Sent::failed(&cause), count)),
        }
    }
    sent
}

fn taken() -> Sent {
    Sent {
        taken: true,
        gone: false,
        cause: "200".to_owned(),
        retry_after: None,
    }
}

/// A cause is kept and shown: of what another side says no more than a word.
fn plain(code: &str) -> String {
    let kept = code.chars().filter(char::is_ascii_alphanumeric);
    kept.take(CAUSE).collect()
}

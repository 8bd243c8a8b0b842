//! Getting publications to those who want them.
//!
//! [`fan_out`] follows the log and settles, in the log's order, which subscriptions want what; that is written in one step with how far
//! it got. [`courier`] takes a subscription's messages when they are due, of each key the oldest, sends them and says what came of it.
//! People are told in the same way: [`noticing`] settles who hears what, [`notifier`] tells them, several matters in one message.
//! All rest on the store alone: a program that dies in between leaves claims that end by themselves, so that every message arrives
//! at least once, in the order of its key, with the id by which a receiver knows it again.

mod addressees;
mod courier;
mod fan_out;
mod noticing;
mod notifier;

use std::sync::Arc;
use std::time::Duration;

use pontic_core::notice::Channel;
use pontic_store::StoreError;
use tokio::task::JoinHandle;

use crate::app::App;

pub use notifier::message_id;

/// How long until it is looked again whether anything is due.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Waits until nothing is due to anybody any more: for whoever moves the clock by hand.
pub async fn settled(app: &Arc<App>) -> Result<(), StoreError> {
    loop {
        let before = app.relay.rounds.quiet();
        let (receivers, now) = (app.relay.all(), app.clock.now());
        let is_due = app
            .read(move |store| {
                let mut is_due = !receivers.is_empty() && fan_out::is_behind(store)?;
                for receiver in receivers.iter().filter(|one| !one.subscription.paused) {
                    let next = store.next_outgoing(receiver.id())?;
                    is_due |= next.is_some_and(|next| next <= now);
                }
                Ok(is_due)
            })
            .await?;
        if !is_due && before.is_some() && before == app.relay.rounds.quiet() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Starts the workers; they end when they are aborted.
pub fn start(app: &Arc<App>) -> Vec<JoinHandle<()>> {
    let mut workers = vec![
        tokio::spawn(fan_out::follow(Arc::downgrade(app))),
        tokio::spawn(courier::serve_all(Arc::downgrade(app))),
        tokio::spawn(noticing::follow(Arc::downgrade(app))),
    ];
    let channels = Channel::ALL.iter().copied();
    let served = channels.filter(|channel| app.notify.has(*channel));
    workers
        .extend(served.map(|channel| tokio::spawn(notifier::serve(Arc::downgrade(app), channel))));
    workers
}

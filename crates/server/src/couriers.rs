//! Getting publications to those who want them.
//!
//! [`fan_out`] follows the log and settles, in the log's order, which subscriptions want what; that is written in one step with how far
//! it got. [`courier`] takes a subscription's messages when they are due, of each key the oldest, sends them and says what came of it.
//! Both rest on the store alone: a program that dies in between leaves claims that end by themselves, so that every message arrives
//! at least once, in the order of its key, with the id by which a receiver knows it again.

mod courier;
mod fan_out;

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::app::App;

/// Starts the workers; they end when they are aborted.
pub fn start(app: &Arc<App>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(fan_out::follow(Arc::downgrade(app))),
        tokio::spawn(courier::serve_all(Arc::downgrade(app))),
    ]
}

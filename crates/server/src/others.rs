//! Listening to other programs on the same data, for as long as this one runs.

use std::sync::Arc;

use pontic_core::id::LabId;
use pontic_store::{Heard, StoreError};

use crate::app::App;
use crate::live::alert_dealt_with;

/// Hears of other programs from now on, for as long as the app lives.
pub fn listen(app: &Arc<App>) -> Result<(), StoreError> {
    let listener = Arc::downgrade(app);
    app.store.listen(Box::new(move |heard| {
        if let Some(app) = listener.upgrade() {
            hear(&app, heard);
        }
    }))?;
    // Whatever was committed between the start and here.
    app.hearing.others(app.store.last_seq()?);
    Ok(())
}

fn hear(app: &App, heard: Heard) {
    match heard {
        Heard::Committed(up_to) => app.hearing.others(up_to),
        Heard::Fixes(fixes) => app.drivers.hear_fixes(&fixes),
        Heard::Alert { lab_id, number } => told_later(hear_alert(app, &lab_id, number)),
        Heard::Tokens => app.keys.heed_revocation(),
        Heard::Missed => {
            app.keys.heed_revocation();
            told_later(app.store.last_seq().map(|last| app.hearing.others(last)));
            told_later(app.drivers.hear_what_was_missed());
            app.hub.tell_missed();
        }
    }
}

/// What another dispatcher did with an alert.
fn hear_alert(app: &App, lab: &LabId, number: u64) -> Result<(), StoreError> {
    let found = app.store.alerts_after(number.saturating_sub(1), 1)?;
    let row = found.iter().find(|row| row.number == number);
    if let Some(message) = row.and_then(alert_dealt_with) {
        app.hub.tell_alert(lab, message);
    }
    Ok(())
}

fn told_later(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(%error, "what others did is seen later");
    }
}

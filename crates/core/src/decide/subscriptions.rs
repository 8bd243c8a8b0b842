//! Who is told by webhook, as people set it up and as the relay finds it.

use serde_json::json;

use super::directory::put_new_or_changed;
use super::publish::Alert;
use super::{Desk, Step};
use crate::event::{MessagesDead, SubscriptionPaused, SubscriptionRemoved, SubscriptionSet};
use crate::subscription::{ALL_LABS, Subscription};

/// A subscription is like this from here on.
pub fn set(desk: &mut Desk<'_>, detail: &SubscriptionSet) -> Step<String> {
    let subscription = &detail.subscription;
    let lab_id = &subscription.lab_id;
    desk.check_scope(lab_id)?;
    if lab_id.as_str() != ALL_LABS {
        desk.lab(lab_id)?;
    }
    let before = desk.get::<Subscription>(lab_id, subscription.id.as_str())?;
    desk.expect(
        detail.expected,
        before.as_ref().map_or(0, |before| before.version),
    )?;
    // Secrets are written, never read back: who does not name them keeps them; headers likewise.
    let mut private = detail.private.clone();
    if let Some(before) = before.filter(|before| !before.removed) {
        private.keep_absent(&before.private);
    }
    put_new_or_changed(
        desk,
        Subscription {
            private,
            removed: false,
            ..subscription.clone()
        },
    )
}

/// Nobody is told there any more.
pub fn removed(desk: &mut Desk<'_>, detail: &SubscriptionRemoved) -> Step<String> {
    let before =
        desk.need::<Subscription>(&detail.lab_id, detail.id.as_str(), "unknown_subscription")?;
    put_new_or_changed(
        desk,
        Subscription {
            removed: true,
            ..before
        },
    )
}

/// The receiver is gone, or fails for long: nothing is sent until somebody has looked.
pub fn paused(desk: &mut Desk<'_>, detail: &SubscriptionPaused) -> Step<String> {
    let before =
        desk.need::<Subscription>(&detail.lab_id, detail.id.as_str(), "unknown_subscription")?;
    if before.paused || before.removed {
        return Ok("{}".to_owned());
    }
    let about = json!({ "subscriptionId": detail.id, "reason": detail.reason });
    desk.alert(Alert::new(&detail.lab_id, "subscription_paused", about));
    put_new_or_changed(
        desk,
        Subscription {
            paused: true,
            paused_because: Some(detail.reason.clone()),
            ..before
        },
    )
}

/// Messages were tried as often as they may be, and stepped aside: somebody must look at them.
pub fn dead(desk: &mut Desk<'_>, detail: &MessagesDead) -> String {
    let about = json!({ "subscriptionId": detail.id, "cause": detail.cause });
    desk.alert(Alert::new(&detail.lab_id, "dead_letters", about));
    "{}".to_owned()
}

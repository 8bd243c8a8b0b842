//! How notices are worded, as people set it up, and what could not be told.

use serde_json::json;

use super::directory::put_new_or_changed;
use super::publish::Alert;
use super::{Desk, Step};
use crate::event::{NoticeFailed, TemplateRemoved, TemplateSet};
use crate::notice::NOTICE_FAILED;
use crate::subscription::ALL_LABS;
use crate::template::Template;

/// Notices of a kind are worded like this from here on.
pub fn template_set(desk: &mut Desk<'_>, detail: &TemplateSet) -> Step<String> {
    let template = &detail.template;
    desk.check_scope(&template.lab_id)?;
    if template.lab_id.as_str() != ALL_LABS {
        desk.lab(&template.lab_id)?;
    }
    let before = desk.get::<Template>(&template.lab_id, &template.id)?;
    desk.expect(detail.expected, before.map_or(0, |before| before.version))?;
    put_new_or_changed(
        desk,
        Template {
            removed: false,
            ..template.clone()
        },
    )
}

/// Notices of a kind are worded as is usual again.
pub fn template_removed(desk: &mut Desk<'_>, detail: &TemplateRemoved) -> Step<String> {
    let before = desk.need::<Template>(&detail.lab_id, &detail.id, "unknown_template")?;
    put_new_or_changed(
        desk,
        Template {
            removed: true,
            ..before
        },
    )
}

/// A notice was tried as often as it may be: somebody must look.
pub fn failed(desk: &mut Desk<'_>, detail: &NoticeFailed) -> String {
    let about = json!({
        "clinicId": detail.clinic_id,
        "channel": detail.channel,
        "reason": detail.cause,
    });
    desk.alert(Alert::new(&detail.lab_id, NOTICE_FAILED, about));
    "{}".to_owned()
}

//! What was not delivered goes to a later delivery by itself.

use jiff::civil::Date;

use super::cases::join;
use super::{Desk, Step};
use crate::delivery::{Case, CaseStatus, Delivery};
use crate::directory::{Clinic, Lab};

/// Puts the undelivered cases of a closed delivery into an open one of `on`, or of the next working day.
/// The closed one remembers them, so that it can still be completed afterwards.
pub fn hand_on(
    desk: &mut Desk<'_>,
    delivery: &mut Delivery,
    cases: Vec<Case>,
    on: Option<Date>,
) -> Step<()> {
    if cases.is_empty() {
        return Ok(());
    }
    let lab = desk.lab(&delivery.lab_id)?;
    let clinic = desk.clinic(&lab.id, &delivery.clinic_id)?;
    let date = on.unwrap_or_else(|| next_day(desk, &lab, &clinic, delivery.date));
    for mut case in cases {
        if !delivery.handed_on.contains(&case.id) {
            delivery.handed_on.push(case.id.clone());
        }
        delivery.load.remove(case.priority, &case.specs);
        case.delivery_id = None;
        case.status = CaseStatus::Known;
        join(desk, &lab, &clinic, date, case)?;
    }
    Ok(())
}

/// The first working day after the delivery's, and after today.
fn next_day(desk: &Desk<'_>, lab: &Lab, clinic: &Clinic, date: Date) -> Date {
    lab.next_delivery_day(Some(clinic), date.max(desk.today(lab)))
}

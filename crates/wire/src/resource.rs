//! The bodies of our own API: what people and programs set up and do.
//!
//! Each function takes the ids that stand in the path and a body, and gives the event that it asks for.

mod directory;
mod drive;
mod notify;
mod route;
mod subscription;
mod work;

pub use directory::{
    MAX_ENDPOINT_SECRETS, Mapping, clinic, driver, endpoint, endpoint_secret, lab, mapping,
    merge_into,
};
pub use drive::{DriverStatus, clinic_answer, driver_status, route_finished};
pub use notify::{email, notice_test, number, template};
pub use route::{StopMove, Visit, change as route_change, plan as route_plan, stop_move, visit};
pub use subscription::{MAX_SUBSCRIPTION_SECRETS, subscription, subscription_secret};
pub use work::{
    at, delivery_patch, invoice, pickup_patch, stop_completed, stop_failed, stop_skipped,
};

//! What other systems speak: bytes in, checked values out, and back.
//!
//! - [`json`]: the strict door that every body passes.
//! - [`fields`]: reading the members of a body, with all faults at once.
//! - [`time`]: date-times as others write them.
//! - [`signature`]: who sent a webhook.
//! - [`event`]: the events of other systems, in all their forms.
//! - [`outgoing`]: what is told to others by webhook.
//! - [`schemas`]: all of it described, for other people's tools.
//! - [`kit`]: what the engineer of a practice system needs to send to us, and a grade for what is sent.
//! - [`ehr`]: the practice systems, each described once, mapped both ways.
//!
//! Nothing here reads a clock, a socket or the environment: time, zone and secrets are arguments.
//! What is wrong with a body is said in the words of [`pontic_core::fault`], never with the
//! value itself, which may be patient data.

pub mod ehr;
pub mod event;
pub mod fields;
pub mod json;
pub mod kit;
pub mod outgoing;
pub mod phone;
pub mod resource;
pub mod schemas;
pub mod signature;
pub mod time;

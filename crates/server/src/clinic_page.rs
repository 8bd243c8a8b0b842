//! The page of a clinic that waits for its driver: which link leads to which visit, and what it may be told.
//!
//! Whoever holds a link is nobody that we know: what is told names no person, no case and no note.

mod link;
mod state;
mod visit;

pub use link::{path, url};
pub use state::{state, time_zone};
pub use visit::{Closed, Visit, visit};

//! Traces: what a request spent its time on, told to a collector by OTLP. Without the feature `otlp` nothing of it is in the program.
//!
//! A request is a span by its route's pattern, never by its path; in it, how long it waited at the door. A commit is a span of its
//! own with a link to each request in it, because many share one. What goes out is a span too. Nothing that a request said stands in
//! any of them.

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod told;
#[cfg(not(feature = "otlp"))]
mod untold;

#[cfg(feature = "otlp")]
pub use collector::{start, stop};
#[cfg(feature = "otlp")]
pub use told::{Commit, Delivery, Request, Visit};
#[cfg(not(feature = "otlp"))]
pub use untold::{Commit, Delivery, Request, Visit, start, stop};

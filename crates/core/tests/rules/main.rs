//! The contract's sentences about deliveries, pickups, invoices and routes, each as a test, and what must hold whatever happens.

mod answers;
mod cases;
mod completion;
mod days;
mod directory;
mod events;
mod harness;
mod invariants;
mod moving;
mod pickups;
mod presence;
mod properties;
mod routes;
mod series;
mod stops;
mod tracked;
mod tracking;

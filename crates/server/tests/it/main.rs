//! The whole product from outside: the real binary on an empty folder and port 0, and everything that can be seen of it.
//!
//! One binary, a file a matter. Tests that cannot disturb each other share one server and use labs of their own; the
//! others start theirs. Nothing is set up first: labs and clinics are made as stubs by whoever names them.

mod access;
mod alerts;
mod backup;
#[cfg(feature = "nats")]
mod bus;
mod cli;
mod clinic_page;
mod completion;
mod config;
#[cfg(feature = "postgres")]
mod database;
mod demo;
mod deploy;
mod directory;
mod drive_day;
mod driver_phone;
mod driving;
mod driving_edges;
mod dry_run;
#[cfg(feature = "aws")]
mod event_bridge;
mod events;
mod explain;
mod forms;
mod full_disk;
mod harness;
mod kit;
mod limits;
mod lists;
mod live;
mod maps;
mod moving;
mod notices;
mod notices_kept;
mod observation;
mod phones;
mod pickups;
mod privacy;
mod problems;
mod proofs;
mod quarantine;
mod records;
mod recurrence;
mod relay;
mod repair;
mod replay;
mod replicas;
mod reports;
mod rhythms;
mod roles;
mod routes;
mod schemas;
mod screens;
mod search;
mod series;
mod stopping;
mod three_phones;
#[cfg(feature = "otlp")]
mod traces;
mod vectors;
mod webhooks;

//! The function from outside: the real binary against a stand-in of Lambda's Runtime API, with payloads as each trigger writes them,
//! on a database on which a server works beside it.

mod emulator;
mod harness;
mod queue;
mod secrets;
mod start;
mod template;
mod triggers;

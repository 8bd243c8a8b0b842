//! The shell: the only room that touches sockets, the clock, the environment and threads.
//!
//! A request passes [`http`]'s gate, is parsed by `pontic-wire`, goes through the [`door`] where `pontic-core` decides and
//! `pontic-store` commits, and is answered after that. What happened is told live ([`live`]); what is due later is done by
//! [`work`]. How long a drive takes is asked of [`maps`], over the way out in [`client`].

pub mod access;
pub mod app;
#[cfg(feature = "aws")]
pub mod aws;
pub mod bus;
pub mod cli;
pub mod client;
pub mod clinic_page;
pub mod clock;
pub mod config;
#[cfg(feature = "nats")]
pub mod consuming;
pub mod couriers;
pub mod demo;
pub mod door;
pub mod drive_day;
pub mod drivers;
pub mod endpoints;
pub mod explain;
pub mod hearing;
pub mod http;
pub mod limits;
pub mod listen;
pub mod live;
pub mod logging;
pub mod maps;
pub mod metrics;
pub mod notify;
pub mod others;
pub mod reading;
pub mod relay;
pub mod replay;
pub mod rhythms;
pub mod series;
pub mod shape;
pub mod startup;
pub mod storage;
pub mod traces;
pub mod work;

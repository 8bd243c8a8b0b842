//! What a dental lab's courier desk knows: no clock, no I/O, no async, no chance.
//! Time and ids are arguments, so every rule here is tested as a table and replayed at will.

pub mod answer;
pub mod backoff;
pub mod bucket;
pub mod decide;
pub mod delivery;
pub mod directory;
pub mod event;
pub mod facts;
pub mod fault;
pub mod fence;
pub mod fix;
pub mod geo;
pub mod id;
pub mod invoice;
pub mod mask;
pub mod notice;
pub mod pattern;
pub mod phi;
pub mod pickup;
pub mod record;
pub mod recurrence;
pub mod rhythm;
pub mod route;
pub mod rules;
pub mod silence;
pub mod state;
pub mod statistics;
pub mod story;
pub mod subscription;
pub mod suspect;
pub mod template;
pub mod time;
pub mod tracking;
pub mod travel;
pub mod view;

//! The benchmarks: what an operation costs the server process, beside a floor that is built and measured in the same run.
//!
//! Three processes take part: the server under test, the floor, and the generator of load, so that each one's CPU can
//! be told apart. Absolute figures are those of the machine and of the hour; ratios within one run count.

mod bodies;
mod drive;
mod floor;
mod load;
mod measures;
mod numbers;
mod process;
mod quota;
mod scale;
mod servers;
mod shape;
mod table;

use std::process::ExitCode;

use measures::Extent;

const HELP: &str = "\
cargo run --release -p pontic-bench -- [MEASURE…] [--quick] [--ten-million] [--as-built]

  all              everything below but the fleet and the replicas, the usual
  webhooks         signed webhooks, new ones and the same again, beside the floor
  wrong-signature  refused webhooks, beside an empty request
  events           batches of 100 beside the floor, and single batches of 1,000
  fixes            positions over sockets, without and with dispatchers
  posts            positions of phones with OwnTracks and OsmAnd
  histories        positions while others read days of history
  relay            webhooks to a receiver on this machine, beside a loop that posts
  patterns         an event against 100 subscriptions, beside reading it
  stories          the story of an id with a million rows in the log (with --ten-million: 10,000,000)
  sockets          what 15,000 open sockets hold
  fleet            a million drivers for ten minutes across the end of an hour (--quick: 50,000 for two minutes, at once)
  replicas         two programs on one database against one, and from a phone at one to a dispatcher at the other;
                   a PostgreSQL of its own must be at TEST_POSTGRES: `cargo xtask bench -- replicas` starts it
  growth           cost per event at 10,000, 100,000 and 1,000,000 events (with --ten-million: 10,000,000)
  start            time until ready with a million events, and memory
  size             of the binary
  scale            on paper: replicas that take turns, labs over cells; alone, and nothing is started

  --quick          shorter runs and smaller data: to see that it works
  --as-built       measure the server as it was built last, without building it";

fn main() -> ExitCode {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let done = match said.as_slice() {
        // What a measure needs beside the server: this program starts itself again.
        ["floor", dir, shape] => floor::run(dir, shape),
        ["load"] => load::run(),
        ["drive"] => drive::run(),
        ["scale"] => {
            scale::run();
            Ok(())
        }
        said => match Extent::read(said) {
            Some(extent) => measures::run(&extent),
            None => {
                println!("{HELP}");
                return ExitCode::FAILURE;
            }
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pontic-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

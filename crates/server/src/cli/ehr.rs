//! `pontic ehr map`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use pontic_core::fault::Fault;
use pontic_core::time::{is_zone, zone};
use pontic_wire::ehr::{self, PriorityMap, Record, Settings, WindowLimits};
use pontic_wire::json::{self, Json, Limits, WHOLE_BODY};
use serde::Serialize;

use super::{input, system_argument, time_argument};

/// Map bodies of practice systems.
#[derive(Debug, Subcommand)]
pub enum Ehr {
    /// Print the internal record of the body on standard input, or its faults; with --inverse the other way.
    #[command(
        after_help = "Example:\n  pontic ehr map opendental --time-zone America/New_York --clinic-map 0=CLI-9 < body.json"
    )]
    Map(MapArgs),
}

/// How to map.
#[derive(Args)]
pub struct MapArgs {
    /// dentrix, opendental or eaglesoft.
    #[arg(value_parser = system_argument)]
    system: &'static ehr::Ehr,
    /// From an internal record to the practice system's body.
    #[arg(long)]
    inverse: bool,
    /// The lab of the endpoint.
    #[arg(long, value_name = "L", default_value = "LAB001")]
    lab: String,
    /// The clinic's IANA zone, for times without an offset.
    #[arg(long, value_name = "Z", default_value = "UTC", value_parser = zone_argument)]
    time_zone: String,
    /// The sender's clinic id to ours, THEIRS=OURS; may be given several times, or several parted by commas.
    #[arg(long, value_name = "THEIRS=OURS", value_delimiter = ',', value_parser = pair_argument)]
    clinic_map: Vec<(String, String)>,
    /// The time of the request; without it the window is not tested.
    #[arg(long, value_name = "T", value_parser = time_argument)]
    now: Option<Timestamp>,
}

impl std::fmt::Debug for MapArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Map")
            .field("system", &self.system.system)
            .finish_non_exhaustive()
    }
}

fn zone_argument(text: &str) -> Result<String, String> {
    if is_zone(text) {
        Ok(text.to_owned())
    } else {
        Err("is no IANA time zone".to_owned())
    }
}

fn pair_argument(text: &str) -> Result<(String, String), String> {
    let (theirs, ours) = text.split_once('=').ok_or("is not THEIRS=OURS")?;
    pontic_core::id::check(ours).map_err(|reason| format!("OURS: {reason}"))?;
    Ok((theirs.to_owned(), ours.to_owned()))
}

#[derive(Serialize)]
struct Faults {
    errors: Vec<Fault>,
}

impl Ehr {
    /// Prints what became of the body; exit code 1 if it has faults.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Map(map) = self;
        let bytes = input()?;
        let text = match map.mapped(&bytes) {
            Ok(text) => text,
            Err(errors) => {
                println!("{}", serde_json::to_string_pretty(&Faults { errors })?);
                return Ok(ExitCode::from(1));
            }
        };
        println!("{text}");
        Ok(ExitCode::SUCCESS)
    }
}

impl MapArgs {
    fn mapped(&self, bytes: &[u8]) -> Result<String, Vec<Fault>> {
        let body = json::parse(bytes, Limits::WEBHOOK).map_err(|fault| vec![fault])?;
        if !matches!(body, Json::Object(_)) {
            return Err(vec![Fault::new(
                WHOLE_BODY,
                pontic_core::fault::Reason::InvalidType,
            )]);
        }
        let zone = zone(&self.time_zone);
        // What is printed is JSON by its type: it cannot fail.
        if self.inverse {
            let record = Record::read(&body)?;
            return Ok(
                serde_json::to_string_pretty(&self.system.write(&record, &zone))
                    .unwrap_or_default(),
            );
        }
        let clinic_map: BTreeMap<String, String> = self.clinic_map.iter().cloned().collect();
        let settings = Settings {
            lab_id: &self.lab,
            zone: &zone,
            clinic_map: &clinic_map,
            priorities: &PriorityMap::new(),
            window: self.now.map(WindowLimits::around),
        };
        let record = self.system.read(&body).finish(&settings)?;
        Ok(serde_json::to_string_pretty(&record).unwrap_or_default())
    }
}

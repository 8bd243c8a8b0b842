//! `pontic replay`: the log decided again, compared; or a day of it with another configuration.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use jiff::civil::Date;
use pontic_core::id::LabId;
use pontic_store::Store;
use pontic_store::sqlite::{Options, SqliteStore};

use super::ConfigArgs;
use crate::config::point_in_time;
use crate::replay::{self, Change, Comparison, DayDiff, From, Part};
use crate::storage;

/// Differences that are printed; all are counted.
const SHOWN: usize = 50;

/// Decide the log again and compare everything that came of it; or one day of it with another configuration.
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    config: ConfigArgs,
    /// Compare from this number or time on; everything before is decided as it was.
    #[arg(long, value_name = "SEQ|TIME", value_parser = from_argument)]
    from: Option<From>,
    /// Only this lab.
    #[arg(long, value_name = "L", value_parser = lab_argument)]
    lab: Option<LabId>,
    /// Keep what is decided again in this new folder, with a key of its own.
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    into: Option<PathBuf>,
    /// Say what would be different with the configuration of --change.
    #[arg(long, requires = "change", conflicts_with = "from")]
    dry_run: bool,
    /// File (TOML or JSON) that says what would be different: rules, labs, clinics, endpoints.
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    change: Option<PathBuf>,
    /// The day; absent: the newest of the log.
    #[arg(long, value_name = "YYYY-MM-DD", requires = "dry_run")]
    day: Option<Date>,
    /// Print JSON, for machines.
    #[arg(long)]
    json: bool,
}

fn from_argument(text: &str) -> Result<From, String> {
    match text.parse() {
        Ok(seq) => Ok(From::Seq(seq)),
        Err(_) => point_in_time(text)
            .map(From::Time)
            .map_err(|_| "is neither a number of the log nor an RFC 3339 time".to_owned()),
    }
}

fn lab_argument(text: &str) -> Result<LabId, String> {
    LabId::parse(text).map_err(|reason| reason.as_str().to_owned())
}

impl Replay {
    /// Exit code 0 if everything is the same, 1 if not.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.decide()?;
        let source = storage::open_to_read(&config)?;
        let is_same = match &self.change {
            Some(path) => self.dry(source.as_ref(), path)?,
            None => self.again(source.as_ref())?,
        };
        Ok(if is_same {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }

    fn again(&self, source: &dyn Store) -> anyhow::Result<bool> {
        let target: Arc<dyn Store> = match &self.into {
            Some(folder) if folder.exists() => bail!("--into: {} exists already", folder.display()),
            Some(folder) => Arc::new(SqliteStore::open(folder, None, Options::default())?),
            None => Arc::new(SqliteStore::in_memory()?),
        };
        let part = Part {
            from: self.from.unwrap_or_default(),
            lab_id: self.lab.clone(),
        };
        let started = Instant::now();
        let compared = replay::compare(source, target.as_ref(), &part)?;
        if self.json {
            println!("{}", serde_json::to_string(&compared)?);
        } else {
            say(&compared, started.elapsed().as_secs_f64());
            if let Some(folder) = &self.into {
                println!("kept in {}", folder.display());
            }
        }
        Ok(compared.is_equal())
    }

    fn dry(&self, source: &dyn Store, path: &PathBuf) -> anyhow::Result<bool> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let change = match Change::read(&text) {
            Ok(change) => change,
            Err(faults) => bail!("{}:\n  - {}", path.display(), faults.join("\n  - ")),
        };
        let diff = replay::dry_run(source, &change, self.day, self.lab.as_ref())?;
        if self.json {
            println!("{}", serde_json::to_string(&diff)?);
        } else {
            say_day(&diff);
        }
        Ok(diff.is_empty())
    }
}

fn say(compared: &Comparison, seconds: f64) {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate to be read"
    )]
    let rate = (compared.decided as f64 / seconds.max(1e-6)) as u64;
    println!(
        "decided again: {} events up to number {} in {seconds:.1} s, {rate} a second",
        compared.decided, compared.up_to
    );
    let records: u64 = compared.records.values().sum();
    println!(
        "compared: {} events, {} publications, {} alerts, {records} records",
        compared.events, compared.publications, compared.alerts
    );
    if compared.erased > 0 {
        println!(
            "left out: patient data of {} records, which was erased",
            compared.erased
        );
    }
    if compared.changing > 0 {
        println!(
            "left out: {} records that the server changed meanwhile",
            compared.changing
        );
    }
    if compared.is_equal() {
        println!("everything is the same");
        return;
    }
    for difference in compared.differences.iter().take(SHOWN) {
        println!("differs: {difference}");
    }
    let count = compared.differences.len();
    println!(
        "{count} difference{}{}",
        plural(count),
        if count > SHOWN {
            format!(", of which {SHOWN} are shown")
        } else {
            String::new()
        }
    );
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// `2 pickups`.
fn of(count: u64, thing: &str) -> String {
    let many = match (count, thing.strip_suffix('y')) {
        (1, _) => thing.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        _ => format!("{thing}s"),
    };
    format!("{count} {many}")
}

fn say_day(diff: &DayDiff) {
    let lab = diff
        .lab_id
        .as_ref()
        .map_or_else(String::new, |lab| format!(" of lab {lab}"));
    println!(
        "{}{lab}: {} decided again with the change",
        diff.day,
        of(diff.events, "event")
    );
    println!("{} unchanged", of(diff.pickups_unchanged, "pickup"));
    moved("pickup", "would move", &diff.pickups_moved);
    moved("pickup", "would be elsewhere", &diff.pickups_elsewhere);
    named("pickup", "would not be there", &diff.pickups_gone);
    named("pickup", "would be there besides", &diff.pickups_new);
    println!("{} unchanged", of(diff.deliveries_unchanged, "delivery"));
    moved("delivery", "would change", &diff.deliveries_moved);
    for case in diff.cases_moved.iter().take(SHOWN) {
        println!(
            "case {} would join {} instead of {}",
            case.id, case.to, case.from
        );
    }
    for (reason, count) in &diff.webhooks_refused {
        println!("{} would be refused ({reason})", of(*count, "webhook"));
    }
    for (what, count) in &diff.events_refused {
        println!("{} would be refused: {what}", of(*count, "event"));
    }
    if diff.webhooks_let_in > 0 {
        println!(
            "{} in quarantine would become pickups",
            of(diff.webhooks_let_in, "webhook")
        );
    }
    if diff.messages_let_in > 0 {
        println!(
            "{} in quarantine would be accepted",
            of(diff.messages_let_in, "message")
        );
    }
    for (what, counts) in [("alert", &diff.alerts), ("publication", &diff.publications)] {
        for (name, count) in counts {
            let word = if *count > 0 { "more" } else { "fewer" };
            println!("{} {word}: {name}", of(count.unsigned_abs(), what));
        }
    }
    for (kind, count) in &diff.others {
        println!("{} would differ", of(*count, kind));
    }
    if diff.taken_as_local > 0 {
        println!(
            "note: {} of an earlier version do not say whether their time had an offset; taken as local",
            of(diff.taken_as_local, "webhook")
        );
    }
    if diff.is_empty() {
        println!("nothing would be different");
    }
}

fn moved(thing: &str, what: &str, moved: &[replay::Moved]) {
    if moved.is_empty() {
        return;
    }
    let shown: Vec<String> = moved
        .iter()
        .take(SHOWN)
        .map(|one| format!("{}: {} -> {}", one.id, one.from, one.to))
        .collect();
    println!(
        "{} {what} ({})",
        of(moved.len() as u64, thing),
        shown.join("; ")
    );
}

fn named(thing: &str, what: &str, ids: &[String]) {
    if ids.is_empty() {
        return;
    }
    let shown: Vec<&str> = ids.iter().take(SHOWN).map(String::as_str).collect();
    println!(
        "{} {what} ({})",
        of(ids.len() as u64, thing),
        shown.join(", ")
    );
}

//! `pontic explain`

use std::process::ExitCode;

use clap::Args;
use pontic_core::id::LabId;
use serde_json::json;

use super::ConfigArgs;
use crate::explain::{Asked, Story, explain};
use crate::storage;

/// Which id, and in which data.
#[derive(Debug, Args)]
pub struct Explain {
    /// Of a delivery, pickup, case, invoice, route, stop, clinic, event, message or refused message; or a number in the log.
    id: String,
    #[command(flatten)]
    config: ConfigArgs,
    /// Of that lab.
    #[arg(long, value_name = "L")]
    lab: Option<String>,
    /// Of that kind: delivery, pickup, case, invoice, route, stop, event, refused, …
    #[arg(long, value_name = "K")]
    kind: Option<String>,
    /// Who sent the event with that id, where it is none of the usual sources.
    #[arg(long, value_name = "S")]
    source: Option<String>,
    /// Print JSON, as GET /v1/explain/{id} answers.
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Prints the stories; exit code 1 if nobody knows the id.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.decide()?;
        let store = storage::open_to_read(&config)?;
        let asked = Asked {
            id: self.id.clone(),
            lab_id: self.lab.map(LabId::known),
            sees_all: true,
            kind: self.kind,
            source: self.source,
        };
        let stories = explain(store.as_ref(), &asked, &config.rules.default_time_zone)?;
        if self.json {
            let stories: Vec<_> = stories.iter().map(Story::shape).collect();
            let told = json!({ "id": self.id, "stories": stories });
            println!("{}", serde_json::to_string_pretty(&told)?);
        } else {
            stories.iter().for_each(print);
        }
        Ok(if stories.is_empty() {
            eprintln!("nothing is known by that id");
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn print(story: &Story) {
    println!("{}", story.summary);
    let mut before = None;
    for line in &story.lines {
        // One event, one time.
        let same = line.seq.is_some() && before == line.seq;
        before = line.seq;
        let time = if same {
            String::new()
        } else {
            let at = line.at.to_zoned(story.zone.clone());
            at.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
        };
        println!("  {time:<25} {}", line.text);
    }
    if story.omitted > 0 {
        println!("  ({} events in the middle are left out)", story.omitted);
    }
    println!();
}

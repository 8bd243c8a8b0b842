//! What became of each message, as a table for people.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::server::Server;
use crate::http::Answer;

/// The lists at the end, and which of their fields.
const LISTS: [(&str, &[&str]); 4] = [
    (
        "deliveries",
        &[
            "deliveryId",
            "clinicId",
            "deliveryDate",
            "priority",
            "packageCount",
            "status",
        ],
    ),
    (
        "pickups",
        &["id", "clinicId", "windowStart", "source", "status"],
    ),
    ("invoices", &["invoiceId", "status"]),
    ("alerts", &["type", "code", "clinicId", "caseId", "reason"]),
];
/// Most rows of a list that are shown.
const SHOWN: usize = 12;

/// A message and its answer.
pub struct Sent {
    /// Who sent it.
    pub from: &'static str,
    /// What it was.
    pub what: &'static str,
    /// What the script expects.
    pub expected: u64,
    /// What came back.
    pub answer: Answer,
}

/// Prints all of them, then what the lab's day looks like. An unexpected answer is an error.
pub fn print(server: &Server, sent: &[Sent]) -> Result<()> {
    println!();
    for sent in sent {
        println!(
            "{:<12} {:<46} {}  {}",
            sent.from,
            sent.what,
            sent.answer.code,
            became(&sent.answer.body)
        );
    }
    println!();
    for (what, columns) in LISTS {
        list(server, what, columns)?;
    }
    published(server)?;
    let wrong: Vec<String> = sent
        .iter()
        .filter(|sent| sent.answer.code != sent.expected)
        .map(|sent| {
            format!(
                "{}: {} instead of {}: {}",
                sent.what, sent.answer.code, sent.expected, sent.answer.body
            )
        })
        .collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// One line of an answer: what a person would look for in it.
fn became(body: &Value) -> String {
    if let Some(entries) = body["entries"].as_array() {
        let each: Vec<String> = entries.iter().map(became).collect();
        return each.join(" | ");
    }
    let mut words = Vec::new();
    let result = if body["result"].is_object() {
        &body["result"]
    } else {
        body
    };
    for name in ["title", "error", "status"] {
        words.extend(body[name].as_str().map(str::to_owned));
    }
    if !std::ptr::eq(result, body) {
        words.extend(result["status"].as_str().map(str::to_owned));
    }
    for name in [
        "deliveryDate",
        "priority",
        "packageCount",
        "confirmationNum",
        "billingTriggered",
        "awaitingInvoice",
    ] {
        let value = &result[name];
        if !value.is_null() && *value != Value::Array(Vec::new()) && *value != "STANDARD" {
            words.push(format!("{name} {}", plain(value)));
        }
    }
    for name in ["consolidated", "duplicate", "overdue"] {
        if result[name] == true || body[name] == true {
            words.push(name.to_owned());
        }
    }
    if let Some(occurrences) = result["occurrences"].as_array() {
        words.push(format!("{} occurrences", occurrences.len()));
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        words.push(format!(
            "{} {}",
            plain(&error["field"]),
            plain(&error["reason"])
        ));
    }
    words.join(", ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The first page of a list, those columns of it.
fn list(server: &Server, what: &str, columns: &[&str]) -> Result<()> {
    let items = items(server, &format!("/v1/{what}"))?;
    let rows: Vec<Vec<String>> = items
        .iter()
        .take(SHOWN)
        .map(|item| columns.iter().map(|column| plain(&item[column])).collect())
        .collect();
    println!("{what} ({})", items.len());
    for row in &rows {
        let cells = row.iter().enumerate().map(|(at, cell)| {
            let width = rows.iter().map(|row| row[at].chars().count()).max();
            format!("{cell:<0$}", width.unwrap_or(0))
        });
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    if items.len() > SHOWN {
        println!("  … and {} more", items.len() - SHOWN);
    }
    println!();
    Ok(())
}

/// How many messages of each type went out to other systems.
fn published(server: &Server) -> Result<()> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for item in items(server, "/v1/events?direction=out&limit=200")? {
        *counts.entry(plain(&item["type"])).or_default() += 1;
    }
    println!("published");
    for (name, count) in counts {
        println!("  {count:>3} {name}");
    }
    Ok(())
}

fn items(server: &Server, path: &str) -> Result<Vec<Value>> {
    let answer = server.ask("GET", path, &Value::Null)?;
    ensure!(answer.code == 200, "GET {path}: {}", answer.code);
    let items = answer.body["items"].as_array();
    Ok(items.context("a list without items")?.clone())
}

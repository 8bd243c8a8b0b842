//! `pontic doctor`: looks at what could be wrong before somebody calls.

use std::fmt::Display;
use std::net::TcpListener;
use std::process::ExitCode;

use clap::Args;

use super::ConfigArgs;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::Config;
use crate::notify::Notify;
use crate::storage;

/// Check an installation.
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    config: ConfigArgs,
}

fn good(text: impl Display) {
    println!("ok    {text}");
}

fn note(text: impl Display) {
    println!("note  {text}");
}

/// What was found.
#[derive(Default)]
struct Findings {
    bad: usize,
}

impl Findings {
    fn bad(&mut self, text: impl Display) {
        self.bad += 1;
        println!("BAD   {text}");
    }
}

impl Doctor {
    /// Prints a line per finding; exit code 1 if something is bad.
    pub fn run(self) -> ExitCode {
        let mut findings = Findings::default();
        match self.config.decide() {
            Ok(config) => {
                good("the configuration can be used");
                look_at_secrets(&config);
                look_at_address(&config);
                look_at_data(&config, &mut findings);
                look_at_mail(&config, &mut findings);
                look_at_bus(&config, &mut findings);
            }
            Err(faults) => faults.0.iter().for_each(|fault| findings.bad(fault)),
        }
        if findings.bad == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        }
    }
}

fn look_at_secrets(config: &Config) {
    for endpoint in &config.default_endpoints {
        let prints: Vec<String> = endpoint
            .secrets
            .iter()
            .map(pontic_wire::signature::Secret::fingerprint)
            .collect();
        match prints.as_slice() {
            [] => note(format!(
                "{} has no secret: its webhooks are refused",
                endpoint.system
            )),
            prints => good(format!(
                "{}: secrets {}",
                endpoint.system,
                prints.join(", ")
            )),
        }
    }
    if config.admin_token.is_none() {
        note("PONTIC_ADMIN_TOKEN is not set: make tokens with `pontic token create`");
    }
}

fn look_at_address(config: &Config) {
    match TcpListener::bind(config.listen) {
        Ok(_) => good(format!("{} is free", config.listen)),
        Err(error) => note(format!(
            "{} cannot be taken now ({error}): is the server running?",
            config.listen
        )),
    }
}

/// Says hello to the mail server, and logs in where it asks for that.
fn look_at_mail(config: &Config, findings: &mut Findings) {
    let Some(smtp) = &config.notices.smtp else {
        return note("no mail server is set up: nobody is told by e-mail");
    };
    let (host, port) = (&smtp.host, smtp.port);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return findings.bad(error),
    };
    match Notify::new(config).map(|notify| runtime.block_on(notify.mail_answers())) {
        Ok(Some(Err(cause))) => findings.bad(format!(
            "the mail server {host}:{port} does not answer, or does not let us in: {cause}"
        )),
        Ok(_) => good(format!("the mail server {host}:{port} answers")),
        Err(fault) => findings.bad(fault),
    }
}

/// Asks NATS for the streams that the configuration names.
fn look_at_bus(config: &Config, findings: &mut Findings) {
    let Some(nats) = &config.nats else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return findings.bad(error),
    };
    let servers = nats.servers.join(", ");
    runtime.block_on(async {
        let bus = match Bus::open(nats).await {
            Ok(bus) if bus.is_there() => bus,
            Ok(_) => {
                return findings.bad(format!(
                    "NATS does not answer, or does not let us in: {servers}"
                ));
            }
            Err(trouble) => return findings.bad(trouble),
        };
        good(format!("NATS answers: {servers}"));
        for consumer in &nats.consumers {
            let stream = std::slice::from_ref(&consumer.stream);
            match bus.look_at(stream).await {
                Ok(lines) => lines.iter().for_each(note),
                Err(trouble) => findings.bad(trouble),
            }
        }
    });
}

fn look_at_data(config: &Config, findings: &mut Findings) {
    if let Some(database) = &config.database {
        note(format!("records are in the database {}", database.url));
    } else if !config.data.exists() {
        return note(format!(
            "{} does not exist yet: the first start makes it",
            config.data.display()
        ));
    }
    let store = match storage::open(config) {
        Ok(store) => store,
        Err(error) => return findings.bad(error),
    };
    match (store.last_seq(), store.waiting()) {
        (Ok(seq), Ok(waiting)) => {
            good(format!(
                "the data can be read: {seq} events in the log, {} pieces of work waiting",
                waiting.count
            ));
            let late = waiting
                .oldest_due
                .map(|due| Clock::system().now().duration_since(due).as_secs());
            if let Some(late_s) = late.filter(|late_s| *late_s > config.max_waiting_s) {
                findings.bad(format!(
                    "work has been due for {late_s} s: does the server run?"
                ));
            }
        }
        (Err(error), _) | (_, Err(error)) => findings.bad(error),
    }
    let paging = pontic_store::page::Paging {
        after: None,
        limit: 200,
    };
    let open = pontic_store::page::QuarantineFilter {
        open_only: true,
        ..Default::default()
    };
    match store.quarantine(&open, &paging) {
        Ok(page) if page.items.is_empty() => good("the quarantine is empty"),
        Ok(page) => note(format!(
            "{}{} messages in the quarantine",
            page.items.len(),
            if page.next.is_some() { "+" } else { "" }
        )),
        Err(error) => findings.bad(error),
    }
}

//! Several programs on one database, which the demo starts, and whose clocks it moves.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use pontic_wire::ehr;

use super::Keys;
use super::bus::DOMAINS;

/// What each of them is to be.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// A folder, below which each has one of its own.
    pub data: &'a Path,
    /// Where the first listens, and the others after it; port 0 takes any free ones.
    pub listen: &'a [String],
    /// The database.
    pub database: &'a str,
    /// The bus.
    pub bus: &'a str,
    /// The clock, as one program tells it another.
    pub clock: &'a str,
    /// How they can be entered.
    pub keys: &'a Keys,
}

/// Those that run; they end with the value.
pub struct Programs(Vec<Arc<Member>>);

struct Member {
    url: String,
    child: Mutex<Child>,
    /// By which its clock is moved.
    line: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// How long one may take to stop.
const STOP: Duration = Duration::from_secs(15);

impl Programs {
    /// Starts them, one for each address.
    pub fn start(plan: Plan<'_>) -> Result<Self> {
        let members = plan.listen.iter().enumerate();
        let started = members.map(|(index, listen)| Member::start(plan, index, listen));
        started.collect::<Result<_>>().map(Self)
    }

    /// Where they are.
    pub fn urls(&self) -> Vec<String> {
        self.0.iter().map(|member| member.url.clone()).collect()
    }

    /// It is so late now for all of them, and all is done that was due.
    pub async fn move_to(&self, time: Timestamp) -> Result<()> {
        let question = format!("move {}", time.as_millisecond());
        if agree(&self.ask_all(&question).await?) {
            return Ok(());
        }
        self.settled().await
    }

    /// Until nothing follows any more from what came to any of them.
    pub async fn settled(&self) -> Result<()> {
        while !agree(&self.ask_all("settle").await?) {}
        Ok(())
    }

    /// How far the log was for each, when it had done what was asked.
    async fn ask_all(&self, question: &str) -> Result<Vec<u64>> {
        let asked = self.0.iter().map(|member| {
            let (member, question) = (Arc::clone(member), question.to_owned());
            async move { tokio::task::spawn_blocking(move || member.ask(&question)).await? }
        });
        try_join_all(asked).await
    }
}

/// Whether all had done what was asked when the log was as long as it is: what one did later may have given another something to do.
fn agree(reached: &[u64]) -> bool {
    reached.windows(2).all(|pair| pair[0] == pair[1])
}

impl Member {
    fn start(plan: Plan<'_>, index: usize, listen: &str) -> Result<Arc<Self>> {
        let data = plan.data.join((index + 1).to_string());
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["demo-program", "--clock", plan.clock, "--listen", listen])
            .env_clear()
            .env("PONTIC_DATA", &data)
            .env("PONTIC_DATABASE__URL", plan.database)
            .env("PONTIC_KEY_FILE", plan.data.join("data.key"))
            .env("PONTIC_ADMIN_TOKEN", &plan.keys.admin_token)
            .env("PONTIC_NATS__URL", plan.bus);
        for domain in DOMAINS {
            let key = |part: &str| format!("PONTIC_NATS__CONSUMERS__{}__{part}", domain.stream);
            command
                .env(key("STREAM"), domain.stream)
                .env(key("LAB_ID"), "*")
                .env(key("SOURCES"), domain.source);
        }
        for (system, secret) in &plan.keys.secrets {
            if ehr::by_system(system).is_some() {
                command.env(format!("{}_WEBHOOK_SECRET", system.to_uppercase()), secret);
            }
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("a further program")?;
        let said = child.stdout.take().context("its output")?;
        let orders = child.stdin.take().context("its input")?;
        let mut said = BufReader::new(said);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ");
        let url = url
            .context("a program did not start: a day needs a database of its own")?
            .to_owned();
        Ok(Arc::new(Self {
            url,
            child: Mutex::new(child),
            line: Mutex::new(Some((orders, said))),
        }))
    }

    fn ask(&self, question: &str) -> Result<u64> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let (orders, said) = line.as_mut().context("it was stopped")?;
        writeln!(orders, "{question}")?;
        let mut answer = String::new();
        said.read_line(&mut answer)?;
        let reached = answer.trim().strip_prefix("settled ");
        ensure!(reached.is_some(), "the program at {} is gone", self.url);
        Ok(reached.unwrap_or_default().parse()?)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // Whoever is told nothing any more stops.
        drop(
            self.line
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + STOP;
        while Instant::now() < until {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

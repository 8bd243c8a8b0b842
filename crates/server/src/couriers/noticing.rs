//! Who is told what: settled from the log and the alerts in their order, and once.

use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pontic_core::id::{LabId, hex};
use pontic_core::notice::{Channel, DIGEST_MINUTES, NoticeKind};
use pontic_core::phi::Phi;
use pontic_core::record::Kind;
use pontic_store::outgoing::{Followed, Message, Notice};
use pontic_store::page::{AlertRow, Alerts, Direction, LogFilter, LogRow};
use pontic_store::{Store, StoreError};
use serde_json::Value;

use super::addressees::{Addressee, Addressees};
use crate::app::App;

/// Rows that are looked at together.
const PAGE: usize = 200;
/// Looked for also when nobody said that there are some.
const TICK: Duration = Duration::from_secs(1);
/// While nobody is to be told anything, how far the log is settled is noted so often.
const IDLE: u32 = 10;
/// A clinic is not told later than this that its driver comes.
pub const ARRIVAL_FRESH: SignedDuration = SignedDuration::from_mins(3);
/// Why a notice is not sent.
pub const LATE: &str = "late";
pub const QUIET: &str = "quiet_hours";
const NO_WAY: &str = "not_configured";

/// Follows the log and the alerts as long as the program runs.
pub async fn follow(app: Weak<App>) {
    let mut idle = Idle::default();
    loop {
        let Some(running) = app.upgrade() else { return };
        let more = match pass(&running, &mut idle).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "who is told what is settled later");
                false
            }
        };
        if more {
            continue;
        }
        // Held only while there is something to do: the program ends when nobody else holds it.
        let notify = Arc::clone(&running.notify);
        drop(running);
        let _ = tokio::time::timeout(TICK, notify.heard.notified()).await;
    }
}

/// How far the log was a while ago, while nobody is to be told anything: whoever is set up then is told of what comes after, and the
/// word of that may come a moment after the commit.
#[derive(Debug, Default)]
struct Idle {
    ticks: u32,
    stood: Option<(u64, u64)>,
}

/// Settles some; says whether there may be more.
async fn pass(app: &Arc<App>, idle: &mut Idle) -> Result<bool, StoreError> {
    let Some(since) = app.notify.since() else {
        idle.ticks += 1;
        if idle.ticks % IDLE == 1 {
            let before = idle.stood.take();
            idle.stood = Some(app.read(move |store| stand(store, before)).await?);
        }
        return Ok(false);
    };
    let state = Arc::clone(app);
    let (more, channels) = app
        .read(move |store| {
            let mut pass = Pass {
                app: &state,
                store,
                addressees: Addressees::new(&state, store),
                now: state.clock.now(),
                found: Vec::new(),
            };
            let publications = pass.publications(since)?;
            let alerts = pass.alerts(since)?;
            Ok((publications || alerts, pass.channels()))
        })
        .await?;
    for channel in channels {
        app.notify.bell(channel).notify_one();
    }
    Ok(more)
}

/// Notes that all up to where it stood is settled; gives where it stands.
fn stand(store: &dyn Store, before: Option<(u64, u64)>) -> Result<(u64, u64), StoreError> {
    if let Some((seq, alert)) = before {
        for (what, up_to) in [(Followed::Publications, seq), (Followed::Alerts, alert)] {
            let after = store.noticed(what)?;
            if after < up_to {
                store.notice(what, after, up_to, &[])?;
            }
        }
    }
    let newest = pontic_store::page::Paging {
        after: None,
        limit: 1,
    };
    let alerts = store.alerts(None, Alerts::All, &newest)?;
    let alert = alerts.items.first().map_or(0, |alert| alert.number);
    Ok((store.last_seq()?, alert))
}

/// One look at what is new.
struct Pass<'s> {
    app: &'s App,
    store: &'s dyn Store,
    addressees: Addressees<'s>,
    now: Timestamp,
    found: Vec<Notice>,
}

/// What is told, and since when it is so.
struct News<'n> {
    kind: NoticeKind,
    code: Option<&'n str>,
    seq: u64,
    event_id: &'n str,
    at: Timestamp,
}

impl Pass<'_> {
    fn publications(&mut self, since: u64) -> Result<bool, StoreError> {
        let settled = self.store.noticed(Followed::Publications)?;
        // Asked before the rows are: what is published meanwhile has a greater number, and its turn comes.
        let last = self.store.last_seq()?;
        if last <= settled {
            return Ok(false);
        }
        let filter = LogFilter {
            after: settled.max(since.saturating_sub(1)),
            direction: Some(Direction::Out),
            ..LogFilter::default()
        };
        let rows = self.store.log(&filter, PAGE)?;
        let is_full = rows.len() == PAGE;
        let up_to = rows.last().filter(|_| is_full).map_or(last, |row| row.seq);
        let begins = self.found.len();
        for row in rows.iter().filter(|row| row.seq <= up_to) {
            self.publication(row)?;
        }
        let written = self.store.notice(
            Followed::Publications,
            settled,
            up_to,
            &self.found[begins..],
        )?;
        Ok(is_full || !written)
    }

    fn publication(&mut self, row: &LogRow) -> Result<(), StoreError> {
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let Some(kind) = NoticeKind::of_publication(&row.name, &detail) else {
            return Ok(());
        };
        let (lab, clinic) = (row.lab_id.as_ref(), detail["clinicId"].as_str());
        let (Some(lab), Some(clinic)) = (lab, clinic) else {
            return Ok(());
        };
        let Some(addressee) = self.addressees.find(lab.as_str(), Some(clinic))? else {
            return Ok(());
        };
        if !addressee.wants.has_address() {
            return Ok(());
        }
        let kind = if kind == NoticeKind::PickupConfirmed {
            self.what_was_confirmed(row, &detail)?
        } else {
            Some(kind)
        };
        if let Some(kind) = kind {
            let news = News {
                kind,
                code: None,
                seq: row.seq,
                event_id: &row.event_id,
                at: row.at,
            };
            self.tell(&addressee, &news);
        }
        Ok(())
    }

    /// A pickup that was there before was moved; one that its series made was confirmed with it.
    fn what_was_confirmed(
        &self,
        row: &LogRow,
        detail: &Value,
    ) -> Result<Option<NoticeKind>, StoreError> {
        let Some(seq) = row.caused_by else {
            return Ok(Some(NoticeKind::PickupConfirmed));
        };
        let Some(cause) = self.store.log_row(seq)? else {
            return Ok(Some(NoticeKind::PickupConfirmed));
        };
        if cause.name == "SeriesExtended" {
            return Ok(None);
        }
        let id = detail["id"].as_str().unwrap_or_default();
        let changes = cause.changes.iter();
        let mut changes = changes.filter(|change| change.kind == Kind::Pickup && change.id == id);
        Ok(Some(match changes.next() {
            Some(change) if change.version > 1 => NoticeKind::PickupMoved,
            _ => NoticeKind::PickupConfirmed,
        }))
    }

    fn alerts(&mut self, since: u64) -> Result<bool, StoreError> {
        let settled = self.store.noticed(Followed::Alerts)?;
        let rows = self.store.alerts_after(settled, PAGE)?;
        let Some(last) = rows.last() else {
            return Ok(false);
        };
        let begins = self.found.len();
        let recent = |row: &&AlertRow| row.seq.is_none_or(|seq| seq >= since);
        for row in rows.iter().filter(recent) {
            self.alert(row)?;
        }
        let written = self.store.notice(
            Followed::Alerts,
            settled,
            last.number,
            &self.found[begins..],
        )?;
        Ok(rows.len() == PAGE || !written)
    }

    fn alert(&mut self, row: &AlertRow) -> Result<(), StoreError> {
        let body: Value = serde_json::from_str(&row.body).unwrap_or_default();
        let (name, code) = (body["type"].as_str(), body["code"].as_str());
        let (name, code) = (name.unwrap_or_default(), code.unwrap_or_default());
        let Some(kind) = NoticeKind::of_alert(name, code) else {
            return Ok(());
        };
        let found = self.addressees.find(row.lab_id.as_str(), None)?;
        if let Some(addressee) = found.filter(|found| found.wants.has_address()) {
            let news = News {
                kind,
                code: Some(code),
                seq: row.seq.unwrap_or(0),
                event_id: &alert_id(row.number),
                at: row.at,
            };
            self.tell(&addressee, &news);
        }
        Ok(())
    }

    /// One notice for each address that wants it.
    fn tell(&mut self, addressee: &Addressee, news: &News<'_>) {
        for channel in addressee.wants.channels(news.kind, news.code) {
            for address in addressee.wants.addresses(channel) {
                let notice = self.notice(addressee, news, channel, address);
                self.found.push(notice);
            }
        }
    }

    fn notice(
        &self,
        addressee: &Addressee,
        news: &News<'_>,
        channel: Channel,
        address: &str,
    ) -> Notice {
        let clinic_id = addressee
            .clinic
            .as_ref()
            .map(|clinic| clinic.id.to_string());
        let (due, skipped) = self.when(addressee, news);
        let skipped = skipped.or_else(|| (!self.app.notify.has(channel)).then_some(NO_WAY));
        // Whom it goes to, without naming them.
        let whom = hex(&self.store.digest(address.as_bytes()));
        let place = clinic_id.as_deref().unwrap_or("-");
        let mut key = format!("{}/{place}/{whom}", addressee.lab_id);
        if news.kind.is_urgent() || digest_of(addressee) == 0 {
            // It waits for no other, and no other joins it.
            key = format!("{key}/{}", news.event_id);
        }
        let name = match news.code {
            Some(code) if news.kind == NoticeKind::Alert => format!("{}.{code}", news.kind),
            _ => news.kind.to_string(),
        };
        Notice {
            message: Message {
                subscription: channel.receiver().to_owned(),
                lab_id: LabId::known(addressee.lab_id.as_str()),
                seq: news.seq,
                event_id: news.event_id.to_owned(),
                name,
                key,
                due,
            },
            clinic_id,
            to: Phi::new(address.to_owned()),
            skipped: skipped.map(str::to_owned),
        }
    }

    /// When it is to go out, and why it is not to.
    fn when(&self, addressee: &Addressee, news: &News<'_>) -> (Timestamp, Option<&'static str>) {
        let quiet = |at| addressee.wants.quiet_until(at, &addressee.zone);
        if news.kind == NoticeKind::Arrival {
            let skipped = if self.now.duration_since(news.at) > ARRIVAL_FRESH {
                Some(LATE)
            } else {
                quiet(self.now).map(|_| QUIET)
            };
            return (self.now, skipped);
        }
        let minutes = if news.kind.is_urgent() {
            0
        } else {
            digest_of(addressee)
        };
        let gathered = self
            .now
            .saturating_add(SignedDuration::from_mins(i64::from(minutes)))
            .unwrap_or(self.now);
        (quiet(gathered).unwrap_or(gathered), None)
    }

    /// Those for whom there is something.
    fn channels(&self) -> Vec<Channel> {
        let waits = |channel: &Channel| {
            self.found.iter().any(|notice| {
                notice.skipped.is_none() && notice.message.subscription == channel.receiver()
            })
        };
        for notice in self.found.iter().filter(|notice| notice.skipped.is_some()) {
            let channel = Channel::of_receiver(&notice.message.subscription);
            count(channel.unwrap_or(Channel::Email), "skipped");
        }
        Channel::ALL.iter().copied().filter(waits).collect()
    }
}

fn digest_of(addressee: &Addressee) -> u32 {
    addressee.wants.digest_minutes.unwrap_or(DIGEST_MINUTES)
}

/// The id of a notice about an alert.
pub fn alert_id(number: u64) -> String {
    format!("alert-{number}")
}

/// The alert that a notice is about, if it is about one.
pub fn alert_number(event_id: &str) -> Option<u64> {
    event_id.strip_prefix("alert-")?.parse().ok()
}

/// Counts what became of a notice.
pub fn count(channel: Channel, outcome: &'static str) {
    metrics::counter!("pontic_notices_total", "channel" => channel.as_str(), "outcome" => outcome)
        .increment(1);
}

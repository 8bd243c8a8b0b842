//! Telling people: the ways out (e-mail, text messages), and the words. Who is told what, and when, stands in `couriers`.

mod fields;
mod local;
mod mail;
mod text_message;
mod texts;
pub mod wording;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use pontic_core::directory::{Clinic, Lab};
use pontic_core::notice::{Channel, Language, Preferences};
use pontic_core::phi::{Phi, Private};
use pontic_core::record::{Entity as _, Kind, Record};
use pontic_store::batch::{Batch, Committed, Entry};
use pontic_store::outgoing::Followed;
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};
use tokio::sync::Notify as Bell;

use crate::client::{Client, Reach};
use crate::config::Config;
use mail::Mail;
use text_message::TextMessages;
use wording::Words;

pub use fields::{Coming, Reader, of_alert, of_publication};

/// Records that are read at once.
const PAGE: usize = 200;
/// Nobody is to be told anything.
const NOBODY: u64 = u64::MAX;

/// Why the ways to people cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    /// The store does not answer.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// What the operator said cannot be used.
    #[error("{0}")]
    Settings(String),
}

/// Why nobody knows what came of a message: it was handed over, and no answer came.
pub const NO_ANSWER: &str = "no_answer";

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The other side has it.
    pub taken: bool,
    /// The other side will never take it.
    pub refused: bool,
    /// Why it was not taken: a status, or a word.
    pub cause: String,
    /// When it asked us to come back.
    pub retry_after: Option<SignedDuration>,
}

impl Sent {
    fn taken() -> Self {
        Self {
            taken: true,
            refused: false,
            cause: String::new(),
            retry_after: None,
        }
    }

    fn again(cause: &str) -> Self {
        Self {
            taken: false,
            cause: cause.to_owned(),
            ..Self::taken()
        }
    }

    fn refused(cause: &str) -> Self {
        Self {
            refused: true,
            ..Self::again(cause)
        }
    }
}

/// The ways to people, and what wakes those who use them.
pub struct Notify {
    mail: Option<(Mail, Duration)>,
    texts: Option<TextMessages>,
    /// In which language, where nobody says.
    pub language: Language,
    /// From that event on somebody is to be told something.
    since: AtomicU64,
    /// Something was published, or raised.
    pub heard: Bell,
    bells: [Bell; Channel::ALL.len()],
}

impl std::fmt::Debug for Notify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notify")
    }
}

impl Notify {
    /// With the operator's settings; the store says whether anybody is to be told at all.
    pub fn load(config: &Config, store: &dyn Store) -> Result<Self, Unready> {
        // What is published from here on may be told: where that begins is settled before anybody is set up.
        for what in [Followed::Publications, Followed::Alerts] {
            let begins = store.noticed(what)?;
            store.notice(what, begins, begins, &[])?;
        }
        // Another program on the same database may set clinics up, of which we do not hear.
        let somebody = config.database.is_some() || has_addresses(store)?;
        let notify = Self::new(config).map_err(Unready::Settings)?;
        notify
            .since
            .store(if somebody { 0 } else { NOBODY }, Ordering::Relaxed);
        Ok(notify)
    }

    /// With the operator's settings; what is wrong with them, in a line.
    pub fn new(config: &Config) -> Result<Self, String> {
        let settings = &config.notices;
        let mail = settings.smtp.as_ref();
        let mail = mail.map(|smtp| Ok::<_, String>((Mail::new(smtp)?, smtp.timeout)));
        let texts = settings.sms.clone().map(|sms| {
            // The operator names the gateway: it may be within its own network.
            TextMessages::new(Client::new(Reach::Everywhere), sms)
        });
        Ok(Self {
            mail: mail.transpose()?,
            texts,
            language: settings.language,
            since: AtomicU64::new(NOBODY),
            heard: Bell::new(),
            bells: [const { Bell::const_new() }; Channel::ALL.len()],
        })
    }

    /// Whether there is a way out.
    pub const fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.mail.is_some(),
            Channel::Sms => self.texts.is_some(),
        }
    }

    /// The number in the log from which on somebody is to be told something; none while nobody is.
    pub fn since(&self) -> Option<u64> {
        let since = self.since.load(Ordering::Relaxed);
        (since != NOBODY).then_some(since)
    }

    /// Something is for that channel.
    pub fn bell(&self, channel: Channel) -> &Bell {
        &self.bells[channel as usize]
    }

    /// Something may be due again for anybody.
    pub fn wake_all(&self) {
        self.bells.iter().for_each(Bell::notify_one);
    }

    /// Hears of what was committed.
    pub fn hear(&self, batch: &Batch, committed: &Committed) {
        let names_address = |record: &Record| match record {
            Record::Clinic(clinic) => has_address(&clinic.private),
            Record::Lab(lab) => has_address(&lab.private),
            _ => false,
        };
        if batch
            .records
            .iter()
            .any(|(_, record)| names_address(record))
            && let Some(first) = committed.seqs.iter().min()
        {
            self.hear_address(*first);
        }
        let tells = |entry: &Entry| !entry.published.is_empty() || !entry.alerts.is_empty();
        self.hear_news(batch.entries.iter().any(tells));
    }

    /// Somebody has an address from that number of the log on.
    pub fn hear_address(&self, seq: u64) {
        self.since.fetch_min(seq, Ordering::Relaxed);
    }

    /// Something came into the log, and perhaps somebody is to be told of it.
    pub fn hear_news(&self, tells: bool) {
        if tells && self.since().is_some() {
            self.heard.notify_one();
        }
    }

    /// How long one message of a channel may take.
    pub fn patience(&self, channel: Channel) -> Duration {
        match (channel, &self.mail) {
            (Channel::Email, Some((_, timeout))) => *timeout,
            _ => text_message::PATIENCE,
        }
    }

    /// Sends one message once. `id` stays the same however often it is tried.
    pub async fn send(
        &self,
        channel: Channel,
        to: &str,
        words: &Words,
        id: &str,
        now: Timestamp,
    ) -> Sent {
        match (channel, &self.mail, &self.texts) {
            (Channel::Email, Some((mail, _)), _) => {
                mail.send(to, words, id, SystemTime::from(now)).await
            }
            (Channel::Sms, _, Some(texts)) => texts.send(to, &words.sms, id, now).await,
            _ => Sent::again("not_configured"),
        }
    }

    /// Whether the mail server answers and lets us in, if there is one; if not, why.
    pub async fn mail_answers(&self) -> Option<Result<(), String>> {
        let (mail, _) = self.mail.as_ref()?;
        Some(mail.answers().await)
    }

    /// The words of a test.
    pub fn test_words(&self) -> Words {
        let part = wording::ours(texts::test(self.language), &wording::Fields::new());
        wording::message(&[part], self.language, "Pontic")
    }
}

/// How somebody wants to be told. Opened for nothing but telling them.
pub fn preferences(private: &Phi<Private>) -> Preferences {
    Preferences::read(&private.reveal().notify)
}

/// Whether there is an address in it to which notices can go.
pub fn has_address(private: &Phi<Private>) -> bool {
    !private.reveal().notify.is_empty() && preferences(private).has_address()
}

/// Whether any clinic or lab is to be told anything.
fn has_addresses(store: &dyn Store) -> Result<bool, StoreError> {
    let names_address = |record: &Record| {
        let clinic = Clinic::from_record(record).map(|clinic| &clinic.private);
        let private = clinic.or_else(|| Lab::from_record(record).map(|lab| &lab.private));
        private.is_some_and(has_address)
    };
    for kind in [Kind::Lab, Kind::Clinic] {
        let mut after = None;
        loop {
            let paging = Paging { after, limit: PAGE };
            let page = store.list(kind, &Filter::default(), &paging)?;
            if page.items.iter().any(names_address) {
                return Ok(true);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(false)
}

//! The store in a database that several programs share: `PostgreSQL`.
//!
//! The same algorithm as in a folder, in journeys to a server: a batch takes its numbers first, and with them the right to be
//! the only one that commits; so the log's order is the order of commits whoever writes, and nothing can deadlock. What was
//! loaded before may be stale by then: versions and unique keys tell it, and the log tells whether others wrote about the same
//! labs. Each table has its module, whose functions get a connection or a transaction: nothing below this file begins or ends one.
//!
//! Callers are threads that wait, as with every engine. The connections are served by a small runtime of their own, so that
//! it does not matter on which thread a caller waits.

mod about;
mod alerts;
mod connection;
mod counter;
mod database;
mod error;
mod facts;
mod heard;
mod import;
mod inbox;
mod line;
mod listening;
mod log;
mod migrate;
mod notices;
mod numbers;
mod outgoing;
mod positions;
mod proofs;
mod quarantine;
mod records;
mod rows;
mod tables;
mod telling;
#[cfg(test)]
mod tests;
mod tokens;
mod work;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_postgres::{Client, Transaction};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use pontic_core::facts::{Found, Key};
use pontic_core::id::LabId;
use pontic_core::record::{Kind, Record};

use self::connection::Connector;
use self::counter::Stand;
use self::database::Database;
use self::listening::Listener;
use self::numbers::Numbers;
use self::telling::Program;
use crate::access::{Token, TokenKind};
use crate::batch::{Batch, Committed, InboxKey, Proof, Seen};
use crate::heard::{HeardDay, Signal};
use crate::outgoing::{
    ClaimedMessage, ClaimedNotice, DeadGroup, Followed, Message, MessageFilter, MessageRow, Notice,
    Tried, Which,
};
use crate::page::{
    AlertRow, Alerts, Claimed, Filter, LogFilter, LogRow, Page, Paging, QuarantineFilter,
    QuarantineRow, Waiting,
};
use crate::vault::Vault;
use crate::{Heard, Store, StoreError};

pub use self::connection::Options;
pub use self::import::{Moved, import};
pub use self::positions::{MovedPositions, PostgresPositions, Settled};

/// The store in a database.
pub struct PostgresStore {
    connector: Connector,
    database: Database,
    /// Itself, as other programs hear of it.
    program: Program,
    numbers: Arc<Numbers>,
    vault: Vault,
    epoch: String,
    turn: Mutex<Turn>,
    /// What listens, once somebody asked for it.
    listener: Mutex<Option<Listener>>,
}

/// What this program wrote itself, and what it last saw; whoever holds it is the only one here that writes what others must notice.
#[derive(Debug, Default)]
struct Turn {
    /// How often this program has counted the stamp up.
    own: i64,
    /// The stamp without its own writes, and the newest number of the log, when they were last asked for.
    seen: Stand,
}

impl PostgresStore {
    /// The data at that address (`postgres://user:password@host:port/database?sslmode=require`); its tables are made if they
    /// are missing. The key file is made if nothing was sealed yet, unless `options` give the key; every program on the
    /// database needs the same one.
    pub fn open(url: &str, key_file: &Path, options: &Options) -> Result<Self, StoreError> {
        let connector = Connector::new(url, options.ca_file.as_deref())?;
        let database = Database::new(&connector, options.connections.max(2))?;
        let open_vault = |may_create| match &options.key {
            Some(key) => Ok(Vault::of(key)),
            None => Vault::open_or_create(key_file, may_create),
        };
        // The schema, the key and the epoch are settled in one transaction: all who start on a new database agree on them.
        let (vault, epoch) = database.write(async |transaction| {
            migrate::run(transaction).await?;
            let vault = about::vault(transaction, open_vault).await?;
            Ok((vault, about::epoch(transaction).await?))
        })?;
        Ok(Self {
            connector,
            database,
            program: Program::draw()?,
            numbers: Arc::default(),
            vault,
            epoch,
            turn: Mutex::default(),
            listener: Mutex::default(),
        })
    }

    /// Runs `work` with a connection.
    fn with<T>(
        &self,
        work: impl AsyncFnOnce(&Client) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.with(work)
    }

    /// Runs `work` in a transaction that writes; on an error nothing of it remains.
    fn write<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.write(work)
    }

    /// The same for what others must notice.
    fn write_noticed<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut turn = self.turn();
        let done = self.write(async |transaction| {
            counter::advance(transaction, 0).await?;
            work(transaction).await
        })?;
        turn.own += 1;
        Ok(done)
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // A panic in the middle has committed nothing.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch, ready to be written: what takes time is done before anybody has to wait for it.
struct Sealed<'b> {
    batch: &'b Batch,
    log: log::Sealed,
    records: records::Sealed,
    work: work::Sealed,
    raw: Vec<Vec<u8>>,
}

impl<'b> Sealed<'b> {
    fn of(vault: &Vault, batch: &'b Batch) -> Result<Self, StoreError> {
        Ok(Self {
            batch,
            log: log::seal(vault, &batch.entries)?,
            records: records::seal(vault, &batch.records)?,
            work: work::seal(vault, &batch.entries)?,
            raw: quarantine::seal(vault, &batch.quarantined)?,
        })
    }

    async fn write(
        &self,
        transaction: &Transaction<'_>,
        turn: &Turn,
        program: &Program,
    ) -> Result<Vec<i64>, StoreError> {
        let stand = counter::advance(transaction, self.log.len()).await?;
        let before = stand.seq - rows::number(self.log.len());
        if self.is_stale(transaction, turn, stand, before).await? {
            return Err(StoreError::Conflict);
        }
        // Before the rest, because an entry may leave work for later under the key of the work that it settles.
        work::settle(transaction, &self.batch.settled).await?;
        let entries = &self.batch.entries;
        let seqs = self.log.seqs(before + 1);
        let steps = self.batch.steps(&seqs);
        // Sent one behind the other without waiting: together they are one journey to the server.
        let (log, records) = (
            self.log.append(transaction, before + 1),
            records::save(transaction, &self.records, &steps),
        );
        let (inbox, alerts) = (
            inbox::remember(transaction, entries, &seqs),
            alerts::raise_all(transaction, entries, &seqs),
        );
        let (work, quarantine) = (
            work::put_all(transaction, &self.work),
            quarantine::keep(transaction, &self.batch.quarantined, &self.raw),
        );
        let told = async {
            if self.log.len() == 0 {
                return Ok(());
            }
            let payload = program.says(&stand.seq.to_string());
            telling::tell(transaction, telling::LOG, &payload).await
        };
        futures_util::try_join!(log, records, inbox, alerts, work, quarantine, told)?;
        Ok(seqs)
    }

    /// Whether others have written about the labs of this batch since its facts were loaded.
    async fn is_stale(
        &self,
        transaction: &Transaction<'_>,
        turn: &Turn,
        stand: Stand,
        before: i64,
    ) -> Result<bool, StoreError> {
        let Some(stamp) = self.batch.stamp.map(rows::number) else {
            return Ok(false);
        };
        if stand.stamp - 1 - turn.own == stamp {
            return Ok(false);
        }
        if turn.seen.stamp != stamp {
            return Ok(true);
        }
        let labs: Vec<Option<&str>> = self
            .batch
            .entries
            .iter()
            .map(|entry| entry.lab_id.as_ref().map(LabId::as_str))
            .collect();
        counter::others_wrote(transaction, turn.seen.seq, before, &labs).await
    }
}

impl Store for PostgresStore {
    fn load(&self, keys: &[Key]) -> Result<Vec<(Key, Found)>, StoreError> {
        self.with(async |client| facts::load(client, &self.vault, keys).await)
    }

    fn seen(&self, keys: &[InboxKey]) -> Result<Vec<Option<Seen>>, StoreError> {
        self.with(async |client| inbox::seen(client, keys).await)
    }

    fn digest(&self, content: &[u8]) -> [u8; 16] {
        self.vault.digest(content)
    }

    fn link_mac(&self, content: &[u8]) -> [u8; crate::vault::LINK_LEN] {
        self.vault.link_mac(content)
    }

    fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        let sealed = Sealed::of(&self.vault, batch)?;
        let mut turn = self.turn();
        let seqs =
            self.write(async |transaction| sealed.write(transaction, &turn, &self.program).await)?;
        turn.own += 1;
        let seqs = seqs.into_iter().filter_map(|seq| u64::try_from(seq).ok());
        Ok(Committed {
            seqs: seqs.collect(),
        })
    }

    fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.with(async |client| work::claim(client, &self.vault, now, lease, limit).await)
    }

    fn postpone(&self, claimed: &Claimed, due: Timestamp) -> Result<bool, StoreError> {
        self.with(async |client| work::postpone(client, claimed, due).await)
    }

    fn fanned_out(&self) -> Result<u64, StoreError> {
        self.with(async |client| outgoing::fanned_out(client).await)
    }

    fn fan_out(&self, after: u64, up_to: u64, messages: &[Message]) -> Result<bool, StoreError> {
        self.write(async |transaction| outgoing::fan_out(transaction, after, up_to, messages).await)
    }

    fn claim_outgoing(
        &self,
        subscription: &str,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.with(async |client| {
            outgoing::claim(client, &self.vault, subscription, now, lease, limit).await
        })
    }

    fn settle_outgoing(&self, tried: &[Tried]) -> Result<(), StoreError> {
        self.with(async |client| outgoing::settle(client, tried).await)
    }

    fn outgoing(
        &self,
        filter: &MessageFilter,
        paging: &Paging,
    ) -> Result<Page<MessageRow>, StoreError> {
        self.with(async |client| outgoing::list(client, &self.vault, filter, paging).await)
    }

    fn dead_letters(&self, lab: Option<&LabId>) -> Result<Vec<DeadGroup>, StoreError> {
        self.with(async |client| outgoing::dead(client, lab).await)
    }

    fn redrive_outgoing(&self, which: &Which, now: Timestamp) -> Result<u64, StoreError> {
        self.with(async |client| outgoing::redrive(client, which, now).await)
    }

    fn abandon_outgoing(&self, subscription: &str) -> Result<u64, StoreError> {
        self.with(async |client| outgoing::abandon(client, subscription).await)
    }

    fn next_outgoing(&self, subscription: &str) -> Result<Option<Timestamp>, StoreError> {
        self.with(async |client| outgoing::next(client, subscription).await)
    }

    fn heard_up_to(&self) -> Result<u64, StoreError> {
        self.with(async |client| heard::up_to(client).await)
    }

    fn signals(&self, after: u64, limit: usize) -> Result<Vec<Signal>, StoreError> {
        self.with(async |client| heard::signals(client, after, limit).await)
    }

    fn note_heard(&self, after: u64, up_to: u64, days: &[HeardDay]) -> Result<bool, StoreError> {
        self.write(async |transaction| heard::note(transaction, after, up_to, days).await)
    }

    fn heard_since(&self, date: Date) -> Result<Vec<HeardDay>, StoreError> {
        self.with(async |client| heard::since(client, date).await)
    }

    fn forget_heard(&self, before: Date) -> Result<(), StoreError> {
        self.with(async |client| heard::forget(client, before).await)
    }

    fn noticed(&self, what: Followed) -> Result<u64, StoreError> {
        self.with(async |client| notices::followed(client, what).await)
    }

    fn notice(
        &self,
        what: Followed,
        after: u64,
        up_to: u64,
        notices: &[Notice],
    ) -> Result<bool, StoreError> {
        let stretch = (what, after, up_to);
        self.write(async |transaction| {
            notices::keep(transaction, &self.vault, stretch, notices).await
        })
    }

    fn claim_notices(
        &self,
        channel: &str,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<ClaimedNotice>, StoreError> {
        self.write(async |transaction| {
            notices::claim(transaction, &self.vault, channel, now, lease, limit).await
        })
    }

    fn waiting(&self) -> Result<Waiting, StoreError> {
        self.with(async |client| work::waiting(client).await)
    }

    fn get(&self, kind: Kind, lab: Option<&LabId>, id: &str) -> Result<Vec<Record>, StoreError> {
        self.with(async |client| records::get(client, &self.vault, kind, lab, id).await)
    }

    fn steps(&self, kind: Kind, lab: &LabId, id: &str) -> Result<Vec<u64>, StoreError> {
        self.with(async |client| records::steps(client, kind, lab, id).await)
    }

    fn starting_with(
        &self,
        kind: Kind,
        lab: Option<&LabId>,
        beginning: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.with(async |client| {
            records::starting_with(client, &self.vault, kind, lab, beginning, limit).await
        })
    }

    fn list(
        &self,
        kind: Kind,
        filter: &Filter,
        paging: &Paging,
    ) -> Result<Page<Record>, StoreError> {
        self.with(async |client| records::list(client, &self.vault, kind, filter, paging).await)
    }

    fn log(&self, filter: &LogFilter, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.with(async |client| log::list(client, &self.vault, filter, limit).await)
    }

    fn log_row(&self, seq: u64) -> Result<Option<LogRow>, StoreError> {
        self.with(async |client| log::row(client, &self.vault, seq).await)
    }

    fn last_seq(&self) -> Result<u64, StoreError> {
        self.with(async |client| log::last(client).await)
    }

    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn alerts(
        &self,
        lab: Option<&LabId>,
        which: Alerts,
        paging: &Paging,
    ) -> Result<Page<AlertRow>, StoreError> {
        self.with(async |client| alerts::list(client, lab, which, paging).await)
    }

    fn alerts_after(&self, after: u64, limit: usize) -> Result<Vec<AlertRow>, StoreError> {
        self.with(async |client| alerts::after(client, after, limit).await)
    }

    fn close_alert(&self, lab: Option<&LabId>, number: u64) -> Result<Option<LabId>, StoreError> {
        self.with(async |client| alerts::close(client, &self.program, lab, number).await)
    }

    fn snooze_alert(
        &self,
        lab: Option<&LabId>,
        number: u64,
        until: Timestamp,
    ) -> Result<Option<LabId>, StoreError> {
        self.with(async |client| alerts::snooze(client, &self.program, lab, number, until).await)
    }

    fn quarantine(
        &self,
        filter: &QuarantineFilter,
        paging: &Paging,
    ) -> Result<Page<QuarantineRow>, StoreError> {
        self.with(async |client| quarantine::list(client, filter, paging).await)
    }

    fn quarantined(&self, id: &str) -> Result<Option<QuarantineRow>, StoreError> {
        self.with(async |client| quarantine::get(client, &self.vault, id).await)
    }

    fn release(&self, id: &str, became: &str) -> Result<bool, StoreError> {
        self.with(async |client| quarantine::release(client, id, became).await)
    }

    fn refuse_again(&self, id: &str, errors: &str) -> Result<(), StoreError> {
        self.with(async |client| quarantine::refuse_again(client, id, errors).await)
    }

    fn put_proof(&self, proof: &Proof, bytes: &[u8]) -> Result<(), StoreError> {
        self.with(async |client| proofs::put(client, &self.vault, proof, bytes).await)
    }

    fn proof(&self, lab: Option<&LabId>, id: &str) -> Result<Option<(Proof, Vec<u8>)>, StoreError> {
        self.with(async |client| proofs::get(client, &self.vault, lab, id).await)
    }

    fn known_proofs(&self, lab: &LabId, ids: &[&str]) -> Result<Vec<bool>, StoreError> {
        self.with(async |client| proofs::known(client, lab, ids).await)
    }

    fn put_token(&self, token: &Token) -> Result<(), StoreError> {
        // Nobody can hold what they have never seen: a new token needs no notice.
        self.write(async |transaction| tokens::put(transaction, token).await)
    }

    fn token(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Token>, StoreError> {
        self.with(async |client| tokens::get(client, hash, now).await)
    }

    fn tokens(&self, kind: TokenKind, now: Timestamp) -> Result<Vec<Token>, StoreError> {
        self.with(async |client| tokens::list(client, kind, now).await)
    }

    fn revoke_token(&self, id: &str) -> Result<bool, StoreError> {
        self.write_noticed(async |transaction| {
            telling::tell(transaction, telling::TOKEN, &self.program.says("")).await?;
            tokens::revoke(transaction, id).await
        })
    }

    fn take_token(
        &self,
        kind: TokenKind,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Token>, StoreError> {
        self.with(async |client| tokens::take(client, kind, hash, now).await)
    }

    fn in_turn(&self, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
        // Whoever cannot have it goes on without.
        let _alone = self.database.alone();
        work()
    }

    fn stamp(&self) -> Result<u64, StoreError> {
        let mut turn = self.turn();
        let stand = self.with(async |client| counter::read(client).await)?;
        turn.seen = Stand {
            stamp: stand.stamp - turn.own,
            ..stand
        };
        u64::try_from(turn.seen.stamp).map_err(|_| rows::misread("counter"))
    }

    fn hold(
        &self,
        duty: &str,
        holder: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<bool, StoreError> {
        self.with(async |client| about::hold(client, duty, holder, now, lease).await)
    }

    fn prune(&self, before: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.with(async |client| tokens::forget(client, now).await)?;
        while self.write(async |transaction| inbox::forget(transaction, before).await)? {}
        while self.with(async |client| outgoing::forget(client, before).await)? {}
        Ok(())
    }

    fn listen(&self, heard: Box<dyn Fn(Heard) + Send + Sync>) -> Result<(), StoreError> {
        let (connector, program) = (self.connector.clone(), self.program.clone());
        let listener = Listener::start(connector, program, Arc::clone(&self.numbers), heard)?;
        let mut listening = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        *listening = Some(listener);
        Ok(())
    }

    /// The server does it by itself.
    fn checkpoint(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

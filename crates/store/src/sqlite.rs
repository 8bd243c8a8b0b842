//! The store in a folder, or in memory: `SQLite`.
//!
//! One connection writes, for one caller at a time; a few others read beside it. A third kind moves what was written
//! from the write-ahead log to its place, so that no commit ever waits for that. Each table has its module, whose
//! functions get a connection within a transaction: nothing below this file begins or ends one.

mod alerts;
mod connection;
mod error;
mod facts;
mod folder;
mod heard;
mod inbox;
mod log;
mod meta;
mod migrate;
mod notices;
mod outgoing;
mod proofs;
mod quarantine;
mod readers;
mod records;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod tokens;
mod transaction;
mod wal;
mod work;
mod writer;

use std::path::Path;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use pontic_core::facts::{Found, Key};
use pontic_core::id::LabId;
use pontic_core::record::{Kind, Record};
use rusqlite::Connection;

use self::connection::Place;
use self::readers::Readers;
use self::wal::Checkpointer;
use self::writer::Writer;
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

/// How a folder is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The database may grow to so many pages of 4 KiB; absent: as far as the disk goes.
    pub max_pages: Option<u32>,
}

/// The store in a folder, or in memory.
pub struct SqliteStore {
    writer: Writer,
    /// What a folder has beside the writer; in memory there is but one connection.
    beside: Option<(Readers, Checkpointer)>,
    vault: Vault,
    epoch: String,
}

impl SqliteStore {
    /// The data in `dir`, which is made if it is missing. The key file is `dir/keys/data.key` unless another is named.
    pub fn open(dir: &Path, key_file: Option<&Path>, options: Options) -> Result<Self, StoreError> {
        let path = folder::prepare(dir)?;
        let beside = (Readers::new(path.clone()), Checkpointer::new(path.clone()));
        let key_file = key_file.map_or_else(|| dir.join("keys/data.key"), Path::to_owned);
        let open_vault = |may_create| Vault::open_or_create(&key_file, may_create);
        Self::start(Place::File(path), Some(beside), options, open_vault)
    }

    /// The data in `dir`, to be read beside a server that may work on it: nothing is made, written or brought to a newer format.
    pub fn open_to_read(dir: &Path, key_file: Option<&Path>) -> Result<Self, StoreError> {
        let path = dir.join(folder::DATABASE);
        if !path.exists() {
            let reason = format!("{} holds no data", dir.display());
            return Err(StoreError::Unavailable(reason));
        }
        let key_file = key_file.map_or_else(|| dir.join("keys/data.key"), Path::to_owned);
        let beside = (Readers::new(path.clone()), Checkpointer::new(path.clone()));
        let writer = Writer::open(Place::Beside(path), None)?;
        let (vault, epoch) = writer.read(|conn| {
            migrate::check(conn)?;
            let vault = meta::vault(conn, |_| Vault::open_or_create(&key_file, false))?;
            Ok((vault, meta::epoch(conn)?))
        })?;
        Ok(Self {
            writer,
            beside: Some(beside),
            vault,
            epoch,
        })
    }

    /// Empty, and gone with the value.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(Place::Memory, None, Options::default(), |_| Vault::random())
    }

    /// The schema, the key and the epoch are settled in one transaction: two processes that open the same new folder
    /// agree on them.
    fn start(
        place: Place,
        beside: Option<(Readers, Checkpointer)>,
        options: Options,
        open_vault: impl FnOnce(bool) -> Result<Vault, StoreError>,
    ) -> Result<Self, StoreError> {
        let writer = Writer::open(place, options.max_pages)?;
        let (vault, epoch) = writer.write(|conn| {
            migrate::run(conn)?;
            Ok((meta::vault(conn, open_vault)?, meta::epoch(conn)?))
        })?;
        Ok(Self {
            writer,
            beside,
            vault,
            epoch,
        })
    }

    /// Lets the database grow to so many pages of 4 KiB from now on; absent: as far as the disk goes.
    pub fn limit_pages(&self, max_pages: Option<u32>) -> Result<(), StoreError> {
        self.writer.limit_pages(max_pages)
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.beside {
            Some((readers, _)) => readers.read(work),
            None => self.writer.read(work),
        }
    }
}

fn write_batch(conn: &Connection, vault: &Vault, batch: &Batch) -> Result<Committed, StoreError> {
    // First of all, because an entry may leave work for later under the key of the work that it settles.
    work::settle(conn, &batch.settled)?;
    let seqs = log::append(conn, vault, &batch.entries)?;
    inbox::remember(conn, &batch.entries, &seqs)?;
    records::save(conn, vault, &batch.records, &batch.steps(&seqs))?;
    alerts::raise_all(conn, &batch.entries, &seqs)?;
    work::put_all(conn, vault, &batch.entries)?;
    quarantine::keep(conn, vault, &batch.quarantined)?;
    Ok(Committed { seqs })
}

impl Store for SqliteStore {
    // The writer's connection, whose cache is warm: the thread that writes asks right before it commits.
    fn load(&self, keys: &[Key]) -> Result<Vec<(Key, Found)>, StoreError> {
        self.writer
            .read(|conn| facts::load(conn, &self.vault, keys))
    }

    fn seen(&self, keys: &[InboxKey]) -> Result<Vec<Option<Seen>>, StoreError> {
        self.writer.read(|conn| inbox::seen(conn, keys))
    }

    fn digest(&self, content: &[u8]) -> [u8; 16] {
        self.vault.digest(content)
    }

    fn link_mac(&self, content: &[u8]) -> [u8; crate::vault::LINK_LEN] {
        self.vault.link_mac(content)
    }

    fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        self.writer
            .write_at(batch.stamp, |conn| write_batch(conn, &self.vault, batch))
    }

    fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.writer
            .write(|conn| work::claim(conn, &self.vault, now, lease, limit))
    }

    fn postpone(&self, claimed: &Claimed, due: Timestamp) -> Result<bool, StoreError> {
        self.writer.write(|conn| work::postpone(conn, claimed, due))
    }

    fn fanned_out(&self) -> Result<u64, StoreError> {
        self.read(outgoing::fanned_out)
    }

    fn fan_out(&self, after: u64, up_to: u64, messages: &[Message]) -> Result<bool, StoreError> {
        self.writer
            .write(|conn| outgoing::fan_out(conn, after, up_to, messages))
    }

    fn claim_outgoing(
        &self,
        subscription: &str,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.writer
            .write(|conn| outgoing::claim(conn, &self.vault, subscription, now, lease, limit))
    }

    fn settle_outgoing(&self, tried: &[Tried]) -> Result<(), StoreError> {
        self.writer.write(|conn| outgoing::settle(conn, tried))
    }

    fn outgoing(
        &self,
        filter: &MessageFilter,
        paging: &Paging,
    ) -> Result<Page<MessageRow>, StoreError> {
        self.read(|conn| outgoing::list(conn, &self.vault, filter, paging))
    }

    fn dead_letters(&self, lab: Option<&LabId>) -> Result<Vec<DeadGroup>, StoreError> {
        self.read(|conn| outgoing::dead(conn, lab))
    }

    fn redrive_outgoing(&self, which: &Which, now: Timestamp) -> Result<u64, StoreError> {
        self.writer
            .write(|conn| outgoing::redrive(conn, which, now))
    }

    fn abandon_outgoing(&self, subscription: &str) -> Result<u64, StoreError> {
        self.writer
            .write(|conn| outgoing::abandon(conn, subscription))
    }

    fn next_outgoing(&self, subscription: &str) -> Result<Option<Timestamp>, StoreError> {
        self.read(|conn| outgoing::next(conn, subscription))
    }

    fn heard_up_to(&self) -> Result<u64, StoreError> {
        self.read(heard::up_to)
    }

    fn signals(&self, after: u64, limit: usize) -> Result<Vec<Signal>, StoreError> {
        self.read(|conn| heard::signals(conn, after, limit))
    }

    fn note_heard(&self, after: u64, up_to: u64, days: &[HeardDay]) -> Result<bool, StoreError> {
        self.writer
            .write(|conn| heard::note(conn, after, up_to, days))
    }

    fn heard_since(&self, date: Date) -> Result<Vec<HeardDay>, StoreError> {
        self.read(|conn| heard::since(conn, date))
    }

    fn forget_heard(&self, before: Date) -> Result<(), StoreError> {
        self.writer.write(|conn| heard::forget(conn, before))
    }

    fn noticed(&self, what: Followed) -> Result<u64, StoreError> {
        self.read(|conn| notices::followed(conn, what))
    }

    fn notice(
        &self,
        what: Followed,
        after: u64,
        up_to: u64,
        notices: &[Notice],
    ) -> Result<bool, StoreError> {
        self.writer
            .write(|conn| notices::keep(conn, &self.vault, (what, after, up_to), notices))
    }

    fn claim_notices(
        &self,
        channel: &str,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<ClaimedNotice>, StoreError> {
        self.writer
            .write(|conn| notices::claim(conn, &self.vault, channel, now, lease, limit))
    }

    fn waiting(&self) -> Result<Waiting, StoreError> {
        self.read(work::waiting)
    }

    fn get(&self, kind: Kind, lab: Option<&LabId>, id: &str) -> Result<Vec<Record>, StoreError> {
        self.read(|conn| records::get(conn, &self.vault, kind, lab, id))
    }

    fn steps(&self, kind: Kind, lab: &LabId, id: &str) -> Result<Vec<u64>, StoreError> {
        self.read(|conn| records::steps(conn, kind, lab, id))
    }

    fn starting_with(
        &self,
        kind: Kind,
        lab: Option<&LabId>,
        beginning: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.read(|conn| records::starting_with(conn, &self.vault, kind, lab, beginning, limit))
    }

    fn list(
        &self,
        kind: Kind,
        filter: &Filter,
        paging: &Paging,
    ) -> Result<Page<Record>, StoreError> {
        self.read(|conn| records::list(conn, &self.vault, kind, filter, paging))
    }

    fn log(&self, filter: &LogFilter, limit: usize) -> Result<Vec<LogRow>, StoreError> {
        self.read(|conn| log::list(conn, &self.vault, filter, limit))
    }

    fn log_row(&self, seq: u64) -> Result<Option<LogRow>, StoreError> {
        self.read(|conn| log::row(conn, &self.vault, seq))
    }

    fn last_seq(&self) -> Result<u64, StoreError> {
        self.read(log::last)
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
        self.read(|conn| alerts::list(conn, lab, which, paging))
    }

    fn alerts_after(&self, after: u64, limit: usize) -> Result<Vec<AlertRow>, StoreError> {
        self.read(|conn| alerts::after(conn, after, limit))
    }

    fn close_alert(&self, lab: Option<&LabId>, number: u64) -> Result<Option<LabId>, StoreError> {
        self.writer.write(|conn| alerts::close(conn, lab, number))
    }

    fn snooze_alert(
        &self,
        lab: Option<&LabId>,
        number: u64,
        until: Timestamp,
    ) -> Result<Option<LabId>, StoreError> {
        self.writer
            .write(|conn| alerts::snooze(conn, lab, number, until))
    }

    fn quarantine(
        &self,
        filter: &QuarantineFilter,
        paging: &Paging,
    ) -> Result<Page<QuarantineRow>, StoreError> {
        self.read(|conn| quarantine::list(conn, filter, paging))
    }

    fn quarantined(&self, id: &str) -> Result<Option<QuarantineRow>, StoreError> {
        self.read(|conn| quarantine::get(conn, &self.vault, id))
    }

    fn release(&self, id: &str, became: &str) -> Result<bool, StoreError> {
        self.writer
            .write(|conn| quarantine::release(conn, id, became))
    }

    fn refuse_again(&self, id: &str, errors: &str) -> Result<(), StoreError> {
        self.writer
            .write(|conn| quarantine::refuse_again(conn, id, errors))
    }

    fn put_proof(&self, proof: &Proof, bytes: &[u8]) -> Result<(), StoreError> {
        let sealed = proofs::seal(&self.vault, proof, bytes)?;
        self.writer.write(|conn| proofs::put(conn, proof, &sealed))
    }

    fn proof(&self, lab: Option<&LabId>, id: &str) -> Result<Option<(Proof, Vec<u8>)>, StoreError> {
        self.read(|conn| proofs::get(conn, &self.vault, lab, id))
    }

    fn known_proofs(&self, lab: &LabId, ids: &[&str]) -> Result<Vec<bool>, StoreError> {
        self.read(|conn| proofs::known(conn, lab, ids))
    }

    fn put_token(&self, token: &Token) -> Result<(), StoreError> {
        self.writer.write(|conn| tokens::put(conn, token))
    }

    fn token(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Token>, StoreError> {
        self.read(|conn| tokens::get(conn, hash, now))
    }

    fn tokens(&self, kind: TokenKind, now: Timestamp) -> Result<Vec<Token>, StoreError> {
        self.read(|conn| tokens::list(conn, kind, now))
    }

    fn revoke_token(&self, id: &str) -> Result<bool, StoreError> {
        self.writer.write(|conn| tokens::revoke(conn, id))
    }

    fn take_token(
        &self,
        kind: TokenKind,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Token>, StoreError> {
        self.writer
            .write(|conn| tokens::take(conn, kind, hash, now))
    }

    /// A folder is served by one program.
    fn in_turn(&self, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
        work()
    }

    fn stamp(&self) -> Result<u64, StoreError> {
        self.writer.stamp()
    }

    /// A folder is served by one program.
    fn hold(&self, _: &str, _: &str, _: Timestamp, _: SignedDuration) -> Result<bool, StoreError> {
        Ok(true)
    }

    fn prune(&self, before: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.writer.write(|conn| tokens::forget(conn, now))?;
        while self.writer.write(|conn| inbox::forget(conn, before))? {}
        while self.writer.write(|conn| outgoing::forget(conn, before))? {}
        Ok(())
    }

    /// One program serves a folder; the command line beside it is told by the stamp.
    fn listen(&self, _heard: Box<dyn Fn(Heard) + Send + Sync>) -> Result<(), StoreError> {
        Ok(())
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        self.beside
            .as_ref()
            .map_or(Ok(()), |(_, checkpointer)| checkpointer.run())
    }
}

//! Connections to the server, and what is done with them: nothing outside begins or ends a transaction.

use std::sync::Arc;

use deadpool_postgres::{Client, Pool, Transaction};

use super::connection::Connector;
use super::line::Line;
use super::rows;
use crate::StoreError;

/// Taken by whoever wants to be alone, and by nobody else. Frozen with it, one loses it, as any transaction (`SET_UP`).
const ALONE: &str = "BEGIN; SELECT pg_advisory_xact_lock(7309442)";

/// Some connections, and the thread that serves them; clones share both.
#[derive(Clone)]
pub struct Database {
    line: Arc<Line>,
    pool: Pool,
}

impl Database {
    /// So many connections at most.
    pub fn new(connector: &Connector, connections: usize) -> Result<Self, StoreError> {
        Ok(Self {
            line: Arc::new(Line::new()?),
            pool: connector.pool(connections)?,
        })
    }

    /// One connection more, which nobody else gets.
    pub fn beside(&self, connector: &Connector) -> Result<Self, StoreError> {
        Ok(Self {
            line: Arc::clone(&self.line),
            pool: connector.pool(1)?,
        })
    }

    /// Runs `work` with a connection.
    pub fn with<T>(
        &self,
        work: impl AsyncFnOnce(&Client) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.line.wait_for(async {
            let client = self.pool.get().await?;
            let done = work(&client).await;
            put_back(client, &done);
            done
        })
    }

    /// No other program has the same until the value is dropped; absent where that cannot be had now.
    pub fn alone(&self) -> Option<Alone<'_>> {
        self.line.wait_for(async {
            let client = self.pool.get().await.ok()?;
            if rows::answered(client.batch_execute(ALONE)).await.is_err() {
                // What it has begun ends with it.
                drop(Client::take(client));
                return None;
            }
            Some(Alone {
                line: &self.line,
                client: Some(client),
            })
        })
    }

    /// Runs `work` in a transaction that writes; on an error nothing of it remains.
    pub fn write<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.line.wait_for(async {
            let mut client = self.pool.get().await?;
            let done = within(&mut client, work).await;
            put_back(client, &done);
            done
        })
    }
}

/// The right to be alone.
pub struct Alone<'d> {
    line: &'d Line,
    client: Option<Client>,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        let ended = rows::answered(client.batch_execute("COMMIT"));
        let ended = self.line.wait_for(ended);
        if ended.is_err() {
            // Whatever became of it ends with its connection.
            drop(Client::take(client));
        }
    }
}

/// A connection on which the server was not there is not used again, also where it does not know yet that it is broken.
fn put_back<T>(client: Client, done: &Result<T, StoreError>) {
    if let Err(StoreError::Unavailable(_)) = done {
        drop(Client::take(client));
    }
}

async fn within<T>(
    client: &mut Client,
    work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = rows::answered(client.transaction()).await?;
    let done = work(&transaction).await?;
    rows::answered(transaction.commit()).await?;
    Ok(done)
}

//! The way to the server: its address, TLS, and how each connection is set up.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use futures_util::Stream;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;
use crate::vault::DataKey;

/// Connections at most, where nobody says another number: one writes, the others read.
const CONNECTIONS: usize = 8;

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whoever signed the server's certificate; absent: the usual authorities.
    pub ca_file: Option<PathBuf>,
    /// So many connections at most.
    pub connections: usize,
    /// The key that seals patient data, instead of a file of it; none is made then.
    pub key: Option<DataKey>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ca_file: None,
            connections: CONNECTIONS,
            key: None,
        }
    }
}

/// How long to wait for a server that does not answer.
const CONNECT: Duration = Duration::from_secs(5);
/// How long to wait for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// A server that has not acknowledged bytes for so long is gone: others have long taken its place.
const SILENCE: Duration = Duration::from_secs(15);

/// Every table is asked by its indexes, also while it is so small, or so new, that the planner knows no better. Whoever is
/// frozen in the middle of a transaction loses it, because everybody else waits for its end.
const SET_UP: &str = "
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET jit = off;
    SET synchronous_commit = on;
    SET statement_timeout = '30s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '3s';
";

/// What is done once on the connection that listens. Whoever takes nothing from it for so long, frozen in the middle, loses it: what
/// it does not hear, the server must keep.
const LISTEN: &str = "
    SET tcp_user_timeout = '30s';
    SET tcp_keepalives_idle = 15;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SET statement_timeout = '30s';
";

/// What a connection says: notifications, and notices of the server.
pub type Messages = Pin<Box<dyn Stream<Item = Result<AsyncMessage, tokio_postgres::Error>> + Send>>;

/// How connections are made.
#[derive(Clone)]
pub struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    /// To that address. `ca_file`: whoever signed the server's certificate, instead of the usual authorities.
    pub fn new(url: &str, ca_file: Option<&Path>) -> Result<Self, StoreError> {
        let mut config: Config = url
            .parse()
            // Its text may quote the address, which holds a password.
            .map_err(|_| unusable("is not an address like postgres://user@host:5432/database"))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("pontic");
        }
        let tls = if config.get_ssl_mode() == SslMode::Disable {
            None
        } else {
            Some(MakeRustlsConnect::new(tls(ca_file)?))
        };
        Ok(Self { config, tls })
    }

    /// A few connections, each opened when it is first needed.
    pub fn pool(&self, connections: usize) -> Result<Pool, StoreError> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let config = self.config.clone();
        let manager = match self.tls.clone() {
            None => Manager::from_config(config, NoTls, recycling),
            Some(tls) => Manager::from_config(config, tls, recycling),
        };
        let set_up = Hook::async_fn(|client, _| {
            Box::pin(async move {
                let done = client.batch_execute(SET_UP).await;
                done.map_err(HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .post_create(set_up)
            .build();
        pool.map_err(|_| unusable("cannot be used with these settings"))
    }

    /// A connection that listens: its client works while its messages are asked for.
    pub async fn listening(&self) -> Result<(Client, Messages), tokio_postgres::Error> {
        let mut config = self.config.clone();
        // Whoever only listens would not notice that nobody is there any more.
        config
            .keepalives_idle(SILENCE)
            .keepalives_interval(CONNECT)
            .keepalives_retries(3);
        Ok(match self.tls.clone() {
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, messages(connection))
            }
            Some(tls) => {
                let (client, connection) = config.connect(tls).await?;
                (client, messages(connection))
            }
        })
    }
}

/// Sets a listening connection up; `channels` are what it listens to.
pub async fn set_up_listening(
    client: &Client,
    channels: &[&str],
) -> Result<(), tokio_postgres::Error> {
    let mut statements = LISTEN.to_owned();
    for channel in channels {
        statements.push_str("LISTEN ");
        statements.push_str(channel);
        statements.push_str(";\n");
    }
    client.batch_execute(&statements).await
}

fn messages<S, T>(mut connection: Connection<S, T>) -> Messages
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    Box::pin(futures_util::stream::poll_fn(move |context| {
        connection.poll_message(context)
    }))
}

/// Certificates are always checked: `prefer` and `require` only say whether a server without TLS will do.
fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, StoreError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let unreadable = |_| unusable("names a file of authorities that cannot be read");
            for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                let certificate = certificate.map_err(unreadable)?;
                let added = roots.add(certificate);
                added.map_err(|_| unusable("names a file that holds no certificates"))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| unusable("needs TLS, which this build does not have"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn unusable(what: &str) -> StoreError {
    StoreError::Unavailable(format!("the database's address {what}"))
}

//! Starting and stopping: the parts are made, the address is taken, the workers begin; and the other way round.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use pontic_store::positions::{self, Positions};
use pontic_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::access::Keys;
use crate::app::App;
use crate::client::{Client, Reach};
use crate::clock::Clock;
use crate::config::Config;
use crate::couriers;
use crate::door::{Door, Told};
use crate::drivers::{self, Drivers, Inboxes, Parts, Stirred};
use crate::endpoints::Endpoints;
use crate::http;
use crate::limits::Limits;
use crate::listen;
use crate::live::Hub;
use crate::maps::Maps;
use crate::metrics::Integration;
use crate::notify::{Notify, Unready};
use crate::relay::{Relay, Ways};
use crate::rhythms::Rhythms;
use crate::series::Series;
use crate::storage;
use crate::work;

/// How long a stop waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(10);
/// How long it then waits for the door to close: what is in a batch takes no longer, and a reader who does not read holds it open.
const CLOSING: Duration = Duration::from_secs(2);

/// Why the program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// How people are told.
    #[error("{0}")]
    Notices(#[from] Unready),
    /// The address.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
}

/// A program that runs.
pub struct Running {
    /// Its parts.
    pub app: Arc<App>,
    /// Where it listens; the port is real even if 0 was asked for.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    server: tokio::task::JoinHandle<()>,
    workers: Vec<tokio::task::JoinHandle<()>>,
    door: JoinHandle<()>,
}

/// Starts everything on the data folder of `config`, and listens.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let clock = config.now.map_or_else(Clock::system, Clock::starting_at);
    start_by(config, clock).await
}

/// The same by that clock, whatever `config` says of it.
pub async fn start_by(config: Config, clock: Clock) -> Result<Running, StartError> {
    let store = storage::open_to_serve(&config)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| StartError::Listen(config.listen, error))?;
    let address = listener
        .local_addr()
        .map_err(|error| StartError::Listen(config.listen, error))?;
    let made = Made::of(config, clock, store)?;
    let app = made.app;
    app.drivers.wake()?;
    let mut workers = work::start(&app, made.inboxes, made.stirred);
    workers.extend(couriers::start(&app));
    // Whoever sends first finds the routes as they were, if that does not take too long.
    app.drivers.caught_up().await;
    let router = http::router(Arc::clone(&app));
    let stopping = app.stopping.clone();
    let server = tokio::spawn(listen::serve(
        listener,
        router,
        app.config.silence,
        stopping,
    ));
    Ok(Running {
        app,
        address,
        stop: made.stop,
        server,
        workers,
        door: made.door,
    })
}

/// The doors by which other systems come in, on a database that others serve: nothing listens, nothing works by itself, and
/// drivers' positions are elsewhere. So it may be frozen whenever no request is under way. What is due later is done, and what is
/// published goes out, by whoever serves the database.
pub struct Doorstep {
    /// Its parts.
    pub app: Arc<App>,
    /// Its routes, behind the same gate as everywhere.
    pub router: Router,
    /// The door's thread ends with the app.
    _stop: watch::Sender<bool>,
}

/// Opens only the doors.
pub fn at_the_door(config: Config) -> Result<Doorstep, StartError> {
    let store = storage::open(&config)?;
    let made = Made::of(config, Clock::system(), store)?;
    Ok(Doorstep {
        router: http::doors(Arc::clone(&made.app)),
        app: made.app,
        _stop: made.stop,
    })
}

/// All parts, before anything works by itself.
struct Made {
    app: Arc<App>,
    inboxes: Inboxes,
    stirred: mpsc::UnboundedReceiver<Stirred>,
    stop: watch::Sender<bool>,
    door: JoinHandle<()>,
}

impl Made {
    fn of(config: Config, clock: Clock, store: Arc<dyn Store>) -> Result<Self, StartError> {
        let maps = Arc::new(Maps::new(&config, clock.clone()));
        let hub = Arc::new(Hub::after(store.last_seq()?));
        let (on_disk, durable) = watch::channel(0);
        let positions = Positions::open(
            &config.data.join("positions"),
            clock.now(),
            positions::Options {
                retention: config.positions_kept,
            },
            Box::new(move |ticket| {
                on_disk.send_replace(ticket);
            }),
        )?;
        let relay = Arc::new(Relay::load(store.as_ref(), ways(&config))?);
        let notify = Arc::new(Notify::load(&config, store.as_ref())?);
        let (heed, stirred) = drivers::ears();
        let told: Told = {
            let (hub, heed, relay) = (Arc::clone(&hub), heed.clone(), Arc::clone(&relay));
            let notify = Arc::clone(&notify);
            Box::new(move |batch, committed| {
                hub.tell(batch, committed);
                relay.hear(
                    batch
                        .entries
                        .iter()
                        .any(|entry| !entry.published.is_empty()),
                );
                notify.hear(batch, committed);
                heed.hear(&batch.records);
            })
        };
        let (door, door_thread) = Door::open(
            Arc::clone(&store),
            told,
            clock.clone(),
            config.rules.clone(),
        )?;
        let (stop, stopping) = watch::channel(false);
        let parts = Parts {
            store: Arc::clone(&store),
            door: door.clone(),
            rules: config.rules.clone(),
            log: Arc::new(positions),
            durable,
            clock: clock.clone(),
            hub: Arc::clone(&hub),
            maps: Arc::clone(&maps),
            stopping: stopping.clone(),
        };
        let (drivers, inboxes) = Drivers::new(parts, heed);
        let drivers = Arc::new(drivers);
        let app = Arc::new(App {
            keys: Arc::new(Keys::new(Arc::clone(&store), config.admin_token.as_deref())),
            limits: Limits::new(config.limits),
            endpoints: Endpoints::load(
                &config.default_endpoints,
                &config.rules.default_time_zone,
                store.as_ref(),
            )?,
            relay,
            rhythms: Rhythms::default(),
            notify,
            integration: Integration::default(),
            series: Series::since(clock.now()),
            stopping: stopping.clone(),
            store,
            door,
            hub,
            drivers,
            config,
            clock,
        });
        Ok(Self {
            app,
            inboxes,
            stirred,
            stop,
            door: door_thread,
        })
    }
}

/// Receivers are named by whoever may set up subscriptions: they are not to reach into the operator's network, unless it says so.
fn ways(config: &Config) -> Ways {
    let reach = if config.relay.allow_private {
        Reach::Everywhere
    } else {
        Reach::Public
    };
    Ways {
        client: Client::new(reach),
        #[cfg(feature = "aws")]
        aws: crate::aws::Aws::new(&config.aws),
    }
}

impl Running {
    /// Waits until all that followed from what came so far is done: for whoever moves the clock by hand.
    pub async fn settled(&self) -> Result<(), StoreError> {
        loop {
            let before = self.app.read(|store| store.last_seq()).await?;
            self.app.drivers.settled().await;
            couriers::settled(&self.app).await?;
            if self.app.read(|store| store.last_seq()).await? == before {
                return Ok(());
            }
        }
    }

    /// Stops: takes nothing new, finishes what was accepted, then closes the store.
    pub async fn stop(self) {
        // The receivers may be gone already.
        let _ = self.stop.send(true);
        let mut server = self.server;
        if tokio::time::timeout(GRACE, &mut server).await.is_err() {
            tracing::warn!("some requests were cut off");
            server.abort();
        }
        for worker in self.workers {
            worker.abort();
            let _ = worker.await;
        }
        // The door's thread ends with the last sender, which is the app's; a connection that was cut off may hold one longer.
        drop(self.app);
        let door = tokio::task::spawn_blocking(move || self.door.join());
        let _ = tokio::time::timeout(CLOSING, door).await;
    }
}

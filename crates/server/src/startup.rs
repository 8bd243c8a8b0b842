//! Starting and stopping: the parts are made, the address is taken, the workers begin; and the other way round.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use pontic_store::positions::{Elsewhere, PositionLog};
use pontic_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::access::Keys;
use crate::app::App;
use crate::bus::{Bus, Trouble};
use crate::client::{Client, Reach};
use crate::clock::Clock;
use crate::config::Config;
#[cfg(feature = "nats")]
use crate::consuming;
use crate::couriers;
use crate::door::{By, Door, Told};
use crate::drivers::{self, Drivers, Inboxes, Parts, Stirred};
use crate::endpoints::Endpoints;
use crate::hearing::{self, Hearing};
use crate::http;
use crate::limits::Limits;
use crate::listen;
use crate::live::Hub;
use crate::maps::Maps;
use crate::metrics::Integration;
use crate::notify::{Notify, Unready};
use crate::others;
use crate::relay::{Relay, Ways};
use crate::rhythms::Rhythms;
use crate::series::Series;
use crate::storage::{self, Engine};
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
    /// The bus.
    #[error("{0}")]
    Bus(#[from] Trouble),
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
    /// Those that end by themselves when the program stops.
    readers: Vec<tokio::task::JoinHandle<()>>,
    door: JoinHandle<()>,
}

/// Starts everything on the data folder of `config`, and listens.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let clock = config.now.map_or_else(Clock::system, Clock::starting_at);
    start_by(config, clock).await
}

/// The same by that clock, whatever `config` says of it.
pub async fn start_by(config: Config, clock: Clock) -> Result<Running, StartError> {
    let engine = Engine::open(&config)?;
    let store = engine.store();
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| StartError::Listen(config.listen, error))?;
    let address = listener
        .local_addr()
        .map_err(|error| StartError::Listen(config.listen, error))?;
    let (on_disk, durable) = watch::channel(0);
    let tell = move |ticket| {
        on_disk.send_replace(ticket);
    };
    let log = engine.positions(&config, clock.now(), Box::new(tell))?;
    let (bus, relay) = open_ways_out(&config, store.as_ref()).await?;
    let ground = Ground {
        by: By::Own(config.rules.clone()),
        tells: true,
        store,
        log,
        durable,
        bus,
        relay,
    };
    let made = Made::of(config, clock, ground)?;
    let app = made.app;
    others::listen(&app)?;
    app.drivers.wake()?;
    let mut workers = work::start(&app, made.inboxes, made.stirred);
    workers.extend(couriers::start(&app));
    let readers = readers(&app);
    // Whoever sends first finds the routes as they were, if that does not take too long.
    app.drivers.caught_up().await;
    let (silence, stopping) = (app.config.silence, app.stopping.clone());
    let answering = listen::serve(listener, http::router(Arc::clone(&app)), silence, stopping);
    let server = tokio::spawn(answering);
    Ok(Running {
        app,
        address,
        stop: made.stop,
        server,
        workers,
        readers,
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

/// Opens only the doors. Decided is by the rules of whoever serves the database, whatever `config` says of them: with rules of its own
/// a door that comes and goes would put that one out of service.
pub fn at_the_door(mut config: Config) -> Result<Doorstep, StartError> {
    let store = storage::open(&config)?;
    let by = match storage::rules(store.as_ref())? {
        Some(rules) => {
            config.rules = rules.clone();
            By::Found(rules)
        }
        // Nobody has served it yet: whoever does will say.
        None => By::Own(config.rules.clone()),
    };
    // Nobody writes positions here, so nothing of them is ever on disk.
    let (_, durable) = watch::channel(0);
    let ground = Ground {
        by,
        tells: false,
        log: Arc::new(Elsewhere),
        durable,
        bus: None,
        relay: Arc::new(Relay::load(store.as_ref(), ways(&config, None))?),
        store,
    };
    let made = Made::of(config, Clock::system(), ground)?;
    Ok(Doorstep {
        router: http::doors(Arc::clone(&made.app)),
        app: made.app,
        _stop: made.stop,
    })
}

/// What is not the same for whoever serves and for whoever only opens the doors.
struct Ground {
    store: Arc<dyn Store>,
    log: Arc<dyn PositionLog>,
    durable: watch::Receiver<u64>,
    bus: Option<Arc<Bus>>,
    relay: Arc<Relay>,
    by: By,
    /// Whether commits are told in this program: there is somebody here who listens, and it hears what others commit.
    tells: bool,
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
    fn of(config: Config, clock: Clock, ground: Ground) -> Result<Self, StartError> {
        let (store, relay) = (ground.store, ground.relay);
        let maps = Arc::new(Maps::new(&config, clock.clone()));
        let last_seq = store.last_seq()?;
        let hub = Arc::new(Hub::after(last_seq));
        let notify = Arc::new(Notify::load(&config, store.as_ref())?);
        let (heed, stirred) = drivers::ears();
        let endpoints = Arc::new(Endpoints::load(
            &config.default_endpoints,
            &config.rules.default_time_zone,
            store.as_ref(),
        )?);
        let outdated = Arc::default();
        let listeners = hearing::Parts {
            store: Arc::clone(&store),
            hub: Arc::clone(&hub),
            relay: Arc::clone(&relay),
            notify: Arc::clone(&notify),
            heed: heed.clone(),
            endpoints: Arc::clone(&endpoints),
            rules: config.rules.clone(),
            outdated: Arc::clone(&outdated),
        };
        let hearing = Arc::new(Hearing::new(listeners, last_seq));
        let told = ground.tells.then(|| Arc::clone(&hearing));
        let told: Told = Box::new(move |batch, committed| {
            if let Some(hearing) = &told {
                hearing.own(batch, committed);
            }
        });
        let (door, door_thread) =
            Door::open(Arc::clone(&store), told, clock.clone(), ground.by, outdated)?;
        let (stop, stopping) = watch::channel(false);
        let parts = Parts {
            store: Arc::clone(&store),
            door: door.clone(),
            rules: config.rules.clone(),
            log: ground.log,
            durable: ground.durable,
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
            endpoints,
            hearing,
            relay,
            bus: ground.bus,
            rhythms: Rhythms::default(),
            notify,
            integration: Integration::default(),
            series: Series::since(clock.now()),
            stopping,
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

/// By which publications go out: the bus, if there is one, and who receives what.
async fn open_ways_out(
    config: &Config,
    store: &dyn Store,
) -> Result<(Option<Arc<Bus>>, Arc<Relay>), StartError> {
    let bus = open_bus(config).await?;
    let relay = Arc::new(Relay::load(store, ways(config, bus.clone()))?);
    if let Some(bus) = &bus {
        look_at_streams(bus, config, &relay).await?;
    }
    Ok((bus, relay))
}

/// Whoever reads from the bus.
fn readers(app: &Arc<App>) -> Vec<tokio::task::JoinHandle<()>> {
    #[cfg(feature = "nats")]
    return consuming::start(app);
    #[cfg(not(feature = "nats"))]
    {
        let _ = app;
        Vec::new()
    }
}

async fn open_bus(config: &Config) -> Result<Option<Arc<Bus>>, Trouble> {
    let Some(nats) = &config.nats else {
        return Ok(None);
    };
    let bus = Bus::open(nats).await?;
    if !bus.is_there() {
        tracing::warn!("NATS does not answer yet; it is tried on, and HTTP goes on without it");
    }
    Ok(Some(Arc::new(bus)))
}

/// What is wrong with streams is said before anybody relies on them.
async fn look_at_streams(bus: &Bus, config: &Config, relay: &Relay) -> Result<(), Trouble> {
    let consumers = config.nats.iter().flat_map(|nats| &nats.consumers);
    let mut streams: Vec<String> = consumers.map(|consumer| consumer.stream.clone()).collect();
    streams.extend(relay.streams());
    streams.sort_unstable();
    streams.dedup();
    bus.look_at(&streams).await.map(drop)
}

/// Receivers are named by whoever may set up subscriptions: they are not to reach into the operator's network, unless it says so.
fn ways(config: &Config, bus: Option<Arc<Bus>>) -> Ways {
    let reach = if config.relay.allow_private {
        Reach::Everywhere
    } else {
        Reach::Public
    };
    Ways {
        client: Client::new(reach),
        bus,
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
        for reader in self.readers {
            // Whoever does not come to an end has not answered what it took: that comes again.
            let _ = tokio::time::timeout(CLOSING, reader).await;
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

//! Connections: taken as long as there is room, kept as long as they are used, ended when the program stops.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service as _;

/// Most connections at one time: each may hold some 10 KiB. Further ones wait in the system's queue.
const MOST: usize = 50_000;
/// After the system could not give a connection (out of files, mostly).
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `stopping` turns true; then no new connection is taken, and those there are end after their request.
/// A connection that is idle for as long as `silence`, or whose request's head takes as long, is closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    silence: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    // Whoever drops this future cuts the connections off with it.
    let mut connections = JoinSet::new();
    let told = stopping.clone();
    loop {
        tokio::select! {
            taken = listener.accept(), if connections.len() < MOST => match taken {
                Ok((stream, peer)) => {
                    let router = router.clone();
                    connections.spawn(converse(stream, peer, router, silence, told.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection could be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = until_stop(&mut stopping) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    silence: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    // Live messages are small, and must not wait for each other's acknowledgements.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone at once");
        return;
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(silence)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // How a connection ends (reset, cut off, silent for too long) is the other side's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = until_stop(&mut stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn until_stop(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

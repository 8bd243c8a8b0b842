//! The doors of HTTP: one file a matter. What every request passes stands in [`gate`], what every answer may be in [`problem`].

mod alerts;
pub(crate) mod body;
mod clinic_page;
mod deliveries;
mod described;
mod devices;
mod directory;
mod docs;
mod drawing;
mod drive;
mod driver_sessions;
mod driver_socket;
mod driver_status;
pub(crate) mod events;
mod explain;
mod failure;
mod gate;
mod health;
mod heard;
mod history;
mod import;
mod invoices;
mod leftover;
mod limits;
mod live;
mod login;
mod lookup;
mod map;
mod messages;
mod metrics;
mod moving;
mod names;
mod notices;
mod paging;
mod phones;
mod pickups;
mod positions;
mod problem;
mod proofs;
mod quarantine;
mod queued;
pub(crate) mod refused;
mod reports;
mod request_id;
mod routes;
mod schemas;
#[cfg(feature = "screens")]
mod screens;
mod search;
mod secrets;
mod sender_check;
mod senders;
mod stops;
mod subscriptions;
mod taps;
mod templates;
mod tokens;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub use docs::openapi;
pub use queued::{Delivered, deliver};
pub use refused::WEBHOOK;

/// All routes, behind the gate.
pub fn router(app: Arc<App>) -> Router {
    let (router, document) = documented();
    let router = router
        .merge(docs::router(document))
        .merge(live::sockets())
        .merge(driver_socket::sockets());
    gated(router, app)
}

/// Those routes behind the gate.
fn gated(router: Router<Arc<App>>, app: Arc<App>) -> Router {
    router
        .layer(DefaultBodyLimit::disable())
        .fallback(gate::nowhere)
        .method_not_allowed_fallback(gate::wrong_method)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            gate::admit,
        ))
        .with_state(app)
}

/// The routes by which other systems come in, behind the gate: what needs positions, or somebody who is always there, is not
/// among them.
pub fn doors(app: Arc<App>) -> Router {
    let (router, _) = OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(events::post, events::list))
        .routes(routes!(events::get))
        .routes(routes!(webhooks::health))
        .routes(routes!(webhooks::receive))
        .routes(routes!(webhooks::receive_at))
        .split_for_parts();
    gated(router, app)
}

/// The routes with their description, which is made from them.
fn documented() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let routes = OpenApiRouter::with_openapi(docs::frame())
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(login::log_in))
        .routes(routes!(login::log_out))
        .routes(routes!(login::me))
        .routes(routes!(map::get))
        .routes(routes!(search::search))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(tokens::ticket))
        .routes(routes!(events::post, events::list))
        .routes(routes!(events::get))
        .routes(routes!(explain::story))
        .routes(routes!(heard::list))
        .routes(routes!(webhooks::health))
        .routes(routes!(webhooks::receive))
        .routes(routes!(webhooks::receive_at))
        .routes(routes!(directory::list_labs))
        .routes(routes!(directory::get_lab, directory::put_lab))
        .routes(routes!(directory::list_clinics))
        .routes(routes!(directory::get_clinic, directory::put_clinic))
        .routes(routes!(directory::list_drivers))
        .routes(routes!(directory::get_driver, directory::put_driver))
        .routes(routes!(devices::list, devices::create))
        .routes(routes!(devices::revoke))
        .routes(routes!(driver_sessions::invite))
        .routes(routes!(driver_sessions::end))
        .routes(routes!(driver_status::post))
        .routes(routes!(drive::get))
        .routes(routes!(clinic_page::state))
        .routes(routes!(clinic_page::answer))
        .routes(routes!(positions::post))
        .routes(routes!(history::positions, positions::post_of))
        .routes(routes!(history::statistics))
        .routes(routes!(phones::owntracks))
        .routes(routes!(phones::osmand_get, phones::osmand_post))
        .routes(routes!(directory::list_endpoints))
        .routes(routes!(directory::get_endpoint, directory::put_endpoint))
        .routes(routes!(secrets::add_to_endpoint))
        .routes(routes!(secrets::remove_from_endpoint))
        .routes(routes!(import::import))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::get, deliveries::patch))
        .routes(routes!(pickups::list))
        .routes(routes!(pickups::get, pickups::patch, pickups::delete))
        .routes(routes!(invoices::list))
        .routes(routes!(invoices::get, invoices::put))
        .routes(routes!(reports::unbilled))
        .routes(routes!(routes::list, routes::post))
        .routes(routes!(routes::get, routes::patch))
        .routes(routes!(routes::start))
        .routes(routes!(routes::finish))
        .routes(routes!(stops::get))
        .routes(routes!(stops::arrive))
        .routes(routes!(stops::complete))
        .routes(routes!(stops::fail))
        .routes(routes!(stops::skip))
        .routes(routes!(moving::post))
        .routes(routes!(moving::fit))
        .routes(routes!(proofs::post))
        .routes(routes!(proofs::get))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::close))
        .routes(routes!(alerts::snooze))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::get))
        .routes(routes!(quarantine::groups))
        .routes(routes!(quarantine::repair))
        .routes(routes!(quarantine::redrive_many))
        .routes(routes!(quarantine::redrive))
        .routes(routes!(subscriptions::list))
        .routes(routes!(
            subscriptions::get,
            subscriptions::put,
            subscriptions::delete
        ))
        .routes(routes!(subscriptions::test))
        .routes(routes!(secrets::add_to_subscription))
        .routes(routes!(secrets::remove_from_subscription))
        .routes(routes!(notices::list))
        .routes(routes!(notices::test))
        .routes(routes!(templates::list))
        .routes(routes!(templates::get, templates::put, templates::delete))
        .routes(routes!(messages::list))
        .routes(routes!(messages::dead))
        .routes(routes!(messages::groups))
        .routes(routes!(messages::redrive))
        .routes(routes!(messages::redrive_many))
        .merge(operation());
    #[cfg(feature = "screens")]
    let routes = routes.merge(screens::routes());
    let (router, document) = routes.split_for_parts();
    (router, described::described(docs::named(document)))
}

/// How the program itself does, and what it says of its messages.
fn operation() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(metrics::integration, metrics::reset))
        .routes(routes!(metrics::series))
        .routes(routes!(metrics::prometheus))
        .routes(routes!(limits::list))
        .routes(routes!(limits::clear))
        .routes(routes!(live::stream))
        .routes(routes!(schemas::index))
        .routes(routes!(schemas::get))
        .routes(routes!(schemas::asyncapi))
        .routes(routes!(sender_check::check))
}

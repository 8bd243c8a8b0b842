//! Secrets of endpoints and subscriptions, one by one: a new one beside the old, which goes when everybody has changed over. Nobody
//! needs to know the old one for that.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pontic_core::directory::Endpoint;
use pontic_core::event::{Body, EndpointSet, SubscriptionSet};
use pontic_core::fault::Fault;
use pontic_core::phi::{Phi, Private};
use pontic_core::subscription::Subscription;
use pontic_wire::json::Json as Parsed;
use pontic_wire::resource;
use pontic_wire::signature::Secret;
use serde_json::Value;

use super::body;
use super::directory::act;
use super::lookup::{self, Which};
use super::problem::{Answer, Problem};
use super::subscriptions;
use crate::access::Caller;
use crate::app::App;
use crate::shape;

/// Bytes of a secret that we make: as Standard Webhooks advises.
const SECRET_BYTES: usize = 32;
/// So often a change begins again because somebody else was faster.
const TRIES: usize = 5;

/// A new secret in the form of Standard Webhooks.
pub fn made() -> Answer<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Problem::unavailable())?;
    Ok(format!("whsec_{}", STANDARD.encode(bytes)))
}

/// Whose secrets they are.
trait Holder: Sized + Send + 'static {
    /// Most of them.
    const MOST: usize;

    async fn find(app: &App, caller: &Caller, id: &str) -> Answer<Self>;
    fn private(&self) -> &Phi<Private>;
    /// Whether the configuration names its secrets, and no record.
    fn is_configured(&self, app: &App) -> bool;
    /// The event by which it has other secrets and is else as it was, unless it was changed meanwhile.
    fn with(self, private: Phi<Private>) -> Body;
    fn shape(&self) -> Value;
    async fn reload(app: &Arc<App>) -> Answer<()>;
}

impl Holder for Endpoint {
    const MOST: usize = resource::MAX_ENDPOINT_SECRETS;

    async fn find(app: &App, caller: &Caller, id: &str) -> Answer<Self> {
        lookup::one(app, caller, id, &Which::default()).await
    }

    fn private(&self) -> &Phi<Private> {
        &self.private
    }

    fn is_configured(&self, app: &App) -> bool {
        app.endpoints.is_default(self.id.as_str())
    }

    fn with(self, private: Phi<Private>) -> Body {
        let expected = Some(self.version);
        let endpoint = Self {
            private: Phi::default(),
            ..self
        };
        Body::from(EndpointSet {
            endpoint,
            private,
            expected,
        })
    }

    fn shape(&self) -> Value {
        shape::endpoint(self)
    }

    async fn reload(app: &Arc<App>) -> Answer<()> {
        let state = Arc::clone(app);
        Ok(app.read(move |store| state.endpoints.reload(store)).await?)
    }
}

impl Holder for Subscription {
    const MOST: usize = resource::MAX_SUBSCRIPTION_SECRETS;

    async fn find(app: &App, caller: &Caller, id: &str) -> Answer<Self> {
        let found = subscriptions::find(app, caller, id.to_owned()).await?;
        found.ok_or_else(Problem::not_found)
    }

    fn private(&self) -> &Phi<Private> {
        &self.private
    }

    fn is_configured(&self, _app: &App) -> bool {
        false
    }

    fn with(self, private: Phi<Private>) -> Body {
        let expected = Some(self.version);
        let subscription = Self {
            private: Phi::default(),
            ..self
        };
        Body::from(SubscriptionSet {
            subscription,
            private,
            expected,
        })
    }

    fn shape(&self) -> Value {
        shape::subscription(self)
    }

    async fn reload(app: &Arc<App>) -> Answer<()> {
        Ok(app.relay_reload().await?)
    }
}

/// Lets `edit` change the secrets, newest first, as they are at that moment, and gives the record as it is then.
async fn change<H: Holder>(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    edit: impl Fn(&mut Vec<String>) -> Answer<()>,
) -> Answer<Value> {
    let mut left = TRIES;
    loop {
        let before = H::find(app, caller, id).await?;
        let mut private = before.private().reveal().clone();
        if private.secrets.is_empty() && before.is_configured(app) {
            return Err(Problem::conflict("secrets_in_configuration"));
        }
        edit(&mut private.secrets)?;
        left -= 1;
        match act(app, caller, before.with(Phi::new(private))).await {
            Err(problem) if problem.status == StatusCode::PRECONDITION_FAILED && left > 0 => {}
            Err(problem) => return Err(problem),
            Ok(_) => break,
        }
    }
    H::reload(app).await?;
    Ok(H::find(app, caller, id).await?.shape())
}

/// How a body names a secret, if it does.
type Read = fn(&Parsed<'_>) -> Result<Option<String>, Vec<Fault>>;

async fn add<H: Holder>(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    request: Request,
    read: Read,
) -> Answer<(StatusCode, Json<Value>)> {
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let named = {
        let json = body::parse(&bytes, true)?;
        read(&json).map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let own = named.is_none().then(made).transpose()?;
    let secret = named.or_else(|| own.clone()).unwrap_or_default();
    let print = fingerprint(&secret);
    let mut shape = change::<H>(app, caller, id, |secrets| {
        if secrets.iter().any(|known| fingerprint(known) == print) {
            return Err(Problem::conflict("known_secret"));
        }
        if secrets.len() >= H::MOST {
            return Err(Problem::conflict("too_many_secrets"));
        }
        secrets.insert(0, secret.clone());
        Ok(())
    })
    .await?;
    if let Some(secret) = own {
        shape["secret"] = secret.into();
    }
    Ok((StatusCode::CREATED, Json(shape)))
}

async fn remove<H: Holder>(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    print: &str,
) -> Answer<Json<Value>> {
    let shape = change::<H>(app, caller, id, |secrets| {
        let place = secrets
            .iter()
            .position(|known| fingerprint(known).as_deref() == Some(print));
        let place = place.ok_or_else(Problem::not_found)?;
        // Without any, everything would be refused, or nothing signed.
        if secrets.len() == 1 {
            return Err(Problem::conflict("last_secret"));
        }
        secrets.remove(place);
        Ok(())
    });
    Ok(Json(shape.await?))
}

fn fingerprint(secret: &str) -> Option<String> {
    Secret::new(secret).ok().map(|secret| secret.fingerprint())
}

/// Give an endpoint a further secret beside those that it has: `{ secret? }`; without one it is made here and shown this once. Two at
/// most, the new one and the old.
#[utoipa::path(post, path = "/v1/endpoints/{id}/secrets", tag = "ehr", params(("id" = String, Path)), request_body(content = Value), responses((status = 201, body = Value), (status = 400), (status = 404), (status = 409, description = "`too_many_secrets`, `known_secret`, or `secrets_in_configuration`")))]
pub async fn add_to_endpoint(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    add::<Endpoint>(&app, &caller, &id, request, resource::endpoint_secret).await
}

/// Take a secret from an endpoint: what is signed with it is refused from here on. The last one stays.
#[utoipa::path(delete, path = "/v1/endpoints/{id}/secrets/{fingerprint}", tag = "ehr", params(("id" = String, Path), ("fingerprint" = String, Path)), responses((status = 200, body = Value), (status = 404), (status = 409, description = "`last_secret`")))]
pub async fn remove_from_endpoint(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((id, print)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    remove::<Endpoint>(&app, &caller, &id, &print).await
}

/// Give a subscription a further secret, with which its messages are signed besides: `{ secret? }`; without one it is made here and
/// shown this once. Three at most.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/secrets", tag = "webhooks out", params(("id" = String, Path)), request_body(content = Value), responses((status = 201, body = Value), (status = 400), (status = 404), (status = 409, description = "`too_many_secrets` or `known_secret`")))]
pub async fn add_to_subscription(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    add::<Subscription>(&app, &caller, &id, request, resource::subscription_secret).await
}

/// Take a secret from a subscription: its messages are not signed with it any more. The last one stays.
#[utoipa::path(delete, path = "/v1/subscriptions/{id}/secrets/{fingerprint}", tag = "webhooks out", params(("id" = String, Path), ("fingerprint" = String, Path)), responses((status = 200, body = Value), (status = 404), (status = 409, description = "`last_secret`")))]
pub async fn remove_from_subscription(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((id, print)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    remove::<Subscription>(&app, &caller, &id, &print).await
}

//! The description of the API, made from the code, and a page to read it. Nothing is loaded from elsewhere.

use std::sync::Arc;

use axum::{Json, Router, routing};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement,
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

/// What stands in front of the routes.
pub fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Pontic")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Between a dental lab's production, its couriers, its clinics' practice software, its portal and its finance. \
             Errors are `application/problem+json` (RFC 9457); lists take `limit` and `after` and answer `{ items, next }`; \
             unknown fields are ignored; `null`, an absent member and a blank text mean the same.",
        ))
        .build();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("pontic_session")));
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", bearer)
        .security_scheme("session", session)
        .build();
    let nothing: [&str; 0] = [];
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([
            SecurityRequirement::new("bearer", nothing),
            SecurityRequirement::new("session", nothing),
        ]))
        .build()
}

/// With a name of its own for every operation, and templates without the router's marks: tools that make clients of it need both.
pub fn named(mut document: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut document.paths.paths);
    let named = paths.into_iter().map(|(path, mut item)| {
        let path = path.replace("{*", "{");
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, &path));
            }
        }
        (path, item)
    });
    document.paths.paths = named.collect();
    document
}

/// `getV1DeliveriesId`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let capitalised = words.filter_map(|word| {
        let (first, rest) = word.split_at_checked(1)?;
        Some(first.to_ascii_uppercase() + rest)
    });
    method.to_owned() + &capitalised.collect::<String>()
}

/// `/openapi.json` and `/docs`.
pub fn router(document: OpenApi) -> Router<Arc<App>> {
    let served = document;
    let page = SwaggerUi::new("/docs").config(Config::new(["/openapi.json"]).validator_url("none"));
    Router::new()
        .route(
            "/openapi.json",
            routing::get(move || std::future::ready(Json(served.clone()))),
        )
        .merge(page)
}

/// The whole description.
pub fn openapi() -> OpenApi {
    super::documented().1
}

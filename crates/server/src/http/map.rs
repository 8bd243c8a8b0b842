//! What the map on the pages is drawn from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// What the map is drawn from.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ground {
    /// Pictures of the ground; `null`: a plain one.
    tiles: Option<Tiles>,
}

/// A service of tiles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tiles {
    /// Its address, with `{z}`, `{x}` and `{y}`.
    url: String,
    /// Always `raster`: pictures of 256 pixels.
    kind: &'static str,
    /// Whose map it is, to be shown on it.
    attribution: String,
    /// It draws no closer than this.
    max_zoom: u8,
}

/// Where a page gets the ground of its map. The page's policy allows no other host.
#[utoipa::path(get, path = "/v1/map", tag = "pages", responses((status = 200, body = Ground)))]
pub async fn get(State(app): State<Arc<App>>) -> Json<Ground> {
    let tiles = app.config.map.as_ref().map(|map| Tiles {
        url: map.tiles.clone(),
        kind: "raster",
        attribution: map.attribution.clone(),
        max_zoom: map.max_zoom,
    });
    Json(Ground { tiles })
}

//! What was said of the map on the dispatchers' page.

use hyper::Uri;

use super::layers::{Layers, Setting};

/// Longest words about whose map it is.
const MAX_ATTRIBUTION: usize = 200;
/// Zoom up to which most services draw.
const USUAL_ZOOM: i64 = 19;

/// Where browsers get the map's tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// Their address, with `{z}`, `{x}` and `{y}`.
    pub tiles: String,
    /// Scheme and host of it: what pages are allowed to ask.
    pub origin: String,
    /// Whose map it is, to be shown on it.
    pub attribution: String,
    /// The service draws no closer than this.
    pub max_zoom: u8,
}

/// The settings that begin with `map.`; without tiles there is a plain ground.
pub fn decide(said: &mut Layers) -> Option<Map> {
    let tiles = said.take("map.tiles", None, |setting| tiles(setting).map(Some));
    let attribution = said.take("map.attribution", None, |setting| {
        attribution(setting).map(Some)
    });
    let max_zoom = said.take("map.maxZoom", USUAL_ZOOM, |setting| setting.integer(1..=24));
    let (tiles, origin) = tiles?;
    let Some(attribution) = attribution else {
        said.fault("map.attribution: say whose map it is, as the service of map.tiles asks for");
        return None;
    };
    Some(Map {
        tiles,
        origin,
        attribution,
        max_zoom: u8::try_from(max_zoom).unwrap_or(u8::MAX),
    })
}

/// The template and its origin.
fn tiles(setting: &Setting) -> Result<(String, String), String> {
    const SAYS: &str = "is no address like https://tiles.example/{z}/{x}/{y}.png";
    let text = setting.text()?;
    let mut filled = text.clone();
    for part in ["{z}", "{x}", "{y}"] {
        if text.matches(part).count() != 1 {
            return Err(SAYS.to_owned());
        }
        filled = filled.replace(part, "0");
    }
    let uri: Uri = filled.parse().map_err(|_| SAYS.to_owned())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(SAYS.to_owned());
    };
    // The place of tiles must not be the host: each would then be one of its own.
    let has_plain_host = text.starts_with(&format!("{scheme}://{authority}/"));
    let is_here = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
    if !has_plain_host || authority.as_str().contains('@') || filled.contains(['{', '}', ';', ','])
    {
        return Err(SAYS.to_owned());
    }
    if scheme == "https" || (scheme == "http" && is_here) {
        Ok((text.clone(), format!("{scheme}://{authority}")))
    } else {
        Err("is not https: a browser would not load it".to_owned())
    }
}

fn attribution(setting: &Setting) -> Result<String, String> {
    let text = setting.text()?.trim().to_owned();
    if text.is_empty() || text.chars().count() > MAX_ATTRIBUTION || text.contains(['<', '>']) {
        Err(format!(
            "is no plain text of 1 to {MAX_ATTRIBUTION} characters"
        ))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> (Option<Map>, Vec<String>) {
        let mut layers = Layers::default();
        layers.add_file("pontic.toml", file);
        let map = decide(&mut layers);
        let faults = layers
            .finish(())
            .map_or_else(|faults| faults.0, |()| Vec::new());
        (map, faults)
    }

    #[test]
    fn tiles_need_an_address_that_a_policy_can_name_and_the_words_whose_map_it_is() {
        let (map, faults) = read(
            "[map]\ntiles = \"https://tiles.example:8443/street/{z}/{x}/{y}.png?key=a\"\nattribution = \"© OpenStreetMap contributors\"\n",
        );
        let map = map.expect("it is sound");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(map.origin, "https://tiles.example:8443");
        assert_eq!(map.max_zoom, 19);
        assert_eq!(read(""), (None, Vec::new()));
        for bad in [
            "http://tiles.example/{z}/{x}/{y}.png",
            "https://tiles.example/{z}/{x}.png",
            "https://{z}.example/{x}/{y}.png",
            "https://{s}.tiles.example/{z}/{x}/{y}.png",
            "https://user:word@tiles.example/{z}/{x}/{y}.png",
            "https://tiles.example; script-src https://evil.example/{z}/{x}/{y}",
            "/{z}/{x}/{y}.png",
            "nowhere",
        ] {
            let (map, faults) = read(&format!(
                "[map]\ntiles = \"{bad}\"\nattribution = \"somebody\"\n"
            ));
            assert!(map.is_none() && faults.len() == 1, "{bad}: {faults:?}");
        }
        let (map, faults) = read("[map]\ntiles = \"https://tiles.example/{z}/{x}/{y}.png\"\n");
        assert!(
            map.is_none() && faults[0].contains("map.attribution"),
            "{faults:?}"
        );
    }
}

//! What was kept of a driver, written piece by piece: JSON, GeoJSON (RFC 7946), GPX 1.1, CSV.

use std::fmt::Write as _;

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::DriverId;
use pontic_core::time::format;
use serde::Serialize;

/// A fix as it was kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// Whose.
    pub driver_id: &'a DriverId,
    /// Where and when.
    pub fix: &'a Fix,
    /// When it came.
    pub received_at: Timestamp,
    /// No van can have reached it.
    pub suspect: bool,
}

/// A form in which a whole history is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Pages of objects.
    Json,
    /// A feature collection of points.
    GeoJson,
    /// A track.
    Gpx,
    /// A line a fix.
    Csv,
}

impl Format {
    /// The form of a word in an address.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "json" => Some(Self::Json),
            "geojson" => Some(Self::GeoJson),
            "gpx" => Some(Self::Gpx),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
            Self::Gpx => "application/gpx+xml",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// What stands before the first fix.
    pub fn write_head(self, out: &mut String, driver_id: &DriverId) {
        // Ids hold nothing that XML would escape. Writing to a String cannot fail.
        let _ = match self {
            Self::Json => write!(out, "["),
            Self::GeoJson => write!(out, "{{\"type\":\"FeatureCollection\",\"features\":["),
            Self::Gpx => write!(
                out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"Pontic\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk><name>{driver_id}</name><trkseg>\n"
            ),
            Self::Csv => writeln!(
                out,
                "driverId,timestamp,lat,lng,speed,heading,accuracy,battery,receivedAt,suspect"
            ),
        };
    }

    /// A fix; `is_first`: nothing stands before it.
    pub fn write_item(self, out: &mut String, kept: &Kept<'_>, is_first: bool) {
        if !is_first && matches!(self, Self::Json | Self::GeoJson) {
            out.push(',');
        }
        match self {
            Self::Json => write_json(out, kept),
            Self::GeoJson => write_feature(out, kept),
            Self::Gpx => write_point(out, kept),
            Self::Csv => write_line(out, kept),
        }
    }

    /// What stands after the last fix.
    pub fn write_tail(self, out: &mut String) {
        out.push_str(match self {
            Self::Json => "]",
            Self::GeoJson => "]}",
            Self::Gpx => "</trkseg></trk>\n</gpx>\n",
            Self::Csv => "",
        });
    }
}

/// The contract's item: the form of `/ws/driver`, and when it came.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    driver_id: &'a DriverId,
    coordinates: pontic_core::time::Coordinates,
    timestamp: String,
    #[serde(flatten)]
    said: Said,
    received_at: String,
    #[serde(skip_serializing_if = "is_false")]
    suspect: bool,
}

/// What the phone said of itself.
#[derive(Serialize)]
struct Said {
    speed: Option<f64>,
    heading: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    battery: Option<f64>,
    #[serde(skip_serializing_if = "is_false")]
    mock: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Said {
    const fn of(fix: &Fix) -> Self {
        Self {
            speed: fix.speed_kmh,
            heading: fix.heading_deg,
            accuracy: fix.accuracy_m,
            battery: fix.battery_percent,
            mock: fix.mock,
        }
    }
}

/// Writes one item as an object.
pub fn write_json(out: &mut String, kept: &Kept<'_>) {
    push(
        out,
        &Item {
            driver_id: kept.driver_id,
            coordinates: kept.fix.place,
            timestamp: format(kept.fix.at),
            said: Said::of(kept.fix),
            received_at: format(kept.received_at),
            suspect: kept.suspect,
        },
    );
}

fn push(out: &mut String, value: &impl Serialize) {
    // It holds nothing that JSON cannot: it cannot fail.
    out.push_str(&serde_json::to_string(value).unwrap_or_default());
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    geometry: Geometry,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Geometry {
    r#type: &'static str,
    coordinates: [f64; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    driver_id: &'a DriverId,
    timestamp: String,
    #[serde(flatten)]
    said: Said,
    received_at: String,
    #[serde(skip_serializing_if = "is_false")]
    suspect: bool,
}

fn write_feature(out: &mut String, kept: &Kept<'_>) {
    push(
        out,
        &Feature {
            r#type: "Feature",
            geometry: Geometry {
                r#type: "Point",
                // Longitude first, as the format has it.
                coordinates: [kept.fix.place.lng, kept.fix.place.lat],
            },
            properties: Properties {
                driver_id: kept.driver_id,
                timestamp: format(kept.fix.at),
                said: Said::of(kept.fix),
                received_at: format(kept.received_at),
                suspect: kept.suspect,
            },
        },
    );
}

/// Speed and heading are no part of GPX 1.1; most programs read them from there all the same.
fn write_point(out: &mut String, kept: &Kept<'_>) {
    let fix = kept.fix;
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<trkpt lat=\"{}\" lon=\"{}\"><time>{}</time>",
        fix.place.lat,
        fix.place.lng,
        format(fix.at)
    );
    if fix.speed_kmh.is_some() || fix.heading_deg.is_some() {
        out.push_str("<extensions>");
        if let Some(kmh) = fix.speed_kmh {
            let _ = write!(out, "<speed>{:.2}</speed>", kmh / 3.6);
        }
        if let Some(heading) = fix.heading_deg {
            let _ = write!(out, "<course>{heading}</course>");
        }
        out.push_str("</extensions>");
    }
    out.push_str("</trkpt>\n");
}

fn write_line(out: &mut String, kept: &Kept<'_>) {
    let fix = kept.fix;
    let number = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    // Ids, times and numbers hold no comma and no quote. Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{},{},{},{},{},{},{},{},{},{}",
        kept.driver_id,
        format(fix.at),
        fix.place.lat,
        fix.place.lng,
        number(fix.speed_kmh),
        number(fix.heading_deg),
        number(fix.accuracy_m),
        number(fix.battery_percent),
        format(kept.received_at),
        kept.suspect
    );
}

#[cfg(test)]
mod tests {
    use pontic_core::time::Coordinates;
    use serde_json::{Value, json};

    use super::*;

    fn written(format: Format) -> String {
        let driver_id = DriverId::known("D-1");
        let at = Timestamp::from_second(1_736_762_400).expect("in range");
        let place = Coordinates {
            lat: 42.5,
            lng: -71.25,
        };
        let fix = Fix::new(at, place).with_speed(Some(36.0));
        let mut out = String::new();
        format.write_head(&mut out, &driver_id);
        for (index, suspect) in [false, true].into_iter().enumerate() {
            let kept = Kept {
                driver_id: &driver_id,
                fix: &fix,
                received_at: at,
                suspect,
            };
            format.write_item(&mut out, &kept, index == 0);
        }
        format.write_tail(&mut out);
        out
    }

    #[test]
    fn objects_and_features() {
        let items: Value = serde_json::from_str(&written(Format::Json)).expect("JSON");
        assert_eq!(
            items[0],
            json!({ "driverId": "D-1", "coordinates": { "lat": 42.5, "lng": -71.25 }, "timestamp": "2025-01-13T10:00:00Z", "speed": 36.0, "heading": null, "receivedAt": "2025-01-13T10:00:00Z" })
        );
        assert_eq!(items[1]["suspect"], true);
        let collection: Value = serde_json::from_str(&written(Format::GeoJson)).expect("JSON");
        let feature = &collection["features"][1];
        assert_eq!(
            feature["geometry"],
            json!({ "type": "Point", "coordinates": [-71.25, 42.5] })
        );
        assert_eq!(feature["properties"]["driverId"], "D-1");
    }

    #[test]
    fn tracks_and_lines() {
        let track = written(Format::Gpx);
        assert!(track.contains("<trkpt lat=\"42.5\" lon=\"-71.25\"><time>2025-01-13T10:00:00Z</time><extensions><speed>10.00</speed></extensions></trkpt>"));
        assert!(track.ends_with("</gpx>\n"));
        let lines = written(Format::Csv);
        assert_eq!(lines.lines().count(), 3);
        assert_eq!(
            lines.lines().nth(2),
            Some("D-1,2025-01-13T10:00:00Z,42.5,-71.25,36,,,,2025-01-13T10:00:00Z,true")
        );
    }
}

//! A driver's phone with an app of others: OwnTracks, OsmAnd, Traccar Client.

use base64::Engine as _;
use serde_json::{Value, json};

use super::Server;
use super::client::Answer;

/// A phone's credentials.
pub struct Phone {
    pub id: String,
    pub secret: String,
}

impl Phone {
    /// A new one of that driver.
    pub fn of(server: &Server, lab: &str, driver: &str) -> Self {
        let path = format!("/v1/drivers/{driver}/devices?labId={lab}");
        let made = server.admin().post(&path, &json!({})).expect(201);
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self {
            id: text("deviceId"),
            secret: text("secret"),
        }
    }

    /// What OwnTracks sends in its HTTP mode.
    pub fn owntracks(&self, server: &Server, body: &str) -> Answer {
        let both = format!("{}:{}", self.id, self.secret);
        let encoded = base64::engine::general_purpose::STANDARD.encode(both);
        let authorization = format!("Basic {encoded}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        server
            .nobody()
            .send("POST", "/owntracks", &headers, body.as_bytes())
    }

    /// What OsmAnd asks for.
    pub fn osmand(&self, server: &Server, query: &str) -> Answer {
        server
            .nobody()
            .get(&format!("/osmand?id={}&{query}", self.id))
    }

    /// What Traccar Client posts.
    pub fn traccar(&self, server: &Server, locations: &[Value]) -> Answer {
        server.nobody().post(
            "/osmand",
            &json!({ "device_id": self.id, "locations": locations }),
        )
    }
}

//! Google Distance Matrix, and whoever speaks like it: one question, one element.

mod answer;

use axum::body::Body;
use hyper::Request;
use pontic_core::time::Coordinates;
use pontic_core::travel::Leg;

use super::{Answer, NoLeg, TravelTimes};
use crate::client::{CallError, Client, Reach};
use crate::config;

/// Most bytes of an answer: that to one element has under one thousand.
const MAX_BODY: usize = 256 << 10;

/// The service at one address, asked with one key.
pub struct DistanceMatrix {
    client: Client,
    said: config::DistanceMatrix,
}

impl DistanceMatrix {
    /// The service as configured.
    pub fn new(said: config::DistanceMatrix) -> Self {
        Self {
            client: Client::new(Reach::Everywhere),
            said,
        }
    }

    async fn ask(&self, from: Coordinates, to: Coordinates) -> Result<Leg, NoLeg> {
        let request = Request::get(self.address(from, to)).body(Body::empty());
        let request = request.map_err(|_| NoLeg::BadPlace)?;
        match self.client.send(request, MAX_BODY).await {
            Ok(answer) => answer::read(
                answer.status.as_u16(),
                answer.retry_after(),
                &answer.body,
                self.said.key.as_str(),
            ),
            Err(CallError::HungUp) => Err(NoLeg::Failed),
            Err(CallError::Forbidden | CallError::Unreachable) => {
                Err(NoLeg::Unavailable("it cannot be reached"))
            }
            Err(CallError::Unreadable) => {
                Err(NoLeg::Unavailable("it says too much, or breaks off"))
            }
        }
    }

    /// The whole address, key and all: it goes into the request and nowhere else. Six decimals of a degree are 0.1 m. With
    /// a time of departure the answer knows today's traffic, and costs what an answer with traffic costs.
    fn address(&self, from: Coordinates, to: Coordinates) -> String {
        format!(
            "{}?origins={:.6},{:.6}&destinations={:.6},{:.6}&mode=driving&departure_time=now&traffic_model=best_guess&units=metric&key={}",
            self.said.url,
            from.lat,
            from.lng,
            to.lat,
            to.lng,
            percent_encoded(self.said.key.as_str()),
        )
    }
}

impl TravelTimes for DistanceMatrix {
    /// The service's own answer, unchecked, and without an end to how long it takes.
    fn leg(&self, from: Coordinates, to: Coordinates) -> Answer<'_> {
        Box::pin(self.ask(from, to))
    }
}

/// `text` as a value in a query (RFC 3986: all but the unreserved).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&pontic_core::id::hex(&[byte]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ApiKey;

    #[test]
    fn a_question_in_the_services_own_words() {
        let matrix = DistanceMatrix::new(config::DistanceMatrix {
            url: "https://maps.example/json".to_owned(),
            key: ApiKey::new("a+b/c=&d_e-f").expect("sound"),
        });
        let from = Coordinates {
            lat: 42.36,
            lng: -71.06,
        };
        let to = Coordinates {
            lat: 42.370_000_4,
            lng: -71.05,
        };
        assert_eq!(
            matrix.address(from, to),
            "https://maps.example/json?origins=42.360000,-71.060000&destinations=42.370000,-71.050000&mode=driving\
             &departure_time=now&traffic_model=best_guess&units=metric&key=a%2bb%2fc%3d%26d_e-f"
        );
    }
}

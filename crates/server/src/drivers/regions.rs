//! The stops ahead as regions for the driver's phone: its system then tells when one is entered, also between two positions.

use std::hash::{DefaultHasher, Hash, Hasher};

use pontic_core::fence::RADIUS_M;
use pontic_core::id::StopId;
use pontic_core::time::Coordinates;
use pontic_store::positions::DriverNo;

use super::Drivers;
use super::fleet::locked;

/// A stop ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// The stop.
    pub stop_id: StopId,
    /// The clinic's name.
    pub name: String,
    /// Where.
    pub place: Coordinates,
    /// How wide, in metres.
    pub radius_m: u32,
    /// Unix seconds that tell it from the route's others.
    pub created_s: i64,
}

impl Drivers {
    /// The stops ahead, if they are others than the phone was told last.
    pub fn news_of_regions(&self, no: DriverNo) -> Option<Vec<Region>> {
        let handle = self.fleet.handle(no);
        let mut state = locked(&handle);
        let newest = state.newest?;
        let mut regions = Vec::new();
        if let Some(road) = &state.road {
            let plan = &road.plan;
            for index in road.trip.ahead(plan, newest.at) {
                let stop = &plan.stops[index];
                let Some(place) = &stop.place else { continue };
                regions.push(Region {
                    stop_id: stop.id.clone(),
                    name: stop.clinic_name.clone(),
                    place: place.location,
                    radius_m: whole_metres(place.area.radius_m().unwrap_or(RADIUS_M)),
                    created_s: plan.started_at.as_second() + i64::from(stop.sequence),
                });
            }
        }
        let mut hasher = DefaultHasher::new();
        for region in &regions {
            (region.stop_id.as_str(), &region.name, region.created_s).hash(&mut hasher);
        }
        let told = hasher.finish();
        let was = std::mem::replace(&mut state.regions_told, told);
        // Nothing to watch, and nothing watched so far, needs no word.
        let first_of_none = regions.is_empty() && was == 0;
        (was != told && !first_of_none).then_some(regions)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates"
)]
fn whole_metres(metres: f64) -> u32 {
    metres.round() as u32
}

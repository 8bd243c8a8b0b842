//! Pickups and the series they come from.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{ClinicId, DriverId, LabId, PickupId, RouteId, SeriesId, StopId};
use crate::phi::{Phi, Private};
use crate::recurrence::Recurrence;
pub use crate::recurrence::{Revision, Window};
use crate::state::PickupStatus;

/// Longest window, in hours.
pub const MAX_WINDOW_HOURS: i64 = 24;
/// Packages of one pickup.
pub const PACKAGES: std::ops::RangeInclusive<u32> = 1..=99;

/// Who a pickup is, to its sender: two practices may both send case 226.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The lab.
    pub lab_id: LabId,
    /// The event source, or the endpoint of a practice system.
    pub sender: String,
    /// The clinic as the sender names it.
    pub clinic_id: ClinicId,
    /// The sender's `pickupId`.
    pub pickup_id: String,
}

impl Identity {
    /// The key by which it is looked up: 8 bytes of SHA-256 over the sender's `pickupId`, then 8 over all parts. So one
    /// index finds the pickup of an identity, and all pickups with one `pickupId`.
    pub fn digest(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        for part in [
            self.lab_id.as_str(),
            &self.sender,
            self.clinic_id.as_str(),
            &self.pickup_id,
        ] {
            hash.update(part.as_bytes());
            hash.update(b"\n");
        }
        let mut key = [0; 16];
        key[..8].copy_from_slice(&Self::prefix(&self.pickup_id));
        key[8..].copy_from_slice(&hash.finalize()[..8]);
        key
    }

    /// How the keys of all pickups with that `pickupId` begin.
    pub fn prefix(pickup_id: &str) -> [u8; 8] {
        let mut prefix = [0; 8];
        prefix.copy_from_slice(&Sha256::digest(pickup_id.as_bytes())[..8]);
        prefix
    }

    /// The first and the last key that a pickup with that `pickupId` can have.
    pub fn bounds(pickup_id: &str) -> ([u8; 16], [u8; 16]) {
        let prefix = Self::prefix(pickup_id);
        let (mut first, mut last) = ([0; 16], [u8::MAX; 16]);
        first[..8].copy_from_slice(&prefix);
        last[..8].copy_from_slice(&prefix);
        (first, last)
    }
}

/// Crockford's base 32: no I, L, O or U, so that it survives the telephone.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NUMBER_LENGTH: u32 = 10;
const BITS_PER_DIGIT: u32 = 5;

/// The number by which people at both ends speak of a pickup: `PN-` and 10 digits, the first 50 bits of SHA-256 over the
/// four, a line feed between each.
///
/// Takes the lab, the source (`dentrix`, `crm.portal`), our id of the clinic and the sender's own id of the pickup.
pub fn confirmation_num(lab_id: &str, source: &str, clinic_id: &str, external_id: &str) -> String {
    let hash = Sha256::digest([lab_id, source, clinic_id, external_id].join("\n"));
    let first = hash
        .iter()
        .take(8)
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let bits = first >> (u64::BITS - NUMBER_LENGTH * BITS_PER_DIGIT);
    let digits = (0..NUMBER_LENGTH)
        .rev()
        .map(|place| digit(bits >> (place * BITS_PER_DIGIT)));
    "PN-".chars().chain(digits).collect()
}

/// The digit of the last five of `bits`.
fn digit(bits: u64) -> char {
    let [.., last] = bits.to_be_bytes();
    char::from(DIGITS[usize::from(last & 31)])
}

/// Something to fetch at a clinic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pickup {
    /// Ours.
    pub id: PickupId,
    /// The lab.
    pub lab_id: LabId,
    /// The clinic (after merging).
    pub clinic_id: ClinicId,
    /// The clinic as the sender names it.
    pub sent_clinic_id: ClinicId,
    /// The event source, or the endpoint of a practice system.
    pub sender: String,
    /// The sender's id of it; for an occurrence `{pickupId}~{date}`.
    pub pickup_id: String,
    /// Where it stands.
    pub status: PickupStatus,
    /// When.
    pub window: Window,
    /// The day of the window's start on the clinic's wall.
    pub date: Date,
    /// Before all others.
    pub is_rush: bool,
    /// The dispatchers were told so.
    #[serde(default)]
    pub rush_alerted: bool,
    /// How many packages.
    pub package_count: u32,
    /// The number that a person can read out.
    pub confirmation_num: String,
    /// The user of the portal who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// When it was asked for, by the sender's clock.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub request_time: Option<Timestamp>,
    /// The series it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_id: Option<SeriesId>,
    /// The date that the series' rule gave it; it stays when the occurrence is moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<Date>,
    /// Moved or cancelled alone: changes of the series leave it as it is.
    #[serde(default)]
    pub detached: bool,
    /// Its route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_id: Option<RouteId>,
    /// Its stop on that route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_id: Option<StopId>,
    /// Who fetches it, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<DriverId>,
    /// When it was taken along.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub picked_up_at: Option<Timestamp>,
    /// Why it was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// Contact, notes, the patient's name, the sender's metadata.
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Pickup {
    /// Who it is, to its sender.
    pub fn identity(&self) -> Identity {
        Identity {
            lab_id: self.lab_id.clone(),
            sender: self.sender.clone(),
            clinic_id: self.sent_clinic_id.clone(),
            pickup_id: self.pickup_id.clone(),
        }
    }
}

/// A recurring pickup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// Ours.
    pub id: SeriesId,
    /// The lab.
    pub lab_id: LabId,
    /// The clinic (after merging).
    pub clinic_id: ClinicId,
    /// The clinic as the sender names it.
    pub sent_clinic_id: ClinicId,
    /// Who sent it.
    pub sender: String,
    /// The name that goes into confirmation numbers.
    pub source: String,
    /// The sender's id: that of the first occurrence.
    pub pickup_id: String,
    /// The zone whose wall clock it keeps.
    pub zone: String,
    /// The rule.
    pub recurrence: Recurrence,
    /// The first slot.
    pub first: Date,
    /// When the occurrences are; in order of `from`, never empty.
    pub revisions: Vec<Revision>,
    /// Slots up to here have their pickups.
    pub made_until: Date,
    /// No occurrences from this slot on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_from: Option<Date>,
    /// As of its occurrences.
    pub is_rush: bool,
    /// As of its occurrences.
    pub package_count: u32,
    /// As of its occurrences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// As of its occurrences.
    #[serde(skip)]
    pub private: Phi<Private>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirmation_numbers_of_the_contract() {
        for (parts, expected) in [
            (
                ["LAB001", "dentrix", "CLI-001", "DX-54321"],
                "PN-MN62488X30",
            ),
            (["LAB001", "opendental", "3", "226"], "PN-0E2HBX200W"),
        ] {
            assert_eq!(
                confirmation_num(parts[0], parts[1], parts[2], parts[3]),
                expected
            );
        }
    }
}

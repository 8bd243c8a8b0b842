//! The number by which people at both ends speak of a pickup.

use sha2::{Digest, Sha256};

/// Crockford's base 32: no I, L, O or U, so that it survives the telephone.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: u32 = 10;
const BITS_PER_DIGIT: u32 = 5;

/// `PN-` and 10 digits: the first 50 bits of SHA-256 over the four, a line feed between each.
///
/// Takes the lab, the source (`dentrix`, `crm.portal`), our id of the clinic and the sender's own
/// id of the pickup. The same pickup has the same number whenever it is asked for.
pub fn confirmation_num(lab_id: &str, source: &str, clinic_id: &str, external_id: &str) -> String {
    let identity = [lab_id, source, clinic_id, external_id].join("\n");
    let hash = Sha256::digest(identity);
    let first = hash
        .iter()
        .take(8)
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let bits = first >> (u64::BITS - LENGTH * BITS_PER_DIGIT);
    let digits = (0..LENGTH)
        .rev()
        .map(|place| digit(bits >> (place * BITS_PER_DIGIT)));
    "PN-".chars().chain(digits).collect()
}

/// The digit of the last five of `bits`.
fn digit(bits: u64) -> char {
    let [.., last] = bits.to_be_bytes();
    char::from(DIGITS[usize::from(last & 31)])
}

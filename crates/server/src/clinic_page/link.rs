//! Links: a code that only we can make and the id of a stop, so that none is kept, and none can be guessed or changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pontic_core::id::{self, LabId, StopId, format_uuid, parse_uuid};
use pontic_core::record::{Entity as _, Kind};
use pontic_core::route::Stop;
use pontic_store::vault::LINK_LEN;
use pontic_store::{Store, StoreError};
use subtle::ConstantTimeEq as _;

use crate::config::Config;

/// Longest text of a link: what it is made of, in base64.
const LONGEST: usize = (LINK_LEN + id::MAX_ID).div_ceil(3) * 4;

/// The link of a stop, as it stands in its path.
pub fn text(store: &dyn Store, lab: &LabId, stop: &StopId) -> String {
    let mut bytes = mac(store, lab, stop).to_vec();
    match raw(stop.as_str()) {
        Some(uuid) => bytes.extend_from_slice(&uuid),
        None => bytes.extend_from_slice(stop.as_str().as_bytes()),
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Its path here.
pub fn path(store: &dyn Store, lab: &LabId, stop: &StopId) -> String {
    format!("/t/{}", text(store, lab, stop))
}

/// Its whole address, if anybody said where people reach us.
pub fn url(config: &Config, store: &dyn Store, lab: &LabId, stop: &StopId) -> Option<String> {
    let base = config.public_url.as_deref()?;
    Some(base.to_owned() + &path(store, lab, stop))
}

/// The stop that a link leads to, if we made it.
pub fn find(store: &dyn Store, text: &str) -> Result<Option<Stop>, StoreError> {
    let Some((code, stop)) = parts(text) else {
        return Ok(None);
    };
    // Labs may give their stops the same ids: the code says whose it is.
    let records = store.get(Kind::Stop, None, stop.as_str())?;
    let ours = |stop: &&Stop| bool::from(mac(store, &stop.lab_id, &stop.id).ct_eq(&code));
    Ok(records
        .iter()
        .filter_map(Stop::from_record)
        .find(ours)
        .cloned())
}

fn mac(store: &dyn Store, lab: &LabId, stop: &StopId) -> [u8; LINK_LEN] {
    // No id holds a NUL, so no two stops read the same.
    store.link_mac([lab.as_str(), stop.as_str()].join("\0").as_bytes())
}

fn parts(text: &str) -> Option<([u8; LINK_LEN], StopId)> {
    if text.len() > LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (code, rest) = bytes.split_first_chunk::<LINK_LEN>()?;
    if let Ok(uuid) = <[u8; 16]>::try_from(rest)
        && is_marked(&uuid)
    {
        return Some((*code, StopId::known(format_uuid(uuid))));
    }
    let stop = StopId::parse(std::str::from_utf8(rest).ok()?).ok()?;
    Some((*code, stop))
}

/// The bytes of an id that is a UUID in the usual form.
fn raw(id: &str) -> Option<[u8; 16]> {
    parse_uuid(id).filter(|uuid| is_marked(uuid) && format_uuid(*uuid) == id)
}

/// The mark of a UUID's variant: no id in letters and digits has it in that place.
const fn is_marked(uuid: &[u8; 16]) -> bool {
    uuid[8] & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_from_its_link() {
        for id in [
            "0194f2a1-7c3b-7def-8123-456789abcdef",
            "0194F2A1-7C3B-7DEF-8123-456789ABCDEF",
            "0194f2a1-7c3b-7def-c123-456789abcdef",
            "S-1",
            "sixteen-letters-",
        ] {
            let mut bytes = vec![7; LINK_LEN];
            match raw(id) {
                Some(uuid) => bytes.extend_from_slice(&uuid),
                None => bytes.extend_from_slice(id.as_bytes()),
            }
            let link = URL_SAFE_NO_PAD.encode(bytes);
            assert!(link.len() <= LONGEST);
            let read = parts(&link);
            assert_eq!(read, Some(([7; LINK_LEN], StopId::known(id))), "{id}");
        }
    }

    #[test]
    fn what_is_no_link_is_none() {
        let short = URL_SAFE_NO_PAD.encode([7; LINK_LEN]);
        let long = URL_SAFE_NO_PAD.encode([b'a'; LINK_LEN + 65]);
        for text in ["", "x", "a b", "%2e%2e", short.as_str(), long.as_str()] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}

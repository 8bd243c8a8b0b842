//! Publications as entries of `PutEvents`, Amazon EventBridge's way in.

use serde::Serialize;
use serde_json::{Value, json};

use super::Publication;

/// Most entries of one request.
pub const MAX_ENTRIES: usize = 10;
/// Bytes of a request's entries together, as AWS counts them: 256 KB, which holds in every region and account. An entry that is
/// larger goes alone, and AWS says whether it takes it.
const MAX_BYTES: usize = 256 * 1024;
/// What AWS counts for a time.
const TIME_BYTES: usize = 14;

/// One entry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    event_bus_name: &'a str,
    source: &'a str,
    detail_type: &'a str,
    detail: &'a str,
    /// Seconds since 1970.
    time: i64,
    /// EventBridge gives every event an id of its own: ours, and the lab, stand here.
    resources: [String; 2],
}

impl<'a> Entry<'a> {
    fn of(publication: &'a Publication, bus: &'a str, epoch: &str) -> Self {
        Self {
            event_bus_name: bus,
            source: &publication.source,
            detail_type: &publication.name,
            detail: &publication.detail,
            time: publication.at.as_second(),
            resources: [
                publication.resource(epoch),
                format!("lab/{}", publication.lab_id),
            ],
        }
    }

    fn bytes(&self) -> usize {
        let texts = [self.source, self.detail_type, self.detail];
        let resources = self.resources.iter().map(String::len);
        TIME_BYTES + texts.map(str::len).iter().sum::<usize>() + resources.sum::<usize>()
    }
}

/// The bodies of as few requests as AWS's limits allow, in the order of the publications, each with how many of them it holds.
pub fn requests(publications: &[Publication], bus: &str, epoch: &str) -> Vec<(String, usize)> {
    let mut requests: Vec<Vec<Entry<'_>>> = Vec::new();
    let mut room = 0;
    for publication in publications {
        let entry = Entry::of(publication, bus, epoch);
        let bytes = entry.bytes();
        match requests.last_mut() {
            Some(last) if last.len() < MAX_ENTRIES && bytes <= room => last.push(entry),
            _ => {
                room = MAX_BYTES;
                requests.push(vec![entry]);
            }
        }
        room = room.saturating_sub(bytes);
    }
    let bodies = requests.iter().map(|entries| {
        let body = json!({ "Entries": entries }).to_string();
        (body, entries.len())
    });
    bodies.collect()
}

/// What became of each of `count` entries: taken, or AWS's word for why not. Nothing if the answer does not say it of each.
pub fn answered(answer: &Value, count: usize) -> Option<Vec<Result<(), String>>> {
    let entries = answer.get("Entries")?.as_array()?;
    let each = entries.iter().map(|entry| match entry.get("ErrorCode") {
        Some(Value::String(code)) => Err(code.clone()),
        _ if entry.get("EventId").is_some_and(Value::is_string) => Ok(()),
        _ => Err("unreadable".to_owned()),
    });
    (entries.len() == count).then(|| each.collect())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn publication(id: usize, detail_bytes: usize) -> Publication {
        Publication {
            id: format!("E{id}"),
            source: "logistics.delivery".into(),
            name: "DeliveryScheduled".into(),
            lab_id: "LAB001".into(),
            at: Timestamp::UNIX_EPOCH,
            detail: format!("{{\"x\":\"{}\"}}", "a".repeat(detail_bytes)),
        }
    }

    fn sizes(publications: &[Publication]) -> Vec<usize> {
        let requests = requests(publications, "couriers", "epoch");
        requests.into_iter().map(|(_, count)| count).collect()
    }

    #[test]
    fn an_entry_says_what_the_publication_says() {
        let requests = requests(&[publication(7, 1)], "couriers", "epoch");
        let body: Value = serde_json::from_str(&requests[0].0).expect("JSON");
        assert_eq!(
            body,
            json!({ "Entries": [{
                "EventBusName": "couriers", "Source": "logistics.delivery", "DetailType": "DeliveryScheduled",
                "Detail": "{\"x\":\"a\"}", "Time": 0, "Resources": ["pontic:epoch:E7", "lab/LAB001"],
            }] })
        );
    }

    #[test]
    fn requests_keep_the_limits_and_the_order() {
        let small: Vec<Publication> = (0..23).map(|id| publication(id, 10)).collect();
        assert_eq!(sizes(&small), [10, 10, 3]);
        assert_eq!(sizes(&[]), [0; 0]);
        // Three of a third of the limit are more than it, with what stands around them.
        let third = |id| publication(id, MAX_BYTES / 3);
        assert_eq!(sizes(&[third(0), third(1), third(2), third(3)]), [2, 2]);
        let huge = publication(9, MAX_BYTES + 1);
        assert_eq!(sizes(&[third(0), huge, third(1)]), [1, 1, 1]);
    }

    #[test]
    fn a_request_is_full_to_the_byte() {
        let entry = Entry::of(&publication(0, 0), "couriers", "epoch").bytes();
        let half = MAX_BYTES / 2 - entry;
        assert_eq!(sizes(&[publication(0, half), publication(1, half)]), [2]);
        assert_eq!(
            sizes(&[publication(0, half), publication(1, half + 1)]),
            [1, 1]
        );
    }

    #[test]
    fn each_entry_has_its_own_answer() {
        let answer = json!({ "FailedEntryCount": 1, "Entries": [
            { "EventId": "1" }, { "ErrorCode": "ThrottlingException", "ErrorMessage": "…" }, {},
        ] });
        assert_eq!(
            answered(&answer, 3),
            Some(vec![
                Ok(()),
                Err("ThrottlingException".into()),
                Err("unreadable".into())
            ])
        );
        assert_eq!(answered(&answer, 2), None);
        assert_eq!(answered(&json!({}), 0), None);
    }
}

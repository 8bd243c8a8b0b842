//! What is told to others by webhook or on the bus: a publication as a body, and as what patterns are held against.

pub mod put_events;

use jiff::Timestamp;
use pontic_core::subscription::Format;
use pontic_core::time;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A publication, as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its id: what receivers recognise it by.
    pub id: String,
    /// `logistics.delivery`, …
    pub source: String,
    /// Its type.
    pub name: String,
    /// The lab that it is about.
    pub lab_id: String,
    /// When it was decided.
    pub at: Timestamp,
    /// What it says: a JSON object as text, without patient data.
    pub detail: String,
}

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'a str,
    id: &'a str,
    source: &'a str,
    r#type: &'a str,
    time: String,
    datacontenttype: &'a str,
    labid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    data: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plain<'a> {
    id: &'a str,
    source: &'a str,
    detail_type: &'a str,
    time: String,
    lab_id: &'a str,
    detail: &'a RawValue,
}

impl Publication {
    /// The body that goes out. An error: the detail is no JSON, which no publication of ours has.
    pub fn body(&self, format: Format, subject: Option<&str>) -> serde_json::Result<String> {
        let detail: &RawValue = serde_json::from_str(&self.detail)?;
        let time = time::format(self.at);
        match format {
            Format::CloudEvents => serde_json::to_string(&CloudEvent {
                specversion: "1.0",
                id: &self.id,
                source: &self.source,
                r#type: &self.name,
                time,
                datacontenttype: "application/json",
                labid: &self.lab_id,
                subject,
                data: detail,
            }),
            Format::Plain => serde_json::to_string(&Plain {
                id: &self.id,
                source: &self.source,
                detail_type: &self.name,
                time,
                lab_id: &self.lab_id,
                detail,
            }),
        }
    }

    /// What patterns are held against: EventBridge's envelope, as far as it says something here.
    pub fn envelope(&self) -> Value {
        let detail: Value = serde_json::from_str(&self.detail).unwrap_or_default();
        json!({
            "id": self.id,
            "source": self.source,
            "detail-type": self.name,
            "time": time::format(self.at),
            "labId": self.lab_id,
            "detail": detail,
        })
    }

    /// What a bus without room for our id and name carries beside it: receivers recognise it by the end of it, we ourselves by its
    /// beginning.
    pub fn resource(&self, epoch: &str) -> String {
        format!("{}{}", resources_of(epoch), self.id)
    }

    /// What it is about: publications about one thing reach a receiver in order.
    pub fn key(&self) -> String {
        format!("{}/{}", self.lab_id, self.about())
    }

    /// The id of what it is about, within its lab.
    pub fn about(&self) -> String {
        let detail: Value = serde_json::from_str(&self.detail).unwrap_or_default();
        let member = |name: &str| detail.get(name).and_then(Value::as_str);
        let about = ["deliveryId", "id", "invoiceId", "stopId"]
            .iter()
            .find_map(|name| member(name));
        about.unwrap_or(&self.id).to_owned()
    }
}

/// Whether that is a publication of the installation with that epoch.
pub fn is_resource_of(resource: &str, epoch: &str) -> bool {
    resource.starts_with(&resources_of(epoch))
}

fn resources_of(epoch: &str) -> String {
    format!("pontic:{epoch}:")
}

/// The content type of a body.
pub const fn content_type(format: Format) -> &'static str {
    match format {
        Format::CloudEvents => "application/cloudevents+json",
        Format::Plain => "application/json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication() -> Publication {
        Publication {
            id: "0199".into(),
            source: "logistics.delivery".into(),
            name: "DeliveryChanged".into(),
            lab_id: "LAB001".into(),
            at: Timestamp::UNIX_EPOCH,
            detail: r#"{"deliveryId":"D-1","weight":1.50}"#.into(),
        }
    }

    #[test]
    fn bodies_keep_the_detail_to_the_letter() {
        let body = publication().body(Format::CloudEvents, Some("LAB001/D-1"));
        assert_eq!(
            body.expect("a body"),
            r#"{"specversion":"1.0","id":"0199","source":"logistics.delivery","type":"DeliveryChanged","time":"1970-01-01T00:00:00Z","datacontenttype":"application/json","labid":"LAB001","subject":"LAB001/D-1","data":{"deliveryId":"D-1","weight":1.50}}"#
        );
        let body = publication().body(Format::Plain, None);
        assert_eq!(
            body.expect("a body"),
            r#"{"id":"0199","source":"logistics.delivery","detailType":"DeliveryChanged","time":"1970-01-01T00:00:00Z","labId":"LAB001","detail":{"deliveryId":"D-1","weight":1.50}}"#
        );
    }

    #[test]
    fn an_installation_knows_its_own_news() {
        let resource = publication().resource("epoch-1");
        assert_eq!(resource, "pontic:epoch-1:0199");
        assert!(is_resource_of(&resource, "epoch-1"));
        assert!(!is_resource_of(&resource, "epoch"));
        assert!(!is_resource_of("arn:aws:s3:::pontic", "epoch-1"));
    }

    #[test]
    fn what_it_is_about() {
        assert_eq!(publication().key(), "LAB001/D-1");
        assert_eq!(publication().envelope()["detail"]["deliveryId"], "D-1");
    }
}

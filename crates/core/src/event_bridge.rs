//! A bus of Amazon EventBridge as the receiver of a subscription: `eventbridge://REGION/BUS`.

/// Its address. Whose account it is, and with whose rights it is written to, is the operator's matter and stands in no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventBusAddress<'a> {
    /// The region.
    pub region: &'a str,
    /// Name or ARN of the bus.
    pub bus: &'a str,
}

/// How such an address begins.
const SCHEME: &str = "eventbridge://";
/// Longest name of a region, in bytes.
const REGION_LEN: usize = 40;
/// Longest name or ARN of a bus, in bytes: AWS's own limit.
const BUS_LEN: usize = 1_600;

impl<'a> EventBusAddress<'a> {
    /// Whether it is meant as one.
    pub fn is_meant(url: &str) -> bool {
        url.starts_with(SCHEME)
    }

    /// Reads an address; nothing if it is none.
    pub fn read(url: &'a str) -> Option<Self> {
        let (region, bus) = url.strip_prefix(SCHEME)?.split_once('/')?;
        let is_region = !region.is_empty()
            && region.len() <= REGION_LEN
            && region
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_bus = !bus.is_empty()
            && bus.len() <= BUS_LEN
            && bus
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/.-_:".contains(&byte));
        (is_region && is_bus).then_some(Self { region, bus })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_has_a_region_and_a_name() {
        for (url, region, bus) in [
            (
                "eventbridge://eu-central-1/couriers",
                "eu-central-1",
                "couriers",
            ),
            (
                "eventbridge://us-east-1/arn:aws:events:us-east-1:123456789012:event-bus/orders",
                "us-east-1",
                "arn:aws:events:us-east-1:123456789012:event-bus/orders",
            ),
        ] {
            let read = EventBusAddress::read(url);
            assert_eq!(read, Some(EventBusAddress { region, bus }), "{url}");
        }
    }

    #[test]
    fn what_is_no_bus() {
        for url in [
            "https://events.eu-central-1.amazonaws.com/",
            "eventbridge://",
            "eventbridge://eu-central-1",
            "eventbridge://eu-central-1/",
            "eventbridge:///couriers",
            "eventbridge://evil.example/couriers",
            "eventbridge://eu-central-1/couriers?x",
            "eventbridge://eu-central-1/co uriers",
        ] {
            assert_eq!(EventBusAddress::read(url), None, "{url}");
        }
    }
}

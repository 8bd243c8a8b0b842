//! How AWS is reached, for those of our parts that speak to it.

use super::{Layers, Setting};

/// What AWS's own environment variables do not say, or say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aws {
    /// The region, where nobody names another; absent: AWS's variables say.
    pub region: Option<String>,
    /// Where all its services are asked instead of at their own addresses.
    pub endpoint: Option<String>,
}

/// What was said of it.
pub fn decide(said: &mut Layers) -> Aws {
    Aws {
        region: said.take("aws.region", None, |setting| {
            built_in()?;
            region(&setting.text()?).map(Some)
        }),
        endpoint: said.take("aws.endpoint", None, |setting| {
            built_in()?;
            endpoint(setting).map(Some)
        }),
    }
}

fn built_in() -> Result<(), String> {
    if cfg!(feature = "aws") {
        Ok(())
    } else {
        Err("cannot be used: this program was built without the feature `aws`".to_owned())
    }
}

/// It becomes part of a host's name.
fn region(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.is_empty() && text.len() <= 40 && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("is no region, like eu-central-1".to_owned())
    }
}

fn endpoint(setting: &Setting) -> Result<String, String> {
    super::public_url(setting).map_err(|_| "is no address like https://vpce.example:443".to_owned())
}

#[cfg(all(test, feature = "aws"))]
mod tests {
    use super::*;

    #[test]
    fn regions_and_addresses_are_looked_at() {
        let decided = |name: &str, value: &str| {
            let mut layers = Layers::default();
            layers.add_flag(name, value);
            let aws = decide(&mut layers);
            layers.finish(aws)
        };
        let sound = decided("aws.region", "eu-central-1").expect("a region");
        assert_eq!(sound.region.as_deref(), Some("eu-central-1"));
        let sound = decided("aws.endpoint", "http://127.0.0.1:5000/").expect("an address");
        assert_eq!(sound.endpoint.as_deref(), Some("http://127.0.0.1:5000"));
        for (name, value) in [
            ("aws.region", "EU.example/x"),
            ("aws.region", ""),
            ("aws.endpoint", "127.0.0.1"),
            ("aws.endpoint", "https://host/path"),
        ] {
            assert!(decided(name, value).is_err(), "{name} = {value}");
        }
    }
}

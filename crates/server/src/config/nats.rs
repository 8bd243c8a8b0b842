//! The bus: where NATS is, and which streams events are read from.

use std::path::PathBuf;
use std::time::Duration;

use pontic_core::id::{self, LabId};
use pontic_core::subscription::is_stream;

use super::{Hidden, Layers, Setting};

/// Schemes of a server's address.
const SCHEMES: [&str; 2] = ["nats://", "tls://"];
/// What stands for every lab, or every source: nobody gets that without asking for it.
const ALL: &str = "*";
/// Longest name of a consumer.
const NAME_LEN: usize = 32;

/// The bus.
#[derive(Debug, Clone)]
pub struct Nats {
    /// Its servers, of which one is asked.
    pub servers: Vec<String>,
    /// A file that NATS made of a user's key and rights.
    pub credentials_file: Option<PathBuf>,
    /// User and password, where it asks for them.
    pub login: Option<(String, Hidden)>,
    /// Whoever signed its certificate, if not one of the usual authorities.
    pub ca_file: Option<PathBuf>,
    /// Nothing is read from a stream, and nothing is published to one, that one failing server can empty.
    pub require_durable: bool,
    /// What is read.
    pub consumers: Vec<Consumer>,
}

/// Events that are read from a stream, and what they may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its name here.
    pub name: String,
    /// The stream.
    pub stream: String,
    /// Of its messages, those with such a subject; none: all.
    pub subject: Option<String>,
    /// Its name in NATS, under which NATS knows what was taken.
    pub durable: String,
    /// The lab that its events are bound to; none: they may be about any.
    pub lab_id: Option<LabId>,
    /// Sources that its events may speak for; empty: any.
    pub sources: Vec<String>,
    /// So often a message is tried that breaks something in us; then it is kept as refused.
    pub max_deliver: u32,
    /// After so long NATS hands a message out again that nobody has answered; for a consumer that NATS does not know yet.
    pub ack_wait: Duration,
}

/// What was said of it.
pub fn decide(said: &mut Layers) -> Option<Nats> {
    let servers = said.take("nats.url", None, |setting| servers(setting).map(Some));
    let credentials_file = said.take("nats.credentialsFile", None, path);
    let user = said.take("nats.user", None, |setting| setting.text().map(Some));
    let password = said.take("nats.password", None, Hidden::read);
    let ca_file = said.take("nats.caFile", None, path);
    let require_durable = said.take("nats.requireDurableBus", false, Setting::boolean);
    let names = said.groups("nats.consumers");
    let consumers: Vec<Consumer> = names
        .into_iter()
        .filter_map(|name| consumer(said, name))
        .collect();
    if user.is_some() != password.is_some() {
        said.fault("nats.user and .password: one without the other; the password best in the environment variable PONTIC_NATS__PASSWORD");
    }
    if servers.is_none() && (!consumers.is_empty() || require_durable) {
        said.fault("nats.url: without it there is no bus to read from");
    }
    for (place, one) in consumers.iter().enumerate() {
        let mut before = consumers[..place].iter();
        if before.any(|other| other.stream == one.stream && other.durable == one.durable) {
            let (name, durable) = (&one.name, &one.durable);
            said.fault(format!(
                "nats.consumers.{name}.durable: {durable} reads that stream already"
            ));
        }
    }
    Some(Nats {
        servers: servers?,
        credentials_file,
        login: user.zip(password),
        ca_file,
        require_durable,
        consumers,
    })
}

fn path(setting: &Setting) -> Result<Option<PathBuf>, String> {
    Ok(Some(PathBuf::from(setting.text()?)))
}

fn servers(setting: &Setting) -> Result<Vec<String>, String> {
    if cfg!(not(feature = "nats")) {
        return Err("cannot be used: this program was built without the feature `nats`".to_owned());
    }
    let servers = setting.texts()?;
    let is_sound = |server: &String| {
        let host = SCHEMES
            .iter()
            .find_map(|scheme| server.strip_prefix(scheme));
        host.is_some_and(|host| !host.is_empty() && !host.contains(['@', '/', ' ']))
    };
    if servers.iter().all(is_sound) {
        Ok(servers)
    } else {
        Err(
            "is no address like nats://host:4222 or tls://host:4222, without user and password"
                .to_owned(),
        )
    }
}

fn consumer(said: &mut Layers, name: String) -> Option<Consumer> {
    let key = |part: &str| format!("nats.consumers.{name}.{part}");
    let stream = said.take(&key("stream"), None, |setting| nats_name(setting).map(Some));
    let subject = said.take(&key("subject"), None, |setting| filter(setting).map(Some));
    let durable = said.take(&key("durable"), format!("pontic-{name}"), nats_name);
    // Absent is not "any": whoever may post on the bus must not speak for all by an oversight.
    let lab_id = said.take(&key("labId"), None, |setting| lab(setting).map(Some));
    let sources = said.take(&key("sources"), None, |setting| {
        let sources = setting.texts()?;
        let is_all = sources.iter().any(|source| source == ALL);
        Ok(Some(if is_all { Vec::new() } else { sources }))
    });
    let max_deliver = said.take(&key("maxDeliver"), 5, |setting| {
        let times = setting.integer(1..=100)?;
        Ok(u32::try_from(times).unwrap_or(5))
    });
    let ack_wait = said.take(&key("ackWaitSeconds"), Duration::from_secs(30), |setting| {
        let seconds = setting.integer(1..=3_600)?;
        Ok(Duration::from_secs(seconds.unsigned_abs()))
    });
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > NAME_LEN || !name.bytes().all(is_plain) {
        said.fault(format!(
            "nats.consumers.{name}: a name has letters, digits and `-`, {NAME_LEN} at most"
        ));
        return None;
    }
    for (part, is_there) in [
        ("stream", stream.is_some()),
        ("labId", lab_id.is_some()),
        ("sources", sources.is_some()),
    ] {
        if !is_there {
            let what = match part {
                "stream" => "which stream is read?",
                "labId" => "which lab are its events bound to? \"*\": any",
                _ => "which sources may its events speak for? \"*\": any",
            };
            said.fault(format!("{}: {what}", key(part)));
        }
    }
    Some(Consumer {
        stream: stream?,
        subject,
        durable,
        lab_id: lab_id?,
        sources: sources?,
        max_deliver,
        ack_wait,
        name,
    })
}

fn nats_name(setting: &Setting) -> Result<String, String> {
    let name = setting.text()?;
    if is_stream(&name) {
        Ok(name)
    } else {
        Err("is no name in NATS: no blanks, points, `*`, `>` and slashes".to_owned())
    }
}

fn filter(setting: &Setting) -> Result<String, String> {
    let subject = setting.text()?;
    let mut tokens = subject.split('.').peekable();
    let mut is_sound = true;
    while let Some(token) = tokens.next() {
        let is_plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let is_end = token != ">" || tokens.peek().is_none();
        is_sound &= is_plain && is_end;
    }
    if is_sound {
        Ok(subject)
    } else {
        Err("is no subject in NATS, like cases.> or cases.*.ready".to_owned())
    }
}

fn lab(setting: &Setting) -> Result<Option<LabId>, String> {
    let text = setting.text()?;
    if text == ALL {
        return Ok(None);
    }
    match id::check(&text) {
        Ok(()) => Ok(Some(LabId::known(text.as_str()))),
        Err(_) => Err("is no id of a lab, nor \"*\"".to_owned()),
    }
}

#[cfg(all(test, feature = "nats"))]
mod tests {
    use super::*;
    use crate::config::{Config, Faults};

    fn decided(file: &str, environment: &[(&str, &str)]) -> Result<Option<Nats>, Faults> {
        let mut layers = Layers::default();
        layers.add_file("pontic.toml", file);
        let variables = environment.iter();
        layers.add_environment(
            variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Config::decide(layers).map(|config| config.nats)
    }

    #[test]
    fn consumers_come_from_the_file_and_the_environment() {
        let file = "[nats]\nurl = \"nats://a:4222, nats://b:4222\"\n[nats.consumers.production]\nstream = \"PRODUCTION\"\n\
                    subject = \"cases.>\"\nlabId = \"LAB001\"\nsources = [\"cases.production\"]\n";
        let environment = [
            ("PONTIC_NATS__CONSUMERS__PORTAL__STREAM", "PORTAL"),
            ("PONTIC_NATS__CONSUMERS__PORTAL__LAB_ID", "*"),
            (
                "PONTIC_NATS__CONSUMERS__PORTAL__SOURCES",
                "crm.portal, crm.desk",
            ),
            ("PONTIC_NATS__USER", "pontic"),
            ("PONTIC_NATS__PASSWORD", "hush-hush"),
        ];
        let nats = decided(file, &environment).expect("sound").expect("said");
        assert_eq!(nats.servers, ["nats://a:4222", "nats://b:4222"]);
        let [portal, production] = nats.consumers.as_slice() else {
            panic!("two of them");
        };
        assert_eq!(production.durable, "pontic-production");
        assert_eq!(production.lab_id, Some(LabId::known("LAB001")));
        assert_eq!((&portal.lab_id, portal.sources.len()), (&None, 2));
        assert!(!format!("{nats:?}").contains("hush"));
    }

    #[test]
    fn nothing_is_allowed_that_was_not_said() {
        let faults = |consumer: &str| {
            let file = format!("[nats]\nurl = \"nats://a\"\n[nats.consumers.x]\n{consumer}");
            decided(&file, &[]).expect_err("not sound").to_string()
        };
        let all = faults("subject = \"a..b\"\n");
        for part in ["x.stream", "x.labId", "x.sources", "x.subject"] {
            assert!(all.contains(part), "{part} in {all}");
        }
        assert!(faults("stream = \"A B\"\nlabId = \"*\"\nsources = \"*\"").contains("x.stream"));
        assert!(faults("stream = \"A\"\nlabId = \"\u{e4}\"\nsources = \"*\"").contains("x.labId"));
        assert!(faults("stream = \"A\"\nlabId = \"*\"\nsources = \"\"").contains("x.sources"));
    }

    #[test]
    fn a_bus_needs_an_address_without_a_password() {
        for file in [
            "[nats]\nurl = \"nats://u:p@a\"\n",
            "[nats]\nurl = \"http://a\"\n",
            "[nats]\nurl = \"nats://a\"\nuser = \"u\"\n",
            "[nats.consumers.x]\nstream = \"A\"\nlabId = \"*\"\nsources = \"*\"\n",
        ] {
            assert!(decided(file, &[]).is_err(), "{file}");
        }
    }
}

//! How people are told: by which server e-mails go out, through which gateway text messages.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use jiff::SignedDuration;
use pontic_core::notice::Language;
use pontic_wire::signature::Secret;

use super::layers::{Layers, Setting};

/// Where Twilio answers.
const TWILIO: &str = "https://api.twilio.com";

/// How people are told.
#[derive(Debug, Clone)]
pub struct Notices {
    /// In which language, where nobody says.
    pub language: Language,
    /// A channel by which nobody was reached for so long is an alert.
    pub patience: SignedDuration,
    /// The way out for e-mail.
    pub smtp: Option<Smtp>,
    /// The way out for text messages.
    pub sms: Option<Sms>,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Whoever signed its certificate, if not one of the usual authorities.
    pub ca_file: Option<PathBuf>,
    /// User and password, where it asks for them.
    pub login: Option<(String, Hidden)>,
    /// Who writes: an address, perhaps with a name before it.
    pub from: String,
    /// How long one message may take.
    pub timeout: Duration,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// It begins in the clear and becomes TLS before anything is said; without TLS nothing is.
    StartTls,
    /// It is TLS from the first byte.
    Implicit,
    /// Not at all.
    None,
}

/// A way to text messages.
#[derive(Debug, Clone)]
pub enum Sms {
    /// Somebody's gateway, posted to as subscriptions are.
    Gateway {
        /// Its address.
        url: String,
        /// What messages are signed with, newest first.
        secrets: Vec<Secret>,
    },
    /// Twilio's Messages API, or whoever speaks like it.
    Twilio {
        /// Its address, without a path of its own.
        url: String,
        /// The account.
        account: String,
        /// Its token.
        token: Hidden,
        /// Who writes.
        sender: Sender,
    },
}

/// Who writes, for Twilio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A number or a name.
    From(String),
    /// A messaging service, which chooses.
    Service(String),
}

/// A secret. Its `Debug` does not show it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    /// What was said, if anything was.
    pub(super) fn read(setting: &Setting) -> Result<Option<Self>, String> {
        let text = setting.text()?;
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err("needs one visible character or more".to_owned());
        }
        Ok(Some(Self(text)))
    }

    /// The secret itself, for whoever logs in.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The settings that begin with `notices.`.
pub fn decide(said: &mut Layers) -> Notices {
    Notices {
        language: said.take("notices.language", Language::English, |setting| {
            let word = setting.text()?;
            Language::from_word(&word).ok_or_else(|| "is neither en nor de".to_owned())
        }),
        patience: said.take(
            "notices.patienceSeconds",
            SignedDuration::from_mins(15),
            |setting| {
                let seconds = setting.integer(1..=30 * 86_400)?;
                Ok(SignedDuration::from_secs(seconds))
            },
        ),
        smtp: smtp(said),
        sms: sms(said),
    }
}

fn smtp(said: &mut Layers) -> Option<Smtp> {
    let was_said = said.has("notices.smtp.host");
    let host = said.take("notices.smtp.host", None, host);
    let tls = said.take("notices.smtp.tls", Tls::StartTls, |setting| {
        match setting.text()?.as_str() {
            "starttls" => Ok(Tls::StartTls),
            "implicit" => Ok(Tls::Implicit),
            "none" => Ok(Tls::None),
            _ => Err("is none of starttls, implicit and none".to_owned()),
        }
    });
    let usual_port = match tls {
        Tls::StartTls => 587,
        Tls::Implicit => 465,
        Tls::None => 25,
    };
    let port = said.take("notices.smtp.port", usual_port, |setting| {
        let port = setting.integer(1..=65_535)?;
        u16::try_from(port).map_err(|_| "is no port".to_owned())
    });
    let allow_plain = said.take("notices.smtp.allowPlain", false, Setting::boolean);
    let ca_file = said.take("notices.smtp.caFile", None, |setting| {
        Ok(Some(PathBuf::from(setting.text()?)))
    });
    let user = said.take("notices.smtp.user", None, |setting| {
        setting.text().map(Some)
    });
    let password = said.take("notices.smtp.password", None, Hidden::read);
    let from_was_said = said.has("notices.smtp.from");
    let from = said.take("notices.smtp.from", None, sender);
    let timeout = said.take(
        "notices.smtp.timeoutSeconds",
        Duration::from_secs(30),
        |setting| {
            let seconds = setting.integer(1..=120)?;
            Ok(Duration::from_secs(seconds.unsigned_abs()))
        },
    );
    let host = host.filter(|_| was_said)?;
    if tls == Tls::None && !allow_plain && !is_loopback(&host) {
        said.fault("notices.smtp.tls: none only with a server on this machine, or with notices.smtp.allowPlain");
    }
    if from.is_none() && !from_was_said {
        said.fault("notices.smtp.from: a mail server needs to know who writes");
    }
    if user.is_some() != password.is_some() {
        said.fault("notices.smtp.user and .password: one without the other; the password best in the environment variable PONTIC_NOTICES__SMTP__PASSWORD");
    }
    Some(Smtp {
        host,
        port,
        tls,
        ca_file,
        login: user.zip(password),
        from: from?,
        timeout,
    })
}

fn host(setting: &Setting) -> Result<Option<String>, String> {
    let text = setting.text()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
    if text.is_empty() || !text.chars().all(plain) {
        return Err("is no name or address of a server".to_owned());
    }
    Ok(Some(text))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// `pontic@lab.example`, or `Lab <pontic@lab.example>`.
fn sender(setting: &Setting) -> Result<Option<String>, String> {
    let text = setting.text()?;
    text.parse::<lettre::message::Mailbox>()
        .map(|_| Some(text))
        .map_err(|_| "is no address like Lab <pontic@lab.example>".to_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    None,
    Gateway,
    Twilio,
}

fn sms(said: &mut Layers) -> Option<Sms> {
    let provider = said.take(
        "notices.sms.provider",
        Provider::None,
        |setting| match setting.text()?.as_str() {
            "none" => Ok(Provider::None),
            "webhook" => Ok(Provider::Gateway),
            "twilio" => Ok(Provider::Twilio),
            _ => Err("is none of webhook, twilio and none".to_owned()),
        },
    );
    let url_was_said = said.has("notices.sms.url");
    let url = said.take("notices.sms.url", None, address);
    let secret_was_said = said.has("notices.sms.secret");
    let secrets = said.take("notices.sms.secret", Vec::new(), |setting| {
        Secret::parse_list(&setting.text()?)
            .map_err(|_| "holds an empty secret, which would sign nothing".to_owned())
    });
    let text = |setting: &Setting| setting.text().map(Some);
    let account = said.take("notices.sms.accountSid", None, account);
    let token_was_said = said.has("notices.sms.authToken");
    let token = said.take("notices.sms.authToken", None, Hidden::read);
    let from = said.take("notices.sms.from", None, text);
    let service = said.take("notices.sms.messagingServiceSid", None, text);
    match provider {
        Provider::None => None,
        Provider::Gateway => {
            if url.is_none() && !url_was_said {
                said.fault("notices.sms.url: where text messages are posted");
            }
            if secrets.is_empty() && !secret_was_said {
                said.fault("notices.sms.secret: what they are signed with; best in the environment variable PONTIC_NOTICES__SMS__SECRET");
            }
            Some(Sms::Gateway { url: url?, secrets })
        }
        Provider::Twilio => {
            if account.is_none() {
                said.fault("notices.sms.accountSid: twilio needs one, like AC and 32 characters");
            }
            if token.is_none() && !token_was_said {
                said.fault("notices.sms.authToken: twilio needs one; best in the environment variable PONTIC_NOTICES__SMS__AUTH_TOKEN");
            }
            let sender = match (from, service) {
                (Some(from), None) => Some(Sender::From(from)),
                (None, Some(service)) => Some(Sender::Service(service)),
                _ => {
                    said.fault(
                        "notices.sms.from or .messagingServiceSid: twilio needs one of them",
                    );
                    None
                }
            };
            Some(Sms::Twilio {
                url: url.unwrap_or_else(|| TWILIO.to_owned()),
                account: account?,
                token: token?,
                sender: sender?,
            })
        }
    }
}

fn account(setting: &Setting) -> Result<Option<String>, String> {
    let text = setting.text()?;
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(Some(text))
    } else {
        Err("is no account like AC and 32 characters".to_owned())
    }
}

/// An address to post to. The operator names it: it may be within its own network.
fn address(setting: &Setting) -> Result<Option<String>, String> {
    let text = setting.text()?;
    let uri: Option<Uri> = text.parse().ok();
    let usable = uri.is_some_and(|uri| {
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        scheme
            && uri.authority().is_some_and(|authority| {
                !authority.host().is_empty() && !authority.as_str().contains('@')
            })
            && !text.contains('#')
    });
    if usable {
        Ok(Some(text.trim_end_matches('/').to_owned()))
    } else {
        Err("is no address like https://HOST/PATH, without user and fragment".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(file: &str, environment: &[(&str, &str)]) -> Result<Notices, String> {
        let mut layers = Layers::default();
        layers.add_file("pontic.toml", file);
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        layers.add_environment(environment.iter().map(owned));
        let notices = decide(&mut layers);
        layers.finish(notices).map_err(|faults| faults.to_string())
    }

    #[test]
    fn nobody_is_told_until_a_way_is_named() {
        let notices = decided("", &[]).expect("sound");
        assert!(notices.smtp.is_none() && notices.sms.is_none());
        assert_eq!(notices.language, Language::English);
    }

    #[test]
    fn passwords_come_from_the_environment_and_show_nowhere() {
        let file = "[notices]\nlanguage = \"de\"\n[notices.smtp]\nhost = \"mail.lab.example\"\nuser = \"pontic\"\nfrom = \"Lab <pontic@lab.example>\"\n[notices.sms]\nprovider = \"twilio\"\naccountSid = \"AC0123\"\nfrom = \"+15005550006\"\n";
        let environment = [
            ("PONTIC_NOTICES__SMTP__PASSWORD", "hush-1"),
            ("PONTIC_NOTICES__SMS__AUTH_TOKEN", "hush-2"),
        ];
        let notices = decided(file, &environment).expect("sound");
        let shown = format!("{notices:?}");
        assert!(!shown.contains("hush"), "{shown}");
        let smtp = notices.smtp.expect("named");
        assert_eq!((smtp.port, smtp.tls), (587, Tls::StartTls));
        assert_eq!(smtp.login.expect("both").1.as_str(), "hush-1");
        let Some(Sms::Twilio { url, sender, .. }) = notices.sms else {
            panic!("{shown}");
        };
        assert_eq!(url, TWILIO);
        assert_eq!(sender, Sender::From("+15005550006".into()));
    }

    #[test]
    fn every_fault_is_named_and_no_secret_repeated() {
        let file = "[notices]\nlanguage = \"fr\"\n[notices.smtp]\nhost = \"mail lab\"\nport = 0\ntls = \"ssl\"\nfrom = \"nobody\"\ntimeoutSeconds = 0\n[notices.sms]\nprovider = \"pigeon\"\nurl = \"ftp://x\"\naccountSid = \"A C\"\nsecret = \"a,,b\"\n";
        let faults = decided(file, &[("PONTIC_NOTICES__SMTP__PASSWORD", "")]).expect_err("faults");
        for part in [
            "notices.language",
            "notices.smtp.host",
            "notices.smtp.port",
            "notices.smtp.tls",
            "notices.smtp.from",
            "notices.smtp.timeoutSeconds",
            "PONTIC_NOTICES__SMTP__PASSWORD",
            "notices.sms.provider",
            "notices.sms.url",
            "notices.sms.accountSid",
            "notices.sms.secret",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
    }

    #[test]
    fn what_belongs_together_is_asked_for() {
        for (file, part) in [
            ("[notices.smtp]\nhost = \"m.example\"\n", "smtp.from"),
            (
                "[notices.smtp]\nhost = \"m.example\"\nfrom = \"a@b.example\"\ntls = \"none\"\n",
                "allowPlain",
            ),
            (
                "[notices.smtp]\nhost = \"m.example\"\nfrom = \"a@b.example\"\nuser = \"u\"\n",
                "password",
            ),
            ("[notices.sms]\nprovider = \"webhook\"\n", "sms.url"),
            (
                "[notices.sms]\nprovider = \"webhook\"\nurl = \"http://g.example\"\n",
                "sms.secret",
            ),
            (
                "[notices.sms]\nprovider = \"twilio\"\n",
                "messagingServiceSid",
            ),
        ] {
            let faults = decided(file, &[]).expect_err(part);
            assert!(faults.contains(part), "{part} in {faults}");
        }
        let plain =
            "[notices.smtp]\nhost = \"127.0.0.1\"\nfrom = \"a@b.example\"\ntls = \"none\"\n";
        assert!(decided(plain, &[]).expect("sound").smtp.is_some());
    }
}

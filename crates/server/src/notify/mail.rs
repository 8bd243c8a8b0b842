//! E-mail: one message to one receiver over SMTP, and what its answer means.

use std::time::SystemTime;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Protection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::wording::Words;
use super::{NO_ANSWER, Sent};
use crate::config::{Smtp, Tls};

/// The way out for e-mail.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: std::time::Duration,
}

/// Codes by which a server says that it does not let us in: what is wrong is our setting, not the message.
const NOT_LET_IN: [u16; 5] = [530, 534, 535, 538, 454];

impl Mail {
    /// By the operator's settings; what is wrong with them, in a line.
    pub fn new(settings: &Smtp) -> Result<Self, String> {
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_| "notices.smtp.from is no address".to_owned())?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            // Of connecting; what comes after has the rest.
            .timeout(Some(settings.timeout / 2))
            .tls(protection(settings)?);
        if let Some((user, password)) = &settings.login {
            let credentials = Credentials::new(user.clone(), password.as_str().to_owned());
            builder = builder.credentials(credentials);
        }
        Ok(Self {
            transport: builder.build(),
            from,
            timeout: settings.timeout,
        })
    }

    /// Sends one message. `id` stays the same however often it is tried.
    pub async fn send(&self, to: &str, words: &Words, id: &str, now: SystemTime) -> Sent {
        let Ok(to) = to.parse() else {
            return Sent::refused("invalid_address");
        };
        let domain = self.from.email.domain();
        let built = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .date(now)
            .message_id(Some(format!("<{id}@{domain}>")))
            .subject(words.subject.clone())
            .raw_header(automatic())
            .multipart(MultiPart::alternative_plain_html(
                words.text.clone(),
                words.html.clone(),
            ));
        let Ok(message) = built else {
            return Sent::refused("unwritable");
        };
        match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            // The server may have taken it.
            Err(_) => Sent::again(NO_ANSWER),
            Ok(Err(error)) => meaning(&error),
            Ok(Ok(_)) => Sent::taken(),
        }
    }

    /// Whether the server answers and lets us in; if not, why.
    pub async fn answers(&self) -> Result<(), String> {
        let asked = tokio::time::timeout(self.timeout, self.transport.test_connection()).await;
        match asked {
            Err(_) => Err("timeout".to_owned()),
            Ok(Err(error)) => Err(meaning(&error).cause),
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("hung_up".to_owned()),
        }
    }
}

/// Says that no person wrote it, so that nobody's absence answers it (RFC 3834).
fn automatic() -> lettre::message::header::HeaderValue {
    let name = lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted");
    lettre::message::header::HeaderValue::new(name, "auto-generated".to_owned())
}

fn protection(settings: &Smtp) -> Result<Protection, String> {
    if settings.tls == Tls::None {
        return Ok(Protection::None);
    }
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.ca_file {
        let pem = std::fs::read(file).map_err(|error| {
            format!(
                "notices.smtp.caFile: {} cannot be read: {error}",
                file.display()
            )
        })?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| {
            format!(
                "notices.smtp.caFile: {} holds no certificate",
                file.display()
            )
        })?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters = parameters
        .build_rustls()
        .map_err(|_| "notices.smtp.host: no certificate can be held against it".to_owned())?;
    Ok(match settings.tls {
        Tls::Implicit => Protection::Wrapper(parameters),
        _ => Protection::Required(parameters),
    })
}

/// Whether a handshake failed: that is told as bytes that cannot be understood.
fn is_distrust(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>();
        if inner.is_some_and(|inner| inner.kind() == std::io::ErrorKind::InvalidData) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What an error means for the message: its code, or a word; what the server wrote beside it may name people.
fn meaning(error: &Error) -> Sent {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let cause = code.to_string();
        return if error.is_permanent() && !NOT_LET_IN.contains(&code) {
            Sent::refused(&cause)
        } else {
            Sent::again(&cause)
        };
    }
    let word = match error {
        error if error.is_timeout() => "timeout",
        error if error.is_tls() || is_distrust(error) => "tls",
        error if error.is_client() => "refused_by_us",
        error if error.is_response() => "unreadable",
        _ => "unreachable",
    };
    Sent::again(word)
}

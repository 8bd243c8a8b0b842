//! Publications out into a stream, which says that it has them.

use async_nats::error::Error as NatsError;
use async_nats::jetstream::Error as JetStreamError;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::{HeaderName, HeaderValue};

use super::{Bus, Letter, Trouble};

/// A number of `JetStream`'s: the stream that would take it is another one than it must be.
const WRONG_STREAM: u64 = 10_060;

impl Bus {
    /// Publishes, and waits until the stream has it: its name and the number there. An error is the cause in a word.
    pub async fn publish(&self, letter: Letter<'_>) -> Result<String, String> {
        self.admits(letter.stream)
            .await
            .map_err(|trouble| word(&trouble).to_owned())?;
        let mut message = PublishMessage::build()
            .message_id(letter.id)
            .expected_stream(letter.stream)
            .payload(letter.body.into());
        for (name, value) in letter.headers {
            let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
            else {
                return Err("unwritable".to_owned());
            };
            message = message.header(name, value);
        }
        let sent = async {
            let taken = self.context.send_publish(letter.subject, message).await?;
            taken.await
        };
        match tokio::time::timeout(letter.patience, sent).await {
            Err(_) => Err("timeout".to_owned()),
            Ok(Err(error)) => Err(cause(&error)),
            Ok(Ok(taken)) => Ok(format!("{}/{}", taken.stream, taken.sequence)),
        }
    }
}

const fn word(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Away => "not_connected",
        Trouble::NoStream(_) => "no_stream",
        Trouble::Weak { .. } => "weak_stream",
        Trouble::Unusable(_) | Trouble::Unfit(_) | Trouble::Elsewhere | Trouble::Other(_) => {
            "bus_refused"
        }
    }
}

/// Why a stream did not take something: a word, or `JetStream`'s own number.
fn cause(error: &PublishError) -> String {
    match error.kind() {
        PublishErrorKind::StreamNotFound => "no_stream".to_owned(),
        PublishErrorKind::TimedOut => "timeout".to_owned(),
        PublishErrorKind::BrokenPipe => "not_connected".to_owned(),
        PublishErrorKind::MaxPayloadExceeded => "too_large".to_owned(),
        _ => refused(error),
    }
}

fn refused(error: &NatsError<PublishErrorKind>) -> String {
    let said =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<JetStreamError>());
    match said.map(|said| said.error_code().0) {
        Some(WRONG_STREAM) => "wrong_stream".to_owned(),
        Some(number) => format!("nats_{number}"),
        None => "bus_refused".to_owned(),
    }
}

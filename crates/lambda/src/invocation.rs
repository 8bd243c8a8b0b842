//! One invocation: recognised by its payload, answered in its trigger's form, counted.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use pontic_server::startup::Doorstep;
use serde::Deserialize;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tower_service::Service as _;

use crate::answer::Answer;
use crate::measure::Tally;
use crate::program::Program;
use crate::queue::Batch;
use crate::request::{NoRequest, Payload, Trigger};

/// Bytes of an answer: a function may give no more.
const ANSWER: usize = 6 * 1024 * 1024;
/// Name of the queue's trigger in metrics.
const QUEUE: &str = "queue";

/// Answers it. An error is one of the invocation as a whole: AWS counts it, and a queue delivers all of it again.
pub async fn answer(
    program: &Program,
    payload: &str,
) -> Result<Box<RawValue>, lambda_runtime::Error> {
    let mut tally = Tally::begin(program.start_took().await);
    let (trigger, answer) = if is_batch(payload) {
        (QUEUE, of_queue(program, payload, &mut tally).await?)
    } else {
        of_http(program, payload, &mut tally).await?
    };
    // On standard output, apart from the log: CloudWatch takes the metrics out of it.
    println!(
        "{}",
        tally.line(program.function(), trigger, program.now_ms())
    );
    Ok(answer)
}

fn is_batch(payload: &str) -> bool {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(rename = "Records")]
        _records: Vec<IgnoredAny>,
    }
    serde_json::from_str::<Shape>(payload).is_ok()
}

async fn of_queue(
    program: &Program,
    payload: &str,
    tally: &mut Tally,
) -> Result<Box<RawValue>, lambda_runtime::Error> {
    let batch: Batch = serde_json::from_str(payload).map_err(|_| NoRequest::UnknownTrigger)?;
    if !batch.is_of_queue() {
        return Err(NoRequest::UnknownTrigger.into());
    }
    let serving = program.serving().await;
    let Some(token) = &serving.settings.queue_token else {
        return Err(
            "lambda.queueToken is not set: nobody says with whose rights a queue's events come in"
                .into(),
        );
    };
    let failures = batch.take(&serving.doorstep, &token.0, tally).await;
    raw(&failures)
}

async fn of_http(
    program: &Program,
    payload: &str,
    tally: &mut Tally,
) -> Result<(&'static str, Box<RawValue>), lambda_runtime::Error> {
    let serving = program.serving().await;
    let read = || -> Result<(Trigger, Request<Body>), NoRequest> {
        let payload: Payload =
            serde_json::from_str(payload).map_err(|_| NoRequest::UnknownTrigger)?;
        let trigger = payload.trigger()?;
        Ok((trigger, payload.into_request(&serving.settings.base_path)?))
    };
    let (trigger, request) = read()?;
    let mut answered = ask(&serving.doorstep, request).await?;
    if answered.0 == StatusCode::UNAUTHORIZED
        && let Some(newer) = program.serving_after_refusal().await
    {
        // Nothing was taken of it, so it may be asked once more.
        let (_, request) = read()?;
        answered = ask(&newer.doorstep, request).await?;
    }
    let (status, headers, body) = answered;
    tally.answered(status);
    let answer = Answer::of(trigger, status, &headers, body);
    Ok((trigger.as_str(), raw(&answer)?))
}

async fn ask(
    doorstep: &Doorstep,
    request: Request<Body>,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), lambda_runtime::Error> {
    // A router is always ready, and never fails.
    let Ok(response) = doorstep.router.clone().call(request).await;
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, ANSWER).await?;
    Ok((head.status, head.headers, body.into()))
}

fn raw(answer: &impl Serialize) -> Result<Box<RawValue>, lambda_runtime::Error> {
    Ok(serde_json::value::to_raw_value(answer)?)
}

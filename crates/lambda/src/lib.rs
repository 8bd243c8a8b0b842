//! Pontic's doors behind AWS's triggers: API Gateway (REST and HTTP), function URLs, load balancers, and queues that EventBridge
//! fills. The same routes, the same gate, the same database as `pontic serve`; nothing works by itself here, because a function is
//! frozen between invocations: what is due later, and what goes out, is done by the server on that database.

pub mod answer;
pub mod invocation;
pub mod measure;
mod percent;
pub mod program;
pub mod queue;
pub mod request;
pub mod settings;

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

use program::Program;

/// Serves invocations until the environment is taken away.
pub async fn run(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(), lambda_runtime::Error> {
    let program = Arc::new(Program::start(variables.into_iter().collect()).await?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let program = Arc::clone(&program);
        async move { invocation::answer(&program, event.payload.get()).await }
    }))
    .await
}

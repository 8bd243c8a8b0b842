//! What goes wrong on the EHR routes, in the form that practice systems know.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use pontic_core::fault::Fault;
use serde::Serialize;

use super::problem::Problem;
use super::request_id;

/// A refusal in the form of the EHR routes.
#[derive(Debug)]
pub struct Failure {
    /// The status.
    pub status: StatusCode,
    /// The word for it.
    pub error: &'static str,
    /// Fields at fault.
    pub errors: Vec<Fault>,
    /// When to come back, in seconds.
    pub retry_after_s: Option<u64>,
}

impl Failure {
    /// Of that status, with nothing to add.
    pub fn new(status: StatusCode, error: &'static str) -> Self {
        Self {
            status,
            error,
            errors: Vec::new(),
            retry_after_s: None,
        }
    }

    /// 400: these are at fault.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        Self {
            errors,
            ..Self::new(StatusCode::BAD_REQUEST, "validation_failed")
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status,
            error: problem.code,
            errors: problem.errors,
            retry_after_s: problem.retry_after_s,
        }
    }
}

#[derive(Serialize)]
struct FailureBody<'a> {
    success: bool,
    error: &'a str,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(rename = "requestId")]
    request_id: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = FailureBody {
            success: false,
            error: self.error,
            errors: &self.errors,
            request_id: request_id::current(),
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(wait_s) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, wait_s.max(1).into());
        }
        response
    }
}

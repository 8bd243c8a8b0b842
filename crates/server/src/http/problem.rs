//! What goes wrong, as answers: `application/problem+json` (RFC 9457). A value from the request is never echoed.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pontic_core::decide::Refusal;
use pontic_core::fault::Fault;
use pontic_store::StoreError;
use serde::Serialize;

use crate::door::Busy;

/// Seconds after which to come back when the store cannot write.
const COME_BACK_S: u64 = 2;

/// Something that goes wrong with a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// The word for it, part of the contract.
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: &'static str,
    /// Fields at fault.
    pub errors: Vec<Fault>,
    /// When to come back, in seconds.
    pub retry_after_s: Option<u64>,
    /// How it stands, where somebody was faster: without it the sender could only guess why.
    pub current: Option<Box<serde_json::Value>>,
}

/// The result of a handler.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: &'static str) -> Self {
        Self {
            status,
            code,
            detail,
            errors: Vec::new(),
            retry_after_s: None,
            current: None,
        }
    }

    /// 400 or 422: fields are at fault.
    pub fn invalid(status: StatusCode, errors: Vec<Fault>) -> Self {
        Self {
            errors,
            ..Self::new(
                status,
                "validation_failed",
                "Some fields cannot be used; all of them are listed.",
            )
        }
    }

    /// 422: events of that type are not understood here.
    pub fn unknown_event_type() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknown_event_type",
            "Events of this type are not understood here.",
        )
    }

    /// 400: the body is not what the strict door lets in.
    pub fn body(fault: Fault) -> Self {
        let code = fault.reason.as_str();
        if code == "too_large" {
            return Self::too_large();
        }
        let code = if matches!(code, "invalid_type" | "required") {
            "validation_failed"
        } else {
            code
        };
        Self {
            errors: vec![fault],
            ..Self::new(StatusCode::BAD_REQUEST, code, "The body cannot be read.")
        }
    }

    /// 400: a parameter of the address.
    pub fn parameter(name: &'static str, reason: pontic_core::fault::Reason) -> Self {
        Self::invalid(StatusCode::BAD_REQUEST, vec![Fault::new(name, reason)])
    }

    /// What the framework refuses before anybody of ours sees it.
    pub fn of_the_framework(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::BAD_REQUEST => "bad_request",
            StatusCode::UPGRADE_REQUIRED => "upgrade_required",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
            _ if status.is_client_error() => "bad_request",
            _ => "internal",
        };
        Self::new(status, code, "The request cannot be read.")
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "A valid token is needed.",
        )
    }

    /// 403.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "This token may not do that.",
        )
    }

    /// 404; also for what belongs to another lab.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// 404: a clinic's link leads nowhere, not yet or not any more.
    pub fn link(code: &'static str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            code,
            "There is no visit to look at behind this link.",
        )
    }

    /// 405.
    pub fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This cannot be done here.",
        )
    }

    /// 408: the body did not come.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "The body did not come in time.",
        )
    }

    /// 409 with a code of the contract.
    pub fn conflict(code: &'static str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            code,
            "It does not fit how things stand.",
        )
    }

    /// 413.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The request is larger than its limit.",
        )
    }

    /// 415.
    pub fn media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "This content type is not understood here.",
        )
    }

    /// 409: what we told others comes back to us.
    pub fn own_news() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "own_event",
            "This installation sent that itself: a subscription leads back to it.",
        )
    }

    /// 429.
    pub fn rate_limited(wait_s: u64) -> Self {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests; come back later.",
        );
        Self {
            retry_after_s: Some(wait_s),
            ..problem
        }
    }

    /// 500.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something broke here; it was not accepted.",
        )
    }

    /// 503.
    pub fn unavailable() -> Self {
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The store cannot be used now; nothing was accepted.",
        );
        Self {
            retry_after_s: Some(COME_BACK_S),
            ..problem
        }
    }

    /// A refusal of a request of our own API; `invalid` is the status for fields at fault.
    pub fn refused(refusal: Refusal, invalid: StatusCode) -> Self {
        match refusal {
            Refusal::Invalid(errors) => Self::invalid(invalid, errors),
            Refusal::Conflict(code) => Self::conflict(code),
            Refusal::Unknown(code) => Self::new(invalid, code, "What it speaks of does not exist."),
            Refusal::Stale => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version_mismatch",
                "It was changed since it was read.",
            ),
            Refusal::Forbidden(fault) => Self {
                errors: vec![fault],
                ..Self::forbidden()
            },
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict => Self::unavailable(),
            _ => Self::internal(),
        }
    }
}

impl From<Busy> for Problem {
    fn from(_: Busy) -> Self {
        Self::unavailable()
    }
}

/// The body of a problem. `requestId` is put in at the gate, which knows it.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(rename = "requestId")]
    request_id: String,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<&'a serde_json::Value>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: format!("urn:pontic:problem:{}", self.code),
            title: self.code,
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            request_id: super::request_id::current(),
            errors: &self.errors,
            current: self.current.as_deref(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait_s) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, wait_s.max(1).into());
        }
        response
    }
}

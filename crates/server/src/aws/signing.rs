//! AWS's signature of a request (Signature Version 4).

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as signature};
use aws_sigv4::sign::v4;
use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;

use super::CallFailed;

/// What a signature is good for.
pub struct Scope<'a> {
    /// Where.
    pub region: &'a str,
    /// For whom.
    pub service: &'a str,
    /// When; AWS refuses what is more than some minutes off.
    pub now: Timestamp,
}

/// Puts the signature, and what belongs to it, into the request's headers.
pub fn sign(
    request: &mut Request<Body>,
    body: &[u8],
    credentials: Credentials,
    scope: &Scope<'_>,
) -> Result<(), CallFailed> {
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.now.into())
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| CallFailed::Unsigned)?
        .into();
    let headers: Option<Vec<(&str, &str)>> = request
        .headers()
        .iter()
        .map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let headers = headers.ok_or(CallFailed::Unsigned)?;
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        headers.into_iter(),
        SignableBody::Bytes(body),
    );
    let signed = signable.and_then(|signable| signature(signable, &params));
    let (instructions, _) = signed.map_err(|_| CallFailed::Unsigned)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_aws_computes() {
        // The `post-vanilla` case of AWS's own test suite for this signature.
        let mut request = Request::post("https://example.amazonaws.com/")
            .body(Body::empty())
            .expect("a request");
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        let scope = Scope {
            region: "us-east-1",
            service: "service",
            now: "2015-08-30T12:36:00Z".parse().expect("a time"),
        };
        sign(&mut request, b"", credentials, &scope).expect("signed");
        let header = |name: &str| request.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("x-amz-date"), "20150830T123600Z");
        assert_eq!(
            header("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }
}

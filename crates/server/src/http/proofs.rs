//! Signatures and photos: checked, kept sealed, with the SHA-256 of what came.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, FromRequest, Multipart, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{self, LabId, format_uuid, hex, uuid_v7};
use pontic_core::time;
use pontic_store::batch::Proof;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use super::body;
use super::drawing::is_drawing;
use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;

/// Whose proof it is, for tokens that are not bound to a lab.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ProofQuery {
    /// Of that lab.
    lab_id: Option<String>,
}

/// Keep a signature or photo: multipart, one file (JPEG, PNG, WebP or SVG), `labId` where the token is not bound to a lab.
#[utoipa::path(post, path = "/v1/proofs", tag = "work", params(ProofQuery), request_body(content = Vec<u8>, content_type = "multipart/form-data"),
    responses((status = 201, body = Value), (status = 400), (status = 413), (status = 415)))]
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ProofQuery>,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let (parts, stream) = request.into_parts();
    let is_multipart = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !is_multipart.is_some_and(|value| value.starts_with("multipart/form-data")) {
        return Err(Problem::media_type());
    }
    let bytes = body::read(stream, body::PROOF).await?;
    let request = Request::from_parts(parts, Body::from(bytes));
    let multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_| malformed())?;
    let form = read_form(multipart).await?;
    let asked = form
        .lab_id
        .as_deref()
        .or(said(query.lab_id.as_deref()))
        .map(LabId::known);
    let lab_id = asked
        .or_else(|| caller.lab_id.clone())
        .ok_or_else(|| Problem::parameter("labId", Reason::Required))?;
    id::check(lab_id.as_str()).map_err(|reason| Problem::parameter("labId", reason))?;
    if !caller.sees(&lab_id) {
        return Err(Problem::not_found());
    }
    let file = form
        .file
        .ok_or_else(|| Problem::parameter("file", Reason::Required))?;
    let media_type = media_type(&file).ok_or_else(Problem::media_type)?;
    let now = app.clock.now();
    let mut tail = [0; 10];
    getrandom::fill(&mut tail).map_err(|_| Problem::internal())?;
    let proof = Proof {
        id: format_uuid(uuid_v7(
            u64::try_from(now.as_millisecond()).unwrap_or(0),
            tail,
        )),
        lab_id,
        media_type: media_type.to_owned(),
        sha256: hex(&Sha256::digest(&file)),
        size: u64::try_from(file.len()).unwrap_or(u64::MAX),
        at: now,
    };
    let answer = json!({ "id": proof.id, "labId": proof.lab_id, "mediaType": proof.media_type, "size": proof.size, "sha256": proof.sha256, "at": time::format(proof.at) });
    app.read(move |store| store.put_proof(&proof, &file))
        .await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

#[derive(Default)]
struct Form {
    lab_id: Option<String>,
    file: Option<Vec<u8>>,
}

async fn read_form(mut multipart: Multipart) -> Answer<Form> {
    let mut form = Form::default();
    while let Some(field) = multipart.next_field().await.map_err(|_| malformed())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "labId" {
            form.lab_id = Some(field.text().await.map_err(|_| malformed())?)
                .filter(|text| !text.trim().is_empty());
        } else if field.file_name().is_some() || name == "file" {
            if form.file.is_some() {
                return Err(Problem::parameter("file", Reason::Mismatch));
            }
            form.file = Some(field.bytes().await.map_err(|_| malformed())?.to_vec());
        }
    }
    Ok(form)
}

fn malformed() -> Problem {
    Problem::invalid(
        StatusCode::BAD_REQUEST,
        vec![Fault::new("$", Reason::InvalidFormat)],
    )
}

/// What the bytes are, whatever their sender says: JPEG, PNG, WebP, or an SVG that holds nothing but a drawing.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    is_drawing(bytes).then_some("image/svg+xml")
}

/// The bytes of a proof. Browsers are told to save it, not to show it.
#[utoipa::path(get, path = "/v1/proofs/{id}", tag = "work", params(("id" = String, Path)), responses((status = 200, content_type = "image/*"), (status = 404)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let found = app
        .read(move |store| store.proof(caller.lab_id.as_ref(), &id))
        .await?;
    let (proof, bytes) = found.ok_or_else(Problem::not_found)?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(&proof.media_type).map_err(|_| Problem::internal())?,
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    headers.insert(
        "x-content-sha256",
        HeaderValue::from_str(&proof.sha256).map_err(|_| Problem::internal())?,
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bytes_are() {
        for (bytes, expected) in [
            (b"\xff\xd8\xff\xe0rest".as_slice(), Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\nrest", Some("image/png")),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Some("image/webp")),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>",
                Some("image/svg+xml"),
            ),
            (b"<svg><script>alert(1)</script></svg>", None),
            (b"<svg onload='alert(1)'></svg>", None),
            (b"<svg><a xlink:href='https://elsewhere'/></svg>", None),
            (b"GIF89a", None),
            (b"", None),
        ] {
            assert_eq!(media_type(bytes), expected);
        }
    }
}

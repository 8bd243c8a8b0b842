//! How notices are worded.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::event::{Body, TemplateRemoved, TemplateSet};
use pontic_core::fault::Reason;
use pontic_core::id::LabId;
use pontic_core::notice::{Language, NoticeKind};
use pontic_core::record::{Entity as _, Kind};
use pontic_core::subscription::ALL_LABS;
use pontic_core::template::Template;
use pontic_store::page::{Filter, Paging};
use pontic_wire::resource;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::body;
use super::directory::act;
use super::paging::{List, said};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;
use crate::notify::wording;
use crate::shape;

/// More than all kinds in all languages.
const ALL: usize = 200;

/// Which words of a kind.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct TemplateQuery {
    /// That lab's; absent: those of all labs, or of the lab that the token is bound to.
    lab_id: Option<String>,
    /// `en` (usual) or `de`.
    language: Option<String>,
}

impl TemplateQuery {
    /// The lab, and the language. A lab that the caller does not see has none.
    fn place(&self, caller: &Caller) -> Answer<(LabId, Language)> {
        let lab = said(self.lab_id.as_deref()).map(LabId::known);
        let lab = lab.or_else(|| caller.lab_id.clone());
        let lab = lab.unwrap_or_else(|| LabId::known(ALL_LABS));
        if !caller.sees(&lab) {
            return Err(Problem::not_found());
        }
        let language = said(self.language.as_deref()).map_or(Ok(Language::English), |word| {
            Language::from_word(word)
                .ok_or_else(|| Problem::parameter("language", Reason::UnknownValue))
        })?;
        Ok((lab, language))
    }
}

fn kind_of(word: &str) -> Answer<NoticeKind> {
    NoticeKind::from_word(word).ok_or_else(Problem::not_found)
}

/// All words that were chosen; where there are none of a kind, ours count.
#[utoipa::path(get, path = "/v1/templates", tag = "notices", responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<List>> {
    let filter = Filter {
        lab_id: caller.lab_id.clone(),
        ..Filter::default()
    };
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let (filter, paging) = (filter.clone(), Paging { after, limit: ALL });
        let page = app
            .read(move |store| store.list(Kind::Template, &filter, &paging))
            .await?;
        let templates = page.items.iter().filter_map(Template::from_record);
        items.extend(templates.filter(|one| !one.removed).map(shape::template));
        after = page.next;
        if after.is_none() {
            return Ok(Json(List { items, next: None }));
        }
    }
}

/// The words of a kind.
#[utoipa::path(get, path = "/v1/templates/{kind}", tag = "notices", params(("kind" = String, Path), TemplateQuery), responses((status = 200, body = Value), (status = 404)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    Query(query): Query<TemplateQuery>,
) -> Answer<Json<Value>> {
    let (lab, language) = query.place(&caller)?;
    let id = Template::id_of(kind_of(&kind)?, language);
    let found = find(&app, lab, id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(shape::template(&found)))
}

async fn find(app: &App, lab: LabId, id: String) -> Answer<Option<Template>> {
    let records = app
        .read(move |store| store.get(Kind::Template, Some(&lab), &id))
        .await?;
    let templates = records.iter().filter_map(Template::from_record);
    let mut live = templates.filter(|one| !one.removed);
    Ok(live.next().cloned())
}

/// Choose the words of a kind: `{ labId?, language?, subject, text, html?, sms? }`. What cannot be filled in is refused with its member
/// and line. Without `labId` it is for all labs that have no words of their own.
#[utoipa::path(put, path = "/v1/templates/{kind}", tag = "notices", params(("kind" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 201, body = Value), (status = 400), (status = 412)))]
pub async fn put(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let kind = kind_of(&kind)?;
    body::require_json(&headers)?;
    let expected = body::if_match(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let mut set: TemplateSet = {
        let json = body::parse(&bytes, false)?;
        resource::template(kind, &json, expected)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let faults = wording::faults(&set.template);
    if !faults.is_empty() {
        return Err(Problem::invalid(StatusCode::BAD_REQUEST, faults));
    }
    if let (Some(lab), ALL_LABS) = (&caller.lab_id, set.template.lab_id.as_str()) {
        set.template.lab_id = lab.clone();
    }
    let (lab, id) = (set.template.lab_id.clone(), set.template.id.clone());
    let is_new = find(&app, lab.clone(), id.clone()).await?.is_none();
    act(&app, &caller, Body::from(set)).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let found = find(&app, lab, id).await?.ok_or_else(Problem::internal)?;
    Ok((status, Json(shape::template(&found))))
}

/// Go back to our words.
#[utoipa::path(delete, path = "/v1/templates/{kind}", tag = "notices", params(("kind" = String, Path), TemplateQuery), responses((status = 204), (status = 404)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    Query(query): Query<TemplateQuery>,
) -> Answer<StatusCode> {
    let (lab_id, language) = query.place(&caller)?;
    let id = Template::id_of(kind_of(&kind)?, language);
    find(&app, lab_id.clone(), id.clone())
        .await?
        .ok_or_else(Problem::not_found)?;
    act(&app, &caller, Body::from(TemplateRemoved { lab_id, id })).await?;
    Ok(StatusCode::NO_CONTENT)
}

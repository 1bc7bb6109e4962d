//! The two routes of the Chalice project, for front ends that were built for it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use model::object_key::Extension;
use model::{Mail, Response, ResponseKey};
use serde::{Deserialize, Serialize};

use super::uploads::Wanted;
use crate::App;
use crate::caller::{Caller, Scope};
use crate::extract::{Path, Query};
use crate::problem::Problem;

/// How many responses of one respondent are shown.
const MOST_VIDEOS: usize = 1000;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/presignedurl/{project}/{step}", get(presigned_url))
        .route("/videos", get(videos))
}

#[derive(Deserialize)]
struct ByMail {
    mail: Option<String>,
}

impl ByMail {
    fn mail(&self) -> Result<Mail, Problem> {
        let mail = self
            .mail
            .as_deref()
            .ok_or_else(|| Problem::invalid("mail", "mail is missing: add ?mail="))?;
        Ok(mail.parse()?)
    }
}

#[derive(Serialize)]
struct Presigned {
    url: String,
    fields: BTreeMap<String, String>,
}

/// A form for a recording of a browser, whose size nobody knows yet.
async fn presigned_url(
    State(app): State<App>,
    caller: Caller,
    Path((project, step)): Path<(String, String)>,
    Query(query): Query<ByMail>,
) -> Result<impl IntoResponse, Problem> {
    let key = ResponseKey {
        project: project.parse()?,
        step: step.parse()?,
        mail: query.mail()?,
    };
    let wanted = Wanted {
        key,
        extension: Extension::Webm,
        size: None,
    };
    let (_, ticket) = app.ask(&caller, &wanted).await?;
    let presigned = Presigned {
        url: ticket.url,
        fields: ticket.fields,
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(presigned)))
}

/// A response by the attributes that the Chalice project had.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Video {
    project_step: String,
    mail: String,
    #[serde(rename = "video", skip_serializing_if = "Option::is_none")]
    video: Option<String>,
}

impl From<Response> for Video {
    fn from(response: Response) -> Self {
        let (project_step, mail) = (response.key.project_step(), response.key.mail.to_string());
        Self {
            project_step,
            mail,
            video: response.video,
        }
    }
}

async fn videos(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ByMail>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Read)?;
    let mail = query.mail()?;
    let mut responses = app.table.list_mail(&mail, MOST_VIDEOS, None).await?.responses;
    // An item of the Chalice project may have capitals in its mail.
    let stored = Mail::stored(query.mail.as_deref().unwrap_or_default())?;
    if stored != mail {
        responses.extend(app.table.list_mail(&stored, MOST_VIDEOS, None).await?.responses);
    }
    let videos: Vec<Video> = responses.into_iter().map(Video::from).collect();
    Ok(([(CACHE_CONTROL, "no-store")], Json(videos)))
}

//! The two routes of the Chalice project, for front ends that were built for it. What else they put into a query
//! is passed over, as it was there.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use model::object_key::Extension;
use model::{Response, ResponseKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::respondents::list_of;
use crate::App;
use crate::asking::{Method, Ticket, Wanted};
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

/// A form, as boto3 gives it.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Presigned post")]
pub struct PresignedPost {
    /// Where to post the file.
    url: String,
    /// The fields that go before the file.
    fields: BTreeMap<String, String>,
}

/// A form for a recording of a browser, whose size nobody knows yet.
async fn presigned_url(
    State(app): State<App>,
    caller: Caller,
    Path((project, step)): Path<(String, String)>,
    Query(query): Query<ByMail>,
) -> Result<impl IntoResponse, Problem> {
    let email = query
        .mail
        .ok_or_else(|| Problem::invalid("mail", "mail is missing: add ?mail="))?;
    let key = ResponseKey {
        project: project.parse()?,
        step: step.parse()?,
        email: email.parse()?,
    };
    let wanted = Wanted {
        key,
        extension: Extension::Webm,
        size: None,
        method: Method::Post,
    };
    match app.ask(&caller, &wanted).await? {
        (_, Ticket::Post { url, fields, .. }) => Ok(Json(PresignedPost { url, fields })),
        (_, Ticket::Multipart { .. }) => Err(Problem::not_in_parts()),
    }
}

/// A response by the attributes that the Chalice project had.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Video {
    /// `{project}-{step}`.
    project_step: String,
    /// The respondent's email.
    #[serde(rename = "Mail")]
    email: String,
    /// The object key of the last take that arrived.
    #[serde(rename = "video", skip_serializing_if = "Option::is_none")]
    video: Option<String>,
}

impl From<Response> for Video {
    fn from(response: Response) -> Self {
        let (project_step, email) = (response.key.project_step(), response.key.email.to_string());
        Self {
            project_step,
            email,
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
    let list = list_of("mail", query.mail.as_deref())?;
    let page = app.table.list(&list, MOST_VIDEOS, None).await?;
    let videos: Vec<Video> = page.responses.into_iter().map(Video::from).collect();
    Ok(Json(videos))
}

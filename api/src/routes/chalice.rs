//! The two routes of the Chalice project, for front ends that were built for it. As there, other parameters of the query
//! are ignored.

use std::collections::BTreeMap;

use axum::extract::State;
use model::object_key::Extension;
use model::{Email, Response, ResponseKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::respondents::list_of;
use crate::App;
use crate::caller::{Caller, Reader};
use crate::examples;
use crate::extract::{Query, StepPath};
use crate::operation::{JsonReply, Operation, Success, get};
use crate::problem::{Problem, ProblemKind};
use crate::upload_request::{Method, PostUpload, UploadInstructions, UploadRequest};

/// The maximum number of responses in the list of a respondent.
const MAX_VIDEOS: usize = 1000;

pub fn operations() -> Vec<Operation> {
    vec![
        get(
            "/presignedurl/{project}/{step}",
            presigned_url,
            "presignedPost",
            "Issues a form for a WebM recording, as the Chalice project did.",
        )
        .replies("The form.", examples::presigned_post)
        .problems(&[ProblemKind::AlreadyAnswered, ProblemKind::BeingDeleted]),
        get(
            "/videos",
            videos,
            "listVideos",
            "Lists the responses of a respondent, as the Chalice project did.",
        )
        .replies("The responses.", examples::videos),
    ]
}

/// The respondent, by the parameter's name in the Chalice project.
#[derive(Deserialize, JsonSchema)]
struct MailParams {
    /// The respondent's email.
    #[schemars(required, with = "Email")]
    mail: Option<String>,
}

/// A form, as boto3 returns it.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Presigned post", rename = "PresignedPost")]
struct ChaliceForm {
    /// The URL for the POST.
    url: String,
    /// The form's fields, which come before the file.
    fields: BTreeMap<String, String>,
}

/// Issues a form for a recording of a browser, whose size is not known yet.
async fn presigned_url(
    State(app): State<App>,
    caller: Caller,
    StepPath { project, step }: StepPath,
    Query(query): Query<MailParams>,
) -> Result<Success<ChaliceForm>, Problem> {
    let email = query
        .mail
        .ok_or_else(|| Problem::invalid("mail", "mail is missing: add ?mail="))?
        .parse()?;
    let request = UploadRequest {
        key: ResponseKey { project, step, email },
        extension: Extension::Webm,
        size: None,
        method: Method::Post,
    };
    match app.request_upload(&caller, &request).await? {
        (_, UploadInstructions::Post(PostUpload { url, fields, .. })) => {
            Ok(JsonReply(ChaliceForm { url, fields }))
        }
        (_, UploadInstructions::Multipart(_)) => Err(Problem::not_in_parts()),
    }
}

/// A response, with the attributes of the Chalice project.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(title = "Chalice video")]
struct ChaliceVideo {
    /// `{project}-{step}`.
    project_step: String,
    /// The respondent's email.
    #[serde(rename = "Mail")]
    email: String,
    /// The object key of the newest take.
    #[serde(rename = "video", skip_serializing_if = "Option::is_none")]
    video: Option<String>,
}

impl From<Response> for ChaliceVideo {
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
    _: Reader,
    Query(query): Query<MailParams>,
) -> Result<Success<Vec<ChaliceVideo>>, Problem> {
    let list = list_of("mail", query.mail.as_deref())?;
    let page = app.table.list(&list, MAX_VIDEOS, None).await?;
    let videos = page.responses.into_iter().map(ChaliceVideo::from);
    Ok(JsonReply(videos.collect()))
}

//! `/projects/{project}[/steps/{step}]/responses`: request an upload; list, get, retry and delete responses.

use aws::table::{ListQuery, WriteOutcome};
use axum::extract::State;
use model::lifecycle::{Change, Ignored};
use model::object_key::Extension;
use model::preset::WEB;
use model::{Email, Project, Response, ResponseKey, Status, Step, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::caller::{Caller, Reader, Writer};
use crate::examples;
use crate::extract::{Json, Path, Query, ResponsePath, StepPath};
use crate::limits::MAX_OBJECT_SIZE;
use crate::operation::{Accepted, Created, JsonReply, Operation, Success, delete, get, post};
use crate::pages::{ListParams, ResponsePage};
use crate::problem::{Problem, ProblemKind};
use crate::upload_request::{Method, UploadInstructions, UploadRequest};
use crate::views::{Playback, VideoResponse};

const STEP_RESPONSES: &str = "/projects/{project}/steps/{step}/responses";
const PROJECT_RESPONSES: &str = "/projects/{project}/responses";
const RESPONSE: &str = "/projects/{project}/steps/{step}/responses/{email}";
const RETRY: &str = "/projects/{project}/steps/{step}/responses/{email}/retry";

pub fn operations() -> Vec<Operation> {
    vec![
        post(
            STEP_RESPONSES,
            request_upload,
            "requestUpload",
            "Requests an upload. An existing response changes only when the file arrives.",
        )
        .takes(examples::upload_requests)
        .replies("How to send the file.", examples::issued_uploads)
        .problems(&[ProblemKind::AlreadyAnswered, ProblemKind::BeingDeleted]),
        get(
            STEP_RESPONSES,
            list_step,
            "listStep",
            "Lists the responses to a step, newest first.",
        )
        .replies("A page of the list.", examples::pages),
        get(
            PROJECT_RESPONSES,
            list_project,
            "listProject",
            "Lists the responses to all steps of a project, newest first.",
        )
        .replies("A page of the list.", examples::pages),
        get(
            RESPONSE,
            show,
            "getResponse",
            "Returns a response; if it is ready, with playback URLs.",
        )
        .replies("The response.", examples::shown_responses)
        .problems(&[ProblemKind::NoSuchResponse]),
        post(
            RETRY,
            retry,
            "retryResponse",
            "Transcodes the newest take again, if its transcode failed.",
        )
        .replies(
            "A new job will be created, or one is running already.",
            examples::retried_response,
        )
        .problems(&[
            ProblemKind::NoSuchResponse,
            ProblemKind::NotFailed,
            ProblemKind::BeingDeleted,
        ]),
        delete(
            RESPONSE,
            delete_response,
            "deleteResponse",
            "Deletes a response with all its takes, renditions and jobs.",
        )
        .replies("The response is being deleted.", examples::deletion_receipt)
        .problems(&[ProblemKind::NoSuchResponse]),
    ]
}

/// A request for an upload.
#[derive(Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with email, content_type and size"
)]
#[schemars(title = "Upload request", rename = "UploadRequest")]
struct UploadRequestBody {
    /// The respondent's email: ASCII, case-insensitive.
    #[schemars(
        length(max = 254),
        regex(pattern = r#"^[!"&-.0->A-\[\]-z|~]+@[!"&-.0->A-\[\]-z|~]+$"#)
    )]
    email: String,
    /// The file's media type, such as `video/mp4`. Its parameters are ignored.
    #[schemars(extend("pattern" = media_type_pattern()))]
    content_type: String,
    /// The exact size of the file, in bytes: at most the stage's maximum, in parts more than 100 MB.
    #[schemars(range(min = 1, max = MAX_OBJECT_SIZE))]
    size: u64,
    /// How the client sends the file; `post` by default.
    #[serde(default)]
    method: Option<Method>,
}

impl UploadRequestBody {
    /// Returns the requested upload, or a problem that names the invalid field.
    fn for_step(self, project: Project, step: Step) -> Result<UploadRequest, Problem> {
        let email = self.email.parse()?;
        let extension = Extension::of_media_type(&self.content_type).ok_or_else(|| {
            let known: Vec<_> = Extension::media_types()
                .map(|(media_type, _)| media_type)
                .collect();
            let known = known.join(", ");
            Problem::invalid("content_type", format!("content_type is one of {known}"))
        })?;
        Ok(UploadRequest {
            key: ResponseKey { project, step, email },
            extension,
            size: Some(self.size),
            method: self.method.unwrap_or_default(),
        })
    }
}

/// Returns the pattern of the media types that the API takes. A client may also write them in capitals.
fn media_type_pattern() -> String {
    let known: Vec<&str> = Extension::media_types()
        .map(|(media_type, _)| media_type)
        .collect();
    format!(r"^({})[ \t]*(;[\s\S]*)?$", known.join("|").replace('.', r"\."))
}

/// The requested upload and its response.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Issued upload", rename = "IssuedUpload")]
struct UploadIssued {
    /// The response, as far as the caller may see it.
    response: VideoResponse,
    /// How to send the file.
    upload: UploadInstructions,
}

async fn request_upload(
    State(app): State<App>,
    caller: Caller,
    StepPath { project, step }: StepPath,
    Json(body): Json<UploadRequestBody>,
) -> Result<Created<UploadIssued>, Problem> {
    let request = body.for_step(project, step)?;
    let (response, upload) = app.request_upload(&caller, &request).await?;
    let response = VideoResponse::new(&response, None);
    Ok(JsonReply(UploadIssued { response, upload }))
}

async fn list_step(
    State(app): State<App>,
    _: Reader,
    StepPath { project, step }: StepPath,
    Query(params): Query<ListParams>,
) -> Result<Success<ResponsePage>, Problem> {
    let (status, params) = params.split()?;
    let list = ListQuery::of_step(&project, step, status, app.settings.adopted_items);
    Ok(JsonReply(app.page(&list, &params).await?))
}

async fn list_project(
    State(app): State<App>,
    _: Reader,
    Path(project): Path<String>,
    Query(params): Query<ListParams>,
) -> Result<Success<ResponsePage>, Problem> {
    let project: Project = project.parse()?;
    let (status, params) = params.split()?;
    let list = ListQuery::of_project(&project, status);
    Ok(JsonReply(app.page(&list, &params).await?))
}

async fn show(
    State(app): State<App>,
    _: Reader,
    path: ResponsePath,
) -> Result<Success<VideoResponse>, Problem> {
    for key in path.candidate_keys() {
        if let Some(response) = app.table.get(&key).await? {
            let playback = app.playback(&response).await?;
            return Ok(JsonReply(VideoResponse::new(&response, playback)));
        }
    }
    Err(Problem::no_such_response())
}

/// Requests a new job for a failed take. A job that is running continues.
async fn retry(
    State(app): State<App>,
    _: Writer,
    path: ResponsePath,
) -> Result<Accepted<VideoResponse>, Problem> {
    let response = match app.table.apply(&path.key, &Change::RetryJob).await? {
        WriteOutcome::Written(response) | WriteOutcome::Ignored(Ignored::Duplicate, Some(response)) => {
            response
        }
        WriteOutcome::Ignored(_, None) => return Err(Problem::no_such_response()),
        WriteOutcome::Ignored(Ignored::Deleting, _) => return Err(Problem::deleting()),
        WriteOutcome::Ignored(..) => return Err(Problem::not_failed()),
    };
    Ok(JsonReply(VideoResponse::new(&response, None)))
}

/// A receipt for the deletion of a response.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Deletion receipt")]
struct DeletionReceipt {
    /// The project.
    project: Project,
    /// The step.
    step: Step,
    /// The respondent's email.
    #[schemars(with = "Email")]
    email: String,
    /// Always `deleting`.
    #[schemars(with = "String", extend("const" = "deleting"))]
    status: Status,
    /// When the deletion was first requested.
    requested_at: Timestamp,
}

/// Begins the deletion of a response. A repeated request changes nothing.
async fn delete_response(
    State(app): State<App>,
    _: Writer,
    path: ResponsePath,
) -> Result<Accepted<DeletionReceipt>, Problem> {
    let now = aws::now();
    let mut deleting = None;
    for key in path.candidate_keys() {
        match app.table.apply(&key, &Change::Delete).await? {
            WriteOutcome::Written(response) | WriteOutcome::Ignored(Ignored::Deleting, Some(response)) => {
                deleting.get_or_insert(response);
            }
            WriteOutcome::Ignored(..) => {}
        }
    }
    let response = deleting.ok_or_else(Problem::no_such_response)?;
    Ok(JsonReply(DeletionReceipt {
        requested_at: response.deletion.map_or(now, |deletion| deletion.requested_at),
        status: response.status,
        email: response.key.email.to_string(),
        project: response.key.project,
        step: response.key.step,
    }))
}

impl App {
    /// Returns the playback URLs of a response that is ready.
    async fn playback(&self, response: &Response) -> Result<Option<Playback>, Problem> {
        let rendition = response.renditions.get(WEB.name);
        let Some(rendition) = rendition.filter(|_| response.status == Status::Ready) else {
            return Ok(None);
        };
        let lifetime = self.settings.playback_lifetime;
        let expires_at = aws::now().plus_seconds(lifetime.as_secs().cast_signed());
        let name = |ending| format!("{}.{ending}", response.key.project_step());
        let sign = async |key, media_type, ending| {
            self.renditions
                .signed_url(key, media_type, &name(ending), lifetime)
                .await
        };
        let poster_url = match &rendition.poster {
            Some(poster) if poster.ends_with(".jpg") => Some(sign(poster, "image/jpeg", "jpg").await?),
            Some(poster) => Some(sign(poster, "image/png", "png").await?),
            None => None,
        };
        Ok(Some(Playback {
            url: sign(&rendition.key, "video/mp4", WEB.container).await?,
            poster_url,
            expires_at,
            width: rendition.width,
            height: rendition.height,
            duration_ms: rendition.duration,
            cut_at_seconds: rendition.cut_at_seconds,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::parse_body;
    use crate::schema_agreement::check_agreement;

    /// A stage limits the size further, for each method.
    #[test]
    fn upload_request_agrees_with_its_schema() {
        check_agreement("upload-request", |body| {
            let body: UploadRequestBody = parse_body(body)?;
            let allowed = (1..=MAX_OBJECT_SIZE).contains(&body.size);
            let request = body.for_step("demo".parse()?, "0".parse()?)?;
            // Within these bounds, the method decides.
            if allowed {
                Ok(())
            } else {
                request.check_size(MAX_OBJECT_SIZE)
            }
        });
    }
}

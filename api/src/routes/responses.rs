//! `/projects/{project}[/steps/{step}]/responses`: ask for an upload, list, show, try again, remove.

use aws::table::{List, Outcome};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json as JsonBody, Router};
use model::lifecycle::{Change, Ignored};
use model::object_key::Extension;
use model::preset::WEB;
use model::representation::{Playback, Representation};
use model::{Email, Project, Response, ResponseKey, Status, Step, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::asking::{Method, Ticket, Wanted};
use crate::caller::{Caller, Scope};
use crate::extract::{Json, Path, Query};
use crate::listing::FilteredPart;
use crate::problem::Problem;

pub fn routes() -> Router<App> {
    let of_step = "/projects/{project}/steps/{step}/responses";
    Router::new()
        .route("/projects/{project}/responses", get(list_project))
        .route(of_step, get(list_step).post(ask))
        .route(&format!("{of_step}/{{email}}"), get(show).delete(delete))
        .route(&format!("{of_step}/{{email}}/retry"), post(retry))
}

/// What is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with email, content_type and size"
)]
pub struct Ask {
    /// The respondent: ASCII, compared in lower case.
    #[schemars(
        length(max = 254),
        regex(pattern = r#"^[!"&-.0->A-\[\]-z|~]+@[!"&-.0->A-\[\]-z|~]+$"#)
    )]
    email: String,
    /// The file's media type; its parameters do not matter.
    #[schemars(example = "video/mp4")]
    content_type: String,
    /// The file's bytes: neither more nor fewer are taken.
    #[schemars(range(min = 1))]
    size: u64,
    /// How it is to be sent: in one post, when nothing is said.
    #[serde(default)]
    method: Method,
}

/// The upload that was asked for, and the response that it is for.
#[derive(Serialize, JsonSchema)]
pub struct UploadIssued {
    /// The response, as far as who asks may know it.
    response: Representation,
    /// How to send the file.
    upload: Ticket,
}

async fn ask(
    State(app): State<App>,
    caller: Caller,
    Path((project, step)): Path<(String, String)>,
    Json(ask): Json<Ask>,
) -> Result<impl IntoResponse, Problem> {
    let (project, step) = (project.parse()?, step.parse()?);
    let email = ask.email.parse()?;
    let extension = Extension::of_media_type(&ask.content_type).ok_or_else(|| {
        let known: Vec<_> = Extension::media_types()
            .map(|(media_type, _)| media_type)
            .collect();
        let known = known.join(", ");
        Problem::invalid("content_type", format!("content_type is one of {known}"))
    })?;
    let wanted = Wanted {
        key: ResponseKey { project, step, email },
        extension,
        size: Some(ask.size),
        method: ask.method,
    };
    let (response, upload) = app.ask(&caller, &wanted).await?;
    let response = Representation::new(&response, None);
    Ok((StatusCode::CREATED, JsonBody(UploadIssued { response, upload })))
}

async fn list_step(
    State(app): State<App>,
    caller: Caller,
    Path((project, step)): Path<(String, String)>,
    Query(part): Query<FilteredPart>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Read)?;
    let (project, step): (Project, Step) = (project.parse()?, step.parse()?);
    let (status, part) = part.split()?;
    let list = List::of_step(&project, step, status, app.settings.adopted_items);
    Ok(JsonBody(app.page(&list, &part).await?))
}

async fn list_project(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query(part): Query<FilteredPart>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Read)?;
    let project: Project = project.parse()?;
    let (status, part) = part.split()?;
    Ok(JsonBody(
        app.page(&List::of_project(&project, status), &part).await?,
    ))
}

/// A response that a path names.
struct Named {
    key: ResponseKey,
    /// An item of the Chalice project may have capitals in its email: the email as it is written here.
    stored: Email,
}

impl Named {
    fn new((project, step, email): &(String, String, String)) -> Result<Self, Problem> {
        let (project, step) = (project.parse()?, step.parse()?);
        let stored = Email::stored(email)?;
        let email = Email::existing(email)?;
        Ok(Self {
            key: ResponseKey { project, step, email },
            stored,
        })
    }

    /// The keys that it may be stored under, the usual one first.
    fn spellings(&self) -> impl Iterator<Item = ResponseKey> {
        let email = Some(self.stored.clone()).filter(|stored| *stored != self.key.email);
        let stored = email.map(|email| ResponseKey {
            email,
            ..self.key.clone()
        });
        std::iter::once(self.key.clone()).chain(stored)
    }
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<(String, String, String)>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Read)?;
    for key in Named::new(&path)?.spellings() {
        if let Some(response) = app.table.get(&key).await? {
            let playback = app.playback(&response).await?;
            return Ok(JsonBody(Representation::new(&response, playback)));
        }
    }
    Err(Problem::no_such_response())
}

/// Has a failed take transcoded once more; one that is at work already is left at it.
async fn retry(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<(String, String, String)>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Write)?;
    let key = Named::new(&path)?.key;
    let response = match app.table.apply(&key, &Change::RetryJob).await? {
        Outcome::Written(response) | Outcome::Ignored(Ignored::Duplicate, Some(response)) => response,
        Outcome::Ignored(_, None) => return Err(Problem::no_such_response()),
        Outcome::Ignored(Ignored::Deleting, _) => return Err(Problem::deleting()),
        Outcome::Ignored(..) => return Err(Problem::not_failed()),
    };
    Ok((
        StatusCode::ACCEPTED,
        JsonBody(Representation::new(&response, None)),
    ))
}

/// A receipt for the removal of a response.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Deletion receipt")]
pub struct DeletionReceipt {
    /// The project.
    project: Project,
    /// The step.
    step: Step,
    /// The respondent's email.
    #[schemars(with = "Email")]
    email: String,
    /// What it is now: `deleting`, until all of it is gone.
    status: Status,
    /// When its removal was first asked for.
    requested_at: Timestamp,
}

/// Has all that there is of a response removed; asking again changes nothing.
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(path): Path<(String, String, String)>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Write)?;
    let now = aws::now();
    let mut deleting = None;
    for key in Named::new(&path)?.spellings() {
        match app.table.apply(&key, &Change::Delete).await? {
            Outcome::Written(response) | Outcome::Ignored(Ignored::Deleting, Some(response)) => {
                deleting.get_or_insert(response);
            }
            Outcome::Ignored(..) => {}
        }
    }
    let response = deleting.ok_or_else(Problem::no_such_response)?;
    let receipt = DeletionReceipt {
        requested_at: response.deletion.map_or(now, |deletion| deletion.requested_at),
        status: response.status,
        email: response.key.email.to_string(),
        project: response.key.project,
        step: response.key.step,
    };
    Ok((StatusCode::ACCEPTED, JsonBody(receipt)))
}

impl App {
    async fn playback(&self, response: &Response) -> Result<Option<Playback>, Problem> {
        let rendition = response.renditions.get(WEB.name);
        let Some(rendition) = rendition.filter(|_| response.status == Status::Ready) else {
            return Ok(None);
        };
        let life = self.settings.playback_life;
        let expires_at = aws::now().plus_seconds(life.as_secs().cast_signed());
        let name = |ending| format!("{}.{ending}", response.key.project_step());
        let sign = async |key, media_type, ending| {
            self.renditions
                .signed_url(key, media_type, &name(ending), life)
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

//! `/projects/{project}/steps/{step}/responses`: ask for an upload, list, show.

use aws::table::Position;
use aws_smithy_types::base64;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json as JsonBody, Router};
use model::object_key::Extension;
use model::preset::WEB;
use model::representation::{Playback, Representation};
use model::{Mail, Project, Response, ResponseKey, Step};
use serde::{Deserialize, Serialize};

use super::uploads::{Ticket, Wanted};
use crate::App;
use crate::caller::{Caller, Scope};
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;

const LARGEST_PAGE: usize = 100;
const USUAL_PAGE: usize = 50;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/steps/{step}/responses", get(list).post(ask))
        .route("/projects/{project}/steps/{step}/responses/{mail}", get(show))
}

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    mail: String,
    content_type: String,
    size: u64,
}

#[derive(Serialize)]
struct Asked {
    response: Representation,
    upload: Ticket,
}

async fn ask(
    State(app): State<App>,
    caller: Caller,
    Path((project, step)): Path<(String, String)>,
    Json(ask): Json<Ask>,
) -> Result<impl IntoResponse, Problem> {
    let key = ResponseKey {
        project: project.parse()?,
        step: step.parse()?,
        mail: ask.mail.parse()?,
    };
    let extension = Extension::of_media_type(&ask.content_type).ok_or_else(|| {
        let known = Extension::ALL.map(|(_, _, media_type)| media_type).join(", ");
        Problem::invalid("content_type", format!("content_type is one of {known}"))
    })?;
    let wanted = Wanted {
        key,
        extension,
        size: Some(ask.size),
    };
    let (response, upload) = app.ask(&caller, &wanted).await?;
    let asked = Asked {
        response: Representation::new(&response, None),
        upload,
    };
    Ok((
        StatusCode::CREATED,
        [(CACHE_CONTROL, "no-store")],
        JsonBody(asked),
    ))
}

/// Which part of a list.
#[derive(Deserialize)]
struct Part {
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    responses: Vec<Representation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Path((project, step)): Path<(String, String)>,
    Query(part): Query<Part>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Read)?;
    let (project, step): (Project, Step) = (project.parse()?, step.parse()?);
    let limit = part.limit.unwrap_or(USUAL_PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Problem::invalid("limit", format!("limit is 1 to {LARGEST_PAGE}")));
    }
    let from = part.cursor.as_deref().map(parse_cursor).transpose()?;
    let page = app.table.list_step(&project, step, limit, from).await?;
    let responses = page
        .responses
        .iter()
        .map(|response| Representation::new(response, None))
        .collect();
    let listed = Listed {
        responses,
        cursor: page.next.as_ref().map(format_cursor),
    };
    Ok(([(CACHE_CONTROL, "no-store")], JsonBody(listed)))
}

fn format_cursor(position: &Position) -> String {
    let json = serde_json::to_vec(position).unwrap_or_default();
    base64::encode(json)
        .replace('+', "-")
        .replace('/', "_")
        .replace('=', "")
}

fn parse_cursor(cursor: &str) -> Result<Position, Problem> {
    let mut text = cursor.replace('-', "+").replace('_', "/");
    text.push_str(&"=".repeat(text.len().wrapping_neg() % 4));
    let json = base64::decode(text).ok();
    let position = json.and_then(|json| serde_json::from_slice(&json).ok());
    position.ok_or_else(|| Problem::invalid("cursor", "cursor is what an earlier page of this list gave"))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Path((project, step, mail)): Path<(String, String, String)>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Read)?;
    let (project, step) = (project.parse()?, step.parse()?);
    let key = ResponseKey {
        project,
        step,
        mail: mail.parse()?,
    };
    let response = app
        .find(key, &mail)
        .await?
        .ok_or_else(Problem::no_such_response)?;
    let playback = app.playback(&response).await?;
    Ok((
        [(CACHE_CONTROL, "no-store")],
        JsonBody(Representation::new(&response, playback)),
    ))
}

impl App {
    /// The response; an item of the Chalice project may have capitals in its mail.
    async fn find(&self, key: ResponseKey, mail: &str) -> Result<Option<Response>, Problem> {
        let stored = Mail::stored(mail)?;
        match self.table.get(&key).await? {
            None if stored != key.mail => Ok(self.table.get(&ResponseKey { mail: stored, ..key }).await?),
            found => Ok(found),
        }
    }

    async fn playback(&self, response: &Response) -> Result<Option<Playback>, Problem> {
        let Some(rendition) = response.renditions.get(WEB.name) else {
            return Ok(None);
        };
        let life = self.settings.playback_life;
        let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        let expires_at = aws::now().plus_seconds(seconds);
        let url = self
            .renditions
            .signed_url(&rendition.key, "video/mp4", life)
            .await?;
        let poster_url = match &rendition.poster {
            Some(poster) => Some(self.renditions.signed_url(poster, "image/png", life).await?),
            None => None,
        };
        let (width, height, duration_ms) = (rendition.width, rendition.height, rendition.duration);
        Ok(Some(Playback {
            url,
            poster_url,
            expires_at,
            width,
            height,
            duration_ms,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back() {
        for mail in ["a@b", "ab@c.de", "abc@d.efg?>"] {
            let position = Position::Undated {
                mail: Some(mail.into()),
            };
            let cursor = format_cursor(&position);
            assert!(
                cursor
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
                "{cursor}"
            );
            assert_eq!(parse_cursor(&cursor).unwrap(), position);
        }
        for odd in ["", "x", "%%%", "e30", "ä"] {
            assert!(parse_cursor(odd).is_err(), "{odd}");
        }
    }
}

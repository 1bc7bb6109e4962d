//! `/responses?email=`: all responses of a respondent, in whatever project: list them, and remove them.

use aws::table::{List, Outcome};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json as JsonBody, Router};
use model::lifecycle::{Change, decide};
use model::{Email, Project, Status, Step, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::caller::{Caller, Scope};
use crate::extract::Query;
use crate::listing::{MAX_PAGE_SIZE, Part};
use crate::problem::Problem;

/// The most responses whose removal one request begins: it has to end in time.
const MOST_REMOVALS: usize = 100;

/// The most pages that one request looks through.
const MOST_PAGES: usize = 20;

pub fn routes() -> Router<App> {
    Router::new().route("/responses", get(list).delete(erase))
}

/// Whose, and which part.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByEmail {
    email: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// Whose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    email: Option<String>,
}

/// The list of a respondent's responses, by the email in the query parameter `name`.
pub fn list_of(name: &'static str, email: Option<&str>) -> Result<List, Problem> {
    let text = email.ok_or_else(|| Problem::invalid(name, format!("{name} is missing: add ?{name}=")))?;
    let (email, stored): (Email, Email) = (Email::existing(text)?, Email::stored(text)?);
    Ok(List::of_email(&email, &stored))
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ByEmail>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Read)?;
    let list = list_of("email", query.email.as_deref())?;
    let (limit, cursor) = (query.limit, query.cursor);
    Ok(JsonBody(app.page(&list, &Part { limit, cursor }).await?))
}

/// A receipt for the erasure of a respondent.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Erasure receipt")]
pub struct ErasureReceipt {
    /// When it was asked for.
    requested_at: Timestamp,
    /// The responses whose removal began with this request.
    accepted: Vec<Erased>,
    /// How many responses are still there, those being removed among them. Ask again until there are none.
    remaining: usize,
}

/// A response that is being removed.
#[derive(Serialize, JsonSchema)]
pub struct Erased {
    /// Its project.
    project: Project,
    /// Its step.
    step: Step,
}

async fn erase(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Whose>,
) -> Result<impl IntoResponse, Problem> {
    caller.must(Scope::Write)?;
    let list = list_of("email", query.email.as_deref())?;
    let mut receipt = ErasureReceipt {
        requested_at: aws::now(),
        accepted: Vec::new(),
        remaining: 0,
    };
    let mut from = None;
    for _ in 0..MOST_PAGES {
        let page = app.table.list(&list, MAX_PAGE_SIZE, from).await?;
        receipt.remaining += page.responses.len();
        for response in page.responses {
            if response.status == Status::Deleting || receipt.accepted.len() >= MOST_REMOVALS {
                continue;
            }
            let (key, now) = (&response.key, receipt.requested_at);
            let delete = |current: Option<&_>| decide(current, key, &Change::Delete, now);
            if let Outcome::Written(deleting) = app.table.change(key, delete).await? {
                let (project, step) = (deleting.key.project, deleting.key.step);
                receipt.accepted.push(Erased { project, step });
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    Ok((StatusCode::ACCEPTED, JsonBody(receipt)))
}

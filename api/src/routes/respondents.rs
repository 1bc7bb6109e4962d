//! `/responses?email=`: lists and deletes all responses of a respondent, in all projects.

use aws::table::{ListQuery, WriteOutcome};
use axum::extract::State;
use model::lifecycle::Change;
use model::{Email, Project, Status, Step, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::caller::{Reader, Writer};
use crate::examples;
use crate::extract::Query;
use crate::operation::{Accepted, JsonReply, Operation, Success, delete, get};
use crate::pages::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageParams, ResponsePage};
use crate::problem::Problem;

/// The maximum number of responses that one request deletes, so that it ends in time.
const MAX_DELETIONS: usize = 100;

/// The maximum number of pages that one request reads.
const MAX_PAGES: usize = 20;

pub fn operations() -> Vec<Operation> {
    vec![
        get("/responses", list, "listRespondent", "Lists the responses of a respondent, by project and step.").replies("A page of the list.", examples::pages),
        delete("/responses", erase, "eraseRespondent", "Deletes all responses of a respondent, in every project. Repeat the request until `remaining` is 0.").replies("The deletion has begun.", examples::erasure_receipt),
    ]
}

/// The respondent, and which page of the list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RespondentPageParams {
    /// The respondent's email.
    #[schemars(required, with = "Email")]
    email: Option<String>,
    /// The maximum number of responses in the page.
    #[schemars(with = "Option<usize>", range(min = 1, max = MAX_PAGE_SIZE), extend("default" = DEFAULT_PAGE_SIZE))]
    limit: Option<String>,
    /// Where the page begins: the cursor of the page before it.
    cursor: Option<String>,
}

/// The respondent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RespondentParams {
    /// The respondent's email.
    #[schemars(required, with = "Email")]
    email: Option<String>,
}

/// Returns the query of a respondent's responses, by the email in the query parameter `name`.
pub fn list_of(name: &'static str, email: Option<&str>) -> Result<ListQuery, Problem> {
    let text = email.ok_or_else(|| Problem::invalid(name, format!("{name} is missing: add ?{name}=")))?;
    let (email, stored): (Email, Email) = (Email::existing(text)?, Email::stored(text)?);
    Ok(ListQuery::of_email(&email, &stored))
}

async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<RespondentPageParams>,
) -> Result<Success<ResponsePage>, Problem> {
    let list = list_of("email", query.email.as_deref())?;
    let (limit, cursor) = (query.limit, query.cursor);
    let page = app.page(&list, &PageParams { limit, cursor }).await?;
    Ok(JsonReply(page))
}

/// A receipt for the deletion of a respondent's responses.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Erasure receipt")]
struct ErasureReceipt {
    /// When the deletion was requested.
    requested_at: Timestamp,
    /// The responses whose deletion began with this request.
    #[schemars(length(max = MAX_DELETIONS))]
    accepted: Vec<ErasedResponse>,
    /// The number of responses that still exist or are being deleted. Repeat the request until it is 0.
    remaining: usize,
}

/// A response that is being deleted.
#[derive(Serialize, JsonSchema)]
struct ErasedResponse {
    /// The project.
    project: Project,
    /// The step.
    step: Step,
}

async fn erase(
    State(app): State<App>,
    _: Writer,
    Query(query): Query<RespondentParams>,
) -> Result<Accepted<ErasureReceipt>, Problem> {
    let list = list_of("email", query.email.as_deref())?;
    let mut receipt = ErasureReceipt {
        requested_at: aws::now(),
        accepted: Vec::new(),
        remaining: 0,
    };
    let mut from = None;
    for _ in 0..MAX_PAGES {
        let page = app.table.list(&list, MAX_PAGE_SIZE, from).await?;
        receipt.remaining += page.responses.len();
        for response in page.responses {
            if response.status == Status::Deleting || receipt.accepted.len() >= MAX_DELETIONS {
                continue;
            }
            let (key, now) = (&response.key, receipt.requested_at);
            if let WriteOutcome::Written(deleting) = app.table.apply_all(key, &[Change::Delete], now).await? {
                let (project, step) = (deleting.key.project, deleting.key.step);
                receipt.accepted.push(ErasedResponse { project, step });
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    Ok(JsonReply(receipt))
}

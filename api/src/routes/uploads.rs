//! `/projects/{project}/steps/{step}/uploads/{take}`: the state of an issued upload, its parts, its completion and its
//! cancellation. Each request carries the upload's token.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws::error::chain;
use aws::objects::multipart::{Completion, Multipart, StoredPart};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::Timestamp;
use model::lifecycle::Change;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::examples;
use crate::extract::Json;
use crate::limits::{MAX_PART_SIZE, MAX_PARTS};
use crate::operation::{
    Accepted, JsonReply, NoContent, Operation, Reply, Schemas, Success, delete, get, post,
};
use crate::problem::{Problem, ProblemKind};
use crate::upload_token::{AuthorizedUpload, MultipartPlan, UploadClaims};
use crate::views::{UploadState, UploadStatus};

/// The maximum number of part URLs in one reply.
const MAX_PART_URLS: usize = 100;

/// The maximum durations of S3's completion and of the whole request. API Gateway waits at most 30 seconds for an
/// integration of an HTTP API ("Quotas for HTTP APIs"); the function's own timeout is 29.
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(25);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(28);

/// The maximum number of missing parts that a problem names.
const MAX_NAMED_PARTS: usize = 10;

const UPLOAD: &str = "/projects/{project}/steps/{step}/uploads/{take}";
const PARTS: &str = "/projects/{project}/steps/{step}/uploads/{take}/parts";
const COMPLETE: &str = "/projects/{project}/steps/{step}/uploads/{take}/complete";

pub fn operations() -> Vec<Operation> {
    vec![
        get(UPLOAD, state, "getUpload", "Returns the state of an upload.")
            .replies("The state.", examples::upload_states),
        delete(
            UPLOAD,
            cancel,
            "cancelUpload",
            "Cancels an upload and deletes its parts. A form that was issued stays valid until it expires.",
        )
        .replies_without_body("The upload is canceled."),
        get(
            PARTS,
            list_parts,
            "listParts",
            "Lists the parts that have arrived, so that a client can resume the upload.",
        )
        .replies("The parts that have arrived.", examples::arrived_parts)
        .problems(&[ProblemKind::NotInParts, ProblemKind::UploadOver]),
        post(
            PARTS,
            sign_parts,
            "signParts",
            "Returns presigned URLs to PUT parts to. Each accepts a part of exactly its size.",
        )
        .takes(examples::parts_request)
        .replies("The URLs.", examples::signed_parts)
        .problems(&[ProblemKind::NotInParts]),
        post(
            COMPLETE,
            complete,
            "completeUpload",
            "Completes the upload: joins its parts. A completed upload stays so.",
        )
        .replies("The upload is complete.", examples::completed_upload)
        .replies(
            "S3 did not confirm the completion in time and may still complete it. Poll the upload's state; \
                         repeat this request if it stays awaiting-upload.",
            examples::pending_upload,
        )
        .problems(&[
            ProblemKind::NotInParts,
            ProblemKind::UploadOver,
            ProblemKind::UploadIncomplete,
        ]),
    ]
}

async fn state(State(app): State<App>, upload: AuthorizedUpload) -> Result<Success<UploadState>, Problem> {
    let response = app.table.get(&upload.response).await?;
    let state = UploadState::new(response.as_ref(), upload.take, upload.claims.until);
    Ok(JsonReply(state))
}

async fn cancel(State(app): State<App>, upload: AuthorizedUpload) -> Result<NoContent, Problem> {
    if let Ok(plan) = upload.claims.plan() {
        app.uploads.abort(multipart(&upload.claims, plan)).await?;
    }
    let change = Change::CancelUpload { take: upload.take };
    app.table.apply(&upload.response, &change).await?;
    Ok(NoContent)
}

/// The parts of an upload that have arrived.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Arrived parts", rename = "ArrivedParts")]
struct PartList {
    /// The size of each part but the last, in bytes. The last part has the rest.
    #[schemars(range(min = 1, max = MAX_PART_SIZE))]
    part_size: u64,
    /// The number of parts of the whole upload. Part numbers begin at 1.
    #[schemars(range(min = 1, max = MAX_PARTS))]
    count: u32,
    /// The parts that have arrived.
    #[schemars(length(max = MAX_PARTS))]
    parts: Vec<ArrivedPart>,
}

/// A part that has arrived.
#[derive(Serialize, JsonSchema)]
struct ArrivedPart {
    /// The part's number.
    #[schemars(range(min = 1, max = MAX_PARTS))]
    number: i32,
    /// The part's size, in bytes.
    #[schemars(range(max = MAX_PART_SIZE))]
    size: u64,
}

async fn list_parts(State(app): State<App>, upload: AuthorizedUpload) -> Result<Success<PartList>, Problem> {
    let plan = upload.claims.plan()?;
    let arrived = app.uploads.parts(multipart(&upload.claims, plan)).await?;
    let arrived = arrived.ok_or_else(Problem::upload_over)?.into_iter();
    let part = |StoredPart { number, size, .. }| ArrivedPart { number, size };
    Ok(JsonReply(PartList {
        part_size: plan.part_size,
        count: plan.count(),
        parts: arrived.map(part).collect(),
    }))
}

/// The parts that a client wants to send.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with numbers")]
#[schemars(title = "Parts request", rename = "PartsRequest")]
struct PartNumbers {
    /// The numbers of the parts, from 1.
    #[schemars(length(min = 1, max = MAX_PART_URLS), inner(range(min = 1, max = MAX_PARTS)))]
    numbers: Vec<u32>,
}

/// The URLs of parts.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Signed parts")]
struct SignedParts {
    /// A URL for each requested part.
    #[schemars(length(max = MAX_PART_URLS))]
    parts: Vec<SignedPart>,
    /// When the URLs expire.
    expires_at: Timestamp,
}

/// The URL of a part.
#[derive(Serialize, JsonSchema)]
struct SignedPart {
    /// The part's number.
    #[schemars(range(min = 1, max = MAX_PARTS))]
    number: u32,
    /// The exact size of the part, in bytes.
    #[schemars(range(min = 1, max = MAX_PART_SIZE))]
    size: u64,
    /// The URL for the PUT.
    #[schemars(url)]
    url: String,
}

impl PartNumbers {
    /// Returns a problem unless all numbers are parts of an upload with so many parts.
    fn check(&self, count: u32) -> Result<(), Problem> {
        if !(1..=MAX_PART_URLS).contains(&self.numbers.len()) {
            let detail = format!("numbers has 1 to {MAX_PART_URLS} items: request more parts later");
            return Err(Problem::invalid("numbers", detail));
        }
        let are_parts = self.numbers.iter().all(|number| (1..=count).contains(number));
        if are_parts {
            Ok(())
        } else {
            Err(invalid_number(count))
        }
    }
}

fn invalid_number(count: u32) -> Problem {
    let detail = format!("numbers are from 1 to {count}, the number of parts of this upload");
    Problem::invalid("numbers", detail)
}

async fn sign_parts(
    State(app): State<App>,
    upload: AuthorizedUpload,
    Json(wanted): Json<PartNumbers>,
) -> Result<Success<SignedParts>, Problem> {
    let plan = upload.claims.plan()?;
    wanted.check(plan.count())?;
    let expires_at = upload.claims.until;
    let lifetime = lifetime_until(expires_at);
    let mut parts = Vec::with_capacity(wanted.numbers.len());
    for number in wanted.numbers {
        let (Some(size), Ok(part)) = (plan.size_of(number), i32::try_from(number)) else {
            return Err(invalid_number(plan.count()));
        };
        let url = app
            .uploads
            .signed_part(multipart(&upload.claims, plan), part, size, lifetime)
            .await?;
        parts.push(SignedPart { number, size, url });
    }
    Ok(JsonReply(SignedParts { parts, expires_at }))
}

/// The reply to a completion.
enum CompletionReply {
    Complete(UploadState),
    Pending(UploadState),
}

impl IntoResponse for CompletionReply {
    fn into_response(self) -> Response {
        match self {
            Self::Complete(state) => Success::<_>::into_response(JsonReply(state)),
            Self::Pending(state) => Accepted::<_>::into_response(JsonReply(state)),
        }
    }
}

impl Reply for CompletionReply {
    fn describe(schemas: &mut Schemas) -> Vec<(StatusCode, Option<(&'static str, Schema)>)> {
        let complete = Success::<UploadState>::describe(schemas);
        let pending = Accepted::<UploadState>::describe(schemas);
        complete.into_iter().chain(pending).collect()
    }
}

/// Completes the upload when all of its parts have arrived. If S3 does not confirm this in time, S3's event reports the
/// file later.
async fn complete(State(app): State<App>, upload: AuthorizedUpload) -> Result<CompletionReply, Problem> {
    let begun = Instant::now();
    let plan = upload.claims.plan()?;
    let parts_of = multipart(&upload.claims, plan);
    let completion = match app.uploads.parts(parts_of).await? {
        None => Completion::NoSuchUpload,
        Some(arrived) => {
            check_arrived(&arrived, plan)?;
            let timeout = completion_timeout(begun.elapsed());
            app.uploads.complete(parts_of, arrived, timeout).await?
        }
    };
    let state = |status| UploadState {
        take: upload.take,
        status,
        expires_at: upload.claims.until,
        failure: None,
    };
    match completion {
        Completion::Completed => Ok(CompletionReply::Complete(state(UploadStatus::Uploaded))),
        Completion::NoSuchUpload if app.is_stored(&upload, plan).await? => {
            Ok(CompletionReply::Complete(state(UploadStatus::Uploaded)))
        }
        Completion::NoSuchUpload => Err(Problem::upload_over()),
        Completion::Unknown(error) => {
            tracing::warn!(error = chain(&error), "the outcome of a completion is unknown");
            Ok(CompletionReply::Pending(state(UploadStatus::AwaitingUpload)))
        }
    }
}

impl App {
    /// Returns whether the whole file is in the bucket.
    async fn is_stored(&self, upload: &AuthorizedUpload, plan: &MultipartPlan) -> Result<bool, Problem> {
        let found = self.uploads.find(&upload.claims.key).await?;
        Ok(found.is_some_and(|(key, size)| key == upload.claims.key && size == plan.size))
    }
}

/// Returns the timeout of S3's completion when a part of the request's time has passed.
fn completion_timeout(passed: Duration) -> Duration {
    let left = REQUEST_TIMEOUT.saturating_sub(passed);
    left.clamp(Duration::from_secs(1), COMPLETION_TIMEOUT)
}

/// Returns the remaining lifetime of a URL: at least a second, the minimum of a signature.
fn lifetime_until(until: Timestamp) -> Duration {
    let millis = until.as_millis() - aws::now().as_millis();
    Duration::from_millis(millis.max(1000).unsigned_abs())
}

fn multipart<'a>(claims: &'a UploadClaims, plan: &'a MultipartPlan) -> Multipart<'a> {
    let (key, id) = (&claims.key, &plan.id);
    Multipart { key, id }
}

/// Returns a problem unless every part has arrived with its size.
fn check_arrived(arrived: &[StoredPart], plan: &MultipartPlan) -> Result<(), Problem> {
    let sizes: HashMap<u32, u64> = arrived
        .iter()
        .filter_map(|part| Some((u32::try_from(part.number).ok()?, part.size)))
        .collect();
    let is_there = |number: &u32| sizes.get(number).copied() == plan.size_of(*number);
    let missing: Vec<String> = (1..=plan.count())
        .filter(|number| !is_there(number))
        .map(|number| number.to_string())
        .collect();
    let foreign = arrived.len() > plan.count() as usize;
    if missing.is_empty() && !foreign {
        return Ok(());
    }
    let named = missing[..missing.len().min(MAX_NAMED_PARTS)].join(", ");
    let more = missing.len().saturating_sub(MAX_NAMED_PARTS);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Err(Problem::upload_incomplete(&format!("part {named}{more}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::parse_body;
    use crate::schema_agreement::check_agreement;

    #[test]
    fn parts_request_agrees_with_its_schema() {
        check_agreement("parts-request", |body| {
            parse_body::<PartNumbers>(body).and_then(|numbers| numbers.check(MAX_PARTS))
        });
    }

    #[test]
    fn completion_ends_before_the_gateway_timeout() {
        let timeout = |seconds| completion_timeout(Duration::from_secs(seconds)).as_secs();
        assert_eq!(
            [timeout(0), timeout(3), timeout(10), timeout(27), timeout(60)],
            [25, 25, 18, 1, 1]
        );
    }
}

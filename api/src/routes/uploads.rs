//! `/projects/{project}/steps/{step}/uploads/{take}`: go on with an upload that was asked for. The upload token
//! opens it, and nothing else does.

use std::time::{Duration, Instant};

use aws::objects::multipart::{Completion, Multipart, StoredPart};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json as JsonBody, Router};
use model::Timestamp;
use model::lifecycle::Change;
use model::representation::{UploadState, UploadStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::extract::Json;
use crate::grant::{Grant, InParts, Upload};
use crate::problem::Problem;

/// The most addresses that one request gets.
const MOST_ADDRESSES: usize = 100;

/// How long S3 may take to complete an upload, and how long the whole request may take. API Gateway waits at most
/// 30 seconds for an integration of an HTTP API ("Quotas for HTTP APIs"); the function's own timeout is 29.
const COMPLETE_LIMIT: Duration = Duration::from_secs(25);
const REQUEST_LIMIT: Duration = Duration::from_secs(28);

/// How many missing parts a problem names.
const MOST_NAMED: usize = 10;

pub fn routes() -> Router<App> {
    let upload = "/projects/{project}/steps/{step}/uploads/{take}";
    Router::new()
        .route(upload, get(state).delete(cancel_pending))
        .route(&format!("{upload}/parts"), get(parts).post(sign_parts))
        .route(&format!("{upload}/complete"), post(complete))
}

async fn state(State(app): State<App>, upload: Upload) -> Result<impl IntoResponse, Problem> {
    let response = app.table.get(&upload.response).await?;
    Ok(JsonBody(UploadState::new(
        response.as_ref(),
        upload.take,
        upload.grant.until,
    )))
}

/// Gives the upload up: its parts are removed, and it is no longer waited for. A form cannot be called back.
async fn cancel_pending(State(app): State<App>, upload: Upload) -> Result<impl IntoResponse, Problem> {
    if let Ok(in_parts) = upload.grant.in_parts() {
        app.uploads.abort(multipart(&upload.grant, in_parts)).await?;
    }
    let change = Change::CancelUpload { take: upload.take };
    app.table.apply(&upload.response, &change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An upload in parts, and those that have arrived.
#[derive(Serialize, JsonSchema)]
pub struct Parts {
    /// Bytes of each part but the last, which has the rest.
    part_size: u64,
    /// How many parts there are; they are counted from 1.
    count: u32,
    /// Those that have arrived.
    parts: Vec<Part>,
}

/// A part that has arrived.
#[derive(Serialize, JsonSchema)]
pub struct Part {
    /// Which one.
    number: i32,
    /// Bytes.
    size: u64,
}

async fn parts(State(app): State<App>, upload: Upload) -> Result<impl IntoResponse, Problem> {
    let in_parts = upload.grant.in_parts()?;
    let arrived = app.uploads.parts(multipart(&upload.grant, in_parts)).await?;
    let arrived = arrived.ok_or_else(Problem::upload_over)?.into_iter();
    let part = |StoredPart { number, size, .. }| Part { number, size };
    Ok(JsonBody(Parts {
        part_size: in_parts.part_size,
        count: in_parts.count(),
        parts: arrived.map(part).collect(),
    }))
}

/// Which parts are to be sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with numbers")]
pub struct WantedParts {
    /// Their numbers, from 1.
    #[schemars(length(min = 1, max = 100), inner(range(min = 1, max = 10_000)))]
    numbers: Vec<u32>,
}

/// Where to PUT parts.
#[derive(Serialize, JsonSchema)]
pub struct SignedParts {
    /// One for each that was asked for.
    parts: Vec<SignedPart>,
    /// When the addresses end.
    expires_at: Timestamp,
}

/// Where to PUT a part.
#[derive(Serialize, JsonSchema)]
pub struct SignedPart {
    /// Which one.
    number: u32,
    /// Exactly so many bytes.
    size: u64,
    /// Where.
    url: String,
}

async fn sign_parts(
    State(app): State<App>,
    upload: Upload,
    Json(wanted): Json<WantedParts>,
) -> Result<impl IntoResponse, Problem> {
    let in_parts = upload.grant.in_parts()?;
    if !(1..=MOST_ADDRESSES).contains(&wanted.numbers.len()) {
        return Err(Problem::invalid(
            "numbers",
            format!("numbers are 1 to {MOST_ADDRESSES} at a time"),
        ));
    }
    let expires_at = upload.grant.until;
    let life = life_until(expires_at);
    let mut parts = Vec::with_capacity(wanted.numbers.len());
    for number in wanted.numbers {
        let (Some(size), Ok(part)) = (in_parts.size_of(number), i32::try_from(number)) else {
            let detail = format!(
                "numbers are 1 to {}, as many as this upload has parts",
                in_parts.count()
            );
            return Err(Problem::invalid("numbers", detail));
        };
        let url = app
            .uploads
            .signed_part(multipart(&upload.grant, in_parts), part, size, life)
            .await?;
        parts.push(SignedPart { number, size, url });
    }
    Ok(JsonBody(SignedParts { parts, expires_at }))
}

/// Makes the file of its parts, when all of them are there. What is complete already stays so. Answers 202 when S3
/// did not say in time whether it is complete: its event then reports the file.
async fn complete(State(app): State<App>, upload: Upload) -> Result<impl IntoResponse, Problem> {
    let begun = Instant::now();
    let in_parts = upload.grant.in_parts()?;
    let parts_of = multipart(&upload.grant, in_parts);
    let completion = match app.uploads.parts(parts_of).await? {
        None => Completion::NoSuchUpload,
        Some(arrived) => {
            check_arrived(&arrived, in_parts)?;
            let limit = complete_limit(begun.elapsed());
            app.uploads.complete(parts_of, arrived, limit).await?
        }
    };
    let (code, status) = match completion {
        Completion::Completed => (StatusCode::OK, UploadStatus::Uploaded),
        Completion::NoSuchUpload if app.is_stored(&upload, in_parts).await? => {
            (StatusCode::OK, UploadStatus::Uploaded)
        }
        Completion::NoSuchUpload => return Err(Problem::upload_over()),
        Completion::Unknown(error) => {
            tracing::warn!(error = error.chain(), "the outcome of a completion is unknown");
            (StatusCode::ACCEPTED, UploadStatus::AwaitingUpload)
        }
    };
    let state = UploadState {
        take: upload.take,
        status,
        expires_at: upload.grant.until,
        failure: None,
    };
    Ok((code, JsonBody(state)))
}

impl App {
    /// Whether the whole file is in the bucket.
    async fn is_stored(&self, upload: &Upload, in_parts: &InParts) -> Result<bool, Problem> {
        let found = self.uploads.find(&upload.grant.key).await?;
        Ok(found.is_some_and(|(key, size)| key == upload.grant.key && size == in_parts.size))
    }
}

/// What S3 may take when so much of the request's time has passed.
fn complete_limit(passed: Duration) -> Duration {
    let left = REQUEST_LIMIT.saturating_sub(passed);
    left.clamp(Duration::from_secs(1), COMPLETE_LIMIT)
}

/// How long an address lives that ends at a time: a second at least, which is the least that can be signed.
fn life_until(until: Timestamp) -> Duration {
    let millis = until.as_millis() - aws::now().as_millis();
    Duration::from_millis(millis.max(1000).unsigned_abs())
}

fn multipart<'a>(grant: &'a Grant, in_parts: &'a InParts) -> Multipart<'a> {
    let (key, id) = (&grant.key, &in_parts.id);
    Multipart { key, id }
}

/// Every part is there, in its size: so the whole has its size too.
fn check_arrived(arrived: &[StoredPart], in_parts: &InParts) -> Result<(), Problem> {
    let is_there = |number: &u32| {
        let part = arrived
            .iter()
            .find(|part| u32::try_from(part.number) == Ok(*number));
        part.map(|part| part.size) == in_parts.size_of(*number)
    };
    let missing: Vec<String> = (1..=in_parts.count())
        .filter(|number| !is_there(number))
        .map(|number| number.to_string())
        .collect();
    let foreign = arrived.len() > in_parts.count() as usize;
    if missing.is_empty() && !foreign {
        return Ok(());
    }
    let named = missing[..missing.len().min(MOST_NAMED)].join(", ");
    let more = missing.len().saturating_sub(MOST_NAMED);
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

    #[test]
    fn completion_has_25_seconds_and_ends_before_the_gateway_does() {
        let limit = |seconds| complete_limit(Duration::from_secs(seconds)).as_secs();
        assert_eq!(
            [limit(0), limit(3), limit(10), limit(27), limit(60)],
            [25, 25, 18, 1, 1]
        );
    }
}

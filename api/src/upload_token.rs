//! The upload token: the header with which a client continues one upload.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::{Email, ResponseKey, TakeId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::extract::{Path, StepPath};
use crate::limits::MAX_PARTS;
use crate::operation::{Access, HandlerInput, HandlerTypes, Schemas};
use crate::problem::{Problem, ProblemKind};

/// The header that carries the token.
pub const HEADER: &str = "upload-token";

/// The part size of an upload that does not need larger ones, in bytes: a client repeats at most this after a broken
/// connection. S3's minimum is 5 MiB.
const DEFAULT_PART_SIZE: u64 = 16 * MEBIBYTE;

const MEBIBYTE: u64 = 1024 * 1024;

/// The content of a token. Project, step and take are the context in which it is encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadClaims {
    email: Email,
    /// The object key of the upload.
    pub key: String,
    /// When the upload expires.
    pub until: Timestamp,
    /// The parts of the upload; `None` for a POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<MultipartPlan>,
}

/// The division of an upload into parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultipartPlan {
    /// S3's identifier of the upload.
    pub id: String,
    /// The size of the whole file, in bytes.
    pub size: u64,
    /// The size of each part but the last, in bytes.
    pub part_size: u64,
}

impl UploadClaims {
    /// The claims for an upload to this response.
    pub fn new(response: &ResponseKey, key: String, until: Timestamp, plan: Option<MultipartPlan>) -> Self {
        Self {
            email: response.email.clone(),
            key,
            until,
            plan,
        }
    }

    /// Returns the parts of the upload, or a problem if it has none.
    pub fn plan(&self) -> Result<&MultipartPlan, Problem> {
        self.plan.as_ref().ok_or_else(Problem::not_in_parts)
    }
}

impl MultipartPlan {
    /// Divides a file of `size` bytes.
    pub fn new(id: String, size: u64) -> Self {
        let min_part_size = size
            .div_ceil(MAX_PARTS.into())
            .div_ceil(MEBIBYTE)
            .saturating_mul(MEBIBYTE);
        Self {
            id,
            size,
            part_size: min_part_size.max(DEFAULT_PART_SIZE),
        }
    }

    /// Returns the number of parts.
    pub fn count(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part_size)).unwrap_or(u32::MAX)
    }

    /// Returns the size of a part in bytes, or `None` if the upload has no part of this number. Numbers begin at 1.
    pub fn size_of(&self, number: u32) -> Option<u64> {
        let before = u64::from(number.checked_sub(1)?) * self.part_size;
        let rest = self.size.checked_sub(before).filter(|rest| *rest > 0)?;
        Some(rest.min(self.part_size))
    }
}

/// The upload of a request's path, whose token the request carries.
pub struct AuthorizedUpload {
    /// The response.
    pub response: ResponseKey,
    /// The take.
    pub take: TakeId,
    /// The claims of the token.
    pub claims: UploadClaims,
}

impl App {
    /// Returns the token of an upload.
    pub async fn upload_token(
        &self,
        response: &ResponseKey,
        take: TakeId,
        claims: &UploadClaims,
    ) -> Result<String, Problem> {
        let context = context(&response.project_step(), take);
        self.cipher.encrypt(&context, claims).await
    }
}

impl FromRequestParts<App> for AuthorizedUpload {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<(String, String, String)>::from_request_parts(parts, app).await;
        let Path((project, step, take)) = path?;
        let StepPath { project, step } = StepPath::new(&project, &step)?;
        let take = take.parse()?;
        let token = parts.headers.get(HEADER).and_then(|token| token.to_str().ok());
        let token = token.ok_or_else(Problem::invalid_upload_token)?;
        let context = context(&model::identifier::project_step(&project, step), take);
        let claims: Option<UploadClaims> = app.cipher.decrypt(&context, token).await?;
        let claims = claims
            .filter(|claims| aws::now() < claims.until)
            .ok_or_else(Problem::invalid_upload_token)?;
        let email = claims.email.clone();
        Ok(Self {
            response: ResponseKey { project, step, email },
            take,
            claims,
        })
    }
}

impl HandlerInput for AuthorizedUpload {
    fn describe(types: &mut HandlerTypes, _: &mut Schemas) {
        types.access = Access::UploadToken;
        types.add_problems(&[ProblemKind::InvalidRequest, ProblemKind::InvalidUploadToken]);
    }
}

fn context(project_step: &str, take: TakeId) -> Vec<u8> {
    format!("upload {project_step} {take}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_up_the_file() {
        for size in [
            1,
            DEFAULT_PART_SIZE,
            DEFAULT_PART_SIZE + 1,
            100_000_001,
            5 << 30,
            5 << 40,
        ] {
            let plan = MultipartPlan::new("id".into(), size);
            let sizes = (1..=plan.count()).map(|number| plan.size_of(number).unwrap());
            assert_eq!(sizes.sum::<u64>(), size);
            assert!(plan.count() <= MAX_PARTS, "{size}");
            assert!(
                plan.part_size >= 5 * MEBIBYTE && plan.part_size <= 5 << 30,
                "{size}"
            );
            assert_eq!((plan.size_of(0), plan.size_of(plan.count() + 1)), (None, None));
        }
    }
}

//! The upload token: what it grants, and to which upload.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::{Email, ResponseKey, TakeId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::extract::Path;
use crate::problem::Problem;

/// The header that an upload token travels in.
pub const HEADER: &str = "upload-token";

/// S3 takes at most 10,000 parts, each but the last of 5 MiB or more. Sixteen are soon sent again when a
/// connection breaks.
const MOST_PARTS: u64 = 10_000;
const USUAL_PART: u64 = 16 * 1024 * 1024;

/// What the holder of a token may go on with. The token is bound to its response and take besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    email: Email,
    /// The object's key.
    pub key: String,
    /// When it ends.
    pub until: Timestamp,
    /// How the file is cut, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_parts: Option<InParts>,
}

/// An upload in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InParts {
    /// S3's name for it.
    pub id: String,
    /// Bytes of the whole file.
    pub size: u64,
    /// Bytes of each part but the last.
    pub part_size: u64,
}

impl Grant {
    /// For an object of this response.
    pub fn new(response: &ResponseKey, key: String, until: Timestamp, in_parts: Option<InParts>) -> Self {
        Self {
            email: response.email.clone(),
            key,
            until,
            in_parts,
        }
    }

    /// How the file is cut; a problem when it is not.
    pub fn in_parts(&self) -> Result<&InParts, Problem> {
        self.in_parts.as_ref().ok_or_else(Problem::not_in_parts)
    }
}

impl InParts {
    /// Cuts a file of `size` bytes.
    pub fn new(id: String, size: u64) -> Self {
        let mebibyte = 1024 * 1024;
        let part_size = size
            .div_ceil(MOST_PARTS)
            .div_ceil(mebibyte)
            .saturating_mul(mebibyte);
        Self {
            id,
            size,
            part_size: part_size.max(USUAL_PART),
        }
    }

    /// How many parts there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part_size)).unwrap_or(u32::MAX)
    }

    /// The size of a part in bytes; `None` when there is no such part. They are counted from 1.
    pub fn size_of(&self, number: u32) -> Option<u64> {
        let before = u64::from(number.checked_sub(1)?) * self.part_size;
        let rest = self.size.checked_sub(before).filter(|rest| *rest > 0)?;
        Some(rest.min(self.part_size))
    }
}

/// An upload as its routes know it: by its token, not by its respondent's email.
pub struct Upload {
    /// Whose.
    pub response: ResponseKey,
    /// Which take.
    pub take: TakeId,
    /// What may be done.
    pub grant: Grant,
}

impl App {
    /// The token for an upload.
    pub async fn grant(
        &self,
        response: &ResponseKey,
        take: TakeId,
        grant: &Grant,
    ) -> Result<String, Problem> {
        self.seal
            .close(&purpose(&response.project_step(), take), grant)
            .await
    }
}

/// The upload that the path names, if the request has its token and that has not ended.
impl FromRequestParts<App> for Upload {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<(String, String, String)>::from_request_parts(parts, app).await;
        let Path((project, step, take)) = path?;
        let (project, step, take) = (project.parse()?, step.parse()?, take.parse()?);
        let token = parts.headers.get(HEADER).and_then(|token| token.to_str().ok());
        let token = token.ok_or_else(Problem::invalid_upload_token)?;
        let project_step = model::identifier::project_step(&project, step);
        let grant: Option<Grant> = app.seal.open(&purpose(&project_step, take), token).await?;
        let grant = grant.filter(|grant| aws::now() < grant.until);
        let grant = grant.ok_or_else(Problem::invalid_upload_token)?;
        let email = grant.email.clone();
        Ok(Self {
            response: ResponseKey { project, step, email },
            take,
            grant,
        })
    }
}

fn purpose(project_step: &str, take: TakeId) -> Vec<u8> {
    format!("upload {project_step} {take}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_up_the_file() {
        let mebibyte = 1024 * 1024;
        for size in [1, USUAL_PART, USUAL_PART + 1, 100_000_001, 5 << 30, 5 << 40] {
            let cut = InParts::new("id".into(), size);
            let sizes = (1..=cut.count()).map(|number| cut.size_of(number).unwrap());
            assert_eq!(sizes.sum::<u64>(), size);
            assert!(u64::from(cut.count()) <= MOST_PARTS, "{size}");
            assert!(
                cut.part_size >= 5 * mebibyte && cut.part_size <= 5 << 30,
                "{size}"
            );
            assert_eq!((cut.size_of(0), cut.size_of(cut.count() + 1)), (None, None));
        }
    }
}

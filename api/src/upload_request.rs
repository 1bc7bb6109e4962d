//! Requesting an upload, for the routes that issue one.

use std::collections::BTreeMap;

use aws::objects::presigned_post::{self, PostPolicy};
use aws::table::WriteOutcome;
use model::lifecycle::{Change, Ignored};
use model::object_key::{Extension, UploadKey};
use model::upload::{Requester, metadata};
use model::{Response, ResponseKey, Status, TakeId, Timestamp};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::App;
use crate::caller::Caller;
use crate::limits::{MAX_PART_SIZE, MAX_PARTS, MAX_POST_SIZE};
use crate::problem::Problem;
use crate::scope::Scope;
use crate::upload_token::{MultipartPlan, UploadClaims};

/// The minimum size of an upload in parts, in bytes: a smaller file is sent again as quickly.
const MIN_MULTIPART_SIZE: u64 = 100_000_001;

/// How a client sends the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "UploadMethod")]
pub enum Method {
    /// As one form; at most 5 GiB.
    #[default]
    Post,
    /// In parts, which can be resumed; more than 100 MB.
    Multipart,
}

/// An upload that a client requests.
pub struct UploadRequest {
    /// The response.
    pub key: ResponseKey,
    /// The file extension.
    pub extension: Extension,
    /// The size in bytes, if it is known.
    pub size: Option<u64>,
    /// How the client sends the file.
    pub method: Method,
}

impl UploadRequest {
    /// Returns a problem unless the stage and the method allow the size. `stage_max` is in bytes.
    pub fn check_size(&self, stage_max: u64) -> Result<(), Problem> {
        let (min, max) = match self.method {
            Method::Post => (1, stage_max.min(MAX_POST_SIZE)),
            Method::Multipart => (MIN_MULTIPART_SIZE, stage_max),
        };
        if self.size.is_none_or(|size| (min..=max).contains(&size)) {
            return Ok(());
        }
        let detail = match self.method {
            Method::Post if max == MAX_POST_SIZE => {
                format!(
                    "size is 1 to {max} bytes for a POST: use \"method\": \"multipart\" for a larger file"
                )
            }
            Method::Post => format!("size is 1 to {max} bytes"),
            Method::Multipart => {
                format!("size is {min} to {max} bytes in parts: use \"method\": \"post\" for a smaller file")
            }
        };
        Err(Problem::invalid("size", detail))
    }
}

/// How to send the file: its `method` tells which of the variants it is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "Upload instructions", transform = exclusive)]
pub enum UploadInstructions {
    /// As one form.
    Post(PostUpload),
    /// In parts.
    Multipart(MultipartUpload),
}

/// How to send the file as one form.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Post upload")]
pub struct PostUpload {
    /// Always `post`.
    #[schemars(with = "String", extend("const" = "post"))]
    pub method: Method,
    /// The URL for the POST, as `multipart/form-data`.
    #[schemars(url)]
    pub url: String,
    /// The form's fields, which come before the file.
    pub fields: BTreeMap<String, String>,
    /// The maximum size of the file, in bytes.
    #[schemars(range(min = 1, max = MAX_POST_SIZE))]
    pub max_bytes: u64,
    /// The take that the file becomes.
    pub take: TakeId,
    /// When the form expires.
    pub expires_at: Timestamp,
    /// Authorizes requests about this upload, in the header `upload-token`.
    pub token: String,
}

/// How to send the file in parts: request the URLs of the parts, PUT the parts, complete the upload.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Multipart upload")]
pub struct MultipartUpload {
    /// Always `multipart`.
    #[schemars(with = "String", extend("const" = "multipart"))]
    pub method: Method,
    /// The size of each part but the last, in bytes. The last part has the rest.
    #[schemars(range(min = 1, max = MAX_PART_SIZE))]
    pub part_size: u64,
    /// The number of parts. Part numbers begin at 1.
    #[schemars(range(min = 1, max = MAX_PARTS))]
    pub parts: u32,
    /// The take that the file becomes.
    pub take: TakeId,
    /// When the upload and the URLs of its parts expire.
    pub expires_at: Timestamp,
    /// Authorizes requests about this upload, in the header `upload-token`.
    pub token: String,
}

/// Requires exactly one of the variants, which exclude one another. Each describes itself.
fn exclusive(schema: &mut Schema) {
    if let Some(serde_json::Value::Array(mut variants)) = schema.remove("anyOf") {
        for variant in variants.iter_mut().filter_map(|variant| variant.as_object_mut()) {
            variant.remove("description");
        }
        schema.insert("oneOf".to_owned(), variants.into());
    }
}

impl App {
    /// Records and issues an upload. Returns the response as the caller may see it, and the instructions.
    pub async fn request_upload(
        &self,
        caller: &Caller,
        request: &UploadRequest,
    ) -> Result<(Response, UploadInstructions), Problem> {
        let requester = self.requester(caller, &request.key)?;
        request.check_size(self.settings.upload_max_bytes)?;
        let take = TakeId::try_from(Uuid::now_v7())?;
        let now = aws::now();
        let until = now.plus_seconds(self.settings.upload_lifetime.as_secs().cast_signed());
        let change = Change::RequestUpload {
            take,
            until,
            requester,
        };
        let outcome = self.table.apply_all(&request.key, &[change], now).await?;
        let response = match outcome {
            WriteOutcome::Written(response) => response,
            WriteOutcome::Ignored(Ignored::Deleting, _) => return Err(Problem::deleting()),
            WriteOutcome::Ignored(..) => return Err(Problem::answered()),
        };
        let upload = IssuedUpload {
            object_key: UploadKey::new(&request.key, take, request.extension).to_string(),
            request,
            take,
            requester,
            until,
        };
        let instructions = match (request.method, request.size) {
            (Method::Multipart, Some(size)) => self.multipart(upload, size).await?,
            _ => self.post(upload, now).await?,
        };
        Ok((visible(*response, requester), instructions))
    }

    fn requester(&self, caller: &Caller, key: &ResponseKey) -> Result<Requester, Problem> {
        if !caller.has_scope(Scope::Write) && self.settings.open_uploads.contains(&key.project) {
            return Ok(Requester::Anonymous);
        }
        caller.require_scope(Scope::Write)?;
        Ok(Requester::Authorized)
    }

    async fn post(&self, upload: IssuedUpload<'_>, now: Timestamp) -> Result<UploadInstructions, Problem> {
        let max_size = self.settings.upload_max_bytes.min(MAX_POST_SIZE);
        let size = upload.request.size;
        let policy = PostPolicy {
            bucket: &self.settings.uploads_bucket,
            key: &upload.object_key,
            content_type: upload.request.extension.media_type(),
            metadata: &upload.metadata(),
            size: size.map_or(1..=max_size, |size| size..=size),
            until: upload.until,
        };
        let post = presigned_post::sign(&self.context, &policy, now);
        Ok(UploadInstructions::Post(PostUpload {
            method: Method::Post,
            url: post.url,
            fields: post.fields,
            max_bytes: size.unwrap_or(max_size),
            take: upload.take,
            expires_at: upload.until,
            token: self.token(upload, None).await?,
        }))
    }

    async fn multipart(&self, upload: IssuedUpload<'_>, size: u64) -> Result<UploadInstructions, Problem> {
        let media_type = upload.request.extension.media_type();
        let id = self
            .uploads
            .begin(&upload.object_key, media_type, &upload.metadata())
            .await?;
        let plan = MultipartPlan::new(id, size);
        Ok(UploadInstructions::Multipart(MultipartUpload {
            method: Method::Multipart,
            part_size: plan.part_size,
            parts: plan.count(),
            take: upload.take,
            expires_at: upload.until,
            token: self.token(upload, Some(plan)).await?,
        }))
    }

    async fn token(&self, upload: IssuedUpload<'_>, plan: Option<MultipartPlan>) -> Result<String, Problem> {
        let response = &upload.request.key;
        let claims = UploadClaims::new(response, upload.object_key, upload.until, plan);
        self.upload_token(response, upload.take, &claims).await
    }
}

/// An upload that the table records.
struct IssuedUpload<'a> {
    request: &'a UploadRequest,
    object_key: String,
    take: TakeId,
    requester: Requester,
    until: Timestamp,
}

impl IssuedUpload<'_> {
    /// Returns the object's metadata. The signature covers it, so the client cannot choose other values.
    fn metadata(&self) -> [(&'static str, &str); 2] {
        [
            (metadata::EMAIL, self.request.key.email.as_str()),
            (metadata::REQUESTED_BY, self.requester.as_str()),
        ]
    }
}

/// Hides the state before the request from an anonymous requester.
fn visible(response: Response, requester: Requester) -> Response {
    match requester {
        Requester::Authorized => response,
        Requester::Anonymous => Response {
            status: Status::AwaitingUpload,
            video: None,
            take: None,
            renditions: BTreeMap::new(),
            failure: None,
            created_at: response.updated_at,
            ..response
        },
    }
}

//! Multipart uploads: a browser sends a file in parts and can resume after an interruption.

use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::upload_part::UploadPartError;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{Uploads, presigning_config};
use crate::AwsError;
use crate::error::AwsErrorKind;
use crate::timeouts;

/// A multipart upload.
#[derive(Clone, Copy, Debug)]
pub struct Multipart<'a> {
    /// The key of its object.
    pub key: &'a str,
    /// S3's `UploadId`.
    pub id: &'a str,
}

/// A part that S3 has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number, from 1.
    pub number: i32,
    /// Bytes.
    pub size: u64,
    /// The entity tag of its content.
    etag: String,
}

/// The outcome of the completion of a multipart upload.
#[derive(Debug)]
pub enum Completion {
    /// The object exists.
    Completed,
    /// The upload does not exist any more: it was completed or aborted earlier.
    NoSuchUpload,
    /// S3 did not answer in time, or failed: the object may still appear, and its event then reports it.
    Unknown(AwsError),
}

impl Uploads {
    /// Creates a multipart upload. Returns its `UploadId`. Metadata names omit `x-amz-meta-`.
    pub async fn begin(
        &self,
        key: &str,
        content_type: &str,
        metadata: &[(&str, &str)],
    ) -> Result<String, AwsError> {
        let create = self
            .0
            .client
            .create_multipart_upload()
            .bucket(&self.0.name)
            .key(key);
        let metadata = metadata
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let create = create
            .content_type(content_type)
            .set_metadata(Some(metadata.collect()));
        let created = create.send().await;
        let created = created.map_err(|error| AwsError::new("CreateMultipartUpload", error))?;
        let id = created.upload_id.filter(|id| !id.is_empty());
        id.ok_or_else(|| AwsError::incomplete("CreateMultipartUpload", "UploadId"))
    }

    /// Returns a presigned URL to which a client can PUT this part, of exactly this size. Makes no call.
    pub async fn signed_part(
        &self,
        upload: Multipart<'_>,
        number: i32,
        size: u64,
        lifetime: Duration,
    ) -> Result<String, AwsError> {
        let part = self
            .0
            .client
            .upload_part()
            .bucket(&self.0.name)
            .key(upload.key)
            .upload_id(upload.id);
        let part = part
            .part_number(number)
            .content_length(size.try_into().unwrap_or(i64::MAX));
        let signed = part
            .presigned(presigning_config::<UploadPartError>("UploadPart", lifetime)?)
            .await;
        let signed = signed.map_err(|error| AwsError::new("UploadPart", error))?;
        Ok(signed.uri().to_owned())
    }

    /// Returns the stored parts, by number; `None` where the upload does not exist any more.
    pub async fn parts(&self, upload: Multipart<'_>) -> Result<Option<Vec<StoredPart>>, AwsError> {
        let list = self
            .0
            .client
            .list_parts()
            .bucket(&self.0.name)
            .key(upload.key)
            .upload_id(upload.id);
        let mut pages = list.into_paginator().send();
        let mut parts = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if is_no_upload(&error) => return Ok(None),
                Err(error) => return Err(AwsError::new("ListParts", error)),
            };
            parts.extend(page.parts.unwrap_or_default().into_iter().filter_map(|part| {
                Some(StoredPart {
                    number: part.part_number?,
                    size: part.size?.try_into().ok()?,
                    etag: part.e_tag?,
                })
            }));
        }
        Ok(Some(parts))
    }

    /// Completes the upload within `limit`: S3 may take minutes for many parts.
    ///
    /// S3 may answer with status 200 before it has finished, and then with an error in the body
    /// ("CompleteMultipartUpload" in the Amazon S3 API Reference). The SDK reports that as an error.
    pub async fn complete(
        &self,
        upload: Multipart<'_>,
        parts: Vec<StoredPart>,
        limit: Duration,
    ) -> Result<Completion, AwsError> {
        let parts = parts.into_iter().map(|part| {
            CompletedPart::builder()
                .part_number(part.number)
                .e_tag(part.etag)
                .build()
        });
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts.collect()))
            .build();
        let complete = self
            .0
            .client
            .complete_multipart_upload()
            .bucket(&self.0.name)
            .key(upload.key);
        let limits =
            aws_sdk_s3::config::Builder::new().timeout_config(timeouts::complete_multipart_upload(limit));
        let complete = complete.upload_id(upload.id).multipart_upload(parts).customize();
        match complete.config_override(limits).send().await {
            Ok(_) => Ok(Completion::Completed),
            Err(error) if is_no_upload(&error) => Ok(Completion::NoSuchUpload),
            Err(error) => match AwsError::new("CompleteMultipartUpload", error) {
                error if error.kind == AwsErrorKind::Unknown => Ok(Completion::Unknown(error)),
                error => Err(error),
            },
        }
    }

    /// Aborts an upload and deletes its parts. An upload that does not exist counts as aborted.
    pub async fn abort(&self, upload: Multipart<'_>) -> Result<(), AwsError> {
        let abort = self
            .0
            .client
            .abort_multipart_upload()
            .bucket(&self.0.name)
            .key(upload.key);
        match abort.upload_id(upload.id).send().await {
            Err(error) if !is_no_upload(&error) => Err(AwsError::new("AbortMultipartUpload", error)),
            _ => Ok(()),
        }
    }

    /// Aborts every multipart upload to a folder, which ends in a slash, or to a key.
    pub async fn abort_all(&self, prefix: &str) -> Result<usize, AwsError> {
        let (mut aborted, mut after) = (0, None);
        loop {
            let list = self
                .0
                .client
                .list_multipart_uploads()
                .bucket(&self.0.name)
                .prefix(prefix);
            let (key, id) = Option::<(String, Option<String>)>::unzip(after);
            let page = list
                .set_key_marker(key)
                .set_upload_id_marker(id.flatten())
                .send()
                .await;
            let page = page.map_err(|error| AwsError::new("ListMultipartUploads", error))?;
            for upload in page.uploads() {
                if let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) {
                    self.abort(Multipart { key, id }).await?;
                    aborted += 1;
                }
            }
            after = page.next_key_marker.map(|key| (key, page.next_upload_id_marker));
            if page.is_truncated != Some(true) || after.is_none() {
                return Ok(aborted);
            }
        }
    }
}

/// Returns whether S3 does not know the upload: it was completed, aborted, or expired.
fn is_no_upload<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("NoSuchUpload")
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::config::{AsyncSleep, SharedAsyncSleep, Sleep};
    use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;

    use super::super::harness::{answered_by, clients, uploads};
    use super::*;

    /// Returns the uploads bucket of an S3 that gives each request this answer after this simulated delay: a shorter
    /// timeout expires at once, a longer one never. The client does not retry.
    fn uploads_of(after: Duration, status: u16, body: &'static str) -> Uploads {
        let answer = FixedAnswer { after, status, body };
        uploads(answered_by(answer.clone()).sleep_impl(SharedAsyncSleep::new(answer)))
    }

    #[derive(Clone, Debug)]
    struct FixedAnswer {
        after: Duration,
        status: u16,
        body: &'static str,
    }

    impl HttpConnector for FixedAnswer {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let response = HttpResponse::new(self.status.try_into().unwrap(), SdkBody::from(self.body));
            HttpConnectorFuture::new(async move {
                // The client checks its timeout before it polls the answer.
                tokio::task::yield_now().await;
                Ok(response)
            })
        }
    }

    impl AsyncSleep for FixedAnswer {
        fn sleep(&self, limit: Duration) -> Sleep {
            if limit < self.after {
                Sleep::new(std::future::ready(()))
            } else {
                Sleep::new(std::future::pending())
            }
        }
    }

    const UPLOAD: Multipart<'_> = Multipart {
        key: "demo/0/hash/take.mp4",
        id: "id",
    };
    const LIMIT: Duration = Duration::from_secs(25);
    const DONE: &str = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>";

    async fn complete(after: u64, status: u16, body: &'static str) -> String {
        let part = StoredPart {
            number: 1,
            size: 1,
            etag: "e".into(),
        };
        let uploads = uploads_of(Duration::from_secs(after), status, body);
        match uploads.complete(UPLOAD, vec![part], LIMIT).await {
            Ok(Completion::Completed) => "completed".into(),
            Ok(Completion::NoSuchUpload) => "no such upload".into(),
            Ok(Completion::Unknown(_)) => "unknown".into(),
            Err(error) => error.kind.to_string(),
        }
    }

    #[tokio::test]
    async fn only_completion_may_take_25_seconds() {
        assert_eq!(complete(24, 200, DONE).await, "completed");
        assert_eq!(complete(26, 200, DONE).await, "unknown");
        let parts = uploads_of(Duration::from_secs(4), 200, "<ListPartsResult/>");
        assert_eq!(parts.parts(UPLOAD).await.unwrap_err().kind, AwsErrorKind::Unknown);
        let parts = uploads_of(Duration::from_secs(2), 200, "<ListPartsResult/>");
        assert_eq!(parts.parts(UPLOAD).await.unwrap(), Some(Vec::new()));
    }

    #[tokio::test]
    async fn completion_without_a_clear_answer_is_unknown() {
        for (status, code, expected) in [
            (200, "InternalError", "unknown"),
            (500, "InternalError", "unknown"),
            (503, "ServiceUnavailable", "unknown"),
            (400, "RequestTimeout", "unknown"),
            (404, "NoSuchUpload", "no such upload"),
            (503, "SlowDown", "the service is throttling"),
            (400, "InvalidPart", "the service refused the request"),
        ] {
            let body = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
            assert_eq!(
                complete(0, status, body.leak()).await,
                expected,
                "{status} {code}"
            );
        }
        assert_eq!(complete(0, 502, "<html>").await, "unknown");
    }

    #[tokio::test]
    async fn answer_without_an_upload_id_is_an_error() {
        let result = "InitiateMultipartUploadResult";
        for (id, is_ok) in [
            ("", false),
            ("<UploadId></UploadId>", false),
            ("<UploadId>i</UploadId>", true),
        ] {
            let body = format!("<{result}><Bucket>uploads</Bucket>{id}</{result}>");
            let uploads = uploads_of(Duration::ZERO, 200, body.leak());
            let begun = uploads.begin(UPLOAD.key, "video/mp4", &[]).await;
            assert_eq!(begun.is_ok(), is_ok, "{id:?}: {begun:?}");
        }
    }

    #[tokio::test]
    async fn object_without_size_or_time_is_an_error() {
        let head = uploads_of(Duration::ZERO, 200, "").head(UPLOAD.key, None).await;
        assert_eq!(head.unwrap_err().operation, "HeadObject");
    }

    /// A browser adds no headers of ours to a part, so only headers that it sets itself may be signed.
    #[tokio::test]
    async fn part_url_signs_the_size_and_no_custom_header() {
        let uploads = Uploads::new(clients().s3(), "uploads".into());
        let upload = Multipart {
            key: "demo/0/hash/take.mp4",
            id: "id",
        };
        let lifetime = Duration::from_secs(60);
        let url = uploads.signed_part(upload, 2, 1000, lifetime).await.unwrap();
        let (address, query) = url.split_once('?').unwrap();
        assert_eq!(
            address,
            "https://uploads.s3.eu-west-1.amazonaws.com/demo/0/hash/take.mp4"
        );
        let has = |entry: &str| query.split('&').any(|found| found == entry);
        assert!(has("X-Amz-SignedHeaders=content-length%3Bhost"), "{query}");
        assert!(
            has("X-Amz-Expires=60") && has("partNumber=2") && has("uploadId=id"),
            "{query}"
        );
        assert!(!query.to_lowercase().contains("checksum"), "{query}");
    }
}

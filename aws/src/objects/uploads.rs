use aws_sdk_s3::error::SdkError;
use model::upload::{StoredObject, metadata};

use super::VersionedBucket;
use crate::AwsError;

/// The uploads bucket.
#[derive(Clone)]
pub struct Uploads(pub(super) VersionedBucket);

/// A page of the bucket's keys.
#[derive(Debug)]
pub struct KeyPage {
    /// The keys, sorted.
    pub keys: Vec<String>,
    /// Whether no more keys follow.
    pub is_last: bool,
}

impl Uploads {
    /// Returns the bucket of this name.
    pub fn new(client: aws_sdk_s3::Client, name: String) -> Self {
        Self(VersionedBucket { client, name })
    }

    /// Returns the name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.0.name
    }

    /// Returns the metadata of one version of an object (the latest, if none is named); `None` where it does not exist. A
    /// missing bucket is an error.
    pub async fn head(&self, key: &str, version: Option<&str>) -> Result<Option<StoredObject>, AwsError> {
        let request = self.0.client.head_object().bucket(&self.0.name).key(key);
        let head = match request.set_version_id(version.map(str::to_owned)).send().await {
            Ok(head) => head,
            Err(error) if is_gone(&error) => {
                self.0.must_exist().await?;
                return Ok(None);
            }
            Err(error) => return Err(AwsError::new("HeadObject", error)),
        };
        let entry = |name: &str| head.metadata().and_then(|metadata| metadata.get(name)).cloned();
        let etag = head.e_tag().map(|etag| etag.trim_matches('"').to_owned());
        let lacks = |header| AwsError::incomplete("HeadObject", header);
        let modified = head
            .last_modified()
            .and_then(|modified| modified.to_millis().ok());
        Ok(Some(StoredObject {
            key: key.to_owned(),
            // An event without a version refers to the current one.
            version: head.version_id().or(version).map(str::to_owned),
            size: head
                .content_length()
                .and_then(|size| size.try_into().ok())
                .ok_or_else(|| lacks("Content-Length"))?,
            etag,
            last_modified: modified
                .and_then(model::Timestamp::from_millis)
                .ok_or_else(|| lacks("Last-Modified"))?,
            email: entry(metadata::EMAIL),
            requested_by: entry(metadata::REQUESTED_BY),
        }))
    }

    /// Returns the first object whose key begins with this, and its size in bytes.
    pub async fn find(&self, prefix: &str) -> Result<Option<(String, u64)>, AwsError> {
        let list = self
            .0
            .client
            .list_objects_v2()
            .bucket(&self.0.name)
            .prefix(prefix);
        let page = list.max_keys(1).send().await;
        let page = page.map_err(|error| AwsError::new("ListObjectsV2", error))?;
        let object = page.contents.unwrap_or_default().into_iter().next();
        Ok(object.and_then(|object| Some((object.key?, object.size?.try_into().ok()?))))
    }

    /// Returns at most a thousand keys after this one, sorted.
    pub async fn list(&self, after: &str) -> Result<KeyPage, AwsError> {
        self.list_some("", after).await
    }

    /// Returns the keys of all objects in a folder, which ends in a slash, sorted.
    pub async fn list_folder(&self, folder: &str) -> Result<Vec<String>, AwsError> {
        let mut keys: Vec<String> = Vec::new();
        loop {
            let page = self
                .list_some(folder, keys.last().map_or("", String::as_str))
                .await?;
            keys.extend(page.keys);
            if page.is_last {
                return Ok(keys);
            }
        }
    }

    async fn list_some(&self, prefix: &str, after: &str) -> Result<KeyPage, AwsError> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let list = self.0.client.list_objects_v2().bucket(&self.0.name);
        let list = list.set_prefix(given(prefix)).set_start_after(given(after));
        let page = list
            .send()
            .await
            .map_err(|error| AwsError::new("ListObjectsV2", error))?;
        let keys = page.contents.unwrap_or_default().into_iter();
        Ok(KeyPage {
            keys: keys.filter_map(|object| object.key).collect(),
            is_last: page.is_truncated != Some(true),
        })
    }

    /// Deletes one version of an object. A version that does not exist counts as deleted.
    pub async fn remove(&self, key: &str, version: Option<&str>) -> Result<(), AwsError> {
        self.0.remove(key, version).await
    }

    /// Deletes every version of one object.
    pub async fn remove_object(&self, key: &str) -> Result<usize, AwsError> {
        self.0.remove_all(key, |found| found == key).await
    }

    /// Deletes all versions of all objects in a folder, which ends in a slash.
    pub async fn remove_folder(&self, folder: &str) -> Result<usize, AwsError> {
        self.0.remove_all(folder, |_| true).await
    }
}

/// Returns whether the object does not exist: S3 answers 404, and 405 for the version of a delete marker.
fn is_gone<E>(error: &SdkError<E>) -> bool {
    error
        .raw_response()
        .is_some_and(|response| matches!(response.status().as_u16(), 404 | 405))
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;

    use super::super::harness::{answered_by, uploads};
    use super::*;

    /// An S3 that answers HeadObject and HeadBucket with these statuses, and no body.
    #[derive(Clone, Debug)]
    struct Statuses {
        object: u16,
        bucket: u16,
    }

    impl HttpConnector for Statuses {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let status = if request.uri().contains("video.mp4") {
                self.object
            } else {
                self.bucket
            };
            let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
            HttpConnectorFuture::ready(Ok(response))
        }
    }

    async fn look(object: u16, bucket: u16) -> Result<bool, AwsError> {
        let uploads = uploads(answered_by(Statuses { object, bucket }));
        let found = uploads.head("demo/0/video.mp4", None).await?;
        Ok(found.is_some())
    }

    #[tokio::test]
    async fn missing_bucket_is_an_error_not_a_missing_object() {
        for object in [404, 405] {
            assert!(!look(object, 200).await.unwrap(), "{object}");
            for bucket in [301, 403, 404, 503] {
                let error = look(object, bucket).await.unwrap_err();
                assert_eq!(error.operation, "HeadBucket", "{object} {bucket}");
            }
        }
        for object in [400, 403, 500] {
            let error = look(object, 200).await.unwrap_err();
            assert_eq!(error.operation, "HeadObject", "{object}");
        }
    }
}

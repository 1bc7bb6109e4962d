//! The two buckets: uploads, written by respondents, and renditions, written by the engine.

use std::time::Duration;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::presigning::PresigningConfig;

use crate::AwsError;

#[cfg(test)]
mod harness;
pub mod multipart;
pub mod presigned_post;
mod renditions;
mod uploads;

pub use renditions::Renditions;
pub use uploads::{KeyPage, Uploads};

/// A versioned bucket.
#[derive(Clone)]
struct VersionedBucket {
    client: aws_sdk_s3::Client,
    name: String,
}

impl VersionedBucket {
    /// Deletes every version and delete marker of the objects whose key begins with `prefix` and for which `wanted` is
    /// true. Returns their number.
    async fn remove_all(&self, prefix: &str, wanted: impl Fn(&str) -> bool) -> Result<usize, AwsError> {
        let (mut removed, mut after) = (0, None);
        loop {
            let list = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .prefix(prefix);
            let (key, version) = Option::<(String, Option<String>)>::unzip(after);
            let list = list.set_key_marker(key).set_version_id_marker(version.flatten());
            let page = list
                .send()
                .await
                .map_err(|error| AwsError::new("ListObjectVersions", error))?;
            let versions = page
                .versions()
                .iter()
                .map(|version| (version.key(), version.version_id()));
            let markers = page
                .delete_markers()
                .iter()
                .map(|marker| (marker.key(), marker.version_id()));
            for (key, version) in versions.chain(markers) {
                if let Some(key) = key.filter(|key| wanted(key)) {
                    self.remove(key, version).await?;
                    removed += 1;
                }
            }
            after = page.next_key_marker.map(|key| (key, page.next_version_id_marker));
            if page.is_truncated != Some(true) || after.is_none() {
                return Ok(removed);
            }
        }
    }

    /// Returns an error if the bucket does not exist: HeadObject's 404 has no body, so it does not say whether the object
    /// or the bucket is missing.
    async fn must_exist(&self) -> Result<(), AwsError> {
        let head = self.client.head_bucket().bucket(&self.name).send().await;
        head.map(drop).map_err(|error| AwsError::new("HeadBucket", error))
    }

    /// Deletes one version of an object. A version that does not exist counts as deleted.
    async fn remove(&self, key: &str, version: Option<&str>) -> Result<(), AwsError> {
        let request = self.client.delete_object().bucket(&self.name).key(key);
        let removed = request.set_version_id(version.map(str::to_owned)).send().await;
        removed
            .map(drop)
            .map_err(|error| AwsError::new("DeleteObject", error))
    }
}

/// Returns the configuration of a presigned URL with this lifetime.
fn presigning_config<E>(
    operation: &'static str,
    presigning_config: Duration,
) -> Result<PresigningConfig, AwsError>
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let presigning_config =
        PresigningConfig::expires_in(presigning_config).map_err(SdkError::construction_failure);
    presigning_config.map_err(|error: SdkError<E>| AwsError::new(operation, error))
}

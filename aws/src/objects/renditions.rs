use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectError;
use model::object_key::is_of_attempt;

use super::{VersionedBucket, presigning_config};
use crate::AwsError;

/// The renditions bucket.
#[derive(Clone)]
pub struct Renditions(VersionedBucket);

impl Renditions {
    /// Returns the bucket of this name.
    pub fn new(client: aws_sdk_s3::Client, name: String) -> Self {
        Self(VersionedBucket { client, name })
    }

    /// Deletes all versions of the files of an attempt. `folder` ends in a slash, `name` is that of the rendition
    /// without its extension.
    pub async fn remove_attempt(&self, folder: &str, name: &str) -> Result<usize, AwsError> {
        let of_attempt = |key: &str| {
            key.strip_prefix(folder)
                .is_some_and(|file| is_of_attempt(file, name))
        };
        self.0.remove_all(&format!("{folder}{name}"), of_attempt).await
    }

    /// Deletes all versions of all objects in a folder, which ends in a slash.
    pub async fn remove_folder(&self, folder: &str) -> Result<usize, AwsError> {
        self.0.remove_all(folder, |_| true).await
    }

    /// Returns a presigned URL from which a client can GET an object with this media type and, if it is saved, this file
    /// name. Makes no call.
    pub async fn signed_url(
        &self,
        key: &str,
        media_type: &str,
        file_name: &str,
        lifetime: Duration,
    ) -> Result<String, AwsError> {
        let request = self.0.client.get_object().bucket(&self.0.name).key(key);
        let request = request
            .response_content_type(media_type)
            .response_content_disposition(format!("inline; filename=\"{file_name}\""));
        let signed = request
            .presigned(presigning_config::<GetObjectError>("GetObject", lifetime)?)
            .await
            .map_err(|error| AwsError::new("GetObject", error))?;
        Ok(signed.uri().to_owned())
    }
}

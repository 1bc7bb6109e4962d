//! The two buckets: uploads, which respondents write, and renditions, which the transcoder writes.

use std::time::Duration;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use model::object_key::is_of_attempt;
use model::upload::{StoredObject, metadata};

use crate::CallError;

/// The uploads bucket.
#[derive(Clone)]
pub struct Uploads {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl Uploads {
    /// The bucket of this name.
    pub fn new(client: aws_sdk_s3::Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the store knows of one version of an object (the latest, if none is named), without its content;
    /// `None` when it is not there.
    pub async fn look(&self, key: &str, version: Option<&str>) -> Result<Option<StoredObject>, CallError> {
        let request = self.client.head_object().bucket(&self.bucket).key(key);
        let head = match request.set_version_id(version.map(str::to_owned)).send().await {
            Ok(head) => head,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(CallError::new("HeadObject", error)),
        };
        let entry = |name: &str| head.metadata().and_then(|metadata| metadata.get(name)).cloned();
        let modified = head
            .last_modified()
            .and_then(|modified| modified.to_millis().ok());
        Ok(Some(StoredObject {
            key: key.to_owned(),
            // An event may name none; what it means is the one that is there.
            version: head.version_id().or(version).map(str::to_owned),
            size: head
                .content_length()
                .and_then(|size| size.try_into().ok())
                .unwrap_or_default(),
            last_modified: modified
                .and_then(model::Timestamp::from_millis)
                .unwrap_or_else(crate::now),
            mail: entry(metadata::MAIL),
            asked_by: entry(metadata::ASKED_BY),
        }))
    }

    /// Removes one version of an object for good; one that is not there is removed.
    pub async fn remove(&self, key: &str, version: Option<&str>) -> Result<(), CallError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key);
        let removed = request.set_version_id(version.map(str::to_owned)).send().await;
        removed
            .map(drop)
            .map_err(|error| CallError::new("DeleteObject", error))
    }
}

/// S3 answers 404 where the object is not there, or is a delete marker's; 405 for the marker's own version.
fn is_gone<E>(error: &SdkError<E>) -> bool {
    error
        .raw_response()
        .is_some_and(|response| matches!(response.status().as_u16(), 404 | 405))
}

/// The renditions bucket.
#[derive(Clone)]
pub struct Renditions {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl Renditions {
    /// The bucket of this name.
    pub fn new(client: aws_sdk_s3::Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Hides all that an attempt made: `folder` ends in a slash, `name` is the rendition's without its ending.
    pub async fn remove_attempt(&self, folder: &str, name: &str) -> Result<(), CallError> {
        let list = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(format!("{folder}{name}"));
        let mut pages = list.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| CallError::new("ListObjectsV2", error))?;
            let keys = page
                .contents
                .unwrap_or_default()
                .into_iter()
                .filter_map(|object| object.key);
            for key in keys.filter(|key| {
                key.strip_prefix(folder)
                    .is_some_and(|file| is_of_attempt(file, name))
            }) {
                let removed = self
                    .client
                    .delete_object()
                    .bucket(&self.bucket)
                    .key(key)
                    .send()
                    .await;
                removed.map_err(|error| CallError::new("DeleteObject", error))?;
            }
        }
        Ok(())
    }

    /// An address from which anybody may GET an object, as this media type, for a while. Nothing is called.
    pub async fn signed_url(&self, key: &str, media_type: &str, life: Duration) -> Result<String, CallError> {
        let life = PresigningConfig::expires_in(life).map_err(SdkError::construction_failure);
        let life = life.map_err(|error: SdkError<GetObjectError>| CallError::new("GetObject", error))?;
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request
            .response_content_type(media_type)
            .response_content_disposition("inline");
        let signed = request
            .presigned(life)
            .await
            .map_err(|error| CallError::new("GetObject", error))?;
        Ok(signed.uri().to_owned())
    }
}

//! The buckets, accessed with the caller's AWS credentials.

use std::rc::Rc;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_types::error::display::DisplayErrorContext;
use tokio::runtime::{Builder, Runtime};

use crate::error::{Result, SmokeError};
use crate::timer::Timer;
use crate::usage::{Usage, count};

/// A version of an object, a delete marker, or an unfinished multipart upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A version or a delete marker.
    Version {
        /// Its key.
        key: String,
        /// Its version id.
        id: String,
    },
    /// An unfinished multipart upload.
    Unfinished {
        /// Its key.
        key: String,
        /// The upload's id.
        id: String,
    },
}

/// The location of objects: a bucket and a key prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPrefix {
    /// The bucket.
    pub bucket: String,
    /// The key prefix.
    pub prefix: String,
}

/// An S3 client with the credentials of the SDK's default chain. `AWS_ENDPOINT_URL` sets another endpoint.
#[derive(Debug)]
pub struct Buckets {
    client: Client,
    runtime: Runtime,
    usage: Rc<Usage>,
}

impl Buckets {
    /// Determines region and credentials; sends no request to S3.
    pub fn new(region: &str, usage: Rc<Usage>) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(http);
        let config = runtime.block_on(config.load());
        Ok(Self {
            client: Client::new(&config),
            runtime,
            usage,
        })
    }

    /// Lists the stored versions and unfinished uploads of a prefix, at most a thousand of each.
    pub fn stored(&self, place: &KeyPrefix, timer: &Timer) -> Result<Vec<Stored>> {
        let (bucket, prefix) = (&place.bucket, &place.prefix);
        count(&self.usage.s3_writes);
        let versions = self.client.list_object_versions().bucket(bucket).prefix(prefix);
        let versions = self.call("ListObjectVersions", versions.send(), timer)?;
        count(&self.usage.s3_writes);
        let uploads = self.client.list_multipart_uploads().bucket(bucket).prefix(prefix);
        let uploads = self.call("ListMultipartUploads", uploads.send(), timer)?;

        let version = |key: Option<&str>, id: Option<&str>| Stored::Version {
            key: key.unwrap_or_default().to_owned(),
            id: id.unwrap_or_default().to_owned(),
        };
        let kept = versions
            .versions()
            .iter()
            .map(|it| version(it.key(), it.version_id()));
        let markers = versions
            .delete_markers()
            .iter()
            .map(|it| version(it.key(), it.version_id()));
        let unfinished = uploads.uploads().iter().map(|it| Stored::Unfinished {
            key: it.key().unwrap_or_default().to_owned(),
            id: it.upload_id().unwrap_or_default().to_owned(),
        });
        Ok(kept.chain(markers).chain(unfinished).collect())
    }

    /// Lists what is stored under several prefixes.
    pub fn stored_at(&self, places: &[KeyPrefix], timer: &Timer) -> Result<Vec<(KeyPrefix, Stored)>> {
        let mut all = Vec::new();
        for place in places {
            let stored = self.stored(place, timer)?;
            all.extend(stored.into_iter().map(|stored| (place.clone(), stored)));
        }
        Ok(all)
    }

    /// Deletes a version permanently, or aborts an unfinished upload.
    pub fn remove(&self, place: &KeyPrefix, stored: &Stored, timer: &Timer) -> Result<()> {
        let bucket = &place.bucket;
        match stored {
            Stored::Version { key, id } => {
                let delete = self.client.delete_object().bucket(bucket).key(key).version_id(id);
                self.call("DeleteObject", delete.send(), timer).map(drop)
            }
            Stored::Unfinished { key, id } => {
                let abort = self
                    .client
                    .abort_multipart_upload()
                    .bucket(bucket)
                    .key(key)
                    .upload_id(id);
                self.call("AbortMultipartUpload", abort.send(), timer).map(drop)
            }
        }
    }

    fn call<T, E: std::error::Error>(
        &self,
        operation: &str,
        request: impl Future<Output = std::result::Result<T, E>>,
        timer: &Timer,
    ) -> Result<T> {
        let limit = timer.left()?;
        let answer = self
            .runtime
            .block_on(async { tokio::time::timeout(limit, request).await });
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(SmokeError::broken(format!(
                "{operation}: {}",
                DisplayErrorContext(error)
            ))),
            Err(_) => Err(SmokeError::TimeLimit),
        }
    }
}

//! S3 and SNS with a job's role, EventBridge with this service's own keys.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::StorageClass;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::checksum_config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_types::sdk_config::{SharedHttpClient, SharedTimeSource};
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use crate::config::TranscoderArguments;
use crate::failure::{Code, JobFailure};
use crate::task::Object;

/// The maximum number of attempts to assume a role or to download an object.
const MAX_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How long an assumed role is reused for notifications.
const SESSION_CACHE_TIME: Duration = Duration::from_secs(60);

/// AWS clients with the service's own keys, which assume the roles of jobs.
#[derive(Debug)]
pub struct AwsAccess {
    config: SdkConfig,
    /// By role.
    session_cache: Mutex<HashMap<String, (Instant, Session)>>,
}

/// S3 and SNS with the permissions of one role.
#[derive(Debug, Clone)]
pub struct Session {
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
}

impl AwsAccess {
    /// Returns clients for a plain-HTTP endpoint. Reads and sends nothing.
    pub fn new(arguments: &TranscoderArguments) -> Self {
        let retries = RetryConfig::standard()
            .with_max_attempts(8)
            .with_initial_backoff(FIRST_PAUSE)
            .with_max_backoff(Duration::from_secs(8));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(60))
            .build();
        let http: SharedHttpClient = aws_smithy_http_client::Builder::new().build_http();
        let builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(&arguments.endpoint_url)
            .region(Region::new(arguments.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(FileCredentials {
                path: arguments.credentials.clone(),
            }))
            .identity_cache(aws_config::identity::IdentityCache::no_cache())
            .retry_config(retries)
            .timeout_config(timeouts)
            .time_source(SharedTimeSource::default())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .http_client(http);
        Self {
            config: builder.build(),
            session_cache: Mutex::default(),
        }
    }

    /// Puts an event on the default bus. The error is a text for the log.
    pub async fn put_event(&self, entry: PutEventsRequestEntry) -> Result<(), String> {
        let put = aws_sdk_eventbridge::Client::new(&self.config)
            .put_events()
            .entries(entry)
            .send();
        let answer = put
            .await
            .map_err(|error| DisplayErrorContext(&error).to_string())?;
        // EventBridge can reject an entry in a successful response.
        match answer.entries().first() {
            Some(entry) if entry.event_id().is_some() => Ok(()),
            Some(entry) => Err(format!(
                "{}: {}",
                entry.error_code().unwrap_or("refused"),
                entry.error_message().unwrap_or("no reason given")
            )),
            None => Err("the answer has no entry".into()),
        }
    }

    /// Returns a session with the service's own permissions.
    pub fn own(&self) -> Session {
        session(&self.config)
    }

    /// Returns a session with the permissions of a role, cached or assumed now. For notifications: without the cache, a
    /// batch of jobs would assume its role thousands of times. After a failed request, a caller calls `forget` before
    /// it retries.
    pub async fn assumed(&self, role: &str) -> Result<Session, JobFailure> {
        let is_new = |assumed: &&(Instant, Session)| assumed.0.elapsed() < SESSION_CACHE_TIME;
        let known = self.session_cache().get(role).filter(is_new).cloned();
        if let Some((_, session)) = known {
            return Ok(session);
        }
        let session = self.assume(role).await?;
        let now = (Instant::now(), session.clone());
        self.session_cache().insert(role.to_owned(), now);
        Ok(session)
    }

    /// Removes a role from the cache.
    pub fn forget(&self, role: &str) {
        self.session_cache().remove(role);
    }

    fn session_cache(&self) -> MutexGuard<'_, HashMap<String, (Instant, Session)>> {
        self.session_cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Assumes a role. Tries a few times: the trust policy may be seconds old.
    pub async fn assume(&self, role: &str) -> Result<Session, JobFailure> {
        let provider = AssumeRoleProvider::builder(role)
            .session_name("transcoder")
            .configure(&self.config)
            .build()
            .await;
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        let first = loop {
            match provider.provide_credentials().await {
                Ok(credentials) => break credentials,
                Err(error) if attempt == MAX_ATTEMPTS => {
                    tracing::warn!(role, error = %DisplayErrorContext(&error), "a role cannot be assumed");
                    let detail = format!("the role {role} cannot be assumed: {}", causes(&error));
                    return Err(JobFailure::new(Code::CannotAssumeRole, detail));
                }
                Err(_) => sleep(pause).await,
            }
            pause *= 2;
            attempt += 1;
        };
        let provider = Assumed {
            first: Mutex::new(Some(first)),
            provider,
        };
        let config = self
            .config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .identity_cache(aws_config::identity::IdentityCache::lazy().build())
            .build();
        Ok(session(&config))
    }
}

fn session(config: &SdkConfig) -> Session {
    let s3 = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(true)
        .build();
    Session {
        s3: aws_sdk_s3::Client::from_conf(s3),
        sns: aws_sdk_sns::Client::new(config),
    }
}

/// The credentials of a role: first those of the request that assumed it, later refreshed ones.
#[derive(Debug)]
struct Assumed {
    first: Mutex<Option<Credentials>>,
    provider: AssumeRoleProvider,
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first {
            Some(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            None => self.provider.provide_credentials(),
        }
    }
}

impl Session {
    /// Streams an object into a file. Restarts an interrupted download.
    pub async fn download(&self, object: &Object, path: &Path) -> Result<(), JobFailure> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..MAX_ATTEMPTS {
            match self.download_once(object, path).await {
                Err(Download::BrokeOff(_)) => sleep(pause).await,
                Err(Download::Failed(failure)) => return Err(failure),
                Ok(()) => return Ok(()),
            }
            pause *= 2;
        }
        match self.download_once(object, path).await {
            Err(Download::BrokeOff(failure) | Download::Failed(failure)) => Err(failure),
            Ok(()) => Ok(()),
        }
    }

    async fn download_once(&self, object: &Object, path: &Path) -> Result<(), Download> {
        let cannot_write = |error: std::io::Error| Download::Failed(JobFailure::file("write", path, &error));
        let get = self.s3.get_object().bucket(&object.bucket).key(&object.key);
        let got = get.send().await;
        let got = got.map_err(|error| Download::Failed(storage(&error, ObjectAccess::Read, object)))?;
        let mut body = got.body;
        let mut file = File::create(path).await.map_err(cannot_write)?;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| {
                let detail = format!(
                    "reading {} from {} broke off: {}",
                    object.key,
                    object.bucket,
                    DisplayErrorContext(&error)
                );
                Download::BrokeOff(JobFailure::new(Code::Storage, detail))
            })?;
            file.write_all(&chunk).await.map_err(cannot_write)?;
        }
        file.flush().await.map_err(cannot_write)
    }

    /// Returns whether an object exists.
    pub async fn exists(&self, object: &Object) -> Result<bool, JobFailure> {
        let head = self.s3.head_object().bucket(&object.bucket).key(&object.key);
        match head.send().await {
            Ok(_) => Ok(true),
            Err(error) if status(&error) == Some(404) => Ok(false),
            Err(error) => Err(storage(&error, ObjectAccess::Write, object)),
        }
    }

    /// Uploads a file, streamed from disk.
    pub async fn upload(&self, file: &ObjectUpload) -> Result<(), JobFailure> {
        let body = ByteStream::from_path(&file.path).await;
        let body = body.map_err(|error| {
            let detail = format!("cannot read {}: {error}", file.path.display());
            JobFailure::new(Code::Internal, detail)
        })?;
        let class = file.reduced_redundancy.then_some(StorageClass::ReducedRedundancy);
        let put = self
            .s3
            .put_object()
            .bucket(&file.to.bucket)
            .key(&file.to.key)
            .content_type(file.content_type)
            .set_storage_class(class)
            .body(body);
        put.send()
            .await
            .map(drop)
            .map_err(|error| storage(&error, ObjectAccess::Write, &file.to))
    }

    /// Publishes a message. The error is a text for the log.
    pub async fn publish(&self, topic: &str, subject: &str, message: &str) -> Result<(), String> {
        let publish = self
            .sns
            .publish()
            .topic_arn(topic)
            .subject(subject)
            .message(message);
        publish
            .send()
            .await
            .map(drop)
            .map_err(|error| DisplayErrorContext(&error).to_string())
    }
}

/// A file that is uploaded to S3.
#[derive(Debug)]
pub struct ObjectUpload {
    pub path: PathBuf,
    pub to: Object,
    pub content_type: &'static str,
    pub reduced_redundancy: bool,
}

enum Download {
    BrokeOff(JobFailure),
    Failed(JobFailure),
}

#[derive(Clone, Copy)]
enum ObjectAccess {
    Read,
    Write,
}

/// Translates S3's error into a failure.
fn storage<E>(error: &SdkError<E, HttpResponse>, access: ObjectAccess, object: &Object) -> JobFailure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    SdkError<E, HttpResponse>: ProvideErrorMetadata,
{
    let name = error.code().unwrap_or_default();
    let Object { bucket, key } = object;
    let place = format!("bucket={bucket}, key={key}");
    match (name, status(error), access) {
        ("NoSuchBucket", _, _) => JobFailure::new(
            Code::BucketMissing,
            format!("The specified S3 bucket does not exist: bucket={bucket}."),
        ),
        ("NoSuchKey", _, _) | (_, Some(404), ObjectAccess::Read) => JobFailure::new(
            Code::InputMissing,
            format!("The specified object could not be found: {place}."),
        ),
        (_, Some(403), ObjectAccess::Read) => {
            JobFailure::new(Code::CannotRead, format!("The job's role may not read: {place}."))
        }
        (_, Some(403), ObjectAccess::Write) => JobFailure::new(
            Code::CannotWrite,
            format!("The job's role may not write: {place}."),
        ),
        _ => {
            let reason = error.message().map_or_else(|| causes(error), str::to_owned);
            JobFailure::new(Code::Storage, format!("S3 failed for {place}: {reason}"))
        }
    }
}

/// Returns an error with its sources, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// The keys of the user that may assume roles and put events. They are read for each request: the file is written after
/// the service has started, and replaced when the stack is created again.
#[derive(Debug)]
struct FileCredentials {
    path: PathBuf,
}

#[derive(Deserialize)]
struct AccessKeys {
    access_key_id: String,
    secret_access_key: String,
}

impl FileCredentials {
    async fn read(&self) -> Result<Credentials, CredentialsError> {
        let text = tokio::fs::read(&self.path).await;
        let text = text.map_err(|error| {
            CredentialsError::provider_error(format!("cannot read {}: {error}", self.path.display()))
        })?;
        // Not the parser's own message: it may quote a key.
        let keys: AccessKeys = serde_json::from_slice(&text).map_err(|_| {
            CredentialsError::provider_error(format!(
                "{} holds no access_key_id and secret_access_key",
                self.path.display()
            ))
        })?;
        Ok(Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            None,
            None,
            "file",
        ))
    }
}

impl ProvideCredentials for FileCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.read())
    }
}
